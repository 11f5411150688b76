using EdgePool.Edge.Transport;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <summary>What a pump met that its actor must decide. A closed set. The pump reads nothing further until it has its <see cref="PumpOrder"/>.</summary>
internal abstract record PumpEvent
{
    /// <summary>Answers the pump; without it the pump waits.</summary>
    public TaskCompletionSource<PumpOrder> Reply { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The connection is there; for direct TLS, secured already.</summary>
    public sealed record Connected(TlsSession? Tls) : PumpEvent;

    /// <summary>A stream header.</summary>
    public sealed record Header(StreamHeader Value) : PumpEvent;

    /// <summary>An element that is not a stanza, or a stanza that came before anything was authenticated.</summary>
    public sealed record Element(XmlElement Value) : PumpEvent;

    /// <summary>The bytes break a rule of framing.</summary>
    public sealed record Violation(FramingViolation Value) : PumpEvent;

    /// <summary>A stanza breaks a rule of addressing.</summary>
    /// <param name="Condition">What the stream ends with.</param>
    /// <param name="Detail">For the log.</param>
    /// <param name="Claimed">The domain, in A-labels, that it claims to come from and that the stream is not authenticated for; null: that is not what is wrong.</param>
    public sealed record BadAddress(StreamErrorCondition Condition, string Detail, string? Claimed = null) : PumpEvent;

    /// <summary>The peer breaks a rule of stream management (XEP-0198), or of ours on it.</summary>
    public sealed record AccountFault(StreamEndReason Reason, StreamError Error, string Detail) : PumpEvent;

    /// <summary>The peer has tried to send more than its rate for too long.</summary>
    public sealed record OverRate : PumpEvent;

    /// <summary>TLS is up on the connection.</summary>
    public sealed record Secured(TlsSession Tls) : PumpEvent;

    /// <summary>The TLS handshake failed.</summary>
    public sealed record TlsFailed(string Detail) : PumpEvent;

    /// <summary>The peer sent its end tag.</summary>
    public sealed record EndTag : PumpEvent;

    /// <summary>The peer closed the connection; <paramref name="MidElement"/>: in the middle of an element, which is discarded.</summary>
    public sealed record Closed(bool MidElement) : PumpEvent;

    /// <summary>The connection broke.</summary>
    public sealed record Broken(string Detail) : PumpEvent;
}

/// <summary>What the pump does next.</summary>
internal enum PumpOrder
{
    /// <summary>Read on.</summary>
    Continue,

    /// <summary>Read on, with the prefix of dialback bound if the header has not bound it.</summary>
    AssumeDialbackPrefix,

    /// <summary>Read on with a new framer: a new stream header follows.</summary>
    Restart,

    /// <summary>Take the TLS handshake, then a new framer.</summary>
    StartTls,

    /// <summary>Parse nothing more; read and discard until the peer closes.</summary>
    Discard,
}
