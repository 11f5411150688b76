using System.Globalization;
using System.Runtime.CompilerServices;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Snapshots;

/// <summary>
/// A cluster's store that a node can do without: with the store away, it starts and goes on from what it last saw. Readings are of the last known state then, watches wait, edits
/// and histories are refused with a text that says so; consents are kept on this node's disk and merged when the store is back. As long as the store answers, nothing of
/// this shows.
/// <para>
/// Not guaranteed while the store is away: that a reading sees what other nodes wrote.
/// </para>
/// </summary>
public sealed class SnapshottedStore : IDocumentStore, ISharedConsents
{
    private readonly IDocumentStore store;
    private readonly FollowedDocuments documents;
    private readonly MergedConsents consents;
    private readonly CancellationTokenSource ending = new();
    private Task following = Task.CompletedTask;
    private int disposed;

    private SnapshottedStore(IDocumentStore store, FollowedDocuments documents, MergedConsents consents) => (this.store, this.documents, this.consents) = (store, documents, consents);

    /// <inheritdoc/>
    public Action<IReadOnlyList<ConsentChange>>? Heard
    {
        get => consents.Heard;
        set => consents.Heard = value;
    }

    /// <summary>How this node stands to the store.</summary>
    public StoreStanding Standing
        => new(documents.Away?.Since, documents.Away?.Fault, documents.Newest.Revision, documents.SavedAt, consents.Pending) { Outdated = store is Etcd.EtcdStore { IsOutdated: true } };

    /// <summary>Opens with what the store says, or what this node has kept.</summary>
    /// <typeparam name="TStore">A cluster's store, such as <see cref="Etcd.EtcdStore"/>.</typeparam>
    /// <param name="store">The cluster's store; disposed with this one, or when this method fails.</param>
    /// <param name="mirror">Where this node keeps the consents as last seen, such as its embedded store; not disposed.</param>
    /// <param name="options">Where this node keeps the rest; the folder is made (0700) where there is none.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <param name="owned">The way to the store's consents; null: straight.</param>
    /// <exception cref="StoreException">The store does not answer and this node has kept nothing, or its folder cannot be used.</exception>
    public static async Task<SnapshottedStore> OpenAsync<TStore>(
        TStore store, IConsentJournal mirror, SnapshotOptions options, TimeProvider time, CancellationToken cancellationToken, IConsentJournal? owned = null)
        where TStore : class, IDocumentStore, IConsentJournal
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        PendingFile? pending = null;
        try
        {
            pending = Prepare(options);
            IConsentJournal way = owned ?? store;
            var merged = new MergedConsents(way, mirror, pending);
            var followed = new FollowedDocuments(store, Path.Combine(options.Folder, "documents.snapshot"), options.Retry, time)
            {
                Answered = () => merged.MergeAsync(CancellationToken.None),
            };
            await followed.StartAsync(cancellationToken);
            var opened = new SnapshottedStore(store, followed, merged);
            if (way is IFollowedConsents journal)
            {
                var follower = new ConsentFollower(journal, merged, () => followed.Away is null, options.Retry, time);
                opened.following = follower.RunAsync(opened.ending.Token);
            }

            return opened;
        }
        catch
        {
            pending?.Dispose();
            await store.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<DocumentSet> ReadAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        if (documents.Away is not null)
        {
            return documents.Newest.Set;
        }

        try
        {
            return await store.ReadAsync(cancellationToken);
        }
        catch (StoreException fault)
        {
            documents.Leave(fault);
            return documents.Newest.Set;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<WriteOutcome> WriteAsync(IReadOnlyList<DocumentChange> changes, string who, string why, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        return documents.Away is { } away
            ? new WriteOutcome.Refused(new Refusal(RefusalReason.Unavailable, TextOf(away)))
            : await store.WriteAsync(changes, who, why, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DocumentVersion>> HistoryAsync(DocumentKey key, int atMost, CancellationToken cancellationToken)
        => Present().HistoryAsync(key, atMost, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<DocumentVersion?> VersionAsync(DocumentKey key, long version, CancellationToken cancellationToken)
        => Present().VersionAsync(key, version, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<DocumentUpdate> WatchAsync(long afterRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var after = afterRevision;
        while (await documents.WaitBeyondAsync(after, cancellationToken))
        {
            var now = documents.Newest;
            yield return now.Since(after);
            after = now.Revision;
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Consent> ReadAllAsync(string? partner, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        return consents.ReadAllAsync(partner, documents.Away is not null, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        cancellationToken.ThrowIfCancellationRequested();
        return consents.AppendAsync(changes, documents.Away is not null, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            await ending.CancelAsync();
            await documents.DisposeAsync();
            await following;
            consents.Dispose();
            ending.Dispose();
            await store.DisposeAsync();
        }
    }

    private static PendingFile Prepare(SnapshotOptions options)
    {
        var path = Path.Combine(options.Folder, "consents.pending");
        try
        {
            Directory.CreateDirectory(options.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return new PendingFile(path, options.MaxPendingBytes);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(
                StoreFault.Permission, $"the file {path} cannot be used: {fault.Message}: let user {Environment.UserName}, and one process, write to that folder", fault);
        }
    }

    private static string TextOf(FollowedDocuments.Absence away)
        => string.Create(
            CultureInfo.InvariantCulture,
            $"the cluster's store is away since {away.Since:u}: edits and histories are refused until it is back, traffic goes on by the documents as last seen ({away.Fault})");

    private IDocumentStore Present()
    {
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        return documents.Away is { } away ? throw new StoreException(StoreFault.Unavailable, TextOf(away)) : store;
    }
}
