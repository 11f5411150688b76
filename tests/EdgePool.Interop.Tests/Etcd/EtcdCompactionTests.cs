using System.Diagnostics;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Etcd;
using EdgePool.Cluster.Snapshots;

namespace EdgePool.Interop.Tests.Etcd;

/// <summary>etcd forgets, as it is told to once an hour, what a node that was cut off has not seen yet.</summary>
public sealed class EtcdCompactionTests : IDisposable
{
    private static readonly DocumentKey Alpha = new("Partner", "alpha.example");
    private static readonly DocumentKey Beta = new("Partner", "beta.example");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string folder = Directory.CreateTempSubdirectory("edgepool-compaction-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    // The node knows one member alone, which stands still; meanwhile the others write, delete, and forget how that came about.
    [Fact]
    public async Task Node_CutOffWhileEtcdIsCompacted_ReadsAllAnewAndGoesOn()
    {
        await using var etcd = await EtcdServers.StartAsync(3);
        var all = etcd.NewDeployment();
        var cut = all with { Endpoints = [etcd.Endpoints[0]], Deadline = TimeSpan.FromSeconds(1) };
        await using var mirror = await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = Path.Combine(folder, "store.db") }, TimeProvider.System);
        await using var other = new EtcdStore(new EtcdStoreOptions { Etcd = all with { Endpoints = [.. etcd.Endpoints.Skip(1)] } }, TimeProvider.System);
        var first = await WriteAsync(other, new DocumentChange(Alpha, "1", 0), new DocumentChange(Beta, "1", 0));
        await using var node = await SnapshottedStore.OpenAsync(
            new EtcdStore(new EtcdStoreOptions { Etcd = cut }, TimeProvider.System), mirror,
            new SnapshotOptions { Folder = Path.Combine(folder, "node"), Retry = TimeSpan.FromMilliseconds(200) }, TimeProvider.System, default);
        await using var watch = node.WatchAsync(first, default).GetAsyncEnumerator();
        var told = watch.MoveNextAsync();

        await etcd.Members[0].PauseAsync();
        await UntilAsync(() => node.Standing.AwaySince is not null);
        var second = await WriteAsync(other, new DocumentChange(Alpha, "2", first));
        var third = await WriteAsync(other, new DocumentChange(Beta, null, first));
        await etcd.CompactAsync(member: 1);
        Assert.Equal(["1", "1"], (await node.ReadAsync(default)).Documents.Select(document => document.Body));
        etcd.Members[0].Resume();

        await UntilAsync(() => node.Standing is { AwaySince: null } standing && standing.Revision == third);
        Assert.Equal("2", Assert.Single((await node.ReadAsync(default)).Documents).Body);
        Assert.True(await told.AsTask().WaitAsync(Patience));
        var last = await WriteAsync(other, new DocumentChange(Alpha, "3", second));
        while (watch.Current.Revision < last)
        {
            Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(Patience));
        }

        Assert.Equal("3", Assert.Single((await node.ReadAsync(default)).Documents).Body);
    }

    // A member that stood still may lead: then the others need a moment, and what became of a write is looked up.
    private static async Task<long> WriteAsync(EtcdStore store, params DocumentChange[] changes)
    {
        var patience = Stopwatch.StartNew();
        while (true)
        {
            switch (await store.WriteAsync(changes, "", "", default))
            {
                case WriteOutcome.Written written:
                    return written.Revision;
                case WriteOutcome.Stale stale:
                    return (await store.ReadAsync(default)).Revision is var revision && stale.Changes.Count == changes.Length ? revision : throw new InvalidOperationException();
                case var outcome:
                    Assert.True(patience.Elapsed < Patience, outcome.ToString());
                    break;
            }
        }
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        var patience = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(patience.Elapsed < Patience, "it never came to hold");
            await Task.Delay(20);
        }
    }
}
