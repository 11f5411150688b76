using System.Collections.Immutable;
using System.Text;
using EdgePool.Cluster.Sharding;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.Routing;

/// <summary>
/// The ways to back ends over other nodes: to components that are connected there, and to internal servers. Nodes of this pool come first; another pool's are the last resort. Of several
/// nodes that have one, each pair of domains has its own, by rendezvous: so the pairs spread, and those of one pair keep their order. Safe from any thread; what is looked up allocates nothing.
/// </summary>
internal sealed class Elsewhere
{
    private readonly Lock gate = new();
    private volatile ImmutableDictionary<DomainName, ImmutableArray<Way>> ways = ImmutableDictionary.Create<DomainName, ImmutableArray<Way>>(DomainNameComparer.Instance);

    /// <summary>The local domains, each once for each node that has it.</summary>
    public IReadOnlyList<DomainName> All => [.. ways.SelectMany(static domain => domain.Value.Select(way => way.Route.Pair.Remote))];

    /// <summary>Another node of this pool has the domain's back end.</summary>
    public bool HasNear(DomainName domain) => ways.TryGetValue(domain, out var all) && all.Any(static way => !way.Far);

    /// <summary>Another node has it, be it of another pool.</summary>
    public bool Has(DomainName domain) => ways.ContainsKey(domain);

    /// <summary>The ways to a domain's back end.</summary>
    public Route[] Of(DomainName domain) => ways.TryGetValue(domain, out var all) ? [.. all.Select(static way => way.Route)] : [];

    /// <summary>The node has a back end, which is reached by this route.</summary>
    /// <param name="node">Its name.</param>
    /// <param name="route">The way.</param>
    /// <param name="far">It is of another pool.</param>
    public void Add(string node, Route route, bool far = false)
    {
        lock (gate)
        {
            var others = ways.GetValueOrDefault(route.Pair.Remote, []);
            if (!others.Any(way => ReferenceEquals(way.Route, route)))
                ways = ways.SetItem(route.Pair.Remote, others.Add(new Way(Rendezvous.Hash(Encoding.UTF8.GetBytes(node)), far, route)));
        }
    }

    /// <summary>It is not there any more.</summary>
    public void Remove(Route route)
    {
        lock (gate)
        {
            if (!ways.TryGetValue(route.Pair.Remote, out var all))
                return;
            var left = all.RemoveAll(way => ReferenceEquals(way.Route, route));
            ways = left.IsEmpty ? ways.Remove(route.Pair.Remote) : ways.SetItem(route.Pair.Remote, left);
        }
    }

    /// <summary>The way of a pair; null: no other node has the back end, but for the way that is lost.</summary>
    public Route? Find(ReadOnlySpan<byte> from, DomainName to, Route? except = null)
    {
        if (!ways.TryGetValue(to, out var all))
            return null;
        var pair = Rendezvous.Hash(to.Utf8, Rendezvous.Hash(from));
        Route? chosen = null;
        var (far, highest) = (true, 0UL);
        foreach (var way in all)
        {
            var weight = Rendezvous.Mix(way.Node ^ pair) | 1;
            if ((way.Far == far ? weight > highest : far) && !ReferenceEquals(way.Route, except))
                (chosen, far, highest) = (way.Route, way.Far, weight);
        }

        return chosen;
    }

    private readonly record struct Way(ulong Node, bool Far, Route Route);
}
