using System.Net;
using EdgePool.Cluster.Membership;
using EdgePool.Policy.Topologies;

namespace EdgePool.Edge.InternalDns;

/// <summary>
/// Where the topology sends internal servers: to all nodes of this site's pools, then to those of the other pools on the site's federation route, in its order. A node tells its inner
/// addresses in its record. One that drains is left out, as is one that is gone from the records; while the store is away these are as last heard. Pure.
/// </summary>
public static class TopologyHosts
{
    /// <summary>Between the priorities of one pool and the next.</summary>
    public const ushort Step = 10;

    /// <summary>The hosts, the nearest first, at most <see cref="InternalViewOptions.MaxHosts"/>; empty: the topology does not name the pool, or none of its nodes is known.</summary>
    /// <param name="topology">In force.</param>
    /// <param name="pool">The pool of the node that answers.</param>
    /// <param name="nodes">The nodes of the cluster.</param>
    public static IReadOnlyList<ViewHost> Of(Topology topology, string pool, PoolView nodes)
    {
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(nodes);
        var byPool = nodes.Nodes.Values.Where(node => !node.Draining).ToLookup(node => node.Pool, StringComparer.Ordinal);
        return [.. Order(topology, pool)
            .SelectMany(choice => byPool[choice.Pool.Name].OrderBy(node => node.Name, StringComparer.Ordinal).SelectMany(node => ViewHost.Of(node.Name, Inner(node), choice.Priority)))
            .DistinctBy(host => host.Name)
            .Take(InternalViewOptions.MaxHosts)];
    }

    /// <summary>The pools that a site's internal servers are sent to, with their priorities.</summary>
    private static IEnumerable<(SitePool Pool, ushort Priority)> Order(Topology topology, string pool)
    {
        if (topology.Pools.FirstOrDefault(one => string.Equals(one.Name, pool, StringComparison.Ordinal))?.Site is not { } site)
        {
            return [];
        }

        var route = topology.Sites.FirstOrDefault(one => string.Equals(one.Name, site, StringComparison.Ordinal))?.Route ?? [];
        return topology.Pools.Where(IsHere).Select(here => (here, Step))
            .Concat(route.Where(other => !IsHere(other) && other.XmppFederation).Select((other, index) => (other, (ushort)Math.Min(ushort.MaxValue, Step * (index + 2)))));

        bool IsHere(SitePool one) => string.Equals(one.Site, site, StringComparison.Ordinal);
    }

    private static IEnumerable<IPEndPoint> Inner(NodeRecord node)
        => (node.Inner ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => IPEndPoint.TryParse(text, out var address) ? address : null).OfType<IPEndPoint>();
}
