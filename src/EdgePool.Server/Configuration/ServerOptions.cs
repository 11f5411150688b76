using System.Net;
using EdgePool.Cluster.Etcd;
using EdgePool.Cluster.Secrets;
using EdgePool.Dns.Updating;
using EdgePool.Edge;
using EdgePool.Server.Logging;

namespace EdgePool.Server.Configuration;

/// <summary>The compiled configuration: the node's part and the process's.</summary>
/// <param name="Edge">What the node runs on.</param>
/// <param name="Log">What is logged, and how.</param>
/// <param name="RandomDialbackSecret">Nobody gave a dialback secret, so one was made for this start.</param>
/// <param name="Management">Where the store is and where operators reach the node.</param>
/// <param name="Cluster">The pool that the node is one of; null: it is alone.</param>
internal sealed record ServerOptions(EdgeOptions Edge, LogSettings Log, bool RandomDialbackSecret, ManagementSettings Management, ClusterSettings? Cluster)
{
    /// <summary>Signs updates of zones, where the node is the advertiser and the topology has it publish; null: this node publishes nothing.</summary>
    public TsigKey? UpdateKey { get; init; }
}

/// <summary>A node's pool.</summary>
/// <param name="Pool">The pool's name.</param>
/// <param name="Peer">Where this node takes links of other nodes.</param>
/// <param name="Etcd">The pool's etcd.</param>
/// <param name="SecretKeys">What the pool's secrets are sealed under.</param>
internal sealed record ClusterSettings(string Pool, IPEndPoint Peer, EtcdOptions Etcd, SecretKeys SecretKeys)
{
    /// <summary>Where the other nodes reach <see cref="Peer"/>, host:port, behind address translation or in a container; null: there.</summary>
    public string? Advertise { get; init; }
}

/// <summary>What operators' commands need. All paths are absolute.</summary>
/// <param name="StoreDirectory">The directory of the node's own store (store mode); null: partners are in the node's file (file mode).</param>
/// <param name="Socket">The Unix socket of the management interface; null: there is none.</param>
internal sealed record ManagementSettings(string? StoreDirectory, string? Socket)
{
    /// <summary>The socket's name inside the store's directory, where nothing else is written.</summary>
    public const string SocketName = "edgepool.sock";

    /// <summary>A node in file mode that nobody talks to.</summary>
    public static ManagementSettings None { get; } = new(StoreDirectory: null, Socket: null);

    /// <summary>Partners, policies and consents are in a store.</summary>
    public bool HasStore => StoreDirectory is not null;
}
