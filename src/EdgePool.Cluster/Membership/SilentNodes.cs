using EdgePool.Cluster.Coordination;

namespace EdgePool.Cluster.Membership;

/// <summary>
/// Ends the membership of a node that is dead, so that what it owned has an owner again at once and not when its lease runs out. Dead is a node that is silent to another
/// one, which asks here, and to the store: its lease was not kept alive for <see cref="MembershipOptions.Silent"/>. A node that only one of the two does not hear is
/// not dead, and nobody votes: one node that asks is enough, in a pool of two as in a pool of sixteen.
/// </summary>
/// <remarks>
/// <para>
/// <b>Why no dead node acts as an owner.</b> It may only be stopped, and go on at any moment. Before its lease is ended, its record is deleted, on the condition that nobody has
/// written it since before the store told of the silence. If it goes on before that, its <see cref="Term"/> is not fresh any more, as it was silent for longer; to be fresh
/// again it writes its record, on the condition that it is there. Of the two writes only one is made.
/// </para>
/// <para>
/// <b>What is not guaranteed.</b> Clocks may differ in speed by as much as <see cref="MembershipOptions.SafePart"/> leaves; a clock that stands still while a whole machine is stopped
/// (a snapshot of a virtual one) is not noticed here, but by the store, which refuses the writes of a former owner.
/// </para>
/// </remarks>
/// <param name="store">Where membership is agreed on.</param>
/// <param name="options">The pool's.</param>
public sealed class SilentNodes(ICoordinator store, MembershipOptions options)
{
    /// <summary>Ends the membership of a node that the caller does not hear, if the store does not hear it either. True: it was dead.</summary>
    /// <param name="node">As last seen; its lease alone is ended, never that of a process which has taken its place.</param>
    /// <param name="cancellationToken">Gives up; what was begun is finished by whoever asks next, or by the end of the lease.</param>
    /// <exception cref="Documents.StoreException">The store does not answer.</exception>
    public async Task<bool> EndAsync(NodeRecord node, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(node);
        var key = NodeRecord.KeyOf(node.Pool, node.Name);
        if ((await store.ReadAsync(key, cancellationToken)).Keys.GetValueOrDefault(key) is not { } standing || standing.Lease != node.Lease)
        {
            return false;
        }

        if (await store.SilenceAsync(node.Lease, cancellationToken) is not { } silence || silence < options.Silent)
        {
            return false;
        }

        if (await store.CommitAsync([Condition.ChangedAt(key, standing.Changed)], [new KeyChange(key, null)], cancellationToken) is null)
        {
            return false;
        }

        await store.RevokeAsync(node.Lease, cancellationToken);
        return true;
    }
}
