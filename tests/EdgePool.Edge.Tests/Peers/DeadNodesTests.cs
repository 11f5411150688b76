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
    [InlineData(false, false)] // stopped, or cut off: silence is not death
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

    private async Task<NodeRecord> JoinAsync()
    {
        var lease = await store.GrantAsync(TimeSpan.FromSeconds(5), default);
        Assert.NotNull(await store.CommitAsync([], [new KeyChange("shards/p/0001", "b"u8.ToArray(), lease)], default));
        return new NodeRecord("b", "p", "i", "1", "127.0.0.1:1") { Lease = lease };
    }

    private Task<bool> Look(NodeRecord record, bool[] refuses, CancellationToken cancellation = default)
    {
        Array.ForEach(refuses, refusals.Enqueue);
        return new DeadNodes(store, (_, _) => Task.FromResult(refusals.Dequeue()), time).LookAsync(record, cancellation);
    }
}
