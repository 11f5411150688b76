using EdgePool.Xmpp.Streams;

namespace EdgePool.Xmpp.Framing;

/// <summary>What <see cref="StreamFramer.Read"/> found.</summary>
public enum FrameStatus
{
    /// <summary>More bytes are needed. Keep everything from <c>consumed</c> on and call again with more behind it.</summary>
    Incomplete,

    /// <summary>The stream header is complete: <see cref="StreamFramer.Header"/>.</summary>
    Header,

    /// <summary>One top-level element is complete: the <c>frame</c>.</summary>
    Element,

    /// <summary>The stream's end tag. Nothing after it is read.</summary>
    End,

    /// <summary>The bytes break a rule: <see cref="StreamFramer.Violation"/>. Nothing after it is read.</summary>
    Violation,
}

/// <summary>Why the framer refused: the stream error to send, and what exactly for our log (never peer bytes).</summary>
/// <param name="Condition">The stream error of RFC 6120 section 4.9.3.</param>
/// <param name="Detail">What was wrong, in a few words of ours.</param>
/// <param name="StanzaTooBig">True when <c>stanza-too-big</c> (<c>urn:xmpp:errors</c>) goes along.</param>
public sealed record FramingViolation(StreamErrorCondition Condition, string Detail, bool StanzaTooBig = false);

/// <summary>
/// Cuts the bytes of one stream into its header and complete top-level elements, validating everything that an honest XML parser behind it
/// would. Incremental: each byte is looked at once however it is chunked. One framer serves one stream: every restart takes a new one.
/// </summary>
public sealed class StreamFramer
{
    /// <summary>A framer that waits for a stream header.</summary>
    public StreamFramer(FramerLimits limits) => Limits = limits;

    /// <summary>The limits in force; raised once the peer is authenticated.</summary>
    public FramerLimits Limits { get; set; }

    /// <summary>The header, once read.</summary>
    public StreamHeader? Header { get; }

    /// <summary>The refusal, once <see cref="FrameStatus.Violation"/> was returned.</summary>
    public FramingViolation? Violation { get; }

    /// <summary>True while a header or top-level element has begun and is not complete (white space alone is not a beginning).</summary>
    public bool InsideElement { get; }

    /// <summary>
    /// Reads the next header, element or end from <paramref name="data"/>, whose first byte is the first not yet consumed one.
    /// On <see cref="FrameStatus.Incomplete"/> the next call's data begins at <paramref name="consumed"/> and has at least as many bytes.
    /// The frame's spans point into <paramref name="data"/> (or scratch memory of the framer) and hold until the next call.
    /// </summary>
    public FrameStatus Read(ReadOnlySpan<byte> data, out int consumed, out StanzaFrame frame) => throw new NotSupportedException("skeleton");
}
