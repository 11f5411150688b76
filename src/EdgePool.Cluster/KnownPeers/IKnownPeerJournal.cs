using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.KnownPeers;

/// <summary>
/// Keeps what is known of partners' keys through restarts and the loss of power, so that a key which changed meanwhile is still noticed. It keeps what stands, not
/// how that came about. Safe for use from several threads.
/// </summary>
public interface IKnownPeerJournal
{
    /// <summary>Reads all that are known, in any order; in portions, as consents are read.</summary>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="StoreException">The journal cannot be read.</exception>
    IAsyncEnumerable<KnownPeer> ReadKnownAsync(CancellationToken cancellationToken);

    /// <summary>Makes all changes, in their order, or none; durable when it returns. Null: done.</summary>
    /// <param name="changes">At most <see cref="StoreLimits.MaxChanges"/>. It must not change until the task ends.</param>
    /// <param name="cancellationToken">Withdraws the batch as long as nothing of it is under way; later it has no effect.</param>
    ValueTask<Refusal?> AppendKnownAsync(IReadOnlyList<KnownPeerChange> changes, CancellationToken cancellationToken);
}
