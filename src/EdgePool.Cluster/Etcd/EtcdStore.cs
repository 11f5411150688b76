using System.Runtime.CompilerServices;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd.Calls;
using EdgePool.Cluster.Etcd.Consents;
using EdgePool.Cluster.Etcd.Documents;

namespace EdgePool.Cluster.Etcd;

/// <summary>
/// The store of a pool: documents and consents in etcd, under the deployment's prefix. Each node keeps all documents in memory and follows etcd; readings ask etcd only how new
/// they must be. Safe for use from several threads.
/// <para>
/// A batch of any allowed size is one revision; what etcd takes at a time does not show (<see cref="Spaces.Space"/>). Revisions are the store's own, not etcd's. Where a
/// write's outcome stays unknown because etcd stays away, the refusal says so.
/// </para>
/// <para>
/// Not kept here: who is shown as available and the keys that partners have shown, which belong to a node; they stay in its own store. Not guaranteed: anything after etcd's data
/// was put back to an older state while nodes ran; start them anew then.
/// </para>
/// </summary>
public sealed class EtcdStore : IDocumentStore, IOwnedConsents, IFollowedConsents
{
    private readonly EtcdClient client;
    private readonly EtcdDocuments documents;
    private readonly EtcdConsents consents;
    private int disposed;

    /// <summary>Asks nobody yet.</summary>
    /// <param name="options">Where etcd is, and limits.</param>
    /// <param name="time">The clock of <see cref="Authorship.When"/>.</param>
    /// <exception cref="ArgumentException">The options are wrong: <see cref="EtcdOptions.Judge"/> says how.</exception>
    /// <exception cref="StoreException">A file that they name cannot be used.</exception>
    public EtcdStore(EtcdStoreOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        client = new EtcdClient(options.Etcd, TimeProvider.System);
        documents = new EtcdDocuments(client, options, time);
        consents = new EtcdConsents(client, options, time);
    }

    /// <summary>A newer EdgePool has written the documents, as far as is known: this store takes no edits.</summary>
    public bool IsOutdated => documents.IsOutdated;

    internal EtcdDocuments Documents => documents;

    internal EtcdConsents Consents => consents;

    /// <inheritdoc/>
    public async ValueTask<DocumentSet> ReadAsync(CancellationToken cancellationToken) => await ReadingAsync(() => documents.ReadAsync(cancellationToken));

    /// <inheritdoc/>
    public async ValueTask<WriteOutcome> WriteAsync(IReadOnlyList<DocumentChange> changes, string who, string why, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        try
        {
            return await documents.WriteAsync(changes, who, why, cancellationToken);
        }
        catch (EtcdException fault)
        {
            return new WriteOutcome.Refused(EtcdFaults.OfWriting(fault));
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DocumentVersion>> HistoryAsync(DocumentKey key, int atMost, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(atMost, 1);
        return await ReadingAsync(() => documents.HistoryAsync(key, atMost, cancellationToken));
    }

    /// <inheritdoc/>
    public async ValueTask<DocumentVersion?> VersionAsync(DocumentKey key, long version, CancellationToken cancellationToken)
        => await ReadingAsync(() => documents.VersionAsync(key, version, cancellationToken));

    /// <inheritdoc/>
    public IAsyncEnumerable<DocumentUpdate> WatchAsync(long afterRevision, CancellationToken cancellationToken)
        => ReadingAsync(documents.WatchAsync(afterRevision, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<Consent> ReadAllAsync(string? partner, CancellationToken cancellationToken)
        => ReadingAsync(consents.ReadAllAsync(partner, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, CancellationToken cancellationToken) => AppendAsync(changes, [], cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, IReadOnlyList<Condition> ownership, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ownership);
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        try
        {
            return await consents.AppendAsync(changes, ownership, isCarried: false, cancellationToken);
        }
        catch (EtcdException fault)
        {
            return EtcdFaults.OfWriting(fault);
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<IReadOnlyList<ConsentChange>?> FollowConsentsAsync(CancellationToken cancellationToken)
        => ReadingAsync(consents.FollowAsync(cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            await documents.DisposeAsync();
            client.Dispose();
        }
    }

    private static async ValueTask<T> AskingAsync<T>(Func<ValueTask<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (EtcdException fault)
        {
            throw EtcdFaults.Of(fault);
        }
    }

    private ValueTask<T> ReadingAsync<T>(Func<Task<T>> read)
    {
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        return AskingAsync(() => new ValueTask<T>(read()));
    }

    private async IAsyncEnumerable<T> ReadingAsync<T>(IAsyncEnumerable<T> reading, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        await using var items = reading.GetAsyncEnumerator(cancellationToken);
        while (await AskingAsync(items.MoveNextAsync))
        {
            yield return items.Current;
        }
    }
}
