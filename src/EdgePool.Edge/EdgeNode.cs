using System.Net;
using System.Net.Sockets;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Entities;
using EdgePool.Cluster.Peers;
using EdgePool.Dns.Resolving;
using EdgePool.Edge.BackEnds;
using EdgePool.Edge.Certificates;
using EdgePool.Edge.Dialback;
using EdgePool.Edge.Drain;
using EdgePool.Edge.Exits;
using EdgePool.Edge.InternalDns;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Peers;
using EdgePool.Edge.Readiness;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Transport;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Streams;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge;

/// <summary>One running edge node: <see cref="StartAsync"/> binds every listener or fails whole, <see cref="StopAsync"/> leaves nothing in silence.</summary>
public sealed class EdgeNode : IAsyncDisposable
{
    private readonly EdgeRuntime edge;
    private readonly StubResolver resolver;
    private readonly ActorSystem system;
    private readonly BodyLoggingAudit? bodies;
    private readonly DocumentWatcher? documents;
    private readonly PeerRuntime? links;
    private readonly PeerKeyMemory? keyMemory;
    private readonly NodePorts ports;
    private readonly InternalViews views;
    private IActorRef? streams;
    private IActorRef? routes;
    private IActorRef? presence;
    private IActorRef? certificateWatch;
    private IActorRef? secretWatch;
    private bool stopped;

    /// <summary>A node that is not started yet.</summary>
    /// <param name="options">Everything it needs, checked.</param>
    /// <param name="logs">Where its logs go.</param>
    /// <param name="time">Its clock; null: the system's.</param>
    /// <param name="random">Jitter of its waits; null: a seed of its own.</param>
    /// <exception cref="NameServerException">The options name no name server, and resolv.conf cannot be read or names none.</exception>
    public EdgeNode(EdgeOptions options, ILoggerFactory logs, TimeProvider? time = null, Random? random = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        time ??= TimeProvider.System;
        Ledger = new Ledger();
        Streams = new StreamRegistry();
        var names = NameResolution.Of(options);
        resolver = new StubResolver(names, time);
        NameServers = names.Servers;
        var policy = new LivePolicy(options.Policy);
        var table = new RouteTable(options, policy, time, Ledger);
        var bouncer = new Bouncer(table, Ledger);
        var certificates = new EdgeCertificates(options.Certificates, time.GetUtcNow());
        var edgeLogs = new EdgeLogs(logs);
        var trust = new PeerTrust(options, policy, table, PeerKeys, time, edgeLogs.Streams);
        random = new SharedRandom(random ?? new Random());
        var ledger = options.Consents is { } journal ? new ConsentLedger(journal, time, random, edgeLogs.Node, options.ConsentLimits) : null;
        var stanzas = new StanzaPolicy(policy, table, time, ledger?.Table);
        var components = new ComponentSessions(table, edgeLogs);
        var shown = new PresenceTable(new PresenceLimits(), time, random, journalled: options.Presences is not null);
        var memory = options.Presences is { } presences ? new PresenceMemory(presences, shown, table, time, random, edgeLogs.Node) : null;
        edge = new EdgeRuntime(
            options,
            policy,
            time,
            random,
            edgeLogs,
            Ledger,
            Streams,
            table,
            new PartnerConnections(policy, options.Pool?.Shares, edgeLogs.Streams),
            new Pings(table),
            new RateTable(time, options.Pool?.Shares),
            bouncer,
            stanzas,
            new PresenceKeeper(shown, memory, stanzas, table, components, Ledger, time, options.Timeouts.Pending),
            components,
            certificates,
            new DialbackKeys(options.DialbackSecrets),
            new OutboundConnector(options, policy, table, trust, certificates, resolver, new TlsaLookup(resolver, names.TrustAuthenticatedData, names.TotalTimeout, time), time),
            trust);
        Consents = ledger;
        links = options.Pool is { } pool ? new PeerRuntime(edge, pool) : null;
        keyMemory = options.KnownPeers is { } known ? new PeerKeyMemory(known, PeerKeys, time, random, edgeLogs.Node) : null;
        if (options.Documents is { } store)
        {
            bodies = new BodyLoggingAudit(store, edgeLogs.Messages);
            documents = new DocumentWatcher(store, [.. options.LocalDomains.Select(d => d.Name)], policy, bodies, time, random, edgeLogs.Node);
        }

        system = ActorSystem.Create("edge", new ActorSystemSettings { TimeProvider = time });
        ports = new NodePorts(edge, system);
        views = new InternalViews(edge);
    }

