using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Membership;
using EdgePool.Edge.Peers;
using EdgePool.Testing.Time;
using Xunit;

namespace EdgePool.Edge.Tests.Peers;

public sealed class DeadNodesTests
{
    private readonly VirtualTimeProvider time = new();
    private readonly EmbeddedCoordinator store;
    private readonly Queue<bool> refusals = new();

    public DeadNodesTests() => store = new EmbeddedCoordinator(time);

    [Fact]
    public async Task Look_RefusedTwice_EndsTheLeaseAndWhatStandsUnderIt()
    {
        var record = await JoinAsync();
        var looking = Look(record, refuses: [true, true]);
        Assert.False(looking.IsCompleted);

        time.Advance(DeadNodes.Again);

        Assert.True(await looking);
        Assert.Empty((await store.ReadAsync("shards/", default)).Keys);
    }

    [Theory]
    [InlineData(false, false)] // stopped, or cut off
    [InlineData(true, false)] // it starts again
    public async Task Look_NotRefusedTwice_LeavesItToItsLease(bool first, bool second)
    {
        var record = await JoinAsync();
        var looking = Look(record, refuses: [first, second]);

        time.Advance(DeadNodes.Again);

        Assert.False(await looking);
        Assert.True(await store.KeepAliveAsync(record.Lease, default));
    }

    [Fact]
    public async Task Look_ItsPlaceIsTaken_LeavesTheNextOneAlone()
    {
        var old = await JoinAsync();
        await store.RevokeAsync(old.Lease, default);
        var next = await JoinAsync();
        var looking = Look(old, refuses: [true, true]);

        time.Advance(DeadNodes.Again);

        Assert.True(await looking);
        Assert.True(await store.KeepAliveAsync(next.Lease, default));
    }

    [Fact]
    public async Task Look_GivenUp_EndsNothing()
    {
        var record = await JoinAsync();
        using var stopping = new CancellationTokenSource();
        var looking = Look(record, [true, true], stopping.Token);

        await stopping.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => looking);
        Assert.True(await store.KeepAliveAsync(record.Lease, default));
    }

    [Theory]
    [InlineData(1.0, true, true)]
    [InlineData(0.79, true, false)] // the store has heard it
    [InlineData(1.0, false, false)] // this node has heard it
    public async Task Listen_SilentHereAndToTheStore_AloneIsDeath(double seconds, bool still, bool dead)
    {
        var record = await JoinAsync();
        time.Advance(TimeSpan.FromSeconds(seconds));
        var listening = Dead().ListenAsync(record, spread: 1, () => still, default);
        Assert.False(listening.IsCompleted);

        time.Advance(DeadNodes.Breath * 4);

        Assert.Equal(dead, await listening);
        Assert.Equal(dead ? 0 : 1, (await store.ReadAsync("shards/", default)).Keys.Count);
        Assert.Equal(!dead, await store.KeepAliveAsync(record.Lease, default));
    }

    [Fact]
    public async Task Listen_ItWritesItsRecordMeanwhile_IsNoDeath()
    {
        var record = await JoinAsync();
        time.Advance(TimeSpan.FromSeconds(2));
        var listening = Dead().ListenAsync(record, spread: 0, () => true, default);
        await store.CommitAsync([], [new KeyChange(NodeRecord.KeyOf("p", "b"), "r"u8.ToArray(), record.Lease)], default);
        Assert.True(await store.KeepAliveAsync(record.Lease, default));

        time.Advance(DeadNodes.Breath);

        Assert.False(await listening);
        Assert.Single((await store.ReadAsync("shards/", default)).Keys);
    }

    private async Task<NodeRecord> JoinAsync()
    {
        var lease = await store.GrantAsync(TimeSpan.FromSeconds(5), default);
        var record = new NodeRecord("b", "p", "i", "1", "127.0.0.1:1") { Lease = lease };
        Assert.NotNull(await store.CommitAsync([], [new KeyChange("shards/p/0001", "b"u8.ToArray(), lease), new KeyChange(NodeRecord.KeyOf("p", "b"), "r"u8.ToArray(), lease)], default));
        return record;
    }

    private DeadNodes Dead() => new(store, new MembershipOptions(), (_, _) => Task.FromResult(refusals.Dequeue()), time);

    private Task<bool> Look(NodeRecord record, bool[] refuses, CancellationToken cancellation = default)
    {
        Array.ForEach(refuses, refusals.Enqueue);
        return Dead().LookAsync(record, cancellation);
    }
}
