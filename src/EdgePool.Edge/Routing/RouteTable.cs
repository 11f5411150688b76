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
    private readonly ConcurrentDictionary<DomainName, bool> unreached = new(DomainNameComparer.Instance);
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

    /// <summary>The ways to back ends at other nodes.</summary>
    public Elsewhere Elsewhere { get; } = new();

    public IEnumerable<DomainName> LocalDomains => local.Keys;

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
            return ToBackEnd(from, target.Name);
        if (!localByUtf8.TryGetValue(from, out var source) || policy.Allowed(to) is null)
            return null;
        return DomainName.TryParse(to, out var remote) ? PairRoute(source.Name.Utf8, remote) : null;
    }

    /// <summary>Takes an idle pair route out of the table; its queue answers <see cref="Enqueued.Retired"/> from then on.</summary>
    public bool TryRetire(Route route)
    {
        if (!route.Queue.TryRetire())
            return false;
        Forget(route);
        ledger.Release(route.Queue);
        return true;
    }

    /// <summary>A route to a back end at another node, without a link yet; <see cref="Release"/> ends it.</summary>
    public Route ToPeer(DomainName domain)
    {
        // What is under way waits in the queue too, and must not count against what may wait for a link: bytes alone bound it.
        var route = NewRoute(new DomainPair(domain, domain), ContentNamespace.Server, limits.UnacknowledgedStanzas, demand: null);
        peers.TryAdd(route, route);
        return route;
    }

    /// <summary>Nothing waits on the route to another node, or to what cannot be reached from here, and nothing more comes.</summary>
    public void Release(Route route)
    {
        peers.TryRemove(route, out _);
        ledger.Release(route.Queue);
    }

    /// <summary>
    /// The way to a local domain's back end. To a component: here where it is connected here, as soon as what waits for another node has come here (<see cref="Detour.EnterComponent"/>), else where it is;
    /// and where it is not, to nowhere. To an internal server: from here, unless this node cannot reach it and another one can; and over that one until all that went there has arrived.
    /// </summary>
    /// <param name="from">Canonical, UTF-8.</param>
    /// <param name="domain">A local one.</param>
    /// <param name="except">A way that is lost: null stands for it.</param>
    public Route? ToBackEnd(ReadOnlySpan<byte> from, DomainName domain, Route? except = null)
    {
        var component = components.GetValueOrDefault(domain);
        var way = Elsewhere.Find(from, domain, except);
        var here = component is not null ? component.Queue.HasStream && !ReferenceEquals(component, except) && way is not { Queue.IsResting: false } : (!unreached.ContainsKey(domain) && way is not { Queue.Bytes: > 0 }) || HasRoute(from, domain, except);
        way = here ? null : way;
        way ??= component ?? PairRoute(from, domain);
        return ReferenceEquals(way, except) || (except is not null && ReferenceEquals(way, component) && !here) ? null : way;
    }

    /// <summary>The way from here alone: of what has come from another node.</summary>
    /// <param name="from">Canonical, UTF-8.</param>
    /// <param name="domain">A local one.</param>
    public Route? FromHere(ReadOnlySpan<byte> from, DomainName domain) => components.GetValueOrDefault(domain) ?? PairRoute(from, domain);

    /// <summary>The way to a partner from here; null: the one domain is not local, or the other one no partner's.</summary>
    public Route? ToPartner(DomainPair pair) => IsLocal(pair.Local) && policy.Allowed(pair.Remote.Utf8) is not null ? PairRoute(pair.Local.Utf8, pair.Remote) : null;

    /// <summary>This node can do for a local domain's back end what it is for: the component is connected; the internal server was reached, or not tried yet.</summary>
    public bool Reaches(DomainName domain) => components.TryGetValue(domain, out var component) ? component.Queue.HasStream : IsLocal(domain) && !unreached.ContainsKey(domain);

    /// <summary>An internal server was reached from here, or could not be; true where that is news.</summary>
    public bool NoteReached(DomainName server, bool reached) => reached ? unreached.TryRemove(server, out _) : unreached.TryAdd(server, value: true);

    /// <summary>A pair route whose queue is out of use leaves the table.</summary>
    public void Forget(Route route)
    {
        pairs.TryRemove(new KeyValuePair<DomainPair, Route>(route.Pair, route));
        if (route.Unserved)
            Interlocked.Decrement(ref unserved);
    }

    /// <summary>What is on its way keeps its way.</summary>
    private bool HasRoute(ReadOnlySpan<byte> from, DomainName remote, Route? except)
        => DomainName.TryParse(from, out var localName) && pairs.TryGetValue(new DomainPair(localName, remote), out var known) && !ReferenceEquals(known, except);

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
