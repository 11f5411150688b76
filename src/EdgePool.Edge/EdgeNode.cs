using System.Net;
using System.Net.Sockets;
using EdgePool.Dns.Resolving;
using EdgePool.Edge.BackEnds;
using EdgePool.Edge.Certificates;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Transport;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Streams;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge;

/// <summary>One running edge node: <see cref="Start"/> binds every listener or fails whole, <see cref="StopAsync"/> leaves nothing in silence.</summary>
public sealed class EdgeNode : IAsyncDisposable
{
    private readonly EdgeRuntime edge;
    private readonly StubResolver resolver;
    private readonly ActorSystem system;
    private readonly List<IActorRef> listeners = [];
    private IActorRef? streams;
    private IActorRef? routes;
    private IActorRef? certificateWatch;
    private bool stopped;

    /// <summary>A node that is not started yet.</summary>
    /// <param name="options">Everything it needs, checked.</param>
    /// <param name="logs">Where its logs go.</param>
    /// <param name="time">Its clock; null: the system's.</param>
    /// <param name="random">Jitter of its waits; null: a seed of its own.</param>
    /// <exception cref="IOException">The options name no name server, and resolv.conf cannot be read or names none.</exception>
    /// <exception cref="UnauthorizedAccessException">The options name no name server, and resolv.conf may not be read.</exception>
    public EdgeNode(EdgeOptions options, ILoggerFactory logs, TimeProvider? time = null, Random? random = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        time ??= TimeProvider.System;
        Ledger = new Ledger();
        Streams = new StreamRegistry();
        resolver = new StubResolver(ResolverOptions(options), time);
        var policy = new LivePolicy(options.Policy);
        var table = new RouteTable(options, policy, time, Ledger);
        var bouncer = new Bouncer(table, Ledger);
        var certificates = new EdgeCertificates(options.Certificates, time.GetUtcNow());
        var edgeLogs = new EdgeLogs(logs);
        edge = new EdgeRuntime(
            options,
            policy,
            time,
            random ?? new Random(),
            edgeLogs,
            Ledger,
            Streams,
            table,
            bouncer,
            new StanzaPolicy(policy, table, time),
            new ComponentSessions(table, bouncer, edgeLogs),
            certificates,
            new DialbackKeys(options.DialbackSecret),
            new OutboundConnector(options, policy, table, certificates, resolver, time));
        system = ActorSystem.Create("edge", new ActorSystemSettings { TimeProvider = time });
    }

    /// <summary>The account of every stanza.</summary>
    public Ledger Ledger { get; }

    /// <summary>What policy refused, by partner and reason.</summary>
    public VerdictCounters Verdicts => edge.Stanzas.Counters;

    /// <summary>The last refusals of each partner.</summary>
    public RefusalLog Refusals => edge.Stanzas.Refusals;

    /// <summary>The streams of this moment.</summary>
    public StreamRegistry Streams { get; }

    /// <summary>Where partners can connect, once started.</summary>
    public IReadOnlyList<IPEndPoint> S2SEndPoints { get; private set; } = [];

    /// <summary>Where components and internal servers can connect, once started.</summary>
    public IReadOnlyList<IPEndPoint> InternalEndPoints { get; private set; } = [];

