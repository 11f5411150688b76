namespace EdgePool.Cluster.Documents;

/// <summary>
/// Versioned documents that all parts of a deployment share. What a body means, the store does not know.
/// <para>
/// The store has one revision, which each batch that is written raises by at least one; a document's version is the revision that wrote it. Every reading is
/// of one revision: half a batch is never seen. A reading that begins after a write returned sees that write.
/// </para>
/// <para>
/// Safe for use from several threads. Where the store cannot answer, readings throw <see cref="StoreException"/>; writes are refused by value. After disposal all throw
/// <see cref="ObjectDisposedException"/>, and watches end.
/// </para>
/// </summary>
public interface IDocumentStore : IAsyncDisposable
{
    /// <summary>Reads all documents.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask<DocumentSet> ReadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Makes all changes of a batch, as one revision, or none of them; durable when it returns. A batch that was written is told as written, never as
    /// cancelled.
    /// </summary>
    /// <param name="changes">At most <see cref="StoreLimits.MaxChanges"/>, no document twice. It must not change until the task ends.</param>
    /// <param name="who">See <see cref="Authorship"/>.</param>
    /// <param name="why">See <see cref="Authorship"/>.</param>
    /// <param name="cancellationToken">Withdraws the batch as long as nothing of it is under way; later it has no effect.</param>
    ValueTask<WriteOutcome> WriteAsync(IReadOnlyList<DocumentChange> changes, string who, string why, CancellationToken cancellationToken);

    /// <summary>
    /// The versions of a document, newest first, deletions among them. The store keeps the last <see cref="StoreLimits.MaxVersions"/> of a document, those from before
    /// a deletion too; of documents that are deleted it forgets the longest deleted where there are more than <see cref="StoreLimits.MaxDeleted"/>.
    /// </summary>
    /// <param name="key">The document.</param>
    /// <param name="atMost">How many; at least 1.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask<IReadOnlyList<DocumentVersion>> HistoryAsync(DocumentKey key, int atMost, CancellationToken cancellationToken);

    /// <summary>The version that was written at exactly that revision; null where there is none, or no longer.</summary>
    /// <param name="key">The document.</param>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask<DocumentVersion?> VersionAsync(DocumentKey key, long version, CancellationToken cancellationToken);

    /// <summary>
    /// Follows the documents: yields as soon as the store's revision is above the reader's, for ever. Usually the reader has the revision of a
    /// <see cref="DocumentSet"/>. Each update leads from the last one's revision to the newest; a slow reader skips what lies between, none goes back.
    /// </summary>
    /// <param name="afterRevision">The revision that the reader has; 0: none.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    IAsyncEnumerable<DocumentUpdate> WatchAsync(long afterRevision, CancellationToken cancellationToken);
}
