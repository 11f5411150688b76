namespace EdgePool.Edge.Partners;

/// <summary>A stream that waits until this node knows whether it has a place for it. Until then it counts as one that has. Dispose it when the stream waits no more.</summary>
/// <param name="connections">Where it waits.</param>
/// <param name="holder">See <see cref="PartnerConnections.HolderOf"/>.</param>
/// <param name="atMost">It is in vain to wait longer: by then the node knows, whatever it was told.</param>
/// <param name="told">Called once, from any thread, when it may be known; then the stream waits no more.</param>
internal sealed class PlaceWait(PartnerConnections connections, string holder, TimeSpan atMost, Action told) : IDisposable
{
    public string Holder => holder;

    public TimeSpan AtMost => atMost;

    public void Dispose() => connections.StopWaiting(this);

    internal void Tell() => told();
}
