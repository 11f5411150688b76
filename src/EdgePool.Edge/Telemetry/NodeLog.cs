using System.Net;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Telemetry;

/// <summary>Every log message of the node itself: ids 2000 to 2999, stable.</summary>
internal static partial class NodeLog
{
    [LoggerMessage(2000, LogLevel.Information, "Node {Node} listens for {Kind} on {Address}")]
    public static partial void Listening(ILogger logger, string node, string kind, EndPoint address);

    [LoggerMessage(2001, LogLevel.Information, "Node {Node} is up: {Domains} local domains, {Partners} partners")]
    public static partial void Started(ILogger logger, string node, int domains, int partners);

    [LoggerMessage(2002, LogLevel.Information, "Node {Node} is shutting down: {InFlight} stanzas in flight")]
    public static partial void Stopping(ILogger logger, string node, long inFlight);

    [LoggerMessage(2003, LogLevel.Information, "Node {Node} is down: accepted {Accepted}, delivered {Delivered}, bounced {Bounced}, dropped {Dropped}, in flight {InFlight}")]
    public static partial void Stopped(ILogger logger, string node, long accepted, long delivered, long bounced, long dropped, long inFlight);

    [LoggerMessage(2010, LogLevel.Warning, "Listener {Address} cannot accept: {Detail}; it tries again in {Wait}")]
    public static partial void AcceptFailed(ILogger logger, EndPoint address, string detail, TimeSpan wait);

    [LoggerMessage(2011, LogLevel.Warning, "Listener {Address} refused {Peer}: {Reason}")]
    public static partial void ConnectionRefused(ILogger logger, EndPoint address, string peer, string reason);

    [LoggerMessage(2012, LogLevel.Information, "Node {Node} can do its job: partners' connections are taken")]
    public static partial void Ready(ILogger logger, string node);

    [LoggerMessage(2013, LogLevel.Error, "Node {Node} cannot do its job: {Reasons}; {Consequence}")]
    public static partial void NotReady(ILogger logger, string node, string reasons, string consequence);

    [LoggerMessage(2030, LogLevel.Information, "Policy of revision {Revision} is in force: {Partners} partners")]
    public static partial void PolicyInForce(ILogger logger, long revision, int partners);

    [LoggerMessage(2031, LogLevel.Error, "Documents of revision {Revision} cannot be used: {Problem}; the policy of revision {InForce} stays in force")]
    public static partial void PolicyHeldBack(ILogger logger, long revision, string problem, long inForce);

    [LoggerMessage(2032, LogLevel.Error, "The store cannot be followed: {Problem}; the policy of revision {InForce} stays in force, next attempt in {Wait}")]
    public static partial void StoreFailed(ILogger logger, string problem, long inForce, TimeSpan wait);

    [LoggerMessage(2033, LogLevel.Error, "Documents of revision {Revision} could not be put in force: {Problem}; the policy of revision {InForce} stays in force, next attempt in {Wait}")]
    public static partial void PolicyNotPublished(ILogger logger, long revision, string problem, long inForce, TimeSpan wait);

    [LoggerMessage(2040, LogLevel.Information, "{Secrets} dialback secrets are in force, the first makes keys; of the {Before} before, {Kept} still verify")]
    public static partial void DialbackSecretsReplaced(ILogger logger, int secrets, int kept, int before);

    [LoggerMessage(2041, LogLevel.Error, "Changed dialback secrets are refused: {Reasons}; those in force stay")]
    public static partial void DialbackSecretsRefused(ILogger logger, string reasons);

    [LoggerMessage(2042, LogLevel.Information, "The dialback secrets are read again and are the {Secrets} in force")]
    public static partial void DialbackSecretsUnchanged(ILogger logger, int secrets);

    [LoggerMessage(2020, LogLevel.Information, "Component {Domain} is connected")]
    public static partial void ComponentUp(ILogger logger, string domain);

    [LoggerMessage(2021, LogLevel.Warning, "Component {Domain} is gone; stanzas to it are answered with service-unavailable until it is back")]
    public static partial void ComponentDown(ILogger logger, string domain);
}
