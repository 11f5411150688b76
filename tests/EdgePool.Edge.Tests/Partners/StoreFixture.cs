using System.Runtime.CompilerServices;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using EdgePool.Policy.Documents;

namespace EdgePool.Edge.Tests.Partners;

/// <summary>A real store in a folder of its own, which can be told to fail.</summary>
internal sealed class StoreFixture : IDocumentStore
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("edgepool-");
    private EmbeddedStore store = null!;
    private StoreException? fault;

    /// <summary>Readings since the start, failed ones included.</summary>
    public int Watches { get; private set; }

    public static async Task<StoreFixture> OpenAsync()
    {
        var fixture = new StoreFixture();
        fixture.store = await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = Path.Combine(fixture.folder.FullName, "store.db") }, TimeProvider.System);
        return fixture;
    }

    public static DocumentChange Partner(string domain, string spec = "{}", long expected = 0) => new(new DocumentKey(DocumentKinds.Partner, domain), spec, expected);

    public static DocumentChange Gateway(string spec, long expected = 0) => new(new DocumentKey(DocumentKinds.Gateway, DocumentKinds.GatewayName), spec, expected);

    /// <summary>Readings fail from now on; null: no more.</summary>
    public void Fail(string? message) => fault = message is null ? null : new StoreException(StoreFault.Unavailable, message);

    /// <summary>Writes past the node; gives the revision.</summary>
    public async Task<long> WriteAsync(params DocumentChange[] changes)
        => ((WriteOutcome.Written)await store.WriteAsync(changes, "somebody", "", CancellationToken.None)).Revision;

    public ValueTask<DocumentSet> ReadAsync(CancellationToken cancellationToken) => fault is null ? store.ReadAsync(cancellationToken) : throw fault;

    public ValueTask<WriteOutcome> WriteAsync(IReadOnlyList<DocumentChange> changes, string who, string why, CancellationToken cancellationToken)
        => store.WriteAsync(changes, who, why, cancellationToken);

    public ValueTask<IReadOnlyList<DocumentVersion>> HistoryAsync(DocumentKey key, int atMost, CancellationToken cancellationToken)
        => store.HistoryAsync(key, atMost, cancellationToken);

    public ValueTask<DocumentVersion?> VersionAsync(DocumentKey key, long version, CancellationToken cancellationToken)
        => store.VersionAsync(key, version, cancellationToken);

    public async IAsyncEnumerable<DocumentUpdate> WatchAsync(long afterRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Watches++;
        await foreach (var update in store.WatchAsync(afterRevision, cancellationToken))
        {
            if (fault is not null)
                throw fault;
            yield return update;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        folder.Delete(recursive: true);
    }
}
