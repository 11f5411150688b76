using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Consents;

/// <summary>
/// Keeps consents through restarts and the loss of power. It keeps what stands, not how that came about, so that it grows with the consents and not with the changes.
/// Safe for use from several threads. Whoever judges stanzas keeps the consents in memory and appends what changes.
/// </summary>
public interface IConsentJournal
{
    /// <summary>
    /// Reads consents in the order of the UTF-8 bytes of local, then remote address. It reads in portions: what is appended meanwhile may be
    /// missing; what stood all the time is there exactly once.
    /// </summary>
    /// <param name="partner">Only those that were given under this partner; null: all.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="StoreException">The journal cannot be read.</exception>
    IAsyncEnumerable<Consent> ReadAllAsync(string? partner, CancellationToken cancellationToken);

    /// <summary>Makes all changes, in their order, or none; durable when it returns. Null: done; <see cref="RefusalReason.Older"/>: done, but for what came too late.</summary>
    /// <param name="changes">At most <see cref="StoreLimits.MaxChanges"/>. It must not change until the task ends.</param>
    /// <param name="cancellationToken">Withdraws the batch as long as nothing of it is under way; later it has no effect.</param>
    ValueTask<Refusal?> AppendAsync(IReadOnlyList<ConsentChange> changes, CancellationToken cancellationToken);
}
