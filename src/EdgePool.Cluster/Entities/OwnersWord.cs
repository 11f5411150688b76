using EdgePool.Cluster.Sharding;

namespace EdgePool.Cluster.Entities;

/// <summary>What owners have said to a node in its present membership, shard by shard, and how long it waits for them to say it. For one thread at a time.</summary>
internal sealed class OwnersWord
{
    /// <summary>Who waits that long finds that it is over: timers count in these.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly TimeProvider time;
    private readonly bool[] told = new bool[Placement.Shards];
    private readonly bool[] fair = new bool[Placement.Shards];
    private readonly long[] lost = new long[Placement.Shards];
    private readonly long[] last = new long[Placement.Shards];
    private readonly long[] asking = new long[Placement.Shards];

    public OwnersWord(TimeProvider time)
    {
        this.time = time;
        Array.Fill(lost, time.GetTimestamp());
        Array.Fill(last, time.GetTimestamp());
    }

    /// <summary>An owner has said all that is divided otherwise than by <see cref="FairShare"/>.</summary>
    public bool IsTold(int shard) => told[shard];

    /// <summary>Its owner runs another program: the fair share is all that there is to know.</summary>
    public bool IsFair(int shard) => fair[shard];

    /// <summary>Nothing is awaited of a shard's owner.</summary>
    public bool IsKnown(int shard) => told[shard] || fair[shard];

    /// <summary>Likewise of no shard at all.</summary>
    public bool IsAllKnown => Array.TrueForAll(Numbers, IsKnown);

    /// <summary>
    /// How long an owner's word is still awaited; zero: it was said, or is waited for no more. An owner that speaks and cannot say all yet is waited for a while longer.
    /// </summary>
    public TimeSpan PatienceFor(int shard)
    {
        if (IsKnown(shard))
        {
            return TimeSpan.Zero;
        }

        var (silent, all) = (ShareBook.Patience - time.GetElapsedTime(last[shard]), ShareBook.LongestPatience - time.GetElapsedTime(lost[shard]));
        var left = silent < all ? silent : all;
        return left < TimeSpan.Zero ? TimeSpan.Zero : left + Tick;
    }

    /// <summary>The membership is another one: others may have been given what this node had.</summary>
    public void Lose()
    {
        foreach (var shard in Numbers.Where(IsKnown))
        {
            (told[shard], fair[shard], lost[shard], last[shard]) = (false, false, time.GetTimestamp(), time.GetTimestamp());
        }
    }

    /// <summary>The owner is asked: from now on no answer to an earlier question counts.</summary>
    public void Ask(int shard, long sequence) => asking[shard] = sequence;

    /// <summary>That question was the last one.</summary>
    public bool Awaits(int shard, long sequence) => asking[shard] == sequence;

    /// <summary>The owner has answered; true: with that, nothing is awaited of it any more.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="all">It has said all.</param>
    public bool Hear(int shard, bool all)
    {
        var before = IsKnown(shard);
        last[shard] = time.GetTimestamp();
        told[shard] |= all;
        fair[shard] = false;
        if (before && !all && !told[shard])
        {
            lost[shard] = last[shard];
        }

        return !before && all;
    }

    /// <summary>The owner will not answer, for it runs another program; true: with that, nothing is awaited of it any more.</summary>
    public bool HearNothing(int shard)
    {
        var before = IsKnown(shard);
        fair[shard] = true;
        return !before;
    }

    private static int[] Numbers { get; } = [.. Enumerable.Range(0, Placement.Shards)];
}
