using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Management;

/// <summary>Every log message of the management interface: ids 3200 to 3299, stable.</summary>
internal static partial class ManagementLog
{
    /// <summary>The category of these messages.</summary>
    public const string Category = "EdgePool.Management";

    [LoggerMessage(3200, LogLevel.Information, "Operators reach this node at {Socket}")]
    public static partial void Listening(ILogger logger, string socket);

    [LoggerMessage(3201, LogLevel.Warning, "User {User} was not served: {Path}")]
    public static partial void Refused(ILogger logger, string user, string path);

    [LoggerMessage(3202, LogLevel.Error, "A request failed: {Method} {Path}")]
    public static partial void Fault(ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(3204, LogLevel.Information, "{User} revoked the consent of {Local} to {Remote}")]
    public static partial void Revoked(ILogger logger, string user, string local, string remote);

    [LoggerMessage(3205, LogLevel.Information, "{User} had the keys of {Domain} forgotten")]
    public static partial void KeysForgotten(ILogger logger, string user, string domain);

    [LoggerMessage(3203, LogLevel.Information, "{User} wrote version {Revision}: {First}, {Changes} changes in all ({Why})")]
    public static partial void Edited(ILogger logger, string user, long revision, int changes, string first, string why);

    [LoggerMessage(3210, LogLevel.Information, "{User} has this node leave pool {Pool}")]
    public static partial void Leaving(ILogger logger, string user, string pool);

    [LoggerMessage(3211, LogLevel.Information, "{User} rotated the dialback secrets of every pool, revision {Revision}; of the {Before} before, {Kept} still verify")]
    public static partial void Rotated(ILogger logger, string user, long revision, int kept, int before);
}
