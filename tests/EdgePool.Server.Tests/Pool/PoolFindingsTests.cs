using System.Collections.Immutable;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Sharding;
using EdgePool.Server.Pool;
using Xunit;

namespace EdgePool.Server.Tests.Pool;

/// <summary>What changed in a pool, and what is wrong with it, as tables.</summary>
public sealed class PoolFindingsTests
{
    private static readonly NodeRecord A = new("a", "pool", "a-1", "1.0", "");
    private static readonly NodeRecord B = new("b", "pool", "b-1", "1.0", "");

    [Fact]
    public void Between_EachChange_IsToldOnce()
    {
        Assert.Equal([new PoolChange(PoolChangeKind.Joined, B)], PoolChange.Between(View(A), View(A, B)));
        Assert.Equal([new PoolChange(PoolChangeKind.Gone, B)], PoolChange.Between(View(A, B), View(A)));
        var again = B with { Instance = "b-2" };
        Assert.Equal([new PoolChange(PoolChangeKind.Restarted, again)], PoolChange.Between(View(A, B), View(A, again)));
        var draining = B with { Draining = true };
        Assert.Equal([new PoolChange(PoolChangeKind.Draining, draining)], PoolChange.Between(View(A, B), View(A, draining)));
        Assert.Empty(PoolChange.Between(View(A, draining), View(A, draining with { Streams = 5, Ready = false })));
    }

    [Fact]
    public void Of_AllWell_FindsNothing() => Assert.Empty(PoolFindings.Of(Well()));

    [Fact]
    public void Of_EachFault_IsSaidWithWhatFollows()
    {
        Assert.Equal(
            "the store does not answer: no endpoint answers — traffic goes on, and edits are refused until it is back",
            Assert.Single(PoolFindings.Of(Well() with { StoreProblem = "no endpoint answers", Followed = false })));
        Assert.StartsWith("the store is not followed", Assert.Single(PoolFindings.Of(Well() with { Followed = false })), StringComparison.Ordinal);
        Assert.StartsWith("a is no member of its pool: the lease is gone — ", Assert.Single(PoolFindings.Of(Well() with { IsMember = false, Trouble = "the lease is gone" })), StringComparison.Ordinal);
        Assert.StartsWith("a newer EdgePool has written the pool's documents: ", Assert.Single(PoolFindings.Of(Well() with { Outdated = true })), StringComparison.Ordinal);
        Assert.StartsWith("b is not ready — ", Assert.Single(PoolFindings.Of(Well() with { View = View(A, B with { Ready = false }) })), StringComparison.Ordinal);
        Assert.Empty(PoolFindings.Of(Well() with { View = View(A, B with { Ready = false, Draining = true }) }));
    }

    [Fact]
    public void Of_NodesWithoutALink_AreNamedOnce()
    {
        Dictionary<string, NodeTold> told = new(StringComparer.Ordinal) { ["a"] = new NodeTold(0, []), ["b"] = new NodeTold(0, []) };

        Assert.StartsWith("there is no link between a and b — ", Assert.Single(PoolFindings.Of(Well() with { Told = told })), StringComparison.Ordinal);
        told["a"] = told["a"] with { Links = ["b"] };
        Assert.Single(PoolFindings.Of(Well() with { Told = told })); // b knows of none
        told["b"] = told["b"] with { Links = ["a"] };
        Assert.Empty(PoolFindings.Of(Well() with { Told = told }));
    }

    [Fact]
    public void Told_CrossesALink_AndWhatIsNoneIsNothing()
    {
        var read = NodeTold.Read(new NodeTold(7, ["b", "c"]).ToBytes());

        Assert.Equal((7, "b c"), (read!.Uncertain, string.Join(' ', read.Links)));
        Assert.Null(NodeTold.Read("{}"u8));
        Assert.Null(NodeTold.Read("?"u8));
        Assert.Null(NodeTold.Read([]));
    }

    // What a dead node's keys still say is no ownership.
    [Fact]
    public void Of_ShardsOfANodeThatIsGone_AreUnowned()
    {
        var gone = Well() with { View = View(A) };

        Assert.Equal(Placement.Shards / 2, PoolFindings.Unowned(gone));
        Assert.StartsWith("512 shards have no owner among these nodes — ", Assert.Single(PoolFindings.Of(gone)), StringComparison.Ordinal);
    }

    private static PoolLooks Well()
    {
        var owners = Enumerable.Range(0, Placement.Shards).ToImmutableSortedDictionary(shard => shard, shard => new ShardOwner(shard % 2 == 0 ? "a" : "b", 1, 1));
        return new PoolLooks("a", View(A, B), new ShardMap(1, owners), IsMember: true, Followed: true, Trouble: null, StoreProblem: null);
    }

    private static PoolView View(params NodeRecord[] nodes)
        => new(1, nodes.ToImmutableSortedDictionary(node => node.Name, node => node, StringComparer.Ordinal));
}
