using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Presences;

/// <summary>
/// Keeps who is shown as available through restarts and the loss of power, so that nobody stays shown for whom nobody answers any more. It belongs to one node:
/// what a node has shown, it alone takes back. Safe for use from several threads.
/// </summary>
public interface IPresenceJournal
{
    /// <summary>Reads all that is shown, in any order; in portions, as consents are read.</summary>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="StoreException">The journal cannot be read.</exception>
    IAsyncEnumerable<Presence> ReadShownAsync(CancellationToken cancellationToken);

    /// <summary>Makes all changes, in their order, or none; durable when it returns. Null: done.</summary>
    /// <param name="changes">At most <see cref="StoreLimits.MaxChanges"/>. It must not change until the task ends.</param>
    /// <param name="cancellationToken">Withdraws the batch as long as nothing of it is under way; later it has no effect.</param>
    ValueTask<Refusal?> AppendShownAsync(IReadOnlyList<PresenceChange> changes, CancellationToken cancellationToken);
}
