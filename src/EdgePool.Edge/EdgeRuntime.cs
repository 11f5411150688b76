using EdgePool.Edge.BackEnds;
using EdgePool.Edge.Exits;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Routing;
using EdgePool.Edge.StreamManagement;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Transport;
using EdgePool.Xmpp.Dialback;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge;

/// <summary>What the actors of one node share: immutable options, the policy in force, and the few tables that are safe from any thread.</summary>
internal sealed record EdgeRuntime(
    EdgeOptions Options,
    LivePolicy Policy,
    TimeProvider Time,
    Random Random,
    EdgeLogs Logs,
    Ledger Ledger,
    StreamRegistry Streams,
    RouteTable Routes,
    PartnerConnections Connections,
    Pings Pings,
    RateTable Rates,
    Bouncer Bouncer,
    StanzaPolicy Stanzas,
    PresenceKeeper Presence,
    ComponentSessions Components,
    EdgeCertificates Certificates,
    DialbackKeys Keys,
    OutboundConnector Connector,
    PeerTrust Trust)
{
    /// <summary>The inbound streams of each pair.</summary>
    public PairStreams Pairs { get; } = new(Options.Limits.StreamsPerPair, Options.Timeouts.Superseded, Options.Timeouts.Displaced);

    /// <summary>The streams that take further routes on.</summary>
    public SharedStreams Shared { get; } = new();

    /// <summary>The streams that are lost and may be resumed, the peers' and ours.</summary>
    public LostStreams Lost { get; } = new(new LostLimits(Options.Limits.LostStreams, Options.Limits.LostStreamsPerPartner, Options.Limits.LostBytes), Time, Bouncer, new ResumableStreams());

    /// <summary>From a way that is lost to another one.</summary>
    public Detour Detour { get; } = new(Routes, Bouncer, Time);

    /// <summary>The streams that peers may resume.</summary>
    public ResumableStreams Resumable => Lost.Resumable;

    /// <summary>What the pool knows of dead partners; null: the node is alone.</summary>
    public Cluster.Entities.TroubleBook? Troubles => Options.Pool?.Troubles;

    /// <summary>The pools that stanzas to partners leave by; null: the node is alone.</summary>
    public FederationExits? Exits { get; set; }

    /// <summary>What was negotiated with whom.</summary>
    public PartnerHistory History { get; } = new();

    /// <summary>Keeps what came of a negotiation with a partner, or with a stranger.</summary>
    public void Learn(NegotiationRecord record) => History.Add(record, stranger: Policy.Current.Find(record.Pair.Remote)?.Domain is null);

    /// <summary>A fault ends the actor that it is in and no other. Whoever watches it decides how to go on; <see cref="FaultsActor"/> says it in the log.</summary>
    public static SupervisorStrategy StopOnFault() => SupervisorStrategy.StoppingStrategy;
}

/// <summary>The loggers, by area.</summary>
internal sealed class EdgeLogs(ILoggerFactory factory)
{
    public ILogger Node { get; } = factory.CreateLogger("EdgePool.Node");

    public ILogger Streams { get; } = factory.CreateLogger("EdgePool.Streams");

    /// <summary>What is not said one by one.</summary>
    public RepeatedFaults Repeated { get; } = new();

    public ILogger Peers { get; } = factory.CreateLogger("EdgePool.Peers");

    public ILogger Messages { get; } = factory.CreateLogger("EdgePool.Messages");

    public BodyLog Bodies => field ??= new BodyLog(Messages);
}
