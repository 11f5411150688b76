using EdgePool.Cluster.Membership;
using EdgePool.Edge;

namespace EdgePool.Server.Topologies;

/// <summary>What a node tells the others of itself and the topology: which version it has in force, since when, and what it lacks.</summary>
internal sealed class NodeStanding(EdgeNode node, TimeProvider time)
{
    /// <summary>The record with that in it.</summary>
    public NodeRecord Of(NodeRecord record)
    {
        if (node.Policy.Topology is not { } topology)
        {
            return record with { Topology = 0, TopologySince = null, Lacks = null };
        }

        var version = topology.Source.Version;
        var served = node.LocalDomains.Select(domain => domain.Name.Ascii).ToHashSet(StringComparer.Ordinal);
        var certified = node.ReadCertificates().InForce.SelectMany(ours => ours.Domains).Select(domain => domain.Ascii).ToHashSet(StringComparer.Ordinal);
        var lacks = string.Join("; ", TopologyFit.Lacks([.. topology.Domains.Select(domain => domain.Name.Ascii)], served, certified));
        return record with
        {
            Topology = version,
            TopologySince = record.Topology == version ? record.TopologySince : time.GetUtcNow(),
            Lacks = lacks.Length == 0 ? null : lacks,
        };
    }
}
