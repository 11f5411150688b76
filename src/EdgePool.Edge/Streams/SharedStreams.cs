using EdgePool.Edge.Transport;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <summary>What a stream is known by to routes that look for one to join. A closed set.</summary>
internal abstract record SharedKey
{
    private SharedKey()
    {
    }

    /// <summary>A partner's stream that carries the pair's stanzas back to the partner (XEP-0288).</summary>
    public sealed record Reverse(DomainPair Pair) : SharedKey;

    /// <summary>A stream of ours to the domain, for another domain of ours.</summary>
    public sealed record Remote(DomainName Domain) : SharedKey;

    /// <summary>A stream of ours to the host, for another domain that it hosts.</summary>
    public sealed record Host(string Name, ushort Port, bool DirectTls, System.Net.IPAddress? Address) : SharedKey
    {
        public static Host Of(OutboundTarget target) => new(target.Service.Host.ToString(), target.Service.Port, target.Service.DirectTls, target.Address);
    }
}

/// <summary>
/// The streams that are up and may take a further route on, newest last. What is found here is a hint: the stream itself says whether it takes the route
/// (<see cref="JoinStream"/>). From any thread.
/// </summary>
internal sealed class SharedStreams
{
    private readonly Dictionary<SharedKey, List<IActorRef>> streams = [];
    private readonly Lock gate = new();

    /// <summary>Keys under which a stream is shown now.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return streams.Count;
        }
    }

    public void Enter(SharedKey key, IActorRef stream)
    {
        lock (gate)
        {
            if (!streams.TryGetValue(key, out var known))
                streams.Add(key, known = []);
            known.Add(stream);
        }
    }

    public void Leave(SharedKey key, IActorRef stream)
    {
        lock (gate)
        {
            if (streams.TryGetValue(key, out var known) && known.Remove(stream) && known.Count == 0)
                streams.Remove(key);
        }
    }

    /// <summary>The newest stream of that key; null when there is none.</summary>
    public IActorRef? Find(SharedKey key)
    {
        lock (gate)
            return streams.TryGetValue(key, out var known) ? known[^1] : null;
    }
}
