using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Logging;

/// <summary>Every log message of the process around the node: ids 3000 to 3099, stable.</summary>
internal static partial class ServerLog
{
    /// <summary>The category of these messages.</summary>
    public const string Category = "EdgePool.Server";

    [LoggerMessage(3000, LogLevel.Information, "EdgePool {Version} starts with {File}")]
    public static partial void Starting(ILogger logger, string version, string file);

    [LoggerMessage(3001, LogLevel.Warning, "{Problem}")]
    public static partial void ConfigurationWarning(ILogger logger, string problem);

    [LoggerMessage(3002, LogLevel.Information, "No dialback secret is configured: one was made for this start, and keys given out before are void")]
    public static partial void RandomDialbackSecret(ILogger logger);

    [LoggerMessage(3003, LogLevel.Information, "{Signal} received: the node leaves service")]
    public static partial void SignalReceived(ILogger logger, string signal);

    [LoggerMessage(3004, LogLevel.Error, "The node did not leave service within {Limit}: it is cut off")]
    public static partial void StopTimedOut(ILogger logger, TimeSpan limit);

    [LoggerMessage(3005, LogLevel.Error, "A task failed that nobody waited for")]
    public static partial void Unobserved(ILogger logger, Exception exception);

    [LoggerMessage(3007, LogLevel.Error, "{Part} of this node failed and is off: the node serves on without it; restart it at a quiet hour, and report this with what follows")]
    public static partial void PartFailed(ILogger logger, string part, Exception exception);

    /// <summary>Event 3006, which the output writes itself: lines were dropped, as the log was read too slowly.</summary>
    public static LogLine LinesDropped(DateTimeOffset now, long lines) => new(
        now,
        LogLevel.Warning,
        Category,
        new EventId(3006, nameof(LinesDropped)),
        "Lines were dropped, as the log was read too slowly",
        [KeyValuePair.Create<string, object?>("Lines", lines)],
        Exception: null);
}
