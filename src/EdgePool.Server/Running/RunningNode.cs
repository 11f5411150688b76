using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Etcd;
using EdgePool.Edge;
using EdgePool.Server.Configuration;
using EdgePool.Server.Management;
using EdgePool.Server.Management.Listening;
using EdgePool.Server.Pool;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Running;

/// <summary>
/// A node with what stands around it, in the order in which each needs the other: the store with its policy, the management socket, the node, its place in
/// the pool, and the interface that serves at the socket. What fails takes back what was done before it, so that no port is open without its policy (POL-21).
/// </summary>
internal sealed class RunningNode : IAsyncDisposable
{
    /// <summary>The store's file in its directory.</summary>
    public const string StoreFile = "store.db";

    private EmbeddedStore? store;
    private EtcdStore? shared;
    private PoolSeat? pool;
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

    /// <summary>Completes when an operator has had the node leave its pool: the process is to end.</summary>
    public Task Leaving => pool!.Node.Leaving;

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
        var handedOver = pool?.HandOverAsync() ?? Task.CompletedTask;
        if (node is not null)
        {
            await node.DisposeAsync();
        }

        await Task.WhenAll(interfaceGone, handedOver);
        socket?.Dispose();
        if (pool is not null)
        {
            await pool.DisposeAsync();
        }

        if (shared is not null)
        {
            await shared.DisposeAsync();
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
        pool = await PoolSeat.OpenAsync(options, logs, time);
        var edge = pool.Seated(options.Edge, options.Cluster);
        shared = options.Cluster is { } cluster ? new EtcdStore(new EtcdStoreOptions { Etcd = cluster.Etcd }, time) : null;
        var (documents, consents) = ((IDocumentStore?)shared ?? store, (IConsentJournal?)shared ?? store);
        node = new EdgeNode(edge with { Documents = documents, Consents = consents, Presences = store, KnownPeers = store }, logs, time);
        await node.StartAsync();
        pool.Start(node);
        if (socket is not null)
        {
            var managed = new ManagedNode(node, options, documents, consents, pool, log, time.GetUtcNow());
            (management, socket) = (await ManagementServer.StartAsync(socket, managed), null);
            ManagementLog.Listening(log, options.Management.Socket!);
        }
    }
}