    /// <summary>The name servers that the node asks.</summary>
    public IReadOnlyList<IPEndPoint> NameServers { get; }

    /// <summary>The account of every stanza.</summary>
    public Ledger Ledger { get; }

    /// <summary>What policy refused, by partner and reason.</summary>
    public VerdictCounters Verdicts => edge.Stanzas.Counters;

    /// <summary>The consents of local users; null: this node keeps none.</summary>
    public ConsentLedger? Consents { get; }

    /// <summary>The last refusals of each partner.</summary>
    public RefusalLog Refusals => edge.Stanzas.Refusals;

    /// <summary>The last streams that were refused in the name of a domain which is no partner's.</summary>
    public RefusalLog RefusedStrangers => edge.Stanzas.Strangers;

    /// <summary>Contacts that are shown as available through this node, in both directions.</summary>
    public int PresenceShown => edge.Presence.Count;

    /// <summary>How the journal of them does; null: a restart forgets them.</summary>
    public JournalState? PresenceJournal => edge.Presence.Journal;

    /// <summary>The keys that partners have shown, and the alarms about them.</summary>
    public PeerKeys PeerKeys { get; } = new();

    /// <summary>How the journal of them does; null: a restart forgets them.</summary>
    public JournalState? PeerKeyJournal => keyMemory?.State;

    /// <summary>What was negotiated with each domain last, and by what it failed last.</summary>
    public PartnerHistory History => edge.History;

    /// <summary>The streams of this moment.</summary>
    public StreamRegistry Streams { get; }

    /// <summary>Whether this node can do its job, and takes partners' connections.</summary>
    public NodeReadiness Readiness => ports.Readiness;

    /// <summary>Where partners can connect, once started.</summary>
    public IReadOnlyList<IPEndPoint> S2SEndPoints => ports.ForPartners;

    /// <summary>Where components and internal servers can connect, once started.</summary>
    public IReadOnlyList<IPEndPoint> InternalEndPoints => ports.Internal;

    /// <summary>Where other nodes of the pool can connect, once started; null: the node is alone.</summary>
    public IPEndPoint? PeerEndPoint => ports.ForNodes;

    /// <summary>Asks the other nodes of the pool; null: the node is alone.</summary>
    public IPeerNetwork? Peers => links?.Network;

    /// <summary>The nodes of the cluster that there is a link to.</summary>
    public IReadOnlyCollection<string> LinkedNodes => links?.Network.Linked ?? [];

    /// <summary>The local domains whose back end is connected at another node, or in its reach, each once for each such node that there is a link to.</summary>
    public IReadOnlyList<DomainName> ComponentsElsewhere => edge.Routes.Elsewhere.All;

    /// <summary>The pairs of domains whose stanzas leave over nodes of other pools, as the federation route says, or because this pool cannot.</summary>
    public IReadOnlyCollection<ExitUse> Exits => edge.Exits?.InUse ?? [];

    /// <summary>
    /// Stanzas that were answered as lost although another node of the pool, which is lost itself or was out of reach for too long, may have delivered them.
    /// </summary>
    public long UncertainStanzas => links?.Stanzas.Uncertain ?? 0;

    /// <summary>The stanzas over links; null: the node is alone.</summary>
    internal LinkedStanzas? LinkedStanzas => links?.Stanzas;

    /// <summary>The policy in force.</summary>
    public PolicySnapshot Policy => edge.Policy.Current;

    /// <summary>The organisation's domains that this node knows.</summary>
    public IReadOnlyList<LocalDomain> LocalDomains => edge.Options.LocalDomains;

    /// <summary>Where the node stands with the documents of its store; null: it has none.</summary>
    public PolicyState? PolicyState => documents?.State;

    /// <summary>Since when message bodies are logged, and by whose word; null: they are not.</summary>
    public BodyLogging? BodyLogging => bodies?.Current;

