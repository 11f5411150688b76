using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <summary>An inbound stream as another one of the same pair sees it. Called from any thread.</summary>
internal interface IPairStream
{
    /// <summary>How long nothing has come from the peer, though we would have read it.</summary>
    TimeSpan Silence { get; }

    /// <summary>A newer stream of the pair takes its place: it ends with <c>conflict</c>.</summary>
    void GiveWay();

    /// <summary>A newer stream of the pair is beside it: it finds out whether its connection still lives.</summary>
    void Probe();
}

/// <summary>
/// The inbound streams of each domain pair, oldest first. Partners may have several side by side: a server with two connections, or two nodes of one
/// domain. But a connection that died without a word (half open) must not keep the partner's next one out, nor a place for longer than needed.
/// So when a newer stream is authenticated for the pair:
/// <list type="number">
/// <item>older ones that have been silent for <see cref="StreamTimeouts.Superseded"/> end with <c>conflict</c>;</item>
/// <item>is there still no room, the oldest that has been silent for <see cref="StreamTimeouts.Displaced"/> ends with <c>conflict</c>;</item>
/// <item>is there none, the newer one is refused with <c>policy-violation</c>;</item>
/// <item>older ones that stay are probed, so that a dead connection shows.</item>
/// </list>
/// </summary>
/// <remarks>
/// What the older stream brought is in its queues before the newer one may bring anything, so nothing is doubled, and nothing overtakes. Not guaranteed: a
/// stanza that the peer puts on the older stream in the moment in which it ends is not accepted, as at the end for idleness.
/// </remarks>
internal sealed class PairStreams(int limit, TimeSpan superseded, TimeSpan displaced)
{
    private readonly Dictionary<DomainPair, List<IPairStream>> places = [];
    private readonly Lock gate = new();

    /// <summary>Gives an authenticated stream its place; false: there is no room for it.</summary>
    public bool TryEnter(DomainPair pair, IPairStream newer)
    {
        List<IPairStream> gone = [];
        IPairStream[] staying;
        lock (gate)
        {
            List<IPairStream> kept = [];
            IPairStream? displaceable = null;
            foreach (var older in places.GetValueOrDefault(pair) ?? [])
            {
                if (ReferenceEquals(older, newer))
                    return true;
                var silence = older.Silence;
                (silence >= superseded ? gone : kept).Add(older);
                if (silence >= displaced && silence < superseded)
                    displaceable ??= older;
            }

            if (kept.Count >= limit && displaceable is not null && kept.Remove(displaceable))
                gone.Add(displaceable);
            if (kept.Count >= limit)
                return false;
            staying = [.. kept];
            places[pair] = [.. kept, newer];
        }

        gone.ForEach(static older => older.GiveWay());
        Array.ForEach(staying, static older => older.Probe());
        return true;
    }

    /// <summary>Gives the place back; one that had to give way has none any more.</summary>
    public void Leave(DomainPair pair, IPairStream stream)
    {
        lock (gate)
        {
            if (places.TryGetValue(pair, out var streams) && streams.Remove(stream) && streams.Count == 0)
                places.Remove(pair);
        }
    }
}
