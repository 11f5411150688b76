using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <summary>Orders a stream to end.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Error">The stream error to send; null for none.</param>
/// <param name="Detail">For the log.</param>
/// <param name="Deliver">What waits for the stream goes out first.</param>
internal sealed record EndStream(StreamEndReason Reason, StreamError? Error, string Detail, bool Deliver = false);

/// <summary>Orders a stream to take no further stanza; what it has taken goes on.</summary>
internal sealed class StopReading
{
    public static StopReading Instance { get; } = new();
}
