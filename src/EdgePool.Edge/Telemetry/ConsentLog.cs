using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Telemetry;

/// <summary>Every log message of consents: ids 3100 to 3149, stable.</summary>
internal static partial class ConsentLog
{
    [LoggerMessage(3100, LogLevel.Information, "{Consents} consents are loaded")]
    public static partial void ConsentsLoaded(ILogger logger, int consents);

    [LoggerMessage(3101, LogLevel.Error, "The journal holds more consents than this node takes; some users have to take up their contacts again")]
    public static partial void ConsentsTooMany(ILogger logger);

    [LoggerMessage(3102, LogLevel.Error, "{Changes} changes of consents cannot be written and wait in memory: {Failure}")]
    public static partial void ConsentsNotWritten(ILogger logger, int changes, string failure);

    [LoggerMessage(3103, LogLevel.Information, "Consents are written again, after {Failures} failures")]
    public static partial void ConsentsWritten(ILogger logger, int failures);

    [LoggerMessage(3104, LogLevel.Error, "{Changes} changes of consents are lost: the journal did not take them before the node ended")]
    public static partial void ConsentsLost(ILogger logger, int changes);
}
