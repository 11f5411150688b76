using System.Collections.Concurrent;
using System.Net;

namespace EdgePool.Edge.Telemetry;

/// <summary>Every stream of this node, and the numbers that limits are checked against.</summary>
public sealed class StreamRegistry
{
    private readonly ConcurrentDictionary<long, StreamInfo> streams = new();
    private readonly Dictionary<IPAddress, int> strangers = [];
    private readonly Dictionary<IPAddress, int> verifications = [];
    private readonly Lock gate = new();
    private long lastNumber;
    private long dialbackRefusals;
    private long stepDowns;

    /// <summary>The streams of this moment.</summary>
    public IReadOnlyCollection<StreamInfo> All => [.. streams.Values];

    /// <summary>How many there are.</summary>
    public int Count => streams.Count;

    /// <summary>Connections accepted or opened since the start.</summary>
    public long Opened => Interlocked.Read(ref lastNumber);

    /// <summary>Requests for dialback that policy does not allow, answered with an error, since the start.</summary>
    public long DialbackRefusals => Interlocked.Read(ref dialbackRefusals);

    /// <summary>Pairs authenticated by less than the best method that policy allows, since the start.</summary>
    public long StepDowns => Interlocked.Read(ref stepDowns);

    internal void CountStepDown() => Interlocked.Increment(ref stepDowns);

    internal void CountDialbackRefusal() => Interlocked.Increment(ref dialbackRefusals);

    internal long NextNumber() => Interlocked.Increment(ref lastNumber);

    internal void Add(StreamInfo stream) => streams[stream.Number] = stream;

    internal void Remove(StreamInfo stream)
    {
        if (streams.TryRemove(stream.Number, out _))
            Changed?.Invoke();
    }

    /// <summary>Called, on any thread, when a stream is gone, or takes nothing more.</summary>
    internal Action? Changed { get; set; }

    /// <summary>Takes one of <paramref name="limit"/> places for unauthenticated connections of an address.</summary>
    internal bool TryEnter(IPAddress address, int limit) => TryEnter(strangers, address, limit);

    internal void Leave(IPAddress address) => Leave(strangers, address);

    /// <summary>Takes one of <paramref name="limit"/> places for dialback lookups that an address asked for.</summary>
    internal bool TryEnterVerification(IPAddress address, int limit) => TryEnter(verifications, address, limit);

    internal void LeaveVerification(IPAddress address) => Leave(verifications, address);

    private bool TryEnter<T>(Dictionary<T, int> counts, T key, int limit)
        where T : notnull
    {
        lock (gate)
        {
            ref var count = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _);
            if (count >= limit)
                return false;
            count++;
            return true;
        }
    }

    private void Leave<T>(Dictionary<T, int> counts, T key)
        where T : notnull
    {
        lock (gate)
        {
            if (counts.TryGetValue(key, out var count) && count > 1)
                counts[key] = count - 1;
            else
                counts.Remove(key);
        }
    }
}
