using EdgePool.Xmpp.Streams;

namespace EdgePool.Xmpp.Dialback;

/// <summary>What <see cref="PairTable.Ask"/> made of a request for a pair.</summary>
internal enum PairRequest
{
    /// <summary>The pair is proven already.</summary>
    Known,

    /// <summary>A lookup for the pair is under way; this request is answered with it.</summary>
    Joined,

    /// <summary>The pair is new: look it up.</summary>
    New,

    /// <summary>A limit is reached.</summary>
    Full,
}

/// <summary>The domain pairs of one accepted stream: proven ones, and those whose key is being looked up.</summary>
internal sealed class PairTable(NegotiationLimits limits)
{
    private readonly List<DomainPair> proven = [];
    private readonly Dictionary<DomainPair, int> pending = [];

    /// <summary>The proven pairs.</summary>
    public IReadOnlyCollection<DomainPair> Proven => proven;

    /// <summary>Judges a request for a pair; a new pair is not entered yet.</summary>
    public PairRequest Ask(DomainPair pair)
    {
        if (proven.Contains(pair))
            return PairRequest.Known;
        if (pending.TryGetValue(pair, out var requests))
        {
            if (requests >= limits.RequestsPerPair)
                return PairRequest.Full;
            pending[pair] = requests + 1;
            return PairRequest.Joined;
        }

        return proven.Count + pending.Count < limits.DomainPairs ? PairRequest.New : PairRequest.Full;
    }

    /// <summary>Enters a lookup. False when too many are under way.</summary>
    public bool TryBegin(DomainPair pair) => pending.Count < limits.PendingVerifications && pending.TryAdd(pair, 1);

    /// <summary>Ends a lookup: how many requests wait for the answer; zero when there was none.</summary>
    public int End(DomainPair pair) => pending.Remove(pair, out var requests) ? requests : 0;

    /// <summary>Enters a proven pair.</summary>
    public void Prove(DomainPair pair) => proven.Add(pair);

    /// <summary>Forgets lookups: their stream id is no longer that of the stream.</summary>
    public void Restart() => pending.Clear();
}
