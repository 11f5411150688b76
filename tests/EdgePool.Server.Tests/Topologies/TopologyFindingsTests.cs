using EdgePool.Cluster.Membership;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Server.Topologies;
using Xunit;

namespace EdgePool.Server.Tests.Topologies;

/// <summary>How nodes stand to a topology, as a table.</summary>
public sealed class TopologyFindingsTests
{
    private const string Document = """
        {"sites":[{"name":"a","federationRoute":["pa"]}],
         "pools":[{"name":"pa","site":"a","host":"pa.contoso.example","addresses":["203.0.113.1"],"priority":1,"nodes":["n1"]}],
         "domains":[{"name":"contoso.example","site":"a","backEnds":["pa"]}]}
        """;

    [Theory]
    [InlineData("n1", "pa", 7, "up to date")]
    [InlineData("n1", "n1", 7, "up to date")] // alone: a pool of its own
    [InlineData("n1", "pa", 6, "behind")]
    [InlineData("n1", "pb", 7, "elsewhere")]
    [InlineData("n2", "pa", 7, "missing|unnamed")]
    public void Nodes_AreAsTheyTell(string name, string pool, long version, string expected)
    {
        var topology = PolicyCompiler.Compile([new PolicyDocument("Topology", "topology", 7, Document)], 7, []).Snapshot!.Topology;

        var nodes = TopologyFindings.Nodes(topology, [new NodeRecord(name, pool, "i", "1.0", "") { Topology = version }]);

        Assert.Equal(expected, string.Join('|', nodes.Select(node => node.State)));
        Assert.Equal(expected.Split('|').Count(state => state != "up to date"), TopologyFindings.Problems(nodes).Count());
    }

    [Theory]
    [InlineData("a.example", "a.example", "a.example", "")]
    [InlineData("a.example", "", "", "a.example is not in its file")]
    [InlineData("a.example", "a.example", "", "no certificate names a.example")]
    [InlineData("a.example b.example", "b.example", "", "a.example is not in its file; no certificate names b.example")]
    [InlineData("a b c d e f g", "", "", "a, b, c, d, e and 2 more are not in its file")]
    public void Fit_NamesWhatIsLacking(string domains, string served, string certified, string expected)
        => Assert.Equal(expected, string.Join("; ", TopologyFit.Lacks(Split(domains), Split(served), Split(certified))));

    private static string[] Split(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
