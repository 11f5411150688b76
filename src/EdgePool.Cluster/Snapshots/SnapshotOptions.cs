namespace EdgePool.Cluster.Snapshots;

/// <summary>Where a node keeps what it last saw of the cluster's store.</summary>
public sealed record SnapshotOptions
{
    /// <summary>A folder of this node's own, such as <c>/var/lib/edgepool</c>: <c>documents.snapshot</c> and <c>consents.pending</c> lie in it, both of mode 0600.</summary>
    public required string Folder { get; init; }

    /// <summary>How often a store that is away is asked again.</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of the consents that wait for the store; one more batch is refused.</summary>
    public long MaxPendingBytes { get; init; } = 64 * 1024 * 1024;
}

/// <summary>How a node stands to the cluster's store.</summary>
/// <param name="AwaySince">Since when the store does not answer; null: it does.</param>
/// <param name="Fault">Why not, in one line; null: it does.</param>
/// <param name="Revision">Of the documents that this node has.</param>
/// <param name="SavedAt">When they were last written to this node's disk; null: the disk does not take them, or none were written yet.</param>
/// <param name="PendingConsents">Batches of consents that wait on this node's disk until the store is back.</param>
public sealed record StoreStanding(DateTimeOffset? AwaySince, string? Fault, long Revision, DateTimeOffset? SavedAt, int PendingConsents)
{
    /// <summary>A newer EdgePool has written the documents: this node takes no edits.</summary>
    public bool Outdated { get; init; }
}
