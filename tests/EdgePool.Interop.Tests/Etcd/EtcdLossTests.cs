using System.Diagnostics;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd;

namespace EdgePool.Interop.Tests.Etcd;

/// <summary>Members of etcd that are killed, stopped or forgetful, with three or one of them.</summary>
public sealed class EtcdLossTests
{
    private static readonly DocumentKey Alpha = new("Partner", "alpha.example");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // What was told as written is there; what was not is there or not, and the text says that nobody knows.
    [Fact]
    public async Task Leader_Killed_WritesGoOnAndNothingToldIsLost()
    {
        await using var etcd = await EtcdServers.StartAsync(3);
        var options = etcd.NewDeployment() with { Deadline = TimeSpan.FromSeconds(4) };
        await using var store = new EtcdStore(new EtcdStoreOptions { Etcd = options }, TimeProvider.System);
        var leader = await LeaderAsync(etcd);
        var told = await WriteManyAsync(store, 0, 20);

        await etcd.Members[leader].KillAsync();
        var since = Stopwatch.StartNew();
        told.AddRange(await WriteManyAsync(store, told[^1], 1));
        var first = since.Elapsed;
        told.AddRange(await WriteManyAsync(store, told[^1], 20));

        TestContext.Current.TestOutputHelper?.WriteLine($"first write after {first.TotalSeconds:0.00} s");
        Assert.True(first < Patience, $"{first}");
        var history = (await store.HistoryAsync(Alpha, 1000, default)).Select(v => v.Version).ToHashSet();
        Assert.All(told, version => Assert.Contains(version, history));
    }

    [Fact]
    public async Task Watches_LeaderKilled_GoOnAtAnotherMember()
    {
        await using var etcd = await EtcdServers.StartAsync(3);
        var leader = await LeaderAsync(etcd);

        // The leader is the one that is watched at.
        var options = etcd.NewDeployment() with { Endpoints = [.. etcd.Endpoints.Skip(leader), .. etcd.Endpoints.Take(leader)], Deadline = TimeSpan.FromSeconds(8) };
        await using var coordinator = new EtcdCoordinator(options);
        await using var watch = coordinator.WatchAsync("", default).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());

