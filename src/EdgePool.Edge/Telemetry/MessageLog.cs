using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Telemetry;

/// <summary>
/// Every log message about what users write: ids 2200 to 2299, stable, in a category of their own. Texts from a peer pass <see cref="LogText"/> before they
/// come here.
/// </summary>
internal static partial class MessageLog
{
    [LoggerMessage(2200, LogLevel.Warning, "Message bodies are logged since version {Version} by {Who}", EventName = "body-logging-on")]
    public static partial void SwitchedOn(ILogger logger, long version, string who);

    [LoggerMessage(2201, LogLevel.Warning, "Message bodies are logged no more, since version {Version} by {Who}", EventName = "body-logging-off")]
    public static partial void SwitchedOff(ILogger logger, long version, string who);

    [LoggerMessage(2202, LogLevel.Information, "Message {MessageId} from {From} to {To}: {Body}")]
    public static partial void Body(ILogger logger, string messageId, string from, string to, string body);
}
