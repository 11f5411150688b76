using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Telemetry;

/// <summary>Every log message of the links between nodes: ids 2300 to 2399, stable.</summary>
internal static partial class PeerLog
{
    [LoggerMessage(2300, LogLevel.Information, "Node {Peer} is linked (instance {Instance})")]
    public static partial void Up(ILogger logger, string peer, string instance);

    [LoggerMessage(2301, LogLevel.Warning, "The link to node {Peer} is gone: {Reason}")]
    public static partial void Down(ILogger logger, string peer, string reason);

    [LoggerMessage(2302, LogLevel.Warning, "Node {Peer} cannot be linked at {Address}: {Reason}; it is tried again, and not said again for the same reason")]
    public static partial void CallFailed(ILogger logger, string peer, string address, string reason);

    [LoggerMessage(2303, LogLevel.Warning, "A call to the peer port is refused: {Reason}")]
    public static partial void CallRefused(ILogger logger, string reason);

    [LoggerMessage(2304, LogLevel.Warning, "Node {Peer} is dead, for {Reason}: its lease is ended, so that others take over what it owned")]
    public static partial void Dead(ILogger logger, string peer, string reason);

    [LoggerMessage(2306, LogLevel.Warning, "{Stanzas} stanzas under way to node {Peer} are answered as lost, for it will not say what became of them: some may have arrived")]
    public static partial void StanzasLost(ILogger logger, string peer, int stanzas);

    [LoggerMessage(2305, LogLevel.Error, "A question of kind {Kind} from node {Peer} could not be answered")]
    public static partial void AnswerFailed(ILogger logger, int kind, string peer, Exception fault);
}
