using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Transport;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Readiness;

/// <summary>Opens the ports for partners when the node can do its job, and when it cannot any more, shuts them and ends partners' streams: they come again elsewhere.</summary>
internal sealed class ReadinessActor : ReceiveActor, IWithTimers
{
    /// <summary>How often it looks; a component that comes or goes is seen at once.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly EdgeRuntime edge;
    private readonly ReadinessOptions options;
    private readonly IReadOnlyList<IActorRef> ports;
    private readonly IActorRef streams;
    private readonly Action<NodeReadiness> tell;
    private readonly Dictionary<DomainName, string?> probed = [];
    private NodeReadiness last = NodeReadiness.Always;
    private long? unreadySince;
    private bool open;

    /// <param name="edge">The node.</param>
    /// <param name="options">How patient it is.</param>
    /// <param name="ports">The listeners for partners, shut.</param>
    /// <param name="streams"><c>/edge/streams</c>.</param>
    /// <param name="tell">Told of each verdict.</param>
    public ReadinessActor(EdgeRuntime edge, ReadinessOptions options, IReadOnlyList<IActorRef> ports, IActorRef streams, Action<NodeReadiness> tell)
    {
        (this.edge, this.options, this.ports, this.streams, this.tell) = (edge, options, ports, streams, tell);
        Receive<Look>(_ => OnLook());
        Receive<Try>(_ => OnTry());
        Receive<Tried>(OnTried);
    }

    /// <summary>Something has changed that readiness may depend on.</summary>
    internal sealed class Look
    {
        public static Look Instance { get; } = new();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        OnTry();
        OnLook();
        Timers.StartPeriodicTimer("look", Look.Instance, Every);
        Timers.StartPeriodicTimer("try", Try.Instance, options.Probe);
    }

    private void OnLook()
    {
        var served = WithStreams();
        var verdict = NodeReadiness.Judge([.. edge.Options.LocalDomains.Select(local => Standing(local, served))], edge.Certificates.InForce, edge.Time.GetUtcNow());
        unreadySince = verdict.IsReady ? null : unreadySince ?? edge.Time.GetTimestamp();
        if (verdict.IsReady != last.IsReady || ReferenceEquals(last, NodeReadiness.Always))
            Say(verdict);
        if (verdict.IsReady && !open)
            Open();
        else if (open && unreadySince is { } since && edge.Time.GetElapsedTime(since) >= options.Grace)
            Shut();
        last = verdict with { TakesPartners = open };
        tell(last);
    }

    private void Say(NodeReadiness verdict)
    {
        if (verdict.IsReady)
            NodeLog.Ready(edge.Logs.Node, edge.Options.NodeName);
        else
            NodeLog.NotReady(edge.Logs.Node, edge.Options.NodeName, string.Join("; ", verdict.Reasons), open ? FormattableString.Invariant($"if that lasts {options.Grace.TotalSeconds:0.#}s, partners are refused, and go to the next target") : "partners are refused until it can");
    }

    private void Open()
    {
        open = true;
        foreach (var port in ports)
            port.Tell(ListenerOrder.Open);
    }

    private void Shut()
    {
        open = false;
        foreach (var port in ports)
            port.Tell(ListenerOrder.Shut);
        streams.Tell(new EndPartners(new EndStream(
            StreamEndReason.Shutdown, new StreamError(StreamErrorCondition.SystemShutdown), "this node cannot serve any local domain now", Deliver: true)));
    }

    private DomainStanding Standing(LocalDomain local, HashSet<DomainName> served)
    {
        var missing = local.BackEnd is BackEndOptions.Component
            ? edge.Components.IsConnected(local.Name) ? null : "its component is not connected"
            : served.Contains(local.Name) ? null : probed.GetValueOrDefault(local.Name, "its internal server is being tried");
        return missing is null ? new DomainStanding(local.Name, BackEndPlace.Here, "")
            : edge.Routes.Elsewhere.HasNear(local.Name) ? new DomainStanding(local.Name, BackEndPlace.Elsewhere, "")
            : edge.Routes.Elsewhere.Has(local.Name) ? new DomainStanding(local.Name, BackEndPlace.OtherPool, $"{missing} (another pool has it, and gets its stanzas)")
            : new DomainStanding(local.Name, BackEndPlace.Nowhere, missing);
    }

    /// <summary>The domains on whose behalf a stream of an internal server, or to one, is authenticated.</summary>
    private HashSet<DomainName> WithStreams()
        => [.. edge.Streams.All.Where(stream => stream.Kind is StreamKind.InternalInbound or StreamKind.InternalOutbound)
            .SelectMany(stream => stream.Pairs).SelectMany(pair => (DomainName[])[pair.Local, pair.Remote])];

    private void OnTry()
    {
        var served = WithStreams();
        foreach (var local in edge.Options.LocalDomains.Where(local => local.BackEnd is BackEndOptions.Server && !served.Contains(local.Name)))
            _ = TryAsync(local.Name).PipeTo(Self);
    }

    private void OnTried(Tried tried)
    {
        probed[tried.Domain] = tried.Failure;
        if (edge.Routes.NoteReached(tried.Domain, tried.Failure is null))
            edge.Components.Changed?.Invoke(tried.Domain); // other nodes send its stanzas here, or keep them
        OnLook();
    }

    /// <summary>Whether the internal server's port takes connections.</summary>
    private async Task<Tried> TryAsync(DomainName domain)
    {
        try
        {
            var plan = await edge.Connector.FindAsync(new DomainPair(domain, domain), CancellationToken.None);
            using var outcome = (await edge.Connector.ConnectAsync(plan.Targets[0], CancellationToken.None)).Socket;
            return new Tried(domain, outcome is null ? $"its internal server {plan.Targets[0]} does not answer" : null);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            return new Tried(domain, $"its internal server cannot be tried: {LogText.Of(fault.Message)}");
        }
    }

    private sealed class Try
    {
        public static Try Instance { get; } = new();
    }

    private sealed record Tried(DomainName Domain, string? Failure);
}
