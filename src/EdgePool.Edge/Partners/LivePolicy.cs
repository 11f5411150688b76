using EdgePool.Policy.Partners;

namespace EdgePool.Edge.Partners;

/// <summary>
/// The policy in force on this node. Every decision reads <see cref="Current"/> anew and takes one reading for all that it decides.
/// </summary>
/// <remarks>
/// Not yet guaranteed: that nothing judged by the snapshot before is forwarded once <see cref="PublishAsync"/> has returned; streams and queues keep what they
/// have. For now it swaps the snapshot and no more.
/// </remarks>
internal sealed class LivePolicy(PolicySnapshot first)
{
    private PolicySnapshot current = first;

    /// <summary>The snapshot that decisions are taken from now.</summary>
    public PolicySnapshot Current => Volatile.Read(ref current);

    /// <summary>Puts <paramref name="next"/> in the place of the current snapshot.</summary>
    public Task PublishAsync(PolicySnapshot next)
    {
        Volatile.Write(ref current, next);
        return Task.CompletedTask;
    }
}
