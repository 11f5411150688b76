using System.Collections.Immutable;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Transport;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <summary>
/// The steps of one negotiation as it goes: what came, and how long it took since the step before. Belongs to whoever negotiates; what it gives away is
/// immutable. Every text is fit for a log, and short.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="past">Steps that went before the connection.</param>
internal sealed class NegotiationTrace(TimeProvider time, ImmutableArray<NegotiationStep> past = default)
{
    /// <summary>Steps of one stream; what a peer does after so many is not recorded.</summary>
    public const int MostSteps = 16;

    private const int LongestDetail = 100;

    private readonly ImmutableArray<NegotiationStep> past = past.IsDefault ? [] : past;
    private readonly List<NegotiationStep> steps = [];
    private long last = time.GetTimestamp();
    private PeerCertificate? certificate;
    private string? tls;
    private string? cipher;

    /// <summary>The peer's address and port; null: there is no connection.</summary>
    public string? Address { get; private set; }

    /// <summary>The features that the peer offered last.</summary>
    public IReadOnlyList<string> Features { get; private set; } = [];

    /// <summary>The peer asked about a dialback key: such a stream need not be authenticated.</summary>
    public bool AskedAboutKey { get; private set; }

    /// <summary>All steps until now.</summary>
    public ImmutableArray<NegotiationStep> Steps => [.. past, .. steps];

    /// <summary>Notes a step.</summary>
    public NegotiationStep Add(NegotiationStepKind kind, string detail = "")
    {
        var now = time.GetTimestamp();
        var step = new NegotiationStep(kind, time.GetElapsedTime(last, now), detail.Length > LongestDetail ? detail[..LongestDetail] + "…" : detail);
        last = now;
        if (steps.Count < MostSteps)
            steps.Add(step);
        return step;
    }

    /// <summary>The connection is up.</summary>
    public NegotiationStep Connected(string address)
    {
        Address = address;
        return Add(NegotiationStepKind.Connected, address);
    }

    /// <summary>TLS is up.</summary>
    public NegotiationStep Secured(TlsSession session)
    {
        certificate = session.Certificate;
        tls = session.Stream.SslProtocol.ToString();
        cipher = session.Stream.NegotiatedCipherSuite.ToString();
        return Add(NegotiationStepKind.Secured, $"{tls} {cipher}");
    }

    /// <summary>A stream header came.</summary>
    public NegotiationStep Saw(StreamHeader header)
        => Add(NegotiationStepKind.Header, header.From is { } from ? $"from {LogText.Of(from)}{(header.Version is null ? ", before XMPP 1.0" : "")}" : "without from");

    /// <summary>An element came; null: it is none that negotiates.</summary>
    public NegotiationStep? Saw(XmlElement element)
    {
        switch (element.Namespace, element.Name)
        {
            case (XmppNamespaces.Streams, "features"):
                Features = [.. OfferedFeatures.Read(element).Select(Short)];
                return Add(NegotiationStepKind.Features, string.Join(", ", Features));
            case (XmppNamespaces.Tls, _):
                return Add(NegotiationStepKind.StartTls, Short(element.Name));
            case (XmppNamespaces.Sasl, "failure"):
                return Add(NegotiationStepKind.Sasl, "failure " + Short(element.Children.FirstOrDefault()?.Name ?? "without a condition"));
            case (XmppNamespaces.Sasl, _):
                return Add(NegotiationStepKind.Sasl, Short(element.Name));
            case (XmppNamespaces.Dialback, _):
                AskedAboutKey |= element is { Name: "verify" } && element["type"] is null;
                return Add(NegotiationStepKind.Dialback, Short($"{element.Name} {element["type"] ?? "asked"}"));
            default:
                return null;
        }
    }

    /// <summary>The record of what has come of it by now.</summary>
    public NegotiationRecord Record(DomainPair pair, NegotiationWay way) => new()
    {
        Pair = pair,
        Way = way,
        At = time.GetUtcNow(),
        Address = Address,
        Tls = tls,
        Cipher = cipher,
        Certificate = certificate?.Shown(pair.Remote),
        Features = Features,
        Steps = Steps,
    };

    private static string Short(string text) => LogText.Of(text.Length > 64 ? text[..64] : text);
}
