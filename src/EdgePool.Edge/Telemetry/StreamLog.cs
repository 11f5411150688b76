using EdgePool.Xmpp.Streams;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Telemetry;

/// <summary>
/// Every log message of streams: ids 1000 to 1999, stable. Texts from a peer pass <see cref="LogText"/> before they come here.
/// </summary>
internal static partial class StreamLog
{
    public const int PeerFaultId = 1011;

    public const int TargetFailedId = 1020;

    [LoggerMessage(1000, LogLevel.Debug, "Stream {Stream} accepted on {Listener} from {Peer}")]
    public static partial void Accepted(ILogger logger, long stream, string listener, string peer);

    [LoggerMessage(1001, LogLevel.Debug, "Stream {Stream} connecting to {Target} for {Pair}")]
    public static partial void Connecting(ILogger logger, long stream, string target, string pair);

    [LoggerMessage(1002, LogLevel.Debug, "Stream {Stream} is under {Tls}")]
    public static partial void Secured(ILogger logger, long stream, string tls);

    [LoggerMessage(1003, LogLevel.Information, "Stream {Stream} authenticated for {Pair} by {Method} ({Tls})")]
    public static partial void Authenticated(ILogger logger, long stream, string pair, AuthenticationMethod method, string tls);

    [LoggerMessage(1004, LogLevel.Debug, "Stream {Stream} ignored an element: {Reason}")]
    public static partial void Ignored(ILogger logger, long stream, string reason);

    [LoggerMessage(1005, LogLevel.Debug, "Stream {Stream} is under stream management: stanzas are acknowledged both ways")]
    public static partial void Managed(ILogger logger, long stream);

    [LoggerMessage(1006, LogLevel.Information, "Stream {Stream} goes on with one that was lost: {Stanzas} stanzas go out again")]
    public static partial void Resumed(ILogger logger, long stream, int stanzas);

    [LoggerMessage(1007, LogLevel.Information, "Stream {Stream} cannot go on with the one before it: {Stanzas} stanzas that were not acknowledged are answered")]
    public static partial void NotResumed(ILogger logger, long stream, int stanzas);

    [LoggerMessage(1008, LogLevel.Debug, "Stream {Stream} is lost with {Stanzas} stanzas that are not acknowledged, and may be resumed within {Time}")]
    public static partial void Left(ILogger logger, long stream, int stanzas, TimeSpan time);

    [LoggerMessage(1010, LogLevel.Information, "Stream {Stream} ended: {Reason}; {Detail}; in {StanzasIn}, out {StanzasOut}")]
    public static partial void Ended(ILogger logger, long stream, string reason, string detail, long stanzasIn, long stanzasOut);

    /// <summary>The first of a peer and reason in a minute is a warning, see <see cref="RepeatedFaults"/>.</summary>
    [LoggerMessage(EventId = PeerFaultId, Message = "Stream {Stream} ended for what the peer {Peer} (claimed: {Pair}) did: {Reason} ({Condition}); {Detail}")]
    public static partial void PeerFault(ILogger logger, LogLevel level, long stream, string peer, string pair, string reason, string condition, string detail);

    [LoggerMessage(1012, LogLevel.Debug, "Connection {Stream} of {Peer} (claimed: {Pair}) ended before it was anybody's: {Reason}; {Detail}")]
    public static partial void StrangerEnded(ILogger logger, long stream, string peer, string pair, string reason, string detail);

    [LoggerMessage(1013, LogLevel.Error, "{Actor} ended by a fault of ours")]
    public static partial void Fault(ILogger logger, Exception? exception, string actor);

    [LoggerMessage(1014, LogLevel.Warning, "{Peer}: {Times} times more within a minute: {Reason} (event {Event}, each for itself at level Debug)")]
    public static partial void Repeated(ILogger logger, string peer, int times, string reason, int @event);

    [LoggerMessage(1015, LogLevel.Warning, "{Streams} streams of {Holder} are ended: the pool took this node for dead, or it heard no owner, and others have the places")]
    public static partial void TooManyOverThePool(ILogger logger, int streams, string holder);

    /// <summary>As <see cref="PeerFault"/>.</summary>
    [LoggerMessage(EventId = TargetFailedId, Message = "{Pair}: target {Target} failed: {Reason}; {Detail}")]
    public static partial void TargetFailed(ILogger logger, LogLevel level, string pair, string target, string reason, string detail);

    [LoggerMessage(1021, LogLevel.Warning, "{Pair}: no stream came up ({Reason}); {Next} {Wait}")]
    public static partial void DialFailed(ILogger logger, string pair, string reason, string next, TimeSpan wait);

    [LoggerMessage(1022, LogLevel.Information, "{Pair}: {Stanzas} stanzas were bounced as {Reason}")]
    public static partial void QueueBounced(ILogger logger, string pair, int stanzas, string reason);

    [LoggerMessage(1027, LogLevel.Warning, "{Pair}: stanzas leave by pool {Pool} now, over node {Node}, for {Reason}")]
    public static partial void LeavesByPool(ILogger logger, string pair, string pool, string node, string reason);

    [LoggerMessage(1028, LogLevel.Information, "{Pair}: stanzas leave by pool {Pool} again")]
    public static partial void LeavesAgain(ILogger logger, string pair, string pool);

    [LoggerMessage(1026, LogLevel.Information, "{Pair}: the internal server cannot be reached from here, so another node takes over; {Stanzas} stanzas waited")]
    public static partial void LeftToOthers(ILogger logger, string pair, int stanzas);

    [LoggerMessage(1023, LogLevel.Information, "Dialback of {Pair}: the authoritative server says {Outcome}")]
    public static partial void Verified(ILogger logger, string pair, string outcome);

    [LoggerMessage(1024, LogLevel.Debug, "Stream {Stream}: dialback of {Pair} was refused with {Condition}")]
    public static partial void DialbackRefused(ILogger logger, long stream, string pair, string condition);

    [LoggerMessage(1025, LogLevel.Information, "Stream {Stream}: {Pair} came to no better than {Method}, though policy allows it to")]
    public static partial void SteppedDown(ILogger logger, long stream, string pair, AuthenticationMethod method);

    [LoggerMessage(1040, LogLevel.Information, "Stream {Stream} carries {Pair} too")]
    public static partial void Joined(ILogger logger, long stream, string pair);

    [LoggerMessage(1041, LogLevel.Information, "Stream {Stream} will not carry {Pair}: {Detail}")]
    public static partial void JoinRefused(ILogger logger, long stream, string pair, string detail);

    [LoggerMessage(1042, LogLevel.Information, "Stream {Stream} is bidirectional for {Pair}")]
    public static partial void Bidirectional(ILogger logger, long stream, string pair);

    [LoggerMessage(1043, LogLevel.Information, "{Pair}: {Target} sends us to {Host}")]
    public static partial void Redirected(ILogger logger, string pair, string target, string host);

    [LoggerMessage(1044, LogLevel.Warning, "{Pair}: {Target} sends us to {Host}, where we do not go: {Reason}")]
    public static partial void NotRedirected(ILogger logger, string pair, string target, string host, string reason);

    [LoggerMessage(1030, LogLevel.Warning, "Stream {Stream} of {Peer}, authenticated for {Pairs}, sent a stanza in the name of {Claimed}", EventName = "spoof-attempt")]
    public static partial void SpoofAttempt(ILogger logger, long stream, string peer, string pairs, string claimed);
}
