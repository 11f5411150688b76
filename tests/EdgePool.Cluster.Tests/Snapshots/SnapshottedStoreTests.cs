using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using static EdgePool.Cluster.Tests.Snapshots.SnapshotScene;

namespace EdgePool.Cluster.Tests.Snapshots;

/// <summary>Static stability (DESIGN.md section 6): a node goes on, and starts, without the cluster's store.</summary>
public sealed class SnapshottedStoreTests
{
    private static readonly Consent Anna = new("anna@l.example", "bob@r.example", "r.example", new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Open_StoreAwayAndNothingKept_SaysSo()
    {
        await using var scene = await CreateAsync();
        scene.Store.Lose();

        var fault = await Assert.ThrowsAsync<StoreException>(() => scene.StartAsync());

        Assert.Equal(StoreFault.Unavailable, fault.Fault);
        Assert.Contains(scene.SnapshotFile, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_StoreAway_StartsFromTheSnapshotAndFollowsWhenItIsBack()
    {
        await using var scene = await CreateAsync();
        var first = await WriteAsync(scene.Cluster, "1", 0);
        await using (await scene.StartAsync())
        {
        }

        scene.Store.Lose();
        await using var node = await scene.StartAsync();

        Assert.NotNull(node.Standing.AwaySince);
        Assert.Equal(first, (await node.ReadAsync(default)).Revision);
        await using var watch = node.WatchAsync(first, default).GetAsyncEnumerator();
        var next = watch.MoveNextAsync().AsTask();
        var second = await WriteAsync(scene.Cluster, "2", first);
        await UntilAsync(() => scene.Clock.ActiveTimers == 1);
        Assert.False(next.IsCompleted);
        scene.Store.GiveBack();
        await scene.AskAgainAsync(() => node.Standing.AwaySince is null);
        Assert.True(await next);
        Assert.Equal(("2", second), (Assert.Single(watch.Current.Changed).Body, watch.Current.Revision));
    }

    [Fact]
    public async Task Edits_StoreAway_AreRefusedWithATextThatSaysSo()
    {
        await using var scene = await CreateAsync();
        var first = await WriteAsync(scene.Cluster, "1", 0);
        await using var node = await scene.StartAsync();
        scene.Store.Lose();
        await UntilAsync(() => node.Standing.AwaySince is not null);

        var refused = Assert.IsType<WriteOutcome.Refused>(await node.WriteAsync([new DocumentChange(Alpha, "2", first)], "", "", default)).Why;

        Assert.Equal(RefusalReason.Unavailable, refused.Reason);
        Assert.Contains("away since 2026-01-01 00:00:00Z", refused.Message, StringComparison.Ordinal);
        Assert.Contains("nobody answers", refused.Message, StringComparison.Ordinal);
        Assert.Equal(refused.Message, (await Assert.ThrowsAsync<StoreException>(async () => await node.HistoryAsync(Alpha, 1, default))).Message);
        Assert.Equal("1", Assert.Single((await node.ReadAsync(default)).Documents).Body);
        scene.Store.GiveBack();
        await scene.AskAgainAsync(() => node.Standing.AwaySince is null);
        await WriteAsync(node, "2", first);
    }

    // A deletion that was made while the store was away, too.
    [Fact]
    public async Task Watch_StoreAwayInBetween_GoesOnWithWhatChangedMeanwhile()
    {
        await using var scene = await CreateAsync();
        var first = await WriteAsync(scene.Cluster, "1", 0);
        await using var node = await scene.StartAsync();
        scene.Store.Lose();
        await UntilAsync(() => node.Standing.AwaySince is not null);
        var second = await WriteAsync(scene.Cluster, null, first);
        scene.Store.GiveBack();
        await scene.AskAgainAsync(() => node.Standing.Revision == second);

        await using var watch = node.WatchAsync(first, default).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());

        Assert.Equal((second, true), (watch.Current.Revision, watch.Current.IsWhole));
        Assert.Empty(watch.Current.Changed);
    }

    [Fact]
    public async Task Consents_StoreAway_AreKeptThroughARestartAndMergedWhenItIsBack()
    {
        await using var scene = await CreateAsync();
        await using (var node = await scene.StartAsync())
        {
            Assert.Null(await node.AppendAsync([Give("before")], default));
            scene.Store.Lose();
            Assert.Null(await node.AppendAsync([Give("meanwhile"), Give("revoked")], default));
            Assert.Equal(1, node.Standing.PendingConsents);
        }

        await using var again = await scene.StartAsync();
        Assert.Null(await again.AppendAsync([new ConsentChange.Revoked(Anna.Local, Remote("revoked"), Anna.Since), new ConsentChange.Revoked(Anna.Local, Remote("before"), Anna.Since)], default));
        Assert.Equal([Remote("meanwhile")], (await again.ReadAllAsync(null, default).ToListAsync()).Select(c => c.Remote));
        Assert.Equal([Remote("before")], (await scene.Cluster.ReadAllAsync(null, default).ToListAsync()).Select(c => c.Remote));

        scene.Store.GiveBack();
        await scene.AskAgainAsync(() => again.Standing.PendingConsents == 0);

        Assert.Equal([Remote("meanwhile")], (await scene.Cluster.ReadAllAsync(null, default).ToListAsync()).Select(c => c.Remote));
        Assert.Equal(0, new FileInfo(scene.PendingFile).Length);
    }

    [Fact]
    public async Task Consents_MoreThanMayWait_AreRefused()
    {
        await using var scene = await CreateAsync();
        await using var node = await scene.StartAsync(maxPendingBytes: 150);
        scene.Store.Lose();
        await UntilAsync(() => node.Standing.AwaySince is not null);

        Assert.Null(await node.AppendAsync([Give("one")], default));
        Assert.Null(await node.AppendAsync([Give("two")], default));

        Assert.Equal(RefusalReason.Full, (await node.AppendAsync([Give("three")], default))?.Reason);
        Assert.Equal(2, node.Standing.PendingConsents);
    }

    // Two nodes that did not hear of one another: the later change stands, whichever is merged last.
    [Theory]
    [InlineData(1, 2, false)]
    [InlineData(2, 1, true)]
    public async Task Consents_GivenWhileAwayAndRevokedElsewhere_TheLaterStands(int givenAt, int revokedAt, bool stands)
    {
        await using var scene = await CreateAsync();
        await using var node = await scene.StartAsync();
        scene.Store.Lose();
        await UntilAsync(() => node.Standing.AwaySince is not null);
        await node.AppendAsync([new ConsentChange.Given(Anna with { Since = Anna.Since.AddHours(givenAt) })], default);
        await scene.Cluster.AppendAsync([new ConsentChange.Given(Anna), new ConsentChange.Revoked(Anna.Local, Anna.Remote, Anna.Since.AddHours(revokedAt))], default);

        scene.Store.GiveBack();
        await scene.AskAgainAsync(() => node.Standing is { AwaySince: null, PendingConsents: 0 });

        Assert.Equal(stands ? 1 : 0, await scene.Cluster.ReadAllAsync(null, default).CountAsync());
    }

    [Theory]
    [InlineData(1, 2, true)]
    [InlineData(2, 1, false)]
    public async Task Consents_RevokedWhileAwayAndGivenElsewhere_TheLaterStands(int revokedAt, int givenAt, bool stands)
    {
        await using var scene = await CreateAsync();
        await scene.Cluster.AppendAsync([new ConsentChange.Given(Anna)], default);
        await using var node = await scene.StartAsync();
        scene.Store.Lose();
        await UntilAsync(() => node.Standing.AwaySince is not null);
        await node.AppendAsync([new ConsentChange.Revoked(Anna.Local, Anna.Remote, Anna.Since.AddHours(revokedAt))], default);
        await scene.Cluster.AppendAsync([new ConsentChange.Given(Anna with { Since = Anna.Since.AddHours(givenAt) })], default);

        scene.Store.GiveBack();
        await scene.AskAgainAsync(() => node.Standing is { AwaySince: null, PendingConsents: 0 });

        Assert.Equal(stands ? 1 : 0, await scene.Cluster.ReadAllAsync(null, default).CountAsync());
    }

    // What other nodes gave and revoked is in the mirror as soon as this one has read all.
    [Fact]
    public async Task Consents_ReadWhole_MakeTheMirrorTheSame()
    {
        await using var scene = await CreateAsync();
        await scene.Mirror.AppendAsync([.. Enumerable.Range(0, 3_000).Where(i => i % 2 == 0).Select(i => Give($"{i:D4}", "old"))], default);
        await scene.Cluster.AppendAsync([.. Enumerable.Range(0, 3_000).Where(i => i % 3 == 0).Select(i => Give($"{i:D4}", i % 4 == 0 ? "old" : "new"))], default);
        await using var node = await scene.StartAsync();

        var all = await node.ReadAllAsync(null, default).ToListAsync();

        Assert.Equal(1_000, all.Count);
        Assert.Equal(all, await scene.Mirror.ReadAllAsync(null, default).ToListAsync());
    }

    private static string Remote(string name) => $"{name}@r.example";

    private static ConsentChange.Given Give(string remote, string partner = "r.example") => new(Anna with { Remote = Remote(remote), Partner = partner });
}
