using System.Security.Cryptography;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Membership;
using EdgePool.Edge;
using EdgePool.Server.Configuration;
using EdgePool.Server.Management;
using EdgePool.Server.Management.Listening;
using EdgePool.Server.Pool;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgePool.Server.Running;

/// <summary>
/// A node with what stands around it, in the order in which each needs the other: the store with its policy, the management socket, the node, its place in
/// the pool, and the interface that serves at the socket. What fails takes back what was done before it, so that no port is open without its policy (POL-21).
/// </summary>
internal sealed class RunningNode : IAsyncDisposable
{
    /// <summary>The store's file in its directory.</summary>
    private const string StoreFile = "store.db";

    /// <summary>What others may take to own what this node owned; within the drain.</summary>
    private static readonly TimeSpan HandOver = TimeSpan.FromSeconds(5);

    /// <summary>What the pool's store may take to hear that this node has left: the process ends behind it.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(500);

    private EmbeddedStore? store;
    private ICoordinator? coordinator;
    private PoolNode? pool;
    private ManagementSocket? socket;
    private EdgeNode? node;
    private ManagementServer? management;

    private RunningNode()
    {
    }

    /// <summary>Starts everything, or nothing: <see cref="StartFault"/> tells the exceptions that are not our own faults.</summary>
    public static async Task<RunningNode> StartAsync(ServerOptions options, ILoggerFactory logs, TimeProvider time)
    {
        var running = new RunningNode();
        try
        {
            await running.OpenAsync(options, logs, time);
            return running;
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    /// <summary>Looks at the files of certificates and dialback secrets now; the log has the verdict.</summary>
    public void Reread()
    {
        node?.RereadCertificates();
        node?.RereadDialbackSecrets();
    }

    /// <summary>Leaves service in order.</summary>
    public async ValueTask DisposeAsync()
    {
        var interfaceGone = management?.DisposeAsync().AsTask() ?? Task.CompletedTask;
        var handedOver = pool?.HandOverAsync(HandOver) ?? Task.CompletedTask;
        if (node is not null)
        {
            await node.DisposeAsync();
        }

        await Task.WhenAll(interfaceGone, handedOver);
        socket?.Dispose();
        if (pool is not null)
        {
            await pool.LeaveAsync(Farewell);
            await pool.DisposeAsync();
        }

        if (coordinator is not null)
        {
            await coordinator.DisposeAsync();
        }

        if (store is not null)
        {
            await store.DisposeAsync();
        }
    }

    private async Task OpenAsync(ServerOptions options, ILoggerFactory logs, TimeProvider time)
    {
        var log = logs.CreateLogger(ManagementLog.Category);
        store = options.Management.StoreDirectory is { } directory
            ? await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = Path.Combine(directory, StoreFile) }, time)
            : null;
        socket = options.Management.Socket is { } path ? ManagementSocket.Open(path) : null;
        node = new EdgeNode(options.Edge with { Documents = store, Consents = store, Presences = store, KnownPeers = store }, logs, time);
        await node.StartAsync();
        coordinator = new EmbeddedCoordinator(time);
        pool = new PoolNode(coordinator, Self(options, time), new MembershipOptions(), time, new Random(), NullLogger.Instance);
        pool.Start(() => node.Streams.Count);
        if (socket is not null)
        {
            var managed = new ManagedNode(node, options, store, pool, log, time.GetUtcNow());
            (management, socket) = (await ManagementServer.StartAsync(socket, managed), null);
            ManagementLog.Listening(log, options.Management.Socket!);
        }
    }

    private static NodeRecord Self(ServerOptions options, TimeProvider time)
        => new(options.Edge.NodeName, options.Edge.NodeName, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), Product.Version, Peer: "") { Started = time.GetUtcNow() };
}
