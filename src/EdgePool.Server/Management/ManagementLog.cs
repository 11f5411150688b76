using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Management;

/// <summary>Every log message of the management interface: ids 3100 to 3199, stable.</summary>
internal static partial class ManagementLog
{
    /// <summary>The category of these messages.</summary>
    public const string Category = "EdgePool.Management";

    [LoggerMessage(3100, LogLevel.Information, "Operators reach this node at {Socket}")]
    public static partial void Listening(ILogger logger, string socket);

    [LoggerMessage(3101, LogLevel.Warning, "User {User} was not served: {Path}")]
    public static partial void Refused(ILogger logger, string user, string path);

    [LoggerMessage(3102, LogLevel.Error, "A request failed: {Method} {Path}")]
    public static partial void Fault(ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(3104, LogLevel.Information, "{User} revoked the consent of {Local} to {Remote}")]
    public static partial void Revoked(ILogger logger, string user, string local, string remote);

    [LoggerMessage(3103, LogLevel.Information, "{User} wrote version {Revision}: {First}, {Changes} changes in all ({Why})")]
    public static partial void Edited(ILogger logger, string user, long revision, int changes, string first, string why);
}
