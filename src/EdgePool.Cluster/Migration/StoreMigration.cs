using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Etcd;
using EdgePool.Cluster.Etcd.Calls;
using EdgePool.Cluster.Etcd.Documents;
using EdgePool.Cluster.Etcd.Messages;
using EdgePool.Cluster.Snapshots;

namespace EdgePool.Cluster.Migration;

/// <summary>
/// Carries the documents, their history and the consents of a node that stood alone into a pool's store, with the same versions, authors and times. It may be run again: after
/// an interruption it does what is left, and after further edits of the embedded store it carries those over. It never overwrites what was edited in the pool.
/// <para>
/// Documents come over as one revision, or not at all. Who is shown as available and the keys that partners have shown stay in the node's own store.
/// </para>
/// </summary>
public static class StoreMigration
{
    /// <summary>Bytes of the versions that are carried over: they are held in memory, and more would not fit into etcd's quota as it ships.</summary>
    internal const long MaxBytes = 512L * 1024 * 1024;

    private const int ConsentBatch = 2_000;

    /// <summary>Carries everything over.</summary>
    /// <param name="from">The embedded store, which nobody else has open.</param>
    /// <param name="to">The pool's store.</param>
    /// <param name="progress">Told how far it is; null: nobody.</param>
    /// <param name="cancellationToken">Interrupts it, between two steps.</param>
    /// <exception cref="StoreException">One of the stores does not answer, or the pool has documents that are not this store's: the message says which and what to do.</exception>
    public static async Task<MigrationOutcome> RunAsync(EmbeddedStore from, EtcdStore to, IProgress<MigrationProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        try
        {
            var (revision, documents, versions) = await CarryDocumentsAsync(from, to.Documents, progress, cancellationToken);
            var consents = await to.Consents.IsAsCarriedAsync(cancellationToken) ? await CarryConsentsAsync(from, to, progress, cancellationToken) : (int?)null;
            return new MigrationOutcome(revision, documents, versions, consents ?? 0, ConsentsLeft: consents is null);
        }
        catch (EtcdException fault)
        {
            throw EtcdFaults.Of(fault);
        }
    }

    private static async Task<(long Revision, int Documents, int Versions)> CarryDocumentsAsync(
        EmbeddedStore from, EtcdDocuments to, IProgress<MigrationProgress>? progress, CancellationToken cancellationToken)
    {
        var known = await from.KnownAsync(cancellationToken);
        var state = await to.SettledAsync(cancellationToken);
        var carried = state.Head.Value.Carried;
        if (carried == known.State.Revision)
        {
            return (state.Revision, 0, 0);
        }

        await DemandSameAsync(from, known, state, cancellationToken);
        var (versions, bytes) = (new List<IReadOnlyList<DocumentVersion>>(), 0L);
        var changed = known.Newest.Where(d => d.Version > carried).ToArray();
        foreach (var document in changed)
        {
            var history = await from.HistoryAsync(document.Key, int.MaxValue, cancellationToken);
            versions.Add([.. history.Where(v => v.Version > carried).Reverse()]);
            bytes += versions[^1].Sum(static v => 2L * (v.Body?.Length ?? 0));
            if (bytes > MaxBytes)
            {
                throw new StoreException(StoreFault.Unavailable, $"the embedded store has more than {MaxBytes} bytes of documents and history: that is more than etcd takes as it ships");
            }

            progress?.Report(new MigrationProgress("documents", versions.Count, changed.Length));
        }

        var next = new Head
        {
            Revision = known.State.Revision,
            Carried = known.State.Revision,
            Count = known.State.Documents,
            Deleted = known.State.Deleted,
            Forgotten = known.State.Forgotten,
        };
        return await to.CarryAsync(state, next, versions, state.Newest.Keys.Except(known.Newest.Select(static d => d.Key)))
            ? (next.Revision, versions.Count, versions.Sum(static all => all.Count))
            : throw new StoreException(StoreFault.InUse, "a node of the pool has written documents while they were carried over: nothing was carried; look at the pool's documents first");
    }

    // Whatever the pool has must have come from this store, and nobody may have edited it there.
    private static async Task DemandSameAsync(EmbeddedStore from, KnownDocuments known, DocumentState state, CancellationToken cancellationToken)
    {
        var carried = state.Head.Value.Carried;
        if (state.Revision != carried)
        {
            throw new StoreException(
                StoreFault.Foreign,
                carried == 0
                    ? $"the pool has documents of its own (revision {state.Revision}): carry over into a pool without any, under another prefix of keys"
                    : $"the pool's documents were edited (revision {state.Revision}) since they were carried over (revision {carried}), and so was the embedded store (revision {known.State.Revision}): make the later edits of one of them again in the other");
        }

        foreach (var there in state.Newest.Values.Select(static n => n.Version))
        {
            if (there.Version > known.State.Forgotten && await from.VersionAsync(there.Key, there.Version, cancellationToken) != there)
            {
                throw new StoreException(StoreFault.Foreign, $"the pool's documents were carried over from another store: {there.Key} of revision {there.Version} is not in this one");
            }
        }
    }

    private static async Task<int> CarryConsentsAsync(EmbeddedStore from, EtcdStore to, IProgress<MigrationProgress>? progress, CancellationToken cancellationToken)
    {
        var count = 0;
        var carried = new CarriedConsents(to.Consents);
        await using var refresh = new MirrorRefresh(carried, async changes => await carried.AppendAsync(changes, CancellationToken.None), ConsentBatch, cancellationToken);
        await foreach (var consent in from.ReadAllAsync(null, cancellationToken))
        {
            await refresh.SeenAsync(consent);
            if (++count % ConsentBatch == 0)
            {
                progress?.Report(new MigrationProgress("consents", count, Total: null));
            }
        }

        await refresh.EndAsync();
        progress?.Report(new MigrationProgress("consents", count, count));
        return count;
    }
}
