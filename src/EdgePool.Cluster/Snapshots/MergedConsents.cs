using System.Runtime.CompilerServices;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Snapshots;

/// <summary>
/// Consents in the cluster's journal, with a mirror of them on this node's disk for starts without the cluster, and a file for the changes that the cluster has yet to take.
/// <para>
/// Changes reach the cluster in the order in which this node made them. Between nodes, the order is that of their merging: of a pair that was changed at two nodes
/// which were cut off from one another, the later merge stands.
/// </para>
/// </summary>
internal sealed class MergedConsents(IConsentJournal journal, IConsentJournal mirror, PendingFile pending) : IDisposable
{
    private const int MirrorBatch = 1_000;
    private readonly SemaphoreSlim turn = new(1);

    /// <summary>Batches that wait.</summary>
    public int Pending => pending.Batches.Count;

    /// <summary>In the cluster's journal, or on this node's disk until it is there.</summary>
    public async ValueTask<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, StoreLimits limits, CancellationToken cancellationToken)
    {
        if (ConsentBatch.Judge(changes, limits) is { } wrong)
        {
            return wrong;
        }

        await turn.WaitAsync(cancellationToken);
        try
        {
            var refusal = await MergeWaitingAsync() ?? await journal.AppendAsync(changes, CancellationToken.None);
            if (refusal is { Reason: RefusalReason.Unavailable or RefusalReason.Busy })
            {
                refusal = pending.Append(changes);
            }

            return refusal ?? await mirror.AppendAsync(changes, CancellationToken.None);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Brings what waits to the cluster's journal; what it does not take goes on waiting.</summary>
    public async Task MergeAsync(CancellationToken cancellationToken)
    {
        if (Pending == 0)
        {
            return;
        }

        await turn.WaitAsync(cancellationToken);
        try
        {
            await MergeWaitingAsync();
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>What the cluster has; the mirror becomes the same, where all is read. Where the cluster does not answer from the start, what the mirror has.</summary>
    public async IAsyncEnumerable<Consent> ReadAllAsync(string? partner, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await MergeAsync(cancellationToken);
        await using var all = journal.ReadAllAsync(partner, cancellationToken).GetAsyncEnumerator(cancellationToken);
        if (Pending > 0 || await FirstAsync(all) is not { } more)
        {
            await foreach (var kept in mirror.ReadAllAsync(partner, cancellationToken))
            {
                yield return kept;
            }

            yield break;
        }

        await using var refresh = partner is null ? new MirrorRefresh(mirror, MirrorBatch, cancellationToken) : null;
        for (; more; more = await all.MoveNextAsync())
        {
            await (refresh?.SeenAsync(all.Current) ?? Task.CompletedTask);
            yield return all.Current;
        }

        await (refresh?.EndAsync() ?? Task.CompletedTask);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        pending.Dispose();
        turn.Dispose();
    }

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
            if (await journal.AppendAsync(batch, CancellationToken.None) is { Reason: RefusalReason.Unavailable or RefusalReason.Busy or RefusalReason.Full } refusal)
            {
                return refusal;
            }
        }

        if (Pending > 0)
        {
            pending.Clear();
        }

        return null;
    }
}
