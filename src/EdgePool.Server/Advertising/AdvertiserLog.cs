using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Advertising;

/// <summary>Every log message of the advertiser: ids 3600 to 3699, stable.</summary>
internal static partial class AdvertiserLog
{
    /// <summary>The category of these messages.</summary>
    public const string Category = "EdgePool.Advertising";

    [LoggerMessage(3600, LogLevel.Information, "Node {Node} is the advertiser: it checks what DNS says against the topology")]
    public static partial void Advertiser(ILogger logger, string node);

    [LoggerMessage(3601, LogLevel.Warning, "DNS is not as version {Version} of the topology says: {Problem}")]
    public static partial void Problem(ILogger logger, long version, string problem);

    [LoggerMessage(3602, LogLevel.Information, "DNS is as version {Version} of the topology says")]
    public static partial void AsItShould(ILogger logger, long version);

    [LoggerMessage(3603, LogLevel.Information, "Published at {Primary} for version {Version} of the topology: {Sets} sets of records of zone {Zone} changed")]
    public static partial void Published(ILogger logger, string zone, string primary, int sets, long version);

    [LoggerMessage(3604, LogLevel.Warning, "The advertiser could not look at DNS: {Detail}")]
    public static partial void Failed(ILogger logger, string detail);
}
