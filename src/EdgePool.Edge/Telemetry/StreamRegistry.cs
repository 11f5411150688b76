using System.Collections.Concurrent;
using System.Net;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Telemetry;

/// <summary>What kind of stream it is, seen from this node.</summary>
public enum StreamKind
{
    /// <summary>A partner's, on 5269.</summary>
    PartnerInbound,

    /// <summary>Ours to a partner.</summary>
    PartnerOutbound,

    /// <summary>A component's, on 23456.</summary>
    Component,

    /// <summary>An internal server's, on 23456.</summary>
    InternalInbound,

    /// <summary>Ours to an internal server.</summary>
    InternalOutbound,

    /// <summary>Accepted on 23456, not yet known.</summary>
    InternalUnknown,
}

/// <summary>One stream as operators see it. Read from any thread; written by the stream's actor and counters.</summary>
public sealed class StreamInfo
{
    private Func<(long In, long Out)> counters = () => default;
    private Func<TimeSpan> blocked = () => TimeSpan.Zero;
    private Func<int>? unacknowledged;
    private volatile StreamKind kind;
    private volatile string state = "connecting";
    private volatile string tls = "none";
    private volatile IReadOnlyList<DomainPair> pairs = [];

    internal StreamInfo(long number, StreamKind kind, string peer) => (Number, this.kind, Peer) = (number, kind, peer);

    /// <summary>The connection id of the logs.</summary>
    public long Number { get; }

    /// <summary>Its actor's name: with it the path of a fault leads to the stream.</summary>
    internal string Name => Number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The peer's address and port; of a stream that we open, the target.</summary>
    public string Peer { get; }

    /// <summary>What kind of stream it is.</summary>
    public StreamKind Kind
    {
        get => kind;
        internal set => kind = value;
    }

    /// <summary>Where it stands, in a word: <c>connecting</c>, <c>negotiating</c>, <c>established</c>, <c>closing</c>.</summary>
    public string State
    {
        get => state;
        internal set => state = value;
    }

    /// <summary>The TLS version; <c>none</c> without.</summary>
    public string Tls
    {
        get => tls;
        internal set => tls = value;
    }

    /// <summary>The pairs authenticated on it.</summary>
    public IReadOnlyList<DomainPair> Pairs
    {
        get => pairs;
        internal set => pairs = value;
    }

    internal Func<(long In, long Out)> Counters
    {
        set => Volatile.Write(ref counters, value);
    }

    internal Func<TimeSpan> Writing
    {
        set => Volatile.Write(ref blocked, value);
    }

    internal Func<int> Acknowledging
    {
        set => Volatile.Write(ref unacknowledged, value);
    }

    /// <summary>Stanzas written to it that the peer has not acknowledged (XEP-0198); null where it does not acknowledge.</summary>
    public int? Unacknowledged => Volatile.Read(ref unacknowledged)?.Invoke();

    /// <summary>Stanzas taken from it.</summary>
    public long StanzasIn => counters().In;

    /// <summary>Stanzas written to it.</summary>
    public long StanzasOut => counters().Out;

    /// <summary>How long the peer has not taken what is being written; zero while nothing is.</summary>
    public TimeSpan Blocked => blocked();
}

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
        if (streams.TryRemove(stream.Number, out _) && streams.IsEmpty)
            Emptied?.Invoke();
    }

    /// <summary>Called, on any thread, when the last stream is gone.</summary>
    internal Action? Emptied { get; set; }

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
