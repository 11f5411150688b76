using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Tests.Coordination;
using EdgePool.Testing.Time;

namespace EdgePool.Cluster.Tests.Embedded;

/// <summary>The contract, on virtual time.</summary>
public sealed class EmbeddedCoordinatorTests : CoordinatorContract
{
    private readonly VirtualTimeProvider clock = new();

    protected override Task<ICoordinator> CreateAsync() => Task.FromResult<ICoordinator>(new EmbeddedCoordinator(clock));

    protected override Task ExpireAsync(TimeSpan timeToLive)
    {
        clock.Advance(timeToLive + TimeSpan.FromMilliseconds(1));
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Lease_KeptAliveInTime_StandsForItsWholeTimeAgain()
    {
        await using var store = await CreateAsync();
        var lease = await store.GrantAsync(TimeSpan.FromSeconds(3), default);
        await store.CommitAsync([], [new KeyChange("a", new byte[1], lease)], default);
        for (var i = 0; i < 5; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(2.9));
            Assert.True(await store.KeepAliveAsync(lease, default));
        }

        clock.Advance(TimeSpan.FromSeconds(2.9));
        Assert.Single((await store.ReadAsync("", default)).Keys);
        clock.Advance(TimeSpan.FromSeconds(0.2));

        Assert.Empty((await store.ReadAsync("", default)).Keys);
    }
}
