using System.Diagnostics;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Etcd;
using EdgePool.Cluster.Etcd.Calls;
using EdgePool.Cluster.Etcd.Documents;
using EdgePool.Cluster.Etcd.Messages;
using EdgePool.Cluster.Etcd.Spaces;
using EdgePool.Cluster.Snapshots;

namespace EdgePool.Interop.Tests.Etcd;

/// <summary>A node whose etcd is away, and a writer that died in the middle.</summary>
public sealed class EtcdStabilityTests : IDisposable
{
    private static readonly DocumentKey Alpha = new("Partner", "alpha.example");
    private readonly string folder = Directory.CreateTempSubdirectory("edgepool-stability-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Node_EtcdKilledAndBack_StartsAndGoesOnAndCatchesUp()
    {
        await using var etcd = await EtcdServers.StartAsync(1);
        var options = new EtcdStoreOptions { Etcd = etcd.NewDeployment() with { Deadline = TimeSpan.FromSeconds(1) } };
        await using var mirror = await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = Path.Combine(folder, "store.db") }, TimeProvider.System);
        long first;
        await using (var node = await OpenAsync(options, mirror))
        {
            first = Assert.IsType<WriteOutcome.Written>(await node.WriteAsync([new DocumentChange(Alpha, "1", 0)], "", "", default)).Revision;
            Assert.Null(await node.AppendAsync([Give("before")], default));
            await UntilAsync(() => node.Standing.Revision == first);
            await etcd.Members[0].KillAsync();
            await UntilAsync(() => node.Standing.AwaySince is not null);
            Assert.Equal("1", Assert.Single((await node.ReadAsync(default)).Documents).Body);
        }

        await using var again = await OpenAsync(options, mirror);
        Assert.Equal(first, (await again.ReadAsync(default)).Revision);
        Assert.Contains("away since", Assert.IsType<WriteOutcome.Refused>(await again.WriteAsync([new DocumentChange(Alpha, "2", first)], "", "", default)).Why.Message, StringComparison.Ordinal);
        Assert.Null(await again.AppendAsync([Give("meanwhile")], default));
        Assert.Equal(2, await again.ReadAllAsync(null, default).CountAsync());

        await etcd.Members[0].StartAsync();
        await UntilAsync(() => again.Standing is { AwaySince: null, PendingConsents: 0 });

