using System.Net;

namespace EdgePool.Dns.Resolving;

/// <summary>The servers in the order to ask them: as configured, but those that lately did not answer last. Safe for use from several threads.</summary>
internal sealed class ServerList(IReadOnlyList<IPEndPoint> servers, TimeSpan penalty, TimeProvider time)
{
    private readonly long[] penalisedUntil = new long[Math.Min(servers.Count, ResolvConf.MaxServers)];

    public int Count => penalisedUntil.Length;

    public IPEndPoint this[int index] => servers[index];

    /// <summary>Indexes into the configured list.</summary>
    public int[] InOrder()
    {
        var now = time.GetTimestamp();
        return [.. Enumerable.Range(0, Count).OrderBy(index => Volatile.Read(ref penalisedUntil[index]) > now ? 1 : 0)];
    }

    public void Penalise(int index)
        => Volatile.Write(ref penalisedUntil[index], time.GetTimestamp() + (long)(penalty.TotalSeconds * time.TimestampFrequency));

    public void Forgive(int index) => Volatile.Write(ref penalisedUntil[index], 0);
}
