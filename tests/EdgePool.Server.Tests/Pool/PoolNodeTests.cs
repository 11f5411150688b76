using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Sharding;
using EdgePool.Server.Pool;
using EdgePool.Testing.Logging;
using EdgePool.Testing.Time;
using Xunit;

namespace EdgePool.Server.Tests.Pool;

/// <summary>Nodes of one pool on one coordinator, on virtual time.</summary>
public sealed class PoolNodeTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    private readonly EventCollector logs = new();

    public void Dispose() => logs.Dispose();

    [Fact]
    public void Start_Alone_OwnsEveryShardAndSaysSo() => VirtualThread.Run(async thread =>
    {
        await using var store = new LocalCoordinator(thread.Time);
        await using var node = Node(store, "a", thread);
        node.Start(() => 7);
        await thread.UntilAsync(() => node.Keeper.View.Nodes.ContainsKey("a"));
        Assert.False(node.Keeper.View.Nodes["a"].Ready);
        node.Serve(static () => true);

        await thread.UntilAsync(() => Said(3507, "Shards", Placement.Shards));

        Assert.Equal(Placement.Shards, node.Keeper.Count);
        Assert.Equal((true, 7), node.Keeper.View.Nodes["a"] is var record ? (record.Ready, record.Streams) : default);
        Assert.True(Said(3500, "Node", "a"));
        await node.LeaveAsync(Long);
    });

    [Fact]
    public void Leave_ThreeNodes_OthersOwnItsShardsBeforeItIsGone() => VirtualThread.Run(async thread =>
    {
        await using var store = new LocalCoordinator(thread.Time);
        PoolNode[] nodes = [Node(store, "a", thread), Node(store, "b", thread), Node(store, "c", thread)];
        foreach (var node in nodes)
        {
            node.Start(() => 0);
        }

        await thread.UntilAsync(() => nodes.All(node => node.Keeper.Count > 250));
        await thread.UntilAsync(() => Said(3503, "Other", "b"));

        Assert.Equal(0, await nodes[0].HandOverAsync(Long));
        await thread.UntilAsync(() => nodes[1].Keeper.Count + nodes[2].Keeper.Count == Placement.Shards);
        await thread.UntilAsync(() => Said(3505, "Other", "a"));
        Assert.NotNull(nodes[0].Member.Term);
        await nodes[0].LeaveAsync(Long);

        await thread.UntilAsync(() => Said(3504, "Other", "a"));
        Assert.True(Said(3508, "Shards", 0));
        Assert.DoesNotContain(logs.Events, e => e.Id.Id == 3501);
        await nodes[1].DisposeAsync();
        await nodes[2].DisposeAsync();
    });

    [Fact]
    public void Vanish_OfThree_ItsShardsAreOwnedAgainWhenItsLeaseEnds() => VirtualThread.Run(async thread =>
    {
        await using var store = new LocalCoordinator(thread.Time);
        PoolNode[] nodes = [Node(store, "a", thread), Node(store, "b", thread), Node(store, "c", thread)];
        foreach (var node in nodes)
        {
            node.Start(() => 0);
        }

        await thread.UntilAsync(() => nodes.All(node => node.Keeper.Count > 250));
        var since = thread.Time.Elapsed;
        await nodes[0].DisposeAsync();
        await thread.UntilAsync(() => nodes[1].Keeper.Count + nodes[2].Keeper.Count == Placement.Shards);

        Assert.InRange(thread.Time.Elapsed - since, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(6));
        await nodes[1].DisposeAsync();
        await nodes[2].DisposeAsync();
    });

    // Static stability: a node whose lease is lost says so, goes on, and is back as soon as the store lets it.
    [Fact]
    public void StoreAway_NodeSaysWhyOnceInAWhile_AndComesBack() => VirtualThread.Run(async thread =>
    {
        await using var store = new LocalCoordinator(thread.Time);
        await using var node = Node(store, "a", thread);
        node.Start(() => 0);
        await thread.UntilAsync(() => node.Keeper.Count == Placement.Shards);

        store.Away = true;
        await thread.UntilAsync(() => node.Member.Term is null);
        await thread.PassAsync(TimeSpan.FromSeconds(20));

        Assert.Equal("the store is away", node.Trouble);
        Assert.Equal((1, 1), (Count(3501), Count(3502)));
        Assert.Equal(0, node.Keeper.Count);

        store.Away = false;
        await thread.UntilAsync(() => node.Keeper.Count == Placement.Shards);
        Assert.Null(node.Trouble);
        Assert.Equal(2, Count(3500));
        store.Away = true;
        await node.LeaveAsync(Long);
        Assert.Equal("the store is away", Assert.Single(logs.Events, e => e.Id.Id == 3509).Values["Detail"]);
    });

    // Nothing that a store throws, foreseen or not, keeps a node out of its pool for good.
    [Fact]
    public void StoreFailsAsNobodyForesaw_NodeTriesAgain() => VirtualThread.Run(async thread =>
    {
        await using var store = new LocalCoordinator(thread.Time);
        await using var node = Node(store, "a", thread);
        node.Start(() => 0);
        await thread.UntilAsync(() => node.Keeper.Count == Placement.Shards);
        foreach (var fault in (Func<Exception>[])[static () => new InvalidOperationException("odd"), static () => new TaskCanceledException("nobody asked for it")])
        {
            (store.Fault, store.Away) = (fault, true);
            await thread.UntilAsync(() => node.Member.Term is null);
            await thread.PassAsync(TimeSpan.FromSeconds(20));
            Assert.Equal(fault().Message, node.Trouble);

            store.Away = false;
            await thread.UntilAsync(() => node.Keeper.Count == Placement.Shards);
        }

        await node.LeaveAsync(Long);
    });

    // MGT-05: nodes of different versions.
    [Fact]
    public void Documents_OfANewerEdgePool_AreAnAlarmOnce() => VirtualThread.Run(async thread =>
    {
        await using var store = new LocalCoordinator(thread.Time);
        await using var node = Node(store, "a", thread);
        var newer = false;
        node.Outdated = () => newer;
        node.Start(() => 0);
        await thread.PassAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(0, Count(3512));

        newer = true;
        await thread.PassAsync(TimeSpan.FromSeconds(5));

        Assert.Equal(1, Count(3512));
        await node.LeaveAsync(Long);
    });

    private PoolNode Node(ICoordinator store, string name, VirtualThread thread)
        => new(store, new NodeRecord(name, "pool", name + "-1", "1.0", ""), new MembershipOptions(), thread.Time, new Random(1), logs.CreateLogger("pool"));

    private int Count(int id) => logs.Events.Count(e => e.Id.Id == id);

    private bool Said(int id, string name, object value) => logs.Events.Any(e => e.Id.Id == id && Equals(e.Values[name], value));
}
