using System.Collections;
using System.Collections.Immutable;

namespace EdgePool.Cluster.Entities;

/// <summary>Who is in the pool, at one moment: each node with the lease of its membership, which is another one each time that it joins.</summary>
/// <param name="Revision">The store's; a later roster has a higher one.</param>
/// <param name="Leases">By the node's name.</param>
internal sealed record Roster(long Revision, ImmutableDictionary<string, long> Leases)
{
    public static Roster Empty { get; } = new(0, ImmutableDictionary.Create<string, long>(StringComparer.Ordinal));

    public static Roster Of(Membership.PoolView view)
        => new(view.Revision, view.Nodes.Values.ToImmutableDictionary(static n => n.Name, static n => n.Lease, StringComparer.Ordinal));

    /// <summary>Everybody of the other one is here, by the same lease.</summary>
    public bool Has(Roster other) => other.Leases.All(node => Leases.TryGetValue(node.Key, out var lease) && lease == node.Value);
}

/// <summary>What a node tells the owner of some shards: all that it has of their budgets which is not what it would have anyway.</summary>
/// <param name="Lease">Of the node's membership, or of its last one.</param>
/// <param name="Sequence">Higher with each report of the node; an older one that comes later counts for nothing.</param>
/// <param name="Nodes">Whom the node counts in the pool.</param>
/// <param name="Shards">The shards that it tells all of, with the token under which the owner has each, as the node knows it: an owner that came later reads no old news.</param>
/// <param name="Holdings">One for each budget at most, in one of these shards.</param>
internal sealed record ShareReport(long Lease, long Sequence, Roster Nodes, IReadOnlyDictionary<int, long> Shards, IReadOnlyList<Holding> Holdings)
{
    /// <summary>The pairs in trouble that the node knows of in these shards, each once.</summary>
    public IReadOnlyList<Trouble> Troubles { get; init; } = [];
}

/// <summary>What a node has of a budget, and could use.</summary>
/// <param name="Key">The budget.</param>
/// <param name="Whole">All of it, as policy at the node says.</param>
/// <param name="InForce">The most that the node may come to have before it takes another answer.</param>
/// <param name="Told">That is by an owner's word; else by <see cref="FairShare"/>.</param>
/// <param name="Demand">What it could use.</param>
/// <param name="Held">Streams that have a place there.</param>
/// <param name="Unconfirmed">Of these, how many had it before the node became a member, or without an owner's word: others may have been given the same places.</param>
internal readonly record struct Holding(BudgetKey Key, long Whole, long InForce, bool Told, long Demand, long Held, long Unconfirmed);

/// <summary>What an owner says to a report. It counts only as long as the node has told nobody anything of the same shards since.</summary>
/// <param name="Shards">The shards of which all is said: what is not among the grants is shared by <see cref="FairShare"/>.</param>
/// <param name="Grants">One for each budget at most.</param>
internal sealed record ShareAnswer(BitArray Shards, IReadOnlyList<Grant> Grants)
{
    /// <summary>What the owner knows of pairs in trouble in these shards, each once.</summary>
    public IReadOnlyList<Advice> Advices { get; init; } = [];
}

/// <summary>A node's part of a budget from now on.</summary>
/// <param name="Key">The budget.</param>
/// <param name="Whole">All of it.</param>
/// <param name="Share">The part; null: as <see cref="FairShare"/> says again.</param>
/// <param name="Keep">How many streams may stand at the node, as far as others are unconfirmed: those end; <see cref="All"/> while nothing is decided. Null: what stands is
/// confirmed.</param>
internal readonly record struct Grant(BudgetKey Key, long Whole, long? Share, long? Keep)
{
    /// <summary>No stream is to end for now.</summary>
    public const long All = int.MaxValue;
}
