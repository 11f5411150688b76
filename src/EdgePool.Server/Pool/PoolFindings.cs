using System.Globalization;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Sharding;

namespace EdgePool.Server.Pool;

/// <summary>How a pool looks from one node at one moment.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="View">The nodes as last heard.</param>
/// <param name="Map">The owners of shards as last heard.</param>
/// <param name="IsMember">The node's term stands.</param>
/// <param name="Followed">The store is being followed: nothing of this is old.</param>
/// <param name="Trouble">What kept the node from being a member last.</param>
/// <param name="StoreProblem">Why the store did not answer just now; null: it did.</param>
internal sealed record PoolLooks(string Node, PoolView View, ShardMap Map, bool IsMember, bool Followed, string? Trouble, string? StoreProblem)
{
    /// <summary>What nodes told just now, by name; of those that did.</summary>
    public IReadOnlyDictionary<string, NodeTold> Told { get; init; } = new Dictionary<string, NodeTold>(StringComparer.Ordinal);

    /// <summary>A newer EdgePool has written the documents: this one takes no edits.</summary>
    public bool Outdated { get; init; }
}

/// <summary>What is wrong with a pool, in words. Pure.</summary>
internal static class PoolFindings
{
    /// <summary>Everything that an operator should do something about; empty: all is well.</summary>
    public static IEnumerable<string> Of(PoolLooks pool)
    {
        if (pool.StoreProblem is { } problem)
        {
            yield return $"the store does not answer: {problem} — traffic goes on, and edits are refused until it is back";
        }
        else if (!pool.Followed)
        {
            yield return "the store is not followed at this moment: what is shown here may be old — look again in a few seconds";
        }

        if (pool.Outdated)
        {
            yield return "a newer EdgePool has written the pool's documents: this node serves, and takes no edits — bring it to that version";
        }

        if (!pool.IsMember)
        {
            yield return $"{pool.Node} is no member of its pool{(pool.Trouble is { } why ? $": {why}" : "")} — it serves all the same, and tries again by itself";
        }

        foreach (var node in pool.View.Nodes.Values.Where(node => node is { Ready: false, Draining: false }))
        {
            yield return $"{node.Name} is not ready — its own 'edgepool status' says why";
        }

        foreach (var (one, other) in Unlinked(pool))
        {
            yield return $"there is no link between {one} and {other} — limits and stanzas between them wait for it; the log of each says why (2301, 2302)";
        }

        if (Unowned(pool) is > 0 and var unowned)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{unowned} shards have no owner among these nodes — right after a node came or went this lasts seconds; else see the log of each node");
        }
    }

    /// <summary>Nodes between which one of the two has no link, each two once.</summary>
    private static IEnumerable<(string One, string Other)> Unlinked(PoolLooks pool)
        => pool.Told
            .SelectMany(told => pool.View.Nodes.Keys.Except(told.Value.Links, StringComparer.Ordinal).Where(other => !string.Equals(other, told.Key, StringComparison.Ordinal)).Select(other => (told.Key, other)))
            .Where(two => pool.View.Nodes.ContainsKey(two.Key))
            .Select(two => string.CompareOrdinal(two.Key, two.other) < 0 ? two : (two.other, two.Key))
            .Distinct()
            .Order();

    /// <summary>Shards without an owner, or whose owner is not in the pool.</summary>
    public static int Unowned(PoolLooks pool) => Placement.Shards - pool.Map.Owners.Values.Count(owner => pool.View.Nodes.ContainsKey(owner.Node));
}
