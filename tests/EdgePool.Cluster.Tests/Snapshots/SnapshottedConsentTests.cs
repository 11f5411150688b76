using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Snapshots;
using EdgePool.Cluster.Tests.Consents;

namespace EdgePool.Cluster.Tests.Snapshots;

/// <summary>The contract of consents, with a store that answers.</summary>
public sealed class SnapshottedConsentTests : ConsentJournalContract, IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private EmbeddedStore? mirror;

    public async ValueTask DisposeAsync()
    {
        await (mirror?.DisposeAsync() ?? default);
        folder.Dispose();
    }

    protected override async Task<IConsentJournal> OpenAsync(StoreLimits limits)
    {
        mirror ??= await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = folder.File("mirror.db"), Limits = limits }, TimeProvider.System);
        var store = await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = folder.File("cluster.db"), Limits = limits }, TimeProvider.System);
        return await SnapshottedStore.OpenAsync(store, mirror, new SnapshotOptions { Folder = folder.Path }, TimeProvider.System, default);
    }
}
