using EdgePool.Edge.Streams;

namespace EdgePool.Edge.Partners;

/// <summary>A stream's place among those that its partner may have.</summary>
/// <param name="connections">Where it counts.</param>
/// <param name="holder">Whose it is.</param>
/// <param name="number">A later one has a higher number.</param>
/// <param name="ofShare">It counts against the partner's limit.</param>
/// <param name="ofAll">It counts against the gateway's.</param>
internal sealed class ConnectionPlace(PartnerConnections connections, string holder, long number, bool ofShare, bool ofAll) : IDisposable
{
    private int left;

    /// <summary>Whose it is; see <see cref="PartnerConnections.HolderOf"/>.</summary>
    public string Holder => holder;

    /// <summary>How the stream is told that it has no place any more; from any thread.</summary>
    public Action<EndStream>? End { get; set; }

    internal long Number => number;

    internal bool OfShare => ofShare;

    internal bool OfAll => ofAll;

    /// <summary>The stream was told.</summary>
    internal bool IsEnding { get; set; }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref left, 1) == 0)
            connections.Leave(this);
    }
}
