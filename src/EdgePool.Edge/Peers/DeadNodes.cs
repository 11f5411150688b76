using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Membership;

namespace EdgePool.Edge.Peers;

/// <summary>
/// Ends the lease of a node whose process is gone, so that what it owned has an owner again at once and not when the lease runs out. Dead is a node whose address,
/// where it was linked a moment ago, refuses TCP and refuses it again. Silence is not death: a node that is stopped or cut off says nothing either, and may
/// still act as an owner; it is left to its lease, which it counts itself.
/// </summary>
/// <param name="store">Where the lease is.</param>
/// <param name="refuses">Whether a node's address refuses TCP at this moment.</param>
/// <param name="time">The clock.</param>
internal sealed class DeadNodes(ICoordinator store, Func<NodeRecord, CancellationToken, Task<bool>> refuses, TimeProvider time)
{
    /// <summary>Between two refusals that count: who starts again listens before it has a record.</summary>
    public static readonly TimeSpan Again = TimeSpan.FromMilliseconds(100);

    /// <summary>Looks at a node whose link broke; true: it is dead, and its lease is ended. What the store does not do now, it does when the lease runs out.</summary>
    /// <param name="record">As last seen; its lease alone is ended, never that of a process which has taken its place.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<bool> LookAsync(NodeRecord record, CancellationToken cancellation)
    {
        if (!await refuses(record, cancellation))
            return false;
        await Task.Delay(Again, time, cancellation);
        if (record.Lease == 0 || !await refuses(record, cancellation))
            return false;
        try
        {
            await store.RevokeAsync(record.Lease, cancellation);
            return true;
        }
        catch (Exception fault) when (fault is StoreException or ObjectDisposedException)
        {
            return false;
        }
    }
}
