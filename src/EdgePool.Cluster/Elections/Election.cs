using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Membership;

namespace EdgePool.Cluster.Elections;

/// <summary>An office of the cluster as a node sees it.</summary>
/// <param name="Held">This node holds it.</param>
/// <param name="Said">What its holder has told last; null: nobody holds it.</param>
public readonly record struct Office(bool Held, ReadOnlyMemory<byte>? Said);

/// <summary>
/// An office that one node of the cluster holds: a key under the lease of its membership, in which it tells the others what it does. Who is gone holds it no longer, and the next
/// one that looks takes it. What the holder tells has the key's creation as its condition, so that a former holder tells nothing any more.
/// </summary>
/// <remarks>Not guaranteed: that two nodes never act at the same moment. A holder acts while its <see cref="Term"/> stands; what it does must be safe to be done twice.</remarks>
/// <param name="store">Where it is agreed on.</param>
/// <param name="member">This node's membership.</param>
/// <param name="key">The office's key, one of a kind in the cluster.</param>
public sealed class Election(ICoordinator store, Member member, string key)
{
    private Holding? holding;

    /// <summary>This node holds the office at this moment, as far as its own clock can tell.</summary>
    public bool Holds => holding is { } mine && member.Term?.Lease == mine.Lease;

    /// <summary>Looks at the office; takes it where it is free and this node stands for it, gives it up where it does not any more.</summary>
    /// <param name="stands">This node can do what the office asks for.</param>
    /// <param name="first">What it tells when it takes it; at most <see cref="CoordinationLimits.MaxValueBytes"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Documents.StoreException">The store does not answer.</exception>
    public async ValueTask<Office> LookAsync(bool stands, ReadOnlyMemory<byte> first, CancellationToken cancellationToken)
    {
        var term = member.Term;
        if ((await store.ReadAsync(key, cancellationToken)).Keys.GetValueOrDefault(key) is not { } standing)
        {
            return await TakeAsync(stands ? term : null, first, cancellationToken);
        }

        if (term is null || standing.Lease != term.Lease)
        {
            holding = null;
            return new Office(Held: false, standing.Value);
        }

        holding = new Holding(standing.Created, standing.Lease);
        if (stands)
        {
            return new Office(Held: true, standing.Value);
        }

        holding = null;
        await store.CommitAsync([Condition.CreatedAt(key, standing.Created)], [new KeyChange(key, null)], cancellationToken);
        return default;
    }

    /// <summary>Tells what the holder does; false: this node does not hold the office any more.</summary>
    /// <param name="said">At most <see cref="CoordinationLimits.MaxValueBytes"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Documents.StoreException">The store does not answer.</exception>
    public async ValueTask<bool> TellAsync(ReadOnlyMemory<byte> said, CancellationToken cancellationToken)
        => Holds && holding is { } mine && await store.CommitAsync([Condition.CreatedAt(key, mine.Token)], [new KeyChange(key, said, mine.Lease)], cancellationToken) is not null;

    private async ValueTask<Office> TakeAsync(Term? term, ReadOnlyMemory<byte> first, CancellationToken cancellationToken)
    {
        holding = null;
        if (term is null || await store.CommitAsync([Condition.Absent(key)], [new KeyChange(key, first, term.Lease)], cancellationToken) is not { } token)
        {
            return default;
        }

        holding = new Holding(token, term.Lease);
        return new Office(Held: true, first);
    }

    private sealed record Holding(long Token, long Lease);
}