        await etcd.Members[leader].KillAsync();
        var revision = await CommittedAsync(coordinator, "a");

        Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(Patience));
        Assert.Equal(revision, watch.Current.Keys["a"].Changed);
    }

    [Fact]
    public async Task Etcd_GoneAndBack_IsToldAndFollowedAgain()
    {
        await using var etcd = await EtcdServers.StartAsync(1);
        var options = etcd.NewDeployment() with { Deadline = TimeSpan.FromSeconds(1) };
        await using var store = new EtcdStore(new EtcdStoreOptions { Etcd = options }, TimeProvider.System);
        var first = (await WriteManyAsync(store, 0, 1))[0];
        await using var watch = store.WatchAsync(first, default).GetAsyncEnumerator();
        var lost = watch.MoveNextAsync();

        await etcd.Members[0].KillAsync();

        var fault = await Assert.ThrowsAsync<StoreException>(async () => await lost.AsTask().WaitAsync(Patience));
        Assert.Equal(StoreFault.Unavailable, fault.Fault);
        Assert.Contains(etcd.Endpoints[0].Authority, fault.Message, StringComparison.Ordinal);
        Assert.Equal(StoreFault.Unavailable, (await Assert.ThrowsAsync<StoreException>(async () => await store.ReadAsync(default))).Fault);
        var refused = Assert.IsType<WriteOutcome.Refused>(await store.WriteAsync([new DocumentChange(Alpha, "x", first)], "", "", default));
        Assert.Equal(RefusalReason.Unavailable, refused.Why.Reason);

        await etcd.Members[0].StartAsync();
        var second = (await WriteManyAsync(store, first, 1))[0];
        Assert.Equal(second, await FollowedAsync(store, first));
    }

    // The member has the connection, and says nothing: only deadlines find it.
    [Fact]
    public async Task Member_Paused_CallsAndWatchesGoOnAtTheNextWithinTheDeadline()
    {
        await using var etcd = await EtcdServers.StartAsync(3);
        var follower = (await LeaderAsync(etcd) + 1) % 3;
        var options = etcd.NewDeployment() with { Endpoints = [.. etcd.Endpoints.Skip(follower), .. etcd.Endpoints.Take(follower)], Deadline = TimeSpan.FromSeconds(10) };
        await using var coordinator = new EtcdCoordinator(options);
        var lease = await coordinator.GrantAsync(TimeSpan.FromSeconds(60), default);
        await using var watch = coordinator.WatchAsync("", default).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());

        await etcd.Members[follower].PauseAsync();
        var since = Stopwatch.StartNew();
        Assert.True(await coordinator.KeepAliveAsync(lease, default));

        // Half the deadline at the silent one, and then the next.
        Assert.InRange(since.Elapsed.TotalSeconds, 4.5, 10);
        since.Restart();
        var revision = await CommittedAsync(coordinator, "a");
        Assert.InRange(since.Elapsed.TotalSeconds, 0, 4.5);
        Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(Patience));
        Assert.Equal(revision, watch.Current.Revision);
    }

    [Fact]
    public async Task Commit_AtAPausedMember_ThrowsForItsOutcomeIsUnknown()
    {
        await using var etcd = await EtcdServers.StartAsync(1);
        await using var coordinator = new EtcdCoordinator(etcd.NewDeployment() with { Deadline = TimeSpan.FromSeconds(1) });
        await CommittedAsync(coordinator, "a");

        await etcd.Members[0].PauseAsync();
        await Assert.ThrowsAsync<StoreException>(async () => await coordinator.CommitAsync([Condition.Absent("b")], [new KeyChange("b", new byte[1])], default));
        etcd.Members[0].Resume();

        await CommittedAsync(coordinator, "c");
    }

    // What lay between is forgotten: everything is read again, and the watch goes on.
    [Fact]
    public async Task Watch_Compacted_ReadsEverythingAnew()
    {
        await using var etcd = await EtcdServers.StartAsync(1);
        await using var coordinator = new EtcdCoordinator(etcd.NewDeployment());
        await CommittedAsync(coordinator, "gone");
        await using var watch = coordinator.WatchAsync("", default).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        await coordinator.CommitAsync([], [new KeyChange("gone", null)], default);
        var revision = await CommittedAsync(coordinator, "b");
        await etcd.CompactAsync();

        Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(Patience));

        Assert.Equal(["b"], watch.Current.Keys.Keys);
        Assert.Equal(revision, watch.Current.Revision);
        revision = await CommittedAsync(coordinator, "c");
        Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(Patience));
        Assert.Equal(revision, watch.Current.Revision);
    }

    // A watch that begins while etcd is not followed again yet is told so; whoever watches begins anew.
    private static async Task<long> FollowedAsync(EtcdStore store, long after)
    {
        var patience = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await using var watch = store.WatchAsync(after, default).GetAsyncEnumerator();
                Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(Patience));
                return watch.Current.Revision;
            }
            catch (StoreException) when (patience.Elapsed < Patience)
            {
                await Task.Delay(50);
            }
        }
    }

    private static async Task<int> LeaderAsync(EtcdServers etcd)
    {
        await using var coordinator = new EtcdCoordinator(etcd.NewDeployment());
        await CommittedAsync(coordinator, "first");
        return await etcd.LeaderAsync();
    }

    private static async Task<long> CommittedAsync(EtcdCoordinator coordinator, string key)
    {
        var patience = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return (await coordinator.CommitAsync([], [new KeyChange(key, new byte[1])], default))!.Value;
            }
            catch (StoreException) when (patience.Elapsed < Patience)
            {
                // unknown, or no leader yet: the same again does no harm
            }
        }
    }

    // The versions that were told as written.
    private static async Task<List<long>> WriteManyAsync(EtcdStore store, long version, int count)
    {
        var (told, patience) = (new List<long>(), Stopwatch.StartNew());
        while (told.Count < count)
        {
            Assert.True(patience.Elapsed < Patience);
            switch (await store.WriteAsync([new DocumentChange(Alpha, "{}", version)], "", "", default))
            {
                case WriteOutcome.Written written:
                    version = written.Revision;
                    told.Add(version);
                    break;
                case WriteOutcome.Stale stale:
                    version = stale.Changes[0].Current?.Version ?? 0;
                    break;
                case WriteOutcome.Refused refused:
                    Assert.Equal(RefusalReason.Unavailable, refused.Why.Reason);
                    break;
                default:
                    Assert.Fail("an outcome that there is not");
                    break;
            }
        }

        return told;
    }
}
