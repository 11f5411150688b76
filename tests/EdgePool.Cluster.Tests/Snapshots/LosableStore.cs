using System.Runtime.CompilerServices;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Tests.Snapshots;

/// <summary>A store that a test takes away and gives back, as a cluster's without its quorum would be.</summary>
internal sealed class LosableStore<TStore>(TStore store) : IDocumentStore, IConsentJournal
    where TStore : class, IDocumentStore, IConsentJournal
{
    private CancellationTokenSource lost = new();

    public static StoreException Fault() => new(StoreFault.Unavailable, "nobody answers");

    public void Lose() => lost.Cancel();

    public void GiveBack() => lost = new CancellationTokenSource();

    public ValueTask<DocumentSet> ReadAsync(CancellationToken cancellationToken) => Present().ReadAsync(cancellationToken);

    public ValueTask<IReadOnlyList<DocumentVersion>> HistoryAsync(DocumentKey key, int atMost, CancellationToken cancellationToken) => Present().HistoryAsync(key, atMost, cancellationToken);

    public ValueTask<DocumentVersion?> VersionAsync(DocumentKey key, long version, CancellationToken cancellationToken) => Present().VersionAsync(key, version, cancellationToken);

    public async ValueTask<WriteOutcome> WriteAsync(IReadOnlyList<DocumentChange> changes, string who, string why, CancellationToken cancellationToken)
        => lost.IsCancellationRequested
            ? new WriteOutcome.Refused(new Refusal(RefusalReason.Unavailable, "nobody answers"))
            : await store.WriteAsync(changes, who, why, cancellationToken);

    public async ValueTask<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, CancellationToken cancellationToken)
        => lost.IsCancellationRequested ? new Refusal(RefusalReason.Unavailable, "nobody answers") : await store.AppendAsync(changes, cancellationToken);

    public IAsyncEnumerable<DocumentUpdate> WatchAsync(long afterRevision, CancellationToken cancellationToken) => Losable(store => store.WatchAsync(afterRevision, cancellationToken), cancellationToken);

    public IAsyncEnumerable<Consent> ReadAllAsync(string? partner, CancellationToken cancellationToken) => Losable(store => store.ReadAllAsync(partner, cancellationToken), cancellationToken);

    /// <summary>It outlives the nodes that use it; the test disposes what is behind.</summary>
    public ValueTask DisposeAsync() => default;

    private TStore Present() => lost.IsCancellationRequested ? throw Fault() : store;

    private async IAsyncEnumerable<T> Losable<T>(Func<TStore, IAsyncEnumerable<T>> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lost.Token);
        await using var all = read(Present()).GetAsyncEnumerator(either.Token);
        while (await NextAsync(all, cancellationToken))
        {
            yield return all.Current;
        }
    }

    private static async ValueTask<bool> NextAsync<T>(IAsyncEnumerator<T> all, CancellationToken cancellationToken)
    {
        try
        {
            return await all.MoveNextAsync();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Fault();
        }
    }
}
