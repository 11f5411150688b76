using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Telemetry;

/// <summary>What a stream was negotiated for.</summary>
public enum NegotiationWay
{
    /// <summary>The partner opened it to send to us.</summary>
    Inbound,

    /// <summary>We opened it to send to the partner.</summary>
    Outbound,

    /// <summary>We opened it to ask the partner's authoritative server about a dialback key that came in the partner's name.</summary>
    Verification,
}

/// <summary>A step of a negotiation. A closed vocabulary.</summary>
public enum NegotiationStepKind
{
    /// <summary>The DNS, or the configuration, said where the domain is served.</summary>
    Resolved,

    /// <summary>A target that comes first did not work out.</summary>
    TargetFailed,

    /// <summary>The TCP connection is up.</summary>
    Connected,

    /// <summary>The peer's stream header came.</summary>
    Header,

    /// <summary>The peer's features came.</summary>
    Features,

    /// <summary>STARTTLS was asked for, or answered.</summary>
    StartTls,

    /// <summary>The TLS handshake is done.</summary>
    Secured,

    /// <summary>The DNS said which TLSA records there are.</summary>
    Tlsa,

    /// <summary>SASL was asked for, or answered.</summary>
    Sasl,

    /// <summary>Dialback was asked for, or answered.</summary>
    Dialback,

    /// <summary>The authoritative server has spoken about a dialback key, or could not be asked.</summary>
    Verified,

    /// <summary>The pair is authenticated.</summary>
    Authenticated,
}

/// <summary>Texts of <see cref="NegotiationStepKind"/>.</summary>
public static class NegotiationStepKinds
{
    /// <summary>The stable text, such as <c>target-failed</c>.</summary>
    public static string ToText(this NegotiationStepKind kind) => kind switch
    {
        NegotiationStepKind.TargetFailed => "target-failed",
        NegotiationStepKind.StartTls => "starttls",
        _ => kind.ToString().ToLowerInvariant(),
    };
}

/// <summary>One step of a negotiation.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Took">The time since the step before.</param>
/// <param name="Detail">What came of it, fit for a log; may be empty.</param>
public sealed record NegotiationStep(NegotiationStepKind Kind, TimeSpan Took, string Detail);

/// <summary>The certificate that a peer showed, fit for a log: see <see cref="LogText"/>.</summary>
/// <param name="Subject">Its subject.</param>
/// <param name="Issuer">Who issued it, as it says itself.</param>
/// <param name="Key">The hash of its key; null: it cannot be read.</param>
/// <param name="Expires">The end of its validity.</param>
/// <param name="Verdict">What it proves of the domain that the peer claims; null: nobody had to know.</param>
/// <param name="Names">DNS names in it, the first 16.</param>
public sealed record ShownCertificate(string Subject, string Issuer, KeyHash? Key, DateTimeOffset Expires, CertificateVerdict? Verdict, IReadOnlyList<string> Names);

/// <summary>What was negotiated with a partner, or what it failed by. Immutable.</summary>
public sealed record NegotiationRecord
{
    /// <summary>Our domain and the partner's. Where the negotiation failed, the partner's is what the peer claims.</summary>
    public required DomainPair Pair { get; init; }

    /// <summary>Who opened it, and for what.</summary>
    public required NegotiationWay Way { get; init; }

    /// <summary>When it was authenticated, or ended.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The stream's number in the log; 0: it came to none.</summary>
    public long Stream { get; init; }

    /// <summary>The peer's address and port; null: there was no connection.</summary>
    public string? Address { get; init; }

    /// <summary>The target that it leads to, with what its SRV record says; null: the peer opened the stream, or there was no target.</summary>
    public string? Target { get; init; }

    /// <summary>The TLS version; null: without TLS.</summary>
    public string? Tls { get; init; }

    /// <summary>The cipher suite; null: without TLS.</summary>
    public string? Cipher { get; init; }

    /// <summary>The peer's certificate; null: it showed none.</summary>
    public ShownCertificate? Certificate { get; init; }

    /// <summary>The features that the peer offered last; of a stream that the peer opened, none.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>How the pair was authenticated; null: it was not, or the stream was for a verification.</summary>
    public AuthenticationMethod? Method { get; init; }

    /// <summary>The steps in their order.</summary>
    public required IReadOnlyList<NegotiationStep> Steps { get; init; }

    /// <summary>Why it failed, or why the stream ended that had been up; null: it did not.</summary>
    public StreamEndReason? Failure { get; init; }

    /// <summary>What exactly, fit for a log.</summary>
    public string Detail { get; init; } = string.Empty;
}
