using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Coordination;

/// <summary>
/// What the nodes of a cluster agree on while they live: a flat space of small keys, some of which stand under a lease and go with it. Every change is
/// conditional and atomic, and one order of revisions holds for all of them, so that membership, ownership and the writes of an owner can be built on it alone:
/// <list type="bullet">
/// <item>a node is present as long as its key stands under its lease;</item>
/// <item>who creates a key owns what it names; the key's <see cref="KeyRecord.Created"/> revision is the owner's fencing token, higher at every change of owner;</item>
/// <item>an owner's write has <see cref="Condition.CreatedAt"/> of that key as its condition: refused as soon as the ownership has ended.</item>
/// </list>
/// <para>
/// Safe for use from several threads. Every call has a deadline of the implementation's; where the store does not answer, it throws <see cref="StoreException"/>.
/// A <see cref="CommitAsync"/> that throws may have been made: read, or make the same conditional commit again.
/// </para>
/// </summary>
public interface ICoordinator : IAsyncDisposable
{
    /// <summary>Grants a lease. Its holder counts its time from before the call.</summary>
    /// <param name="timeToLive">How long it stands without <see cref="KeepAliveAsync"/>; whole seconds, at least 1.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask<long> GrantAsync(TimeSpan timeToLive, CancellationToken cancellationToken);

    /// <summary>The lease stands for its whole time again. False: it is gone, and its keys with it.</summary>
    /// <param name="lease">Of <see cref="GrantAsync"/>.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask<bool> KeepAliveAsync(long lease, CancellationToken cancellationToken);

    /// <summary>How long nobody has kept a lease alive, at least: the store may count whole seconds. It is true of a moment during the call. Null: the lease is gone.</summary>
    /// <param name="lease">Of any node.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask<TimeSpan?> SilenceAsync(long lease, CancellationToken cancellationToken);

    /// <summary>Ends a lease, and with it its keys, at once; nothing where it is gone.</summary>
    /// <param name="lease">One's own, or that of a node known to be dead.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask RevokeAsync(long lease, CancellationToken cancellationToken);

    /// <summary>
    /// Makes all changes, as one revision, if all conditions hold; else none. Null: a condition does not hold, or the lease of a change is gone.
    /// </summary>
    /// <param name="conditions">What must hold; no key twice.</param>
    /// <param name="changes">At least 1, at most <see cref="CoordinationLimits.MaxChanges"/>; no key twice.</param>
    /// <param name="cancellationToken">Gives up waiting; the commit may have been made.</param>
    /// <returns>The revision of the changes.</returns>
    /// <exception cref="ArgumentException">A key, a value or the number of changes exceeds its limit.</exception>
    ValueTask<long?> CommitAsync(IReadOnlyList<Condition> conditions, IReadOnlyList<KeyChange> changes, CancellationToken cancellationToken);

    /// <summary>Reads the keys that begin with a prefix, as of one revision.</summary>
    /// <param name="prefix">Ordinal.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask<KeySet> ReadAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>
    /// Follows the keys that begin with a prefix: yields them as they are, at once and after every change. A slow reader skips what lies between; no set is older than the
    /// one before. When the store is lost (no quorum among them), it throws <see cref="StoreException"/>; whoever goes on reading begins anew.
    /// </summary>
    /// <param name="prefix">Ordinal.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    IAsyncEnumerable<KeySet> WatchAsync(string prefix, CancellationToken cancellationToken);
}
