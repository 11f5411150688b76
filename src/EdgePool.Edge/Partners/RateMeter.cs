using EdgePool.Cluster.Entities;
using EdgePool.Policy.Partners;

namespace EdgePool.Edge.Partners;

/// <summary>
/// Two token buckets, of stanzas and of bytes, for one partner and direction, shared by all its streams on this node. Without locks: each bucket is one number,
/// the moment at which it would be full again, which every stanza moves on. A stanza that was read is always charged, so a bucket may be in debt by one stanza of each stream;
/// what follows waits until the debt is paid.
/// </summary>
/// <remarks>In a pool, a stanza or a byte takes as much longer as this node's share is smaller than the whole, and a bucket is as deep as it would be in time.</remarks>
/// <param name="rate">How much may come.</param>
/// <param name="time">Its clock.</param>
/// <param name="stanzaShare">This node's share of the stanzas; null: all of them.</param>
/// <param name="byteShare">This node's share of the bytes; null: all of them.</param>
internal sealed class RateMeter(Rate rate, TimeProvider time, RateShare? stanzaShare = null, RateShare? byteShare = null) : IDisposable
{
    private const long Second = 1_000_000_000;

    private readonly long origin = time.GetTimestamp();
    private readonly long wholeStanzaCost = rate.StanzasPerSecond is { } stanzas ? Second / stanzas : 0;
    private readonly long stanzaDepth = rate.StanzasPerSecond is { } perSecond ? Second / perSecond * rate.BurstStanzas : 0;
    private readonly double wholeByteCost = rate.BytesPerSecond is { } bytes ? (double)Second / bytes : 0;
    private readonly long byteDepth = rate.BytesPerSecond is { } bytesPerSecond ? (long)((double)Second / bytesPerSecond * rate.BurstBytes) : 0;
    private long stanzasFullAt;
    private long bytesFullAt;

    /// <summary>What the meter measures.</summary>
    public Rate Rate => rate;

    /// <summary>Nothing was taken of late: a new meter would say the same.</summary>
    public bool IsFull => Now is var now && Volatile.Read(ref stanzasFullAt) <= now && Volatile.Read(ref bytesFullAt) <= now;

    private long StanzaCost => stanzaShare is null ? wholeStanzaCost : Second / stanzaShare.Now;

    private double ByteCost => byteShare is null ? wholeByteCost : (double)Second / byteShare.Now;

    private long Now => time.GetElapsedTime(origin).Ticks * 100;

    /// <summary>Charges what came, and says how long the next must wait; zero: it may come at once.</summary>
    public TimeSpan Take(int stanzas, long bytes)
    {
        var now = Now;
        if (wholeStanzaCost > 0)
            Charge(ref stanzasFullAt, now, stanzas * StanzaCost);
        if (wholeByteCost > 0)
            Charge(ref bytesFullAt, now, (long)(bytes * ByteCost));
        stanzaShare?.Use(stanzas);
        byteShare?.Use(bytes);
        return Wait(now);
    }

    /// <summary>How long the next must wait; zero: it may come.</summary>
    public TimeSpan Wait() => Wait(Now);

    /// <inheritdoc/>
    public void Dispose()
    {
        stanzaShare?.Dispose();
        byteShare?.Dispose();
    }

    // One stanza, or one byte, must be in each bucket.
    private TimeSpan Wait(long now)
    {
        var wait = Math.Max(
            WaitFor(Volatile.Read(ref stanzasFullAt), StanzaCost, stanzaDepth, now, stanzaShare),
            WaitFor(Volatile.Read(ref bytesFullAt), (long)Math.Ceiling(ByteCost), byteDepth, now, byteShare));
        return wait <= 0 ? TimeSpan.Zero : TimeSpan.FromTicks((wait + 99) / 100);
    }

    private static long WaitFor(long fullAt, long cost, long depth, long now, RateShare? share)
    {
        var wait = cost > 0 ? fullAt + cost - Math.Max(depth, cost) - now : 0;
        if (wait > 0)
            share?.HoldBack();
        return wait;
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
