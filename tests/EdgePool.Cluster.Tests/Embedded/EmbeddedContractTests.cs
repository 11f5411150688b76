using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Tests.Consents;
using EdgePool.Cluster.Tests.Documents;

namespace EdgePool.Cluster.Tests.Embedded;

public sealed class EmbeddedDocumentStoreTests : DocumentStoreContract, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    protected override async Task<IDocumentStore> CreateAsync(StoreLimits limits, TimeProvider time)
        => await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = folder.File("store.db"), Limits = limits }, time);
}

public sealed class EmbeddedConsentJournalTests : ConsentJournalContract, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    protected override async Task<IConsentJournal> OpenAsync(StoreLimits limits)
        => await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = folder.File("store.db"), Limits = limits }, TimeProvider.System);
}

public sealed class EmbeddedOwnedConsentsTests : OwnedConsentsContract, IDisposable
{
    private readonly TemporaryFolder folder = new();
    private long token;

    public void Dispose() => folder.Dispose();

    protected override async Task<IOwnedConsents> CreateAsync()
        => await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = folder.File("store.db") }, TimeProvider.System);

    protected override Task<Condition> OwnAsync(string key) => Task.FromResult(Condition.CreatedAt(key, ++token));
}
