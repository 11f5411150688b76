using EdgePool.Cluster.Membership;
using EdgePool.Edge.Peers;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Topologies;

namespace EdgePool.Edge.InternalDns;

/// <summary>Where a view sends internal servers at each moment: as its options say, or as the topology in force and the nodes that are there have it. From any thread.</summary>
/// <param name="options">The view's.</param>
/// <param name="pool">The pool that the node is one of; null: it is alone.</param>
internal sealed class FollowedHosts(InternalViewOptions options, PoolOptions? pool)
{
    private volatile Known? last;

    /// <summary>The hosts by a policy; the same list as long as neither topology nor nodes change. Never empty: where nobody else is known, it is this node.</summary>
    public IReadOnlyList<ViewHost> Of(PolicySnapshot policy)
    {
        if (!options.FollowsTopology || pool is null || policy.Topology is not { } topology)
            return options.Hosts;
        var nodes = pool.View();
        if (last is not { } known || !ReferenceEquals(known.Topology, topology) || !ReferenceEquals(known.Nodes, nodes))
            last = known = new Known(topology, nodes, TopologyHosts.Of(topology, pool.Pool, nodes));
        return known.Hosts.Count > 0 ? known.Hosts : options.Hosts;
    }

    private sealed record Known(Topology Topology, PoolView Nodes, IReadOnlyList<ViewHost> Hosts);
}
