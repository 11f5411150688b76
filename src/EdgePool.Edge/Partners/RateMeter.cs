using EdgePool.Policy.Partners;

namespace EdgePool.Edge.Partners;

/// <summary>
/// Two token buckets, of stanzas and of bytes, for one partner and direction, shared by all its streams on this node. Without locks: each bucket is one number,
/// the moment at which it would be full again, which every stanza moves on. A stanza that was read is always charged, so a bucket may be in debt by one stanza of each stream;
/// what follows waits until the debt is paid.
/// </summary>
/// <param name="rate">How much may come.</param>
/// <param name="time">Its clock.</param>
internal sealed class RateMeter(Rate rate, TimeProvider time)
{
    private const long Second = 1_000_000_000;

    private readonly long origin = time.GetTimestamp();
    private readonly long stanzaCost = rate.StanzasPerSecond is { } stanzas ? Second / stanzas : 0;
    private readonly long stanzaDepth = rate.StanzasPerSecond is { } perSecond ? Second / perSecond * rate.BurstStanzas : 0;
    private readonly double byteCost = rate.BytesPerSecond is { } bytes ? (double)Second / bytes : 0;
    private readonly long byteDepth = rate.BytesPerSecond is { } bytesPerSecond ? (long)((double)Second / bytesPerSecond * rate.BurstBytes) : 0;
    private long stanzasFullAt;
    private long bytesFullAt;

    /// <summary>What the meter measures.</summary>
    public Rate Rate => rate;

    /// <summary>Nothing was taken of late: a new meter would say the same.</summary>
    public bool IsFull => Now is var now && Volatile.Read(ref stanzasFullAt) <= now && Volatile.Read(ref bytesFullAt) <= now;

    private long Now => time.GetElapsedTime(origin).Ticks * 100;

    /// <summary>Charges what came, and says how long the next must wait; zero: it may come at once.</summary>
    public TimeSpan Take(int stanzas, long bytes)
    {
        var now = Now;
        if (stanzaCost > 0)
            Charge(ref stanzasFullAt, now, stanzas * stanzaCost);
        if (byteCost > 0)
            Charge(ref bytesFullAt, now, (long)(bytes * byteCost));
        return Wait(now);
    }

    /// <summary>How long the next must wait; zero: it may come.</summary>
    public TimeSpan Wait() => Wait(Now);

    // One stanza, or one byte, must be in each bucket.
    private TimeSpan Wait(long now)
    {
        var wait = Math.Max(
            stanzaCost > 0 ? Volatile.Read(ref stanzasFullAt) + stanzaCost - stanzaDepth - now : 0,
            byteCost > 0 ? Volatile.Read(ref bytesFullAt) + (long)Math.Ceiling(byteCost) - byteDepth - now : 0);
        return wait <= 0 ? TimeSpan.Zero : TimeSpan.FromTicks((wait + 99) / 100);
    }

    private static void Charge(ref long fullAt, long now, long cost)
    {
        while (true)
        {
            var seen = Volatile.Read(ref fullAt);
            if (Interlocked.CompareExchange(ref fullAt, Math.Max(seen, now) + cost, seen) == seen)
                return;
        }
    }
}
