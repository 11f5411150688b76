using System.Collections.Immutable;
using System.Globalization;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Sharding;

namespace EdgePool.Cluster.Tests.Sharding;

/// <summary>How 50,000 partners are spread over the nodes of a pool, and who gets another owner. Exact figures: 'EdgePool.Benchmarks balance'.</summary>
public sealed class PlacementBalanceTests
{
    private const int Partners = 50_000;
    private static readonly int[] Shards = [.. Enumerable.Range(0, Partners).Select(static i => Placement.ShardOf(string.Create(CultureInfo.InvariantCulture, $"partner-{i:D6}.example")))];

    public static TheoryData<int> Nodes => [.. Enumerable.Range(2, 15)];

    [Theory]
    [MemberData(nameof(Nodes))]
    public void Partners_OverNodes_AreSpreadWithinAThirdOfTheMean(int nodes)
    {
        var owners = Placement.OwnersOf(ViewOf(nodes));
        var counts = Shards.GroupBy(shard => owners[shard], StringComparer.Ordinal).Select(static owner => owner.Count()).ToArray();

        Assert.Equal(nodes, counts.Length);
        Assert.All(counts, count => Assert.InRange(count, Partners / nodes * 2 / 3, Partners / nodes * 4 / 3));
    }

    [Theory]
    [MemberData(nameof(Nodes))]
    public void Node_Leaves_ItsPartnersAloneMove_NearOneOfN(int nodes)
    {
        var before = Placement.OwnersOf(ViewOf(nodes));
        for (var gone = 1; gone <= nodes; gone++)
        {
            var after = Placement.OwnersOf(ViewOf(nodes, gone));
            var moved = Shards.Where(shard => !string.Equals(before[shard], after[shard], StringComparison.Ordinal)).ToArray();

            Assert.All(moved, shard => Assert.Equal(NameOf(gone), before[shard]));
            Assert.InRange(moved.Length, Partners / nodes * 2 / 3, Partners / nodes * 4 / 3);
        }
    }

    [Theory]
    [MemberData(nameof(Nodes))]
    public void Node_Joins_PartnersMoveToItAlone(int nodes)
    {
        var (before, after) = (Placement.OwnersOf(ViewOf(nodes)), Placement.OwnersOf(ViewOf(nodes + 1)));

        Assert.All(Shards.Where(shard => !string.Equals(before[shard], after[shard], StringComparison.Ordinal)), shard => Assert.Equal(NameOf(nodes + 1), after[shard]));
    }

    private static string NameOf(int node) => string.Create(CultureInfo.InvariantCulture, $"edge-{node}");

    private static PoolView ViewOf(int nodes, int gone = 0)
        => new(1, Enumerable.Range(1, nodes).Where(node => node != gone).Select(NameOf)
            .ToImmutableSortedDictionary(static name => name, static name => new NodeRecord(name, "pool", "", "", ""), StringComparer.Ordinal));
}
