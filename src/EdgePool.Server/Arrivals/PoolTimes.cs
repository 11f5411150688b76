using System.Collections.Immutable;
using EdgePool.Cluster.Membership;

namespace EdgePool.Server.Arrivals;

/// <summary>How a pool is.</summary>
/// <param name="Ready">A node of it is ready, and does not drain.</param>
/// <param name="Since">Since when it is so, as far as this node has watched.</param>
internal readonly record struct PoolTime(bool Ready, DateTimeOffset Since);

/// <summary>Since when each pool of the cluster can take partners, or cannot, as the nodes' records say. Written from one thread, read from any.</summary>
internal sealed class PoolTimes
{
    /// <summary>As many pools as a topology may have, twice.</summary>
    private const int MostPools = 200;

    private volatile ImmutableDictionary<string, PoolTime> byPool = ImmutableDictionary.Create<string, PoolTime>(StringComparer.Ordinal);

    /// <summary>How a pool is; null: nothing was ever heard of it.</summary>
    public PoolTime? Of(string pool) => byPool.TryGetValue(pool, out var known) ? known : null;

    /// <summary>Takes in the nodes as they are.</summary>
    public void Note(IEnumerable<NodeRecord> nodes, DateTimeOffset now)
    {
        var ready = nodes.Where(node => node is { Ready: true, Draining: false }).Select(node => node.Pool).ToHashSet(StringComparer.Ordinal);
        var next = byPool;
        foreach (var pool in ready.Union(next.Keys, StringComparer.Ordinal).ToList())
        {
            var isReady = ready.Contains(pool);
            if (next.TryGetValue(pool, out var before) ? before.Ready != isReady : next.Count < MostPools)
            {
                next = next.SetItem(pool, new PoolTime(isReady, now));
            }
        }

        byPool = next;
    }
}
