using EdgePool.Cluster.Membership;

namespace EdgePool.Server.Pool;

/// <summary>What happened to a node of the pool.</summary>
internal enum PoolChangeKind
{
    /// <summary>It is there, and was not before.</summary>
    Joined,

    /// <summary>It is there no more.</summary>
    Gone,

    /// <summary>It has begun to leave service.</summary>
    Draining,

    /// <summary>Another process bears its name.</summary>
    Restarted,
}

/// <summary>A change of the pool.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Node">Its record; of one that is gone, the last.</param>
internal sealed record PoolChange(PoolChangeKind Kind, NodeRecord Node)
{
    /// <summary>What led from one view to a later one, by the names of nodes. Their load and readiness are no change.</summary>
    public static IEnumerable<PoolChange> Between(PoolView before, PoolView after)
    {
        foreach (var gone in before.Nodes.Values.Where(node => !after.Nodes.ContainsKey(node.Name)))
        {
            yield return new PoolChange(PoolChangeKind.Gone, gone);
        }

        foreach (var node in after.Nodes.Values)
        {
            if (before.Nodes.GetValueOrDefault(node.Name) is not { } was)
            {
                yield return new PoolChange(PoolChangeKind.Joined, node);
            }
            else if (!string.Equals(was.Instance, node.Instance, StringComparison.Ordinal))
            {
                yield return new PoolChange(PoolChangeKind.Restarted, node);
            }
            else if (node.Draining && !was.Draining)
            {
                yield return new PoolChange(PoolChangeKind.Draining, node);
            }
        }
    }
}
