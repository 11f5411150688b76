using System.Runtime.CompilerServices;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd;

namespace EdgePool.Cluster.Snapshots;

/// <summary>
/// Consents in the cluster's journal, with a mirror of them on this node's disk for starts without the cluster, and a file for the changes that the cluster has yet to take.
/// <para>
/// Changes reach the cluster in the order in which this node made them. Those that waited are marked so: of a pair that was changed at two nodes which were cut off from one
/// another, the later change stands, by the clocks of these nodes.
/// </para>
/// </summary>
internal sealed class MergedConsents(IConsentJournal journal, IConsentJournal mirror, PendingFile pending) : IDisposable
{
    private const int MirrorBatch = 1_000;
    private const int MaxWaiting = 1_024;
    private readonly WaitingLine line = new(MaxWaiting);
    private volatile bool stale;

    /// <summary>Batches that wait.</summary>
    public int Pending => pending.Batches.Count;

    /// <summary>Changes of this node's came late, or may have, since all was last read to the end: what holds instead is not known here.</summary>
    public bool IsStale => stale;

    /// <summary>Told of what others have changed, and of what became of changes that waited.</summary>
    public Action<IReadOnlyList<ConsentChange>>? Heard { get; set; }

    /// <summary>In the cluster's journal, or on this node's disk until it is there.</summary>
    /// <param name="changes">The batch.</param>
    /// <param name="isAway">True: the cluster is known not to answer, and is not asked.</param>
    /// <param name="cancellationToken">Gives up waiting for the turn.</param>
    public async ValueTask<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, bool isAway, CancellationToken cancellationToken)
    {
        if (ConsentBatch.Judge(changes, StoreLimits.Default) is { } wrong)
        {
            return wrong;
        }

        using var turn = await line.TakeAsync(cancellationToken);
        if (turn is null)
        {
            return new Refusal(RefusalReason.Busy, "too many changes of consents wait for the cluster's store");
        }

        var refusal = isAway ? pending.Append(changes) : await MergeWaitingAsync() ?? await journal.AppendAsync(changes, CancellationToken.None);
        if (!isAway && refusal is { Reason: RefusalReason.Unavailable or RefusalReason.Busy or RefusalReason.Fenced })
        {
            refusal = pending.Append(changes);
        }

        if (refusal is { Reason: RefusalReason.Older })
        {
            (stale, refusal) = (true, null); // it is done, and what holds instead is not known here
        }

        return refusal ?? await mirror.AppendAsync(changes, CancellationToken.None);
    }

    /// <summary>Brings what waits to the cluster's journal; what it does not take goes on waiting.</summary>
    public async Task MergeAsync(CancellationToken cancellationToken)
    {
        if (Pending > 0)
        {
            using var turn = await line.TakeAsync(cancellationToken);
            _ = turn is null ? null : await MergeWaitingAsync();
        }
    }

    /// <summary>Takes in what the cluster's journal has come to hold. What waits stays as it is here.</summary>
    public async Task HearAsync(IReadOnlyList<ConsentChange> news, CancellationToken cancellationToken)
    {
        using var turn = await line.TakeAsync(cancellationToken);
        var waiting = Waiting();
        ConsentChange[] changes = [.. news.Where(change => !waiting.Contains(ConsentBatch.Pair(change)))];
        await TakeInAsync(changes);
    }

    /// <summary>Reads all that the cluster has, and takes in what is different here; likewise.</summary>
    /// <exception cref="StoreException">The cluster does not answer.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        using var turn = await line.TakeAsync(cancellationToken);
        stale = true; // until all is read
        await using var refresh = new MirrorRefresh(mirror, TakeInAsync, MirrorBatch, cancellationToken) { Waiting = Waiting() };
        await foreach (var consent in journal.ReadAllAsync(null, cancellationToken))
        {
            await refresh.SeenAsync(consent);
        }

        await refresh.EndAsync();
        stale = false;
    }

    /// <summary>What the cluster has; the mirror becomes the same, where all is read. Where the cluster does not answer from the start, what the mirror has.</summary>
    /// <param name="partner">Whose; null: all.</param>
    /// <param name="isAway">True: the cluster is known not to answer, and is not asked.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async IAsyncEnumerable<Consent> ReadAllAsync(string? partner, bool isAway, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!isAway)
        {
            await MergeAsync(cancellationToken);
        }

        await using var all = journal.ReadAllAsync(partner, cancellationToken).GetAsyncEnumerator(cancellationToken);
        if (isAway || Pending > 0 || await FirstAsync(all) is not { } more)
        {
            await foreach (var kept in mirror.ReadAllAsync(partner, cancellationToken))
            {
                yield return kept;
            }

            yield break;
        }

        await using var refresh = partner is null ? new MirrorRefresh(mirror, changes => HearAsync(changes, CancellationToken.None), MirrorBatch, cancellationToken) : null;
        for (; more; more = await all.MoveNextAsync())
        {
            await (refresh?.SeenAsync(all.Current) ?? Task.CompletedTask);
            yield return all.Current;
        }

        await (refresh?.EndAsync() ?? Task.CompletedTask);
        stale |= refresh is not null; // others may have written while it was read
    }

    /// <inheritdoc/>
    public void Dispose() => pending.Dispose();

    // What the mirror has, the table hears, in the same order.
    private async Task TakeInAsync(IReadOnlyList<ConsentChange> changes)
    {
        await mirror.AppendAsync(changes, CancellationToken.None);
        Heard?.Invoke(changes);
    }

    private HashSet<(string Local, string Remote)> Waiting() => [.. pending.Batches.SelectMany(static batch => batch).Select(ConsentBatch.Pair)];

    // Null: the cluster does not answer.
    private static async Task<bool?> FirstAsync(IAsyncEnumerator<Consent> all)
    {
        try
        {
            return await all.MoveNextAsync();
        }
        catch (StoreException)
        {
            return null;
        }
    }

    // Null: nothing waits any more. A batch that the cluster refuses for itself would wait for ever: it is dropped when it can never be taken.
    private async Task<Refusal?> MergeWaitingAsync()
    {
        foreach (var batch in pending.Batches)
        {
            ConsentChange[] waited = [.. batch.Select(static change => change with { Waited = true })];
            if (await journal.AppendAsync(waited, CancellationToken.None) is { Reason: RefusalReason.Unavailable or RefusalReason.Busy or RefusalReason.Fenced or RefusalReason.Full } refusal)
            {
                return refusal;
            }
        }

        if (Pending > 0)
        {
            pending.Clear();
            stale = true;
        }

        return null;
    }
}
