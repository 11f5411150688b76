namespace EdgePool.Cluster.Entities;

/// <summary>A way to a partner that may be in trouble: from one local domain to one remote domain, both in A-labels.</summary>
/// <param name="Local">Ours.</param>
/// <param name="Remote">The partner's.</param>
public readonly record struct OutboundPair(string Local, string Remote)
{
    /// <summary>The shard whose owner knows of it.</summary>
    public int Shard => Sharding.Placement.ShardOf(Remote);
}

/// <summary>What a node tells the owner of a pair on which attempts fail.</summary>
/// <param name="Pair">Which.</param>
/// <param name="Failures">In a row, as far as the node knows; 0: it has been reached.</param>
/// <param name="NextIn">Milliseconds until the next attempt is due.</param>
/// <param name="Waiting">Stanzas wait at the node.</param>
/// <param name="Probing">The node takes itself for the one that tries.</param>
/// <param name="Episode">The owner's number of this trouble; 0: the node has found it itself.</param>
internal readonly record struct Trouble(OutboundPair Pair, int Failures, long NextIn, bool Waiting, bool Probing, long Episode);

/// <summary>What the owner says of a pair in trouble.</summary>
/// <param name="Pair">Which.</param>
/// <param name="Failures">In a row, of whichever node; 0: it has been reached.</param>
/// <param name="NextIn">Milliseconds until the next attempt is due.</param>
/// <param name="Probing">The node that is told is the one that tries; else it waits.</param>
/// <param name="Episode">See <see cref="Trouble"/>.</param>
internal readonly record struct Advice(OutboundPair Pair, int Failures, long NextIn, bool Probing, long Episode);

/// <summary>What holds for troubles on both sides.</summary>
internal static class Troubles
{
    /// <summary>Of a shard; of further ones, each node knows for itself.</summary>
    public const int MostOfShard = 16;

    /// <summary>After which a node that said nothing is no longer the one that tries.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

    /// <summary>For how long an owner's word counts, from the question on. Less than <see cref="Silence"/>, by more than clocks run apart.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2.5);

    /// <summary>A trouble is forgotten when nobody has tried for that long after an attempt was due.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    /// <summary>The longest wait that is told: no backoff is longer.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <summary>Failures that are counted: from there on the wait does not grow.</summary>
    public const int MostFailures = 1_000;
}