        await using var other = new EtcdStore(options, TimeProvider.System);
        Assert.Equal(2, await other.ReadAllAsync(null, default).CountAsync());
        await using var watch = again.WatchAsync(first, default).GetAsyncEnumerator();
        var second = Assert.IsType<WriteOutcome.Written>(await other.WriteAsync([new DocumentChange(Alpha, "2", first)], "", "", default)).Revision;
        Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(second, watch.Current.Revision);
    }

    // The head has the batch, but not one of its parts is where it belongs: readers look through, and whoever asks for more brings them there.
    [Fact]
    public async Task Batch_WhoseWriterDiedAfterItsCommit_IsThereAndIsBroughtToItsPlace()
    {
        await using var etcd = await EtcdServers.StartAsync(1);
        var options = etcd.NewDeployment();
        using var client = new EtcdClient(options, TimeProvider.System);
        var keys = new DocumentKeys(options.Prefix);
        var record = DocumentKeys.Write(new DocumentVersion(Alpha, 1, "{}", new Authorship("anna", DateTimeOffset.UnixEpoch, "why")), kept: 1);
        var part = new StagedPart { Operations = { Space.Put(keys.Now(Alpha), record), Space.Put(keys.Version(Alpha, 1), record) } };
        var head = new Head { Revision = 1, Count = 1, Staged = 1, Writers = { 0xABUL } };
        await client.TxnAsync(
            new TxnRequest { Success = { Space.Put(keys.Space + "staged/00000000000000ab/00000000", part), Space.Put(keys.Space + "head", head) } }, mayRepeat: false, default);
        await using var store = new EtcdStore(new EtcdStoreOptions { Etcd = options }, TimeProvider.System);

        Assert.Equal("{}", Assert.Single((await store.ReadAsync(default)).Documents).Body);
        Assert.Empty(await UnderAsync(client, keys.Space + "now/"));
        Assert.Equal(1, Assert.Single(await store.HistoryAsync(Alpha, 10, default)).Version);

        Assert.Single(await UnderAsync(client, keys.Space + "now/"));
        Assert.Empty(await UnderAsync(client, keys.Space + "staged/"));
        Assert.Equal(2, Assert.IsType<WriteOutcome.Written>(await store.WriteAsync([new DocumentChange(Alpha, "2", 1)], "", "", default)).Revision);
    }

    // What a writer staged that never came to commit is nothing, and goes with the next batch.
    [Fact]
    public async Task Parts_OfABatchThatWasNeverMade_GoWithTheNextOne()
    {
        await using var etcd = await EtcdServers.StartAsync(1);
        var options = etcd.NewDeployment();
        using var client = new EtcdClient(options, TimeProvider.System);
        var keys = new DocumentKeys(options.Prefix);
        await client.TxnAsync(new TxnRequest { Success = { Space.Put(keys.Space + "staged/00000000000000ab/00000000", new StagedPart()) } }, mayRepeat: false, default);
        await using var store = new EtcdStore(new EtcdStoreOptions { Etcd = options }, TimeProvider.System);
        Assert.Empty((await store.ReadAsync(default)).Documents);

        Assert.IsType<WriteOutcome.Written>(await store.WriteAsync([new DocumentChange(Alpha, "1", 0)], "", "", default));

        Assert.Empty(await UnderAsync(client, keys.Space + "staged/"));
    }

    // Each writes hundreds at a time, so that all are staged: they take turns, and every batch is whole.
    [Fact]
    public async Task LargeBatches_OfTwoNodesAtOnce_AreEachWhole()
    {
        await using var etcd = await EtcdServers.StartAsync(1);
        var options = new EtcdStoreOptions { Etcd = etcd.NewDeployment() };

        await Task.WhenAll(Enumerable.Range(0, 2).Select(node => Task.Run(async () =>
        {
            await using var store = new EtcdStore(options, TimeProvider.System);
            for (var round = 0; round < 5; round++)
            {
                DocumentChange[] changes = [.. Enumerable.Range(0, 300).Select(i => new DocumentChange(new($"{node}", $"{round}-{i}"), "{}", 0))];
                Assert.IsType<WriteOutcome.Written>(await store.WriteAsync(changes, "", "", default));
            }
        })));

        await using var reader = new EtcdStore(options, TimeProvider.System);
        var set = await reader.ReadAsync(default);
        Assert.Equal(10, set.Revision);
        Assert.All(set.Documents.GroupBy(d => d.Version), batch => Assert.Equal(300, batch.Count()));
    }

    private static ConsentChange.Given Give(string remote) => new(new Consent("u@l", $"{remote}@r", "r", DateTimeOffset.UnixEpoch));

    private static async Task<IReadOnlyList<KeyValue>> UnderAsync(EtcdClient client, string prefix)
    {
        var range = KeyRange.Under(prefix);
        return (await client.RangeAsync(new RangeRequest { Key = range.Begin, RangeEnd = range.End }, default)).Kvs;
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        var patience = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(30), "it never came to hold");
            await Task.Delay(20);
        }
    }

    private Task<SnapshottedStore> OpenAsync(EtcdStoreOptions options, EmbeddedStore mirror)
        => SnapshottedStore.OpenAsync(
            new EtcdStore(options, TimeProvider.System), mirror, new SnapshotOptions { Folder = Path.Combine(folder, "node"), Retry = TimeSpan.FromMilliseconds(200) }, TimeProvider.System, default);
}
