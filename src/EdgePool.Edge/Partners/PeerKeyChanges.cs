using EdgePool.Cluster.KnownPeers;

namespace EdgePool.Edge.Partners;

/// <summary>
/// In what the journal differs from the keys that are remembered, in the order in which that came about. Plain state, under the table's lock. Who comes and goes
/// between two batches costs nothing; there are never more than are remembered and than the journal has.
/// </summary>
internal sealed class PeerKeyChanges
{
    /// <summary>So old the time at which a key was seen last may be in the journal.</summary>
    public static readonly TimeSpan LongestBehind = TimeSpan.FromHours(1);

    private readonly LinkedList<string> changed = new();
    private readonly Dictionary<string, LinkedListNode<string>> places = new(StringComparer.Ordinal);

    // Whom the journal has, and when it says that they were seen last.
    private readonly Dictionary<string, DateTimeOffset> written = new(StringComparer.Ordinal);
    private List<KnownPeerChange> underWay = [];

    public int Count => changed.Count + underWay.Count;

    /// <summary>The journal has it.</summary>
    public void Restored(PeerKeyState state) => written[state.Domain] = state.LastSeen;

    /// <summary>The journal says that the domain was seen last long before this.</summary>
    public bool IsOutdated(string domain, DateTimeOffset seen) => !written.TryGetValue(domain, out var said) || seen - said >= LongestBehind;

    /// <summary>Something else is remembered of it from now on, or nothing.</summary>
    public void Mark(string domain, bool isKnown)
    {
        if (isKnown || written.ContainsKey(domain))
        {
            if (!places.ContainsKey(domain))
                places[domain] = changed.AddLast(domain);
        }
        else if (places.Remove(domain, out var place))
        {
            changed.Remove(place);
        }
    }

    /// <summary>The oldest changes: the same until they are <see cref="Written"/>.</summary>
    /// <param name="atMost">How many.</param>
    /// <param name="read">What is remembered of a domain now, and whether it is a stranger's; null: nothing.</param>
    public IReadOnlyList<KnownPeerChange> Oldest(int atMost, Func<string, (PeerKeyState State, bool Stranger)?> read)
    {
        if (underWay.Count > 0)
            return underWay;
        var batch = new List<KnownPeerChange>(Math.Min(atMost, changed.Count));
        while (batch.Count < atMost && changed.First is { Value: var domain })
        {
            changed.RemoveFirst();
            places.Remove(domain);
            batch.Add(new KnownPeerChange(domain, Take(domain, read(domain))));
        }

        return underWay = batch;
    }

    /// <summary>What was under way is written.</summary>
    public void Written() => underWay = [];

    private string? Take(string domain, (PeerKeyState State, bool Stranger)? known)
    {
        if (known is not var (state, stranger))
        {
            written.Remove(domain);
            return null;
        }

        written[domain] = state.LastSeen;
        return PeerKeyText.Write(state, stranger);
    }
}