    /// <summary>Reads the consents, partners' keys and who is shown as available, and puts the documents of the store in force, where there are any; then binds every listener and accepts. No port is opened before.</summary>
    /// <exception cref="StoreException">The store cannot be read.</exception>
    /// <exception cref="PolicyException">Its documents cannot be used.</exception>
    /// <exception cref="ListenException">An address cannot be bound; the others are free again when the node is disposed.</exception>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        await OpenAsync(cancellation);
        Accept();
    }

    /// <summary>
    /// As <see cref="StartAsync"/>, but that partners and back ends are refused by TCP until <see cref="Accept"/>: partners go on to another node. Links to other nodes come up, so
    /// that this one can join its pool first.
    /// </summary>
    public async Task OpenAsync(CancellationToken cancellation = default)
    {
        if (Consents is not null)
            await Consents.StartAsync(cancellation);
        if (documents is not null)
            await documents.StartAsync(cancellation);
        if (keyMemory is not null)
            await keyMemory.StartAsync(cancellation);
        await edge.Presence.StartAsync(cancellation);
        Open();
    }

    /// <summary>As <see cref="StartAsync"/>, for a node without a store.</summary>
    /// <exception cref="ListenException">An address cannot be bound; the others are free again when the node is disposed.</exception>
    public void Start()
    {
        if (documents is not null || Consents is not null || edge.Options.Presences is not null || keyMemory is not null)
            throw new InvalidOperationException("a node with a store starts by StartAsync");
        Open();
        Accept();
    }

    /// <summary>Accepts partners and back ends, on every address or on none.</summary>
    /// <exception cref="ListenException">Another process has bound an address too, and was first.</exception>
    public void Accept()
    {
        ports.Accept(streams!);
        NodeLog.Started(edge.Logs.Node, edge.Options.NodeName, edge.Options.LocalDomains.Count, edge.Policy.Current.Partners.Count);
    }

    private void Open()
    {
        Socket? forNodes;
        try
        {
            ports.Bind(links?.Pool.Listen);
            views.Start();
            forNodes = ports.ListenForNodes();
        }
        catch (ListenException)
        {
            ports.Release();
            throw;
        }

        var runtime = edge;
        var log = edge.Logs.Streams;
        system.ActorOf(Props.Create(() => new FaultsActor(log)), "faults");
        var logs = edge.Logs;
        system.ActorOf(Props.Create(() => new RepeatedFaultsActor(logs)), "repeats");
        routes = system.ActorOf(Props.Create(() => new RoutesActor(runtime)), "routes");
        streams = system.ActorOf(Props.Create(() => new InboundStreamsActor(runtime)), "streams");
        presence = system.ActorOf(Props.Create(() => new PresenceActor(runtime.Presence)), "presence");
        var keeper = presence;
        if (Consents is not null)
            Consents.Table.Revoked = (local, remote) => keeper.Tell(new ConsentGone(local, remote));
        var demanded = routes;
        edge.Routes.Demanded = route => demanded.Tell(new Demand(route));
        edge.Routes.Offered = route => demanded.Tell(new Demand(route, AtOnce: true));
        if (edge.Troubles is { } troubles)
            troubles.Reachable = OnReachable;
        edge.Policy.Replaced = OnPolicyReplaced;
        certificateWatch = system.ActorOf(Props.Create(() => new CertificateWatchActor(runtime)), "certificates");
        if (links is { } pool)
        {
            edge.Components.Changed = pool.Stanzas.Changed;
            edge.Exits = new FederationExits(pool);
            edge.Exits.Answer(routes);
            system.ActorOf(Props.Create(() => new PeersActor(pool, forNodes!)), "peers");
        }

        if (edge.Options.DialbackSecretSource is { } secrets)
            secretWatch = system.ActorOf(Props.Create(() => new DialbackSecretWatchActor(secrets, runtime.Keys, runtime.Logs.Node)), "dialback");
    }

    /// <summary>Our own certificates now: what is in force, until when, and what was refused.</summary>
    public CertificateState ReadCertificates()
    {
        var (certificates, now) = (edge.Certificates, edge.Time.GetUtcNow());
        return new CertificateState(
            [.. certificates.InForce.Select(ours => OwnCertificate.Of(ours, edge.Options.LocalDomains, now))], certificates.Since, certificates.Refused);
    }

    /// <summary>Looks at <see cref="EdgeOptions.CertificateSource"/> now and not at the next turn; what is bad there is said at once.</summary>
    public void RereadCertificates() => certificateWatch?.Tell(new CertificateWatchActor.Look(Asked: true));

    /// <summary>Looks at <see cref="EdgeOptions.DialbackSecretSource"/> now and not at the next turns.</summary>
    public void RereadDialbackSecrets() => secretWatch?.Tell(new DialbackSecretWatchActor.Look(Asked: true));

    /// <summary>
    /// Puts another policy in force; completes when it is: what the new policy refuses is forwarded no more, what waited of it has been answered, and streams
    /// that it does not allow are told so. Calls come into force in their order.
    /// </summary>
    /// <param name="next">Compiled for the local domains of this node.</param>
    public Task PublishAsync(PolicySnapshot next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return edge.Policy.PublishAsync(next);
    }

    /// <summary>
    /// Writes changes to the store and completes when they are in force on this node, see <see cref="PublishAsync"/>. Nothing is written that does not compile.
    /// </summary>
    /// <param name="changes">At most <see cref="StoreLimits.MaxChanges"/>; bodies in canonical form.</param>
    /// <param name="who">See <see cref="Authorship"/>.</param>
    /// <param name="why">See <see cref="Authorship"/>.</param>
    /// <param name="cancellation">Once the batch is being written, it ends the wait alone.</param>
    /// <exception cref="InvalidOperationException">The node has no store.</exception>
    public Task<ApplyOutcome> ApplyAsync(IReadOnlyList<DocumentChange> changes, string who, string why, CancellationToken cancellation)
        => WithStore().ApplyAsync(changes, who, why, cancellation);

    /// <summary>What the policy would be with these changes: all that is wrong, and the snapshot that <see cref="ApplyAsync"/> would put in force.</summary>
    /// <param name="changes">As for <see cref="ApplyAsync"/>; expected versions are not looked at.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="InvalidOperationException">The node has no store.</exception>
    public Task<PolicyCompilation> CheckAsync(IReadOnlyList<DocumentChange> changes, CancellationToken cancellation)
        => WithStore().CheckAsync(changes, cancellation);

    /// <summary>
    /// Leaves service within <see cref="StreamTimeouts.Drain"/>: accepts nothing new, delivers what is in flight or answers it, and ends every stream with
    /// <c>system-shutdown</c>.
    /// </summary>
    public async Task StopAsync()
    {
        if (stopped)
            return;
        stopped = true;
        var opened = streams is not null;
        if (opened)
            NodeLog.Stopping(edge.Logs.Node, edge.Options.NodeName, Ledger.Read().InFlight);
        if (documents is not null)
            await documents.DisposeAsync();
        ports.Release();
        await views.DisposeAsync();
        await (links?.LeaveAsync() ?? Task.CompletedTask);
        var shutdown = new NodeShutdown(edge);
        if (routes is not null && streams is not null)
            await shutdown.RunAsync(routes, streams);
        await system.Terminate();
        await shutdown.SettleAsync();
        if (Consents is not null)
            await Consents.StopAsync(edge.Options.Timeouts.Drain / 10);
        await edge.Presence.StopAsync(edge.Options.Timeouts.Drain / 10);
        if (keyMemory is not null)
            await keyMemory.StopAsync(edge.Options.Timeouts.Drain / 10);
        await resolver.DisposeAsync();
        var account = Ledger.Read();
        if (opened)
            NodeLog.Stopped(edge.Logs.Node, edge.Options.NodeName, account.Accepted, account.Delivered, account.Bounced, account.Dropped, account.InFlight);
    }

    /// <summary>
    /// Ends as a process does that is killed: connections are cut, nobody is told, and what is in flight stays unanswered. For rehearsals; afterwards there is nothing to stop.
    /// </summary>
    public async Task CutAsync()
    {
        if (stopped)
            return;
        stopped = true;
        ports.Release();
        await views.DisposeAsync();
        await system.Terminate();
        if (documents is not null)
            await documents.DisposeAsync();
        await resolver.DisposeAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync();

    private DocumentWatcher WithStore() => documents ?? throw new InvalidOperationException("this node takes its partners from its file");

    private void OnPolicyReplaced(PolicyChange change)
    {
        new QueueSweep(edge.Routes, edge.Stanzas, edge.Bouncer, edge.Logs).Sweep(change.Now);
        edge.Lost.Sweep();
        streams!.Tell(change);
        routes!.Tell(change);
        presence!.Tell(change);
    }

    private void OnReachable(OutboundPair pair)
    {
        if (DomainName.TryParse(pair.Local, out var local) && DomainName.TryParse(pair.Remote, out var remote) && edge.Routes.Known(new DomainPair(local, remote)) is { } route)
            routes!.Tell(new Reachable(route));
    }
}
