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
    private CancellationTokenSource broken = new();

    /// <summary>Watches since the start, and readings that failed.</summary>
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

    /// <summary>The same, and the watch that waits fails at once.</summary>
    public async Task BreakAsync(string message)
    {
        Fail(message);
        var waiting = Interlocked.Exchange(ref broken, new CancellationTokenSource());
        await waiting.CancelAsync();
        waiting.Dispose();
    }

    /// <summary>Writes past the node; gives the revision.</summary>
    public async Task<long> WriteAsync(params DocumentChange[] changes)
        => ((WriteOutcome.Written)await store.WriteAsync(changes, "somebody", "", CancellationToken.None)).Revision;

    public ValueTask<DocumentSet> ReadAsync(CancellationToken cancellationToken)
    {
        Watches += fault is null ? 0 : 1;
        return fault is null ? store.ReadAsync(cancellationToken) : throw fault;
    }

    public ValueTask<WriteOutcome> WriteAsync(IReadOnlyList<DocumentChange> changes, string who, string why, CancellationToken cancellationToken)
        => store.WriteAsync(changes, who, why, cancellationToken);

    public ValueTask<IReadOnlyList<DocumentVersion>> HistoryAsync(DocumentKey key, int atMost, CancellationToken cancellationToken)
        => store.HistoryAsync(key, atMost, cancellationToken);

    public ValueTask<DocumentVersion?> VersionAsync(DocumentKey key, long version, CancellationToken cancellationToken)
        => store.VersionAsync(key, version, cancellationToken);

    public async IAsyncEnumerable<DocumentUpdate> WatchAsync(long afterRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Watches++;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, broken.Token);
        await using var watch = store.WatchAsync(afterRevision, either.Token).GetAsyncEnumerator(either.Token);
        while (await NextAsync(watch))
            yield return watch.Current;
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        folder.Delete(recursive: true);
    }

    private async ValueTask<bool> NextAsync(IAsyncEnumerator<DocumentUpdate> watch)
    {
        try
        {
            return await watch.MoveNextAsync() && (fault is null ? true : throw fault);
        }
        catch (OperationCanceledException) when (fault is not null)
        {
            throw fault;
        }
    }
}
