using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Telemetry;

/// <summary>Every log message of presence: ids 3150 to 3199, stable.</summary>
internal static partial class PresenceLog
{
    [LoggerMessage(3150, LogLevel.Information, "{Presences} contacts were shown as available before this node started; who does not answer is shown as unavailable")]
    public static partial void PresencesRestored(ILogger logger, int presences);

    [LoggerMessage(3151, LogLevel.Error, "{Changes} changes of who is shown as available cannot be written and wait in memory: {Failure}")]
    public static partial void PresencesNotWritten(ILogger logger, int changes, string failure);

    [LoggerMessage(3152, LogLevel.Information, "Who is shown as available is written again, after {Failures} failures")]
    public static partial void PresencesWritten(ILogger logger, int failures);

    [LoggerMessage(3153, LogLevel.Error, "{Changes} changes of who is shown as available are lost: the journal did not take them before the node ended")]
    public static partial void PresencesLost(ILogger logger, int changes);
}
