using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <summary>Orders a stream to end.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Error">The stream error to send; null for none.</param>
/// <param name="Detail">For the log.</param>
/// <param name="Deliver">What waits for the stream goes out first.</param>
internal sealed record EndStream(StreamEndReason Reason, StreamError? Error, string Detail, bool Deliver = false);

/// <summary>
/// Orders streams to take no further stanza; what they have taken goes on. Where nothing is acknowledged to the peer, it cannot know what was not taken: such a stream
/// says its farewell instead, and takes what comes up to the peer's own end (RFC 6120 section 4.4).
/// </summary>
/// <param name="Components">The components' streams; else all others.</param>
internal sealed record StopReading(bool Components);
