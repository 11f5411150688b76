using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Pool;

/// <summary>Every log message of a node's place in its pool: ids 3500 to 3599, stable.</summary>
internal static partial class PoolLog
{
    /// <summary>The category of these messages.</summary>
    public const string Category = "EdgePool.Pool";

    [LoggerMessage(3500, LogLevel.Information, "Node {Node} is a member of pool {Pool}")]
    public static partial void Member(ILogger logger, string node, string pool);

    [LoggerMessage(3501, LogLevel.Warning, "Node {Node} is no member of pool {Pool} any more, as its lease was lost: it goes on serving, owns no shard, and tries to come back")]
    public static partial void Lost(ILogger logger, string node, string pool);

    [LoggerMessage(3502, LogLevel.Warning, "Membership of node {Node} in pool {Pool}: {Trouble}")]
    public static partial void Trouble(ILogger logger, string node, string pool, string trouble);

    [LoggerMessage(3503, LogLevel.Information, "Node {Other} is in the pool, EdgePool {Version}: {Nodes} nodes")]
    public static partial void Joined(ILogger logger, string other, string version, int nodes);

    [LoggerMessage(3504, LogLevel.Warning, "Node {Other} is gone from the pool: {Nodes} nodes")]
    public static partial void Gone(ILogger logger, string other, int nodes);

    [LoggerMessage(3505, LogLevel.Information, "Node {Other} drains: it leaves service")]
    public static partial void Draining(ILogger logger, string other);

    [LoggerMessage(3506, LogLevel.Information, "Node {Other} was started again: its process is another")]
    public static partial void Restarted(ILogger logger, string other);

    [LoggerMessage(3507, LogLevel.Information, "Node {Node} owns {Shards} of {All} shards")]
    public static partial void Owns(ILogger logger, string node, int shards, int all);

    [LoggerMessage(3508, LogLevel.Information, "Node {Node} has left pool {Pool}; shards that nobody took over: {Shards}")]
    public static partial void Left(ILogger logger, string node, string pool, int shards);

    [LoggerMessage(3509, LogLevel.Warning, "Node {Node} could not tell pool {Pool} that it leaves: {Detail}; its lease ends by itself")]
    public static partial void NotTold(ILogger logger, string node, string pool, string detail);

    [LoggerMessage(3510, LogLevel.Warning, "Node {Node} accepts partners before it has joined pool {Pool}, from what it has on disk: {Reason}")]
    public static partial void ServesUnjoined(ILogger logger, string node, string pool, string reason);

    [LoggerMessage(3512, LogLevel.Error, "Node {Node}, EdgePool {Version}: a newer EdgePool has written the pool's documents; it serves, and takes no edits until it is of that version")]
    public static partial void Outdated(ILogger logger, string node, string version);

    [LoggerMessage(3511, LogLevel.Error, "The nodes of the pool cannot be kept in {File} for a start without the store: {Detail}")]
    public static partial void NodesNotKept(ILogger logger, string file, string detail);

    [LoggerMessage(3520, LogLevel.Warning, "There were no dialback secrets in the pool's store: this node made the first one, at revision {Revision}")]
    public static partial void FirstSecret(ILogger logger, long revision);

    [LoggerMessage(3521, LogLevel.Warning, "The pool's store does not answer, so the dialback secrets are those of {File}, revision {Revision}: {Detail}")]
    public static partial void SecretsFromDisk(ILogger logger, string file, long revision, string detail);

    [LoggerMessage(3522, LogLevel.Error, "The pool's dialback secrets cannot be kept in {File} for a start without the store: {Detail}")]
    public static partial void SecretsNotKept(ILogger logger, string file, string detail);

    [LoggerMessage(3530, LogLevel.Information, "The certificate by which etcd knows this node was renewed: user {User}, valid until {Until}")]
    public static partial void EtcdCertificateReplaced(ILogger logger, string user, DateTimeOffset until);

    [LoggerMessage(3531, LogLevel.Error, "The files for etcd cannot be used, so those read before stay in force: {Detail}")]
    public static partial void EtcdFilesRefused(ILogger logger, string detail);

    [LoggerMessage(EventId = 3532, Message = "The certificate by which etcd knows this node, user {User}, is valid until {Until}, and then etcd refuses it: renew {File}, the node reads it by itself")]
    public static partial void EtcdCertificateEnds(ILogger logger, LogLevel level, string user, DateTimeOffset until, string file);
}
