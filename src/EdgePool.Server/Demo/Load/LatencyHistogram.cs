using System.Numerics;

namespace EdgePool.Server.Demo.Load;

/// <summary>
/// Latencies in microseconds in a fixed number of buckets: exact below 64, then 64 to each power of two, so a reading is at most 1.6 % above the truth.
/// What is longer than half an hour counts as half an hour. One thread records, any thread reads.
/// </summary>
internal sealed class LatencyHistogram
{
    /// <summary>The longest latency that is told apart, in microseconds.</summary>
    public const long Longest = (1L << 31) - 1;

    private const int Bits = 6;
    private const int PerPower = 1 << Bits;

    private readonly long[] counts = new long[Bucket(Longest) + 1];
    private long total;

    /// <summary>How many were recorded.</summary>
    public long Count => Volatile.Read(ref total);

    /// <summary>Records one latency.</summary>
    public void Record(TimeSpan latency)
    {
        var micros = Math.Clamp(latency.Ticks / TimeSpan.TicksPerMicrosecond, 0, Longest);
        ref var count = ref counts[Bucket(micros)];
        Volatile.Write(ref count, count + 1);
        Volatile.Write(ref total, total + 1);
    }

    /// <summary>The latency in microseconds that this share of all, from 0 to 1, does not pass; 0 when there are none.</summary>
    public static long Percentile(double share, params ReadOnlySpan<LatencyHistogram> histograms)
    {
        var all = 0L;
        foreach (var histogram in histograms)
        {
            all += histogram.Count;
        }

        var left = (long)Math.Ceiling(share * all);
        for (var bucket = 0; all > 0 && bucket <= Bucket(Longest); bucket++)
        {
            foreach (var histogram in histograms)
            {
                left -= Volatile.Read(ref histogram.counts[bucket]);
            }

            if (left <= 0)
            {
                return Upper(bucket);
            }
        }

        return all > 0 ? Longest : 0;
    }

    private static int Bucket(long micros)
    {
        if (micros < PerPower)
        {
            return (int)micros;
        }

        var power = BitOperations.Log2((ulong)micros) - Bits;
        return (power << Bits) + (int)(micros >> power);
    }

    // The largest value that falls into the bucket.
    private static long Upper(int bucket)
    {
        var power = Math.Max(0, (bucket >> Bits) - 1);
        return ((bucket - ((long)power << Bits) + 1) << power) - 1;
    }
}
