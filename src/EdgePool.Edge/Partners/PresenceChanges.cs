using EdgePool.Cluster.Presences;

namespace EdgePool.Edge.Partners;

/// <summary>
/// In what the journal differs from the table, in the order in which that came about. Plain state, under the table's lock. Who comes and goes between two batches
/// costs nothing; there are never more than are shown and than the journal has.
/// </summary>
internal sealed class PresenceChanges
{
    private readonly LinkedList<ShownPresence> changed = new();
    private List<PresenceChange> underWay = [];

    public int Count => changed.Count + underWay.Count;

    /// <summary>It is shown from now on, or no more.</summary>
    public void Mark(ShownPresence shown, bool isShown)
    {
        if (isShown != shown.Written)
        {
            if (shown.Unwritten.List is null)
                changed.AddLast(shown.Unwritten);
        }
        else if (shown.Unwritten.List is not null)
        {
            changed.Remove(shown.Unwritten);
        }
    }

    /// <summary>The oldest changes: the same until they are <see cref="Written"/>.</summary>
    public IReadOnlyList<PresenceChange> Oldest(int atMost)
    {
        if (underWay.Count > 0)
            return underWay;
        var batch = new List<PresenceChange>(Math.Min(atMost, changed.Count));
        while (batch.Count < atMost && changed.First is { Value: var shown })
        {
            changed.RemoveFirst();
            shown.Written = !shown.Written;
            batch.Add(new PresenceChange(new Presence(shown.Side == PresenceSide.Outward, shown.Addresses.Local, shown.Addresses.Remote, shown.Partner), shown.Written));
        }

        return underWay = batch;
    }

    /// <summary>What was under way is written.</summary>
    public void Written() => underWay = [];
}
