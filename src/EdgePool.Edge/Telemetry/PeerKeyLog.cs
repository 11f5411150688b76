using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Telemetry;

/// <summary>Every message about the certificates of peers and their keys: ids 3300 to 3399, stable. Hashes are those of <c>trust.pins</c>; issuers have passed <see cref="LogText"/>.</summary>
internal static partial class PeerKeyLog
{
    [LoggerMessage(3300, LogLevel.Warning, "peer-key-changed: {Domain} shows key {Shown} of {Issuer}; it had {Before} of {IssuerBefore} (stream {Stream})")]
    public static partial void KeyChanged(ILogger logger, string domain, string shown, string issuer, string before, string issuerBefore, long stream);

    [LoggerMessage(3301, LogLevel.Error, "peer-key-refused: {Domain} shows key {Shown} of {Issuer}; it had {Before} of {IssuerBefore}, and trust.onChange is refuse (stream {Stream})")]
    public static partial void KeyRefused(ILogger logger, string domain, string shown, string issuer, string before, string issuerBefore, long stream);

    [LoggerMessage(3302, LogLevel.Warning, "peer-issuer-changed: {Domain} is vouched for by {Issuer}; it was by {IssuerBefore}, for the same key {Shown} (stream {Stream})")]
    public static partial void IssuerChanged(ILogger logger, string domain, string issuer, string issuerBefore, string shown, long stream);

    [LoggerMessage(EventId = 3304, Message = "The certificate of {Domain}, of {Issuer}, is valid until {Until}: {Days} days are left")]
    public static partial void CertificateExpires(ILogger logger, LogLevel level, string domain, string issuer, DateTimeOffset until, int days);

    [LoggerMessage(3305, LogLevel.Information, "TLSA records of {Domain} vouch for its certificate: {Found}; shown {Shown} (stream {Stream})")]
    public static partial void TlsaVouches(ILogger logger, string domain, string found, string shown, long stream);

    [LoggerMessage(3306, LogLevel.Error, "tlsa-mismatch: {Domain}: {Found}, and the certificate is another: {Shown}; the partner has to publish a record for it, or show the other one (stream {Stream})")]
    public static partial void TlsaMismatch(ILogger logger, string domain, string found, string shown, long stream);

    [LoggerMessage(3307, LogLevel.Warning, "tlsa-missing: {Domain}: {Found}; the partner has to publish a record in a signed zone, and dns.validating has to be on here; shown {Shown} (stream {Stream})")]
    public static partial void TlsaMissing(ILogger logger, string domain, string found, string shown, long stream);

    [LoggerMessage(3308, LogLevel.Warning, "tlsa-unavailable: {Domain}: {Found}; a validating resolver fails so where signatures are false or expired; shown {Shown} (stream {Stream})")]
    public static partial void TlsaUnavailable(ILogger logger, string domain, string found, string shown, long stream);

    [LoggerMessage(3310, LogLevel.Information, "The keys of {Domains} domains are known from before this node started")]
    public static partial void KeysRestored(ILogger logger, int domains);

    [LoggerMessage(3311, LogLevel.Error, "What is known of the keys of {Domains} domains cannot be written and waits in memory: {Failure}")]
    public static partial void KeysNotWritten(ILogger logger, int domains, string failure);

    [LoggerMessage(3312, LogLevel.Information, "What is known of partners' keys is written again, after {Failures} failures")]
    public static partial void KeysWritten(ILogger logger, int failures);

    [LoggerMessage(3313, LogLevel.Error, "What is known of the keys of {Domains} domains is lost: the journal did not take it before the node ended")]
    public static partial void KeysLost(ILogger logger, int domains);

    [LoggerMessage(3303, LogLevel.Error, "pin-mismatch: {Domain} shows key {Shown} of {Issuer}, a trusted certificate whose chain has none of the pinned keys ({Pinned} is one) (stream {Stream})")]
    public static partial void PinMismatch(ILogger logger, string domain, string shown, string issuer, string pinned, long stream);
}
