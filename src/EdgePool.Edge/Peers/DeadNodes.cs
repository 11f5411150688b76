using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Membership;

namespace EdgePool.Edge.Peers;

/// <summary>
/// Finds out whether a node is dead, and ends its lease, so that what it owned has an owner again at once and not when the lease runs out. Dead is a node whose address,
/// where it was linked a moment ago, refuses TCP and refuses it again: its process is gone. Dead too is one that says nothing, neither on its link nor to the store (see
/// <see cref="SilentNodes"/>). Silence here alone is not death.
/// </summary>
/// <param name="store">Where the lease is.</param>
/// <param name="options">The pool's.</param>
/// <param name="refuses">Whether a node's address refuses TCP at this moment.</param>
/// <param name="time">The clock.</param>
internal sealed class DeadNodes(ICoordinator store, MembershipOptions options, Func<NodeRecord, CancellationToken, Task<bool>> refuses, TimeProvider time)
{
    /// <summary>Between two refusals that count: who starts again listens before it has a record.</summary>
    public static readonly TimeSpan Again = TimeSpan.FromMilliseconds(100);

    /// <summary>The least wait before the store is asked about a silent node: if this node was stopped itself, what has come meanwhile is read then.</summary>
    public static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(50);

    private readonly SilentNodes silent = new(store, options);

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

    /// <summary>Looks at a node that is silent; true: it is dead, and its membership is ended.</summary>
    /// <param name="record">As for <see cref="LookAsync"/>.</param>
    /// <param name="spread">0 to 1, drawn: not all nodes ask at one moment, and who comes later finds it done.</param>
    /// <param name="still">Whether it is silent yet. From any thread.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<bool> ListenAsync(NodeRecord record, double spread, Func<bool> still, CancellationToken cancellation)
    {
        await Task.Delay(Breath * (1 + (3 * spread)), time, cancellation);
        try
        {
            return still() && await silent.EndAsync(record, cancellation);
        }
        catch (Exception fault) when (fault is StoreException or ObjectDisposedException)
        {
            return false;
        }
    }
}
