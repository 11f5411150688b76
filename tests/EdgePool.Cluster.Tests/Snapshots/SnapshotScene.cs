using System.Diagnostics;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Snapshots;
using EdgePool.Testing.Time;

namespace EdgePool.Cluster.Tests.Snapshots;

/// <summary>A cluster's store (an embedded one plays it), and a node that keeps what it saw of it.</summary>
internal sealed class SnapshotScene : IAsyncDisposable
{
    public static readonly DocumentKey Alpha = new("Partner", "alpha.example");
    public static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly TemporaryFolder folder;

    private SnapshotScene(EmbeddedStore cluster, EmbeddedStore mirror, TemporaryFolder folder)
        => (Cluster, Mirror, this.folder, Store) = (cluster, mirror, folder, new LosableStore<EmbeddedStore>(cluster));

    public VirtualTimeProvider Clock { get; } = new();

    public LosableStore<EmbeddedStore> Store { get; }

    public EmbeddedStore Cluster { get; }

    public EmbeddedStore Mirror { get; }

    public string SnapshotFile => folder.File("node/documents.snapshot");

    public string PendingFile => folder.File("node/consents.pending");

    public static async Task<SnapshotScene> CreateAsync()
    {
        var place = new TemporaryFolder();
        return new SnapshotScene(await OpenAsync(place, "cluster.db"), await OpenAsync(place, "mirror.db"), place);
    }

    /// <summary>The node starts. Its store is not closed with it.</summary>
    public Task<SnapshottedStore> StartAsync(long maxPendingBytes = 1024 * 1024)
        => SnapshottedStore.OpenAsync(
            Store, Mirror, new SnapshotOptions { Folder = folder.File("node"), Retry = Retry, MaxPendingBytes = maxPendingBytes }, Clock, default);

    /// <summary>Waits until it holds.</summary>
    public static async Task UntilAsync(Func<bool> holds)
    {
        var patience = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(30), "it never came to hold");
            await Task.Delay(5);
        }
    }

    /// <summary>Lets the node ask the store again, and waits until it has.</summary>
    public async Task AskAgainAsync(Func<bool> holds)
    {
        await UntilAsync(() => Clock.ActiveTimers == 1);
        Clock.Advance(Retry);
        await UntilAsync(holds);
    }

    public static async Task<long> WriteAsync(IDocumentStore store, string? body, long expected)
        => Assert.IsType<WriteOutcome.Written>(await store.WriteAsync([new DocumentChange(Alpha, body, expected)], "test", "", default)).Revision;

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        await Mirror.DisposeAsync();
        folder.Dispose();
    }

    private static Task<EmbeddedStore> OpenAsync(TemporaryFolder folder, string name)
        => EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = folder.File(name) }, TimeProvider.System);
}
