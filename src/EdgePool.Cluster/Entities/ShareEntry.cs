namespace EdgePool.Cluster.Entities;

/// <summary>What a node has of one budget, and could use. For one thread at a time.</summary>
internal sealed class ShareEntry(BudgetKey key)
{
    private int refusedBefore;
    private int refused;
    private long refusedSince;
    private long used;
    private long rate;

    public BudgetKey Key => key;

    public long Whole { get; set; }

    public long Held { get; set; }

    /// <summary>See <see cref="Holding"/>.</summary>
    public long Unconfirmed { get; set; }

    /// <summary>By an owner's word; null: the fair share.</summary>
    public long? Share { get; set; }

    public RateShare? Rate { get; set; }

    public void Refuse(TimeProvider time)
    {
        if (refused == 0 || time.GetElapsedTime(refusedSince) >= ShareBook.Memory)
        {
            (refusedBefore, refused, refusedSince) = (Recent(time), 0, time.GetTimestamp());
        }

        refused++;
    }

    public void Measure(double seconds)
    {
        if (Rate is { } share)
        {
            // Of who is held back nobody knows what it could use: it asks for all, and has as much as others that do. What another has and does not use, nobody has.
            used = Math.Max((long)(share.TakeUsed() / seconds), used / 4);
            rate = share.TakeHeldBack() ? Whole : Math.Min(used + ((used + 9) / 10), Whole);
        }
    }

    public long Demand(TimeProvider time) => key.Kind == BudgetKind.Streams ? Held + Recent(time) : rate;

    private int Recent(TimeProvider time)
        => refused == 0 ? 0 : time.GetElapsedTime(refusedSince) is var since && since < ShareBook.Memory ? Math.Max(refused, refusedBefore) : since < 2 * ShareBook.Memory ? refused : 0;
}