    /// <summary>Binds every listener, then accepts.</summary>
    /// <exception cref="ListenException">An address cannot be bound; nothing was started.</exception>
    public void Start()
    {
        var options = edge.Options;
        var s2s = Bind(options.S2SListeners.Select(l => l.Address));
        var inside = Bind(options.InternalListeners.Select(l => l.Address), alsoRelease: s2s);
        S2SEndPoints = [.. s2s.Select(s => (IPEndPoint)s.LocalEndPoint!)];
        InternalEndPoints = [.. inside.Select(s => (IPEndPoint)s.LocalEndPoint!)];

        var runtime = edge;
        var log = edge.Logs.Streams;
        system.ActorOf(Props.Create(() => new FaultsActor(log)), "faults");
        routes = system.ActorOf(Props.Create(() => new RoutesActor(runtime)), "routes");
        streams = system.ActorOf(Props.Create(() => new InboundStreamsActor(runtime)), "streams");
        var demanded = routes;
        edge.Routes.Demanded = route => demanded.Tell(new Demand(route));
        var partnerRules = new PartnerRules(edge.Routes, edge.Policy);
        var internalRules = new InternalRules(edge.Routes, edge.Policy);
        for (var i = 0; i < s2s.Count; i++)
            Listen(s2s[i], new ListenerRole("s2s", partnerRules, TlsFor(options.S2SListeners[i].DirectTls), Internal: null), StreamKind.PartnerInbound);
        for (var i = 0; i < inside.Count; i++)
            Listen(inside[i], new ListenerRole("internal", internalRules, TlsFor(DirectTls.Sniff), options.InternalListeners[i]), StreamKind.InternalUnknown);
        certificateWatch = system.ActorOf(Props.Create(() => new CertificateWatchActor(runtime)), "certificates");
        NodeLog.Started(edge.Logs.Node, options.NodeName, options.LocalDomains.Count, edge.Policy.Current.Partners.Count);
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

    /// <summary>Puts another policy in force; completes when it is. See <see cref="LivePolicy"/>.</summary>
    /// <param name="next">Compiled for the local domains of this node.</param>
    public Task PublishAsync(PolicySnapshot next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return edge.Policy.PublishAsync(next);
    }

    /// <summary>
    /// Leaves service within <see cref="StreamTimeouts.Drain"/>: accepts nothing new, delivers what is in flight or answers it, and ends every stream with
    /// <c>system-shutdown</c>.
    /// </summary>
    public async Task StopAsync()
    {
        if (stopped)
            return;
        stopped = true;
        NodeLog.Stopping(edge.Logs.Node, edge.Options.NodeName, Ledger.Read().InFlight);
        using var budget = new CancellationTokenSource(edge.Options.Timeouts.Drain * 0.9, edge.Time); // the rest is for what ends without waiting
        foreach (var listener in listeners)
            system.Stop(listener);
        streams?.Tell(StopReading.Instance);
        await NothingInFlightAsync(edge.Options.Timeouts.Drain / 2, budget.Token);

        var end = new EndStream(StreamEndReason.Shutdown, new StreamError(StreamErrorCondition.SystemShutdown), "this node shuts down", Deliver: true);
        routes?.Tell(end);
        await NothingInFlightAsync(edge.Options.Timeouts.Drain / 5, budget.Token);
        streams?.Tell(end);
        await StreamsGoneAsync(budget.Token);
        await system.Terminate();
        AnswerTheRest();

        // A writer that was cut off in the middle of a segment answers for it on its own thread.
        await NothingInFlightAsync(edge.Options.Timeouts.Drain / 10, CancellationToken.None);
        await resolver.DisposeAsync();
        var account = Ledger.Read();
        NodeLog.Stopped(edge.Logs.Node, edge.Options.NodeName, account.Accepted, account.Delivered, account.Bounced, account.Dropped, account.InFlight);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync();

    private static StubResolverOptions ResolverOptions(EdgeOptions options)
    {
        if (options.DnsServers.Count > 0)
            return new StubResolverOptions { Servers = options.DnsServers };
        var file = ResolvConf.Load(options.ResolvConfFile);
        return file.Servers.IsEmpty ? throw new IOException($"{options.ResolvConfFile} names none") : file.ToOptions();
    }

    private ServerTls TlsFor(DirectTls mode) => new(edge.Certificates, mode, edge.Options.Trust, edge.Connector.TrustFor, edge.Time);

    private void Listen(Socket socket, ListenerRole role, StreamKind kind)
    {
        var (runtime, supervisor) = (edge, streams!);
        listeners.Add(system.ActorOf(Props.Create(() => new ListenerActor(runtime, socket, role, kind, supervisor))));
    }

    private static List<Socket> Bind(IEnumerable<IPEndPoint> addresses, IReadOnlyList<Socket>? alsoRelease = null)
    {
        var bound = new List<Socket>();
        foreach (var address in addresses)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            bound.Add(socket);
            try
            {
                socket.Bind(address);
                socket.Listen(1024);
            }
            catch (SocketException exception)
            {
                foreach (var taken in bound.Concat(alsoRelease ?? []))
                    taken.Dispose();
                throw new ListenException(address, exception);
            }
        }

        return bound;
    }

    private async Task NothingInFlightAsync(TimeSpan atMost, CancellationToken budget)
    {
        var since = edge.Time.GetTimestamp();
        while (Ledger.Read().InFlight > 0 && edge.Time.GetElapsedTime(since) < atMost && !budget.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(20), edge.Time, CancellationToken.None);
    }

    private async Task StreamsGoneAsync(CancellationToken budget)
    {
        while (Streams.Count > 0 && !budget.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(20), edge.Time, CancellationToken.None);
    }

    private void AnswerTheRest()
    {
        foreach (var route in edge.Routes.Pairs.Concat(edge.Routes.Components))
        {
            route.Queue.Close(BounceReason.Shutdown);
            edge.Bouncer.RefuseAll(route, BounceReason.Shutdown);
        }
    }
}

/// <summary>An address that cannot be bound.</summary>
public sealed class ListenException : Exception
{
    internal ListenException(IPEndPoint address, SocketException cause)
        : base($"cannot listen on {address}: {cause.Message}", cause)
    {
        Address = address;
        Error = cause.SocketErrorCode;
    }

    /// <summary>The address.</summary>
    public IPEndPoint Address { get; }

    /// <summary>What the system said.</summary>
    public SocketError Error { get; }
}
