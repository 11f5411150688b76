using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;
using Condition = EdgePool.Xmpp.Streams.StreamErrorCondition;
using Effects = System.Collections.Generic.IReadOnlyList<EdgePool.Xmpp.Streams.NegotiationEffect>;

namespace EdgePool.Xmpp.Components;

/// <summary>Where a component's stream stands. The first two end at a deadline of its owner.</summary>
public enum ComponentState
{
    /// <summary>The component's header is due.</summary>
    AwaitingHeader,

    /// <summary>Our header is sent; the handshake is due.</summary>
    AwaitingHandshake,

    /// <summary>Stanzas may flow both ways.</summary>
    Authenticated,

    /// <summary>Nothing more is read.</summary>
    Closed,
}

/// <summary>What a component's stream needs to be negotiated.</summary>
/// <param name="SecretOf">The secret shared with a component; null for a name that is no component here.</param>
/// <param name="IsTaken">True when a component of that name is connected and stays so. Asked at the header and again at the handshake.</param>
/// <param name="NewStreamId">A fresh, unguessable stream id, never used before.</param>
public sealed record ComponentSettings(Func<DomainName, string?> SecretOf, Func<DomainName, bool> IsTaken, Func<string> NewStreamId);

/// <summary>The accepting side of XEP-0114. No I/O and no clock; effects are carried out in order.</summary>
public sealed class ComponentNegotiation : StreamNegotiation<ComponentState>
{
    private readonly ComponentSettings settings;
    private DomainName? domain;

    /// <summary>A stream that has just been accepted.</summary>
    public ComponentNegotiation(ComponentSettings settings)
        : base(ComponentState.AwaitingHeader, ComponentState.Closed)
    {
        ArgumentNullException.ThrowIfNull(settings);
        this.settings = settings;
    }

    /// <summary>The stream's id; null before our header is sent.</summary>
    public string? StreamId { get; private set; }

    /// <summary>The component's domain; null before its header. A claim until authenticated.</summary>
    public DomainName? Domain => domain;

    /// <summary>True for a header that a component, and no S2S server, would send: how one port serves both.</summary>
    public static bool Recognizes(StreamHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        return header.DefaultNamespace.StartsWith("jabber:component:", StringComparison.Ordinal)
            || string.Equals(header.Name, "handshake", StringComparison.Ordinal);
    }

    /// <summary>The handshake for a stream id and secret: SHA-1 in 40 lower-case hexadecimal digits (XEP-0114 section 3).</summary>
    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "XEP-0114 section 3 prescribes it")]
    public static string Handshake(string streamId, string secret)
        => Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(streamId + secret)));

    /// <summary>The component's stream header.</summary>
    public override Effects OnHeader(StreamHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        return Take(State switch
        {
            ComponentState.AwaitingHeader => Open(header),
            ComponentState.Closed => Nothing(),
            _ => Refuse(Condition.BadFormat, StreamEndReason.ProtocolViolation, "a second header"),
        });
    }

    /// <summary>Any top-level element that is not a stanza of an authenticated stream.</summary>
    public override Effects OnElement(XmlElement element)
    {
        ArgumentNullException.ThrowIfNull(element);
        return Take(State switch
        {
            ComponentState.Closed => Nothing(),
            _ when element.Is("error", XmppNamespaces.Streams) => PeerError(element),
            ComponentState.AwaitingHandshake when element.Is("handshake", XmppNamespaces.ComponentAccept) => Authenticate(element.Text),
            ComponentState.AwaitingHandshake when IsStanza(element) =>
                Refuse(Condition.NotAuthorized, StreamEndReason.NotAuthorized, "a stanza before the handshake"),
            _ => Refuse(Condition.UnsupportedStanzaType, StreamEndReason.ProtocolViolation, $"{{{element.Namespace}}}{element.Name} has no place here"),
        });
    }

    private Step Open(StreamHeader header)
    {
        if (string.Equals(header.Name, "handshake", StringComparison.Ordinal))
            return Refuse(Condition.NotAuthorized, StreamEndReason.NotAuthorized, "a handshake before the header");
        if (StreamHeaderCheck.Fault(header, XmppNamespaces.ComponentAccept) is { } fault)
            return Refuse(fault, StreamEndReason.MalformedStream, "the header's namespaces or version");
        if (header.To is null || !DomainName.TryParse(header.To, out domain))
            return Refuse(Condition.ImproperAddressing, StreamEndReason.ImproperAddressing, "the header's 'to'");
        if (settings.SecretOf(domain) is null)
            return Refuse(Condition.HostUnknown, StreamEndReason.HostUnknown, $"{domain.Ascii} is no component here");
        return settings.IsTaken(domain) ? Conflict() : new Step(ComponentState.AwaitingHandshake, [Header()]);
    }

    private Step Authenticate(string handshake)
    {
        var given = Encoding.UTF8.GetBytes(handshake);
        if (settings.SecretOf(domain!) is not { } secret
            || !CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Handshake(StreamId!, secret)), given))
            return Refuse(Condition.NotAuthorized, StreamEndReason.NotAuthorized, "a wrong handshake");
        if (settings.IsTaken(domain!))
            return Conflict();
        return new Step(ComponentState.Authenticated,
        [
            new NegotiationEffect.Send("<handshake/>"u8.ToArray()), // before any stanza
            new NegotiationEffect.Authenticated(new DomainPair(domain!, domain!), AuthenticationMethod.ComponentHandshake),
        ]);
    }

    private Step Conflict() => Refuse(Condition.Conflict, StreamEndReason.Conflict, $"{domain!.Ascii} is connected already");

    private static bool IsStanza(XmlElement element) => element.Name is "message" or "presence" or "iq"
        && string.Equals(element.Namespace, XmppNamespaces.ComponentAccept, StringComparison.Ordinal);

    private NegotiationEffect.Send Header()
    {
        var id = StreamId = settings.NewStreamId();
        return new NegotiationEffect.Send(WireWriter.Compose(w => StreamMarkup.WriteComponentHeader(w, domain, id)));
    }

    // XEP-0114 section 3: an error in answer to the header goes behind a header of ours.
    private protected override Step End(StreamEndReason reason, StreamError? error, string detail, StreamError? received = null)
    {
        Effects header = error is not null && StreamId is null ? [Header()] : [];
        var farewell = StreamMarkup.Farewell(StreamId is not null, error);
        var close = new NegotiationEffect.Close(reason, error, detail) { Farewell = farewell, Received = received };
        return new Step(ComponentState.Closed, [.. header, close]);
    }
}
