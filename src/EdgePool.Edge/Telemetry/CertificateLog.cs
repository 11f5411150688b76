using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Telemetry;

/// <summary>Every log message of our own certificates: ids 2100 to 2199, stable.</summary>
internal static partial class CertificateLog
{
    [LoggerMessage(2100, LogLevel.Information, "{Count} certificates are in force for new handshakes: {Subjects}; the first to expire does on {Until}")]
    public static partial void CertificatesReplaced(ILogger logger, int count, string subjects, DateTimeOffset until);

    [LoggerMessage(2101, LogLevel.Error, "Changed certificates are refused: {Reasons}; those in force stay, until {Until}")]
    public static partial void CertificatesRefused(ILogger logger, string reasons, DateTimeOffset until);

    [LoggerMessage(2102, LogLevel.Information, "The certificates are read again and are those in force, until {Until}")]
    public static partial void CertificatesUnchanged(ILogger logger, DateTimeOffset until);

    [LoggerMessage(EventId = 2103, Message = "The certificate {Subject} expires on {Until}, in {Days} days: renew it")]
    public static partial void CertificateExpires(ILogger logger, LogLevel level, string subject, DateTimeOffset until, int days);

    [LoggerMessage(2104, LogLevel.Error, "The certificate {Subject} expired on {Until}: partners refuse it")]
    public static partial void CertificateExpired(ILogger logger, string subject, DateTimeOffset until);

    [LoggerMessage(2105, LogLevel.Information, "Each handshake with {Subject} makes a TLS context of its own: this OpenSSL or platform gives none that could be shared safely; that costs about 0.4 ms of CPU a handshake")]
    public static partial void NoSharedContext(ILogger logger, string subject);
}
