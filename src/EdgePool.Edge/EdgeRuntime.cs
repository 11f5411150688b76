using EdgePool.Edge.BackEnds;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Routing;
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
    Bouncer Bouncer,
    ComponentSessions Components,
    EdgeCertificates Certificates,
    DialbackKeys Keys,
    OutboundConnector Connector)
{
    /// <summary>A fault ends the actor that it is in and no other, and is said in the log. Whoever watches it decides how to go on.</summary>
    public SupervisorStrategy StopOnFault() => new OneForOneStrategy(fault =>
    {
        StreamLog.Fault(Logs.Streams, fault, 0);
        return Directive.Stop;
    });
}

/// <summary>The loggers, by area.</summary>
internal sealed class EdgeLogs(ILoggerFactory factory)
{
    public ILogger Node { get; } = factory.CreateLogger("EdgePool.Node");

    public ILogger Streams { get; } = factory.CreateLogger("EdgePool.Streams");
}
