using System.Collections.Concurrent;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Routing;

/// <summary>
/// From the two domains of a stanza to its route. Component routes are fixed by the configuration; pair routes come to be with their first stanza
/// and end when they have been idle. In closed federation an unknown domain costs one lookup in memory: no DNS, no route.
/// </summary>
internal sealed class RouteTable
{
    /// <summary>Domains of nobody in whose name internal servers are answered at one time: each costs a stream to the server.</summary>
    public const int MostUnserved = 64;

    private readonly ConcurrentDictionary<DomainPair, Route> pairs = new();
    private readonly ConcurrentDictionary<Route, Route> peers = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<DomainName, LocalDomain> local;
    private readonly Dictionary<DomainName, Route> components;
    private readonly Dictionary<DomainName, LocalDomain>.AlternateLookup<ReadOnlySpan<byte>> localByUtf8;
    private readonly LivePolicy policy;
    private readonly StreamLimits limits;
    private readonly TimeProvider time;
    private readonly Ledger ledger;
    private int unserved;

    public RouteTable(EdgeOptions options, LivePolicy policy, TimeProvider time, Ledger ledger)
    {
        (this.policy, limits, this.time, this.ledger) = (policy, options.Limits, time, ledger);
        local = options.LocalDomains.ToDictionary(d => d.Name, DomainNameComparer.Instance);
        localByUtf8 = local.GetAlternateLookup<ReadOnlySpan<byte>>();
        components = options.LocalDomains
            .Where(d => d.BackEnd is BackEndOptions.Component)
            .ToDictionary(d => d.Name, d => NewRoute(new DomainPair(d.Name, d.Name), ContentNamespace.Component, limits.PendingStanzas, demand: null));
        foreach (var route in components.Values)
            route.Queue.Close(BounceReason.BackEndUnavailable);
    }

    /// <summary>Called, on the source's thread, when a stanza waits on a pair route without a stream.</summary>
    public Action<Route>? Demanded { get; set; }

    /// <summary>Called when a stream that may carry a pair route is there and stanzas wait for one.</summary>
    public Action<Route>? Offered { get; set; }

    /// <summary>A stream may carry the pair's route, if stanzas wait on it.</summary>
    public void Offer(DomainPair pair)
    {
        if (Known(pair) is { Queue: { HasStream: false, Bytes: > 0 } } route)
            Offered?.Invoke(route);
    }

    /// <summary>Called, on any thread, when the last accepted stanza of a queue has ended.</summary>
    public Action? Drained { get; set; }

    public IEnumerable<Route> Pairs => pairs.Values;

    /// <summary>The pair's route, if there is one already.</summary>
    public Route? Known(DomainPair pair) => pairs.GetValueOrDefault(pair);

    public IEnumerable<Route> Components => components.Values;

    /// <summary>Every route: of pairs, to components here, and to those at other nodes.</summary>
    public IEnumerable<Route> All => pairs.Values.Concat(components.Values).Concat(peers.Values);

    /// <summary>The ways to components at other nodes.</summary>
    public Elsewhere Elsewhere { get; } = new();

    public bool IsLocal(DomainName domain) => local.ContainsKey(domain);

    /// <param name="domain">Canonical, UTF-8.</param>
    public bool IsLocal(ReadOnlySpan<byte> domain) => localByUtf8.ContainsKey(domain);

    public LocalDomain? Local(DomainName domain) => local.GetValueOrDefault(domain);

    /// <summary>A local domain, or that of a partner whom policy allows now (canonical, UTF-8).</summary>
    public bool IsServed(ReadOnlySpan<byte> domain) => IsLocal(domain) || policy.Allowed(domain) is not null;

    public Route? Component(DomainName domain) => components.GetValueOrDefault(domain);

    /// <summary>
    /// The route of a stanza from <paramref name="from"/> to <paramref name="to"/> (canonical domains, UTF-8); null when there is none:
    /// <c>remote-server-not-found</c>. A route leads into a local domain, or from a local domain to a partner; never from partner to partner.
    /// </summary>
    public Route? Find(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        if (localByUtf8.TryGetValue(to, out var target))
            return target.BackEnd is BackEndOptions.Component ? ComponentRoute(from, target.Name) : PairRoute(from, target.Name);
        if (!localByUtf8.TryGetValue(from, out var source) || policy.Allowed(to) is null)
            return null;
        return DomainName.TryParse(to, out var remote) ? PairRoute(source.Name.Utf8, remote) : null;
    }

    /// <summary>Takes an idle pair route out of the table; its queue answers <see cref="Enqueued.Retired"/> from then on.</summary>
    public bool TryRetire(Route route)
    {
        if (!route.Queue.TryRetire())
            return false;
        pairs.TryRemove(new KeyValuePair<DomainPair, Route>(route.Pair, route));
        if (route.Unserved)
            Interlocked.Decrement(ref unserved);
        ledger.Release(route.Queue);
        return true;
    }

    /// <summary>A route to a component at another node, without a link yet; <see cref="Release"/> ends it.</summary>
    public Route ToPeer(DomainName component)
    {
        // What is under way waits in the queue too, and must not count against what may wait for a link: bytes alone bound it.
        var route = NewRoute(new DomainPair(component, component), ContentNamespace.Server, limits.UnacknowledgedStanzas, demand: null);
        peers.TryAdd(route, route);
        return route;
    }

    /// <summary>Nothing waits on the route to another node, and nothing more comes.</summary>
    public void Release(Route route)
    {
        if (peers.TryRemove(route, out _))
            ledger.Release(route.Queue);
    }

    /// <summary>Here where the component is connected here, else where it is; and where it is not, to nowhere.</summary>
    private Route ComponentRoute(ReadOnlySpan<byte> from, DomainName component)
    {
        var here = components[component];
        return here.Queue.HasStream ? here : Elsewhere.Find(from, component) ?? here;
    }

    private Route? PairRoute(ReadOnlySpan<byte> from, DomainName remote)
    {
        if (!DomainName.TryParse(from, out var localName))
            return null;
        var pair = new DomainPair(localName, remote);
        if (pairs.TryGetValue(pair, out var known))
            return known;
        var served = IsServed(localName.Utf8);
        if (pairs.Count >= limits.Routes || (!served && Volatile.Read(ref unserved) >= MostUnserved))
            return null;
        var made = new PendingRoute(this, pair, !served);
        var route = pairs.GetOrAdd(pair, made.Route);
        if (!ReferenceEquals(route, made.Route))
            ledger.Release(made.Route.Queue);
        else if (!served)
            Interlocked.Increment(ref unserved);
        return route;
    }

    private Route NewRoute(DomainPair pair, ContentNamespace content, int pendingStanzas, Action? demand)
    {
        var queue = new StanzaQueue(new QueueLimits(pendingStanzas, limits.PendingBytes, limits.OutputBytes), time, demand, () => Drained?.Invoke());
        ledger.Hold(queue, () => queue.Accepted);
        return new Route(pair, content, queue);
    }

    /// <summary>Ties a route to the demand that its own queue raises.</summary>
    private sealed class PendingRoute
    {
        public PendingRoute(RouteTable table, DomainPair pair, bool unserved)
            => Route = table.NewRoute(pair, ContentNamespace.Server, table.limits.PendingStanzas, () => table.Demanded?.Invoke(Route!)) with { Unserved = unserved };

        public Route Route { get; }
    }
}
