using System.Globalization;
using EdgePool.Cluster.Membership;
using EdgePool.Policy.Topologies;
using EdgePool.Server.Advertising;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Topologies;

/// <summary>The nodes of a topology beside those that there are. Pure.</summary>
internal static class TopologyFindings
{
    /// <summary>Each node that the topology names, in its order, and then those that it does not.</summary>
    /// <param name="topology">The topology in force; null: there is none.</param>
    /// <param name="records">What the nodes tell of themselves.</param>
    public static IReadOnlyList<TopologyNodeView> Nodes(Topology? topology, IReadOnlyList<NodeRecord> records)
    {
        if (topology is null)
        {
            return [];
        }

        var byName = records.ToLookup(record => record.Name, StringComparer.Ordinal);
        var named = topology.Pools.SelectMany(pool => pool.Nodes.Select(node => Node(topology, pool, node, byName[node].FirstOrDefault()))).ToList();
        var others = records.Where(record => !named.Any(node => string.Equals(node.Name, record.Name, StringComparison.Ordinal)))
            .Select(record => View(record.Name, Pool: null, TopologyNodeState.Unnamed, record));
        return [.. named, .. others];
    }

    /// <summary>What an operator should do something about, in words; empty: all is well.</summary>
    public static IEnumerable<string> Problems(IReadOnlyList<TopologyNodeView> nodes)
    {
        foreach (var node in nodes)
        {
            if (Problem(node) is { } problem)
            {
                yield return problem;
            }

            if (node.Lacks is { } lacks)
            {
                yield return $"{node.Name}: {lacks} — see 'edgepool check config' and 'edgepool cert check' there; until then partners that it answers are refused";
            }
        }
    }

    /// <summary>What the advertiser has found, and that there is none where the topology needs one.</summary>
    /// <param name="topology">The topology in force; null: there is none.</param>
    /// <param name="report">What the advertiser told last; null: there is none.</param>
    /// <param name="serves">This node could be it.</param>
    public static IEnumerable<string> Problems(Topology? topology, AdvertiserReport? report, bool serves)
    {
        if (report is null)
        {
            return topology?.Advertise is AdvertiseMode.Publish && !serves
                ? ["nobody publishes the records, though the topology says advertise: publish — give a node a key: dns: { updateKeyFile: update.key } in its file"]
                : [];
        }

        return report.Problems.Select(problem => "DNS: " + problem)
            .Concat(report.More > 0 ? [string.Create(CultureInfo.InvariantCulture, $"DNS: and {report.More} more — 'edgepool dns check' shows all")] : []);
    }

    private static string? Problem(TopologyNodeView node) => node.State switch
    {
        TopologyNodeState.Missing => $"{node.Name} is not there — start it, or take it out of pool {node.Pool}",
        TopologyNodeState.Behind => $"{node.Name} has version {node.Version} in force — right after a publish this lasts a second or two; else see its log",
        TopologyNodeState.Unnamed => $"{node.Name} is in no pool of the topology — add it to the nodes of one",
        TopologyNodeState.Elsewhere => $"{node.Name} says that it is in another pool than {node.Pool} — write the same in cluster: of its file and in the topology",
        _ => null,
    };

    private static TopologyNodeView Node(Topology topology, SitePool pool, string name, NodeRecord? record)
    {
        // A node alone is a pool of its own name; only a cluster's nodes say which pool they are in.
        var elsewhere = record is not null && !string.Equals(record.Pool, record.Name, StringComparison.Ordinal) && !string.Equals(record.Pool, pool.Name, StringComparison.Ordinal);
        var state = record switch
        {
            null => TopologyNodeState.Missing,
            _ when elsewhere => TopologyNodeState.Elsewhere,
            _ => record.Topology == topology.Source.Version ? TopologyNodeState.UpToDate : TopologyNodeState.Behind,
        };
        return View(name, pool.Name, state, record);
    }

    private static TopologyNodeView View(string name, string? Pool, string state, NodeRecord? record)
        => new(name, Pool, state, record?.Topology ?? 0, record?.TopologySince, record?.Lacks);
}
