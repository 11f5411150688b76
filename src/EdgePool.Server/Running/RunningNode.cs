using EdgePool.Cluster.Embedded;
using EdgePool.Edge;
using EdgePool.Server.Configuration;
using EdgePool.Server.Management;
using EdgePool.Server.Management.Listening;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Running;

/// <summary>
/// A node with what stands around it, in the order in which each needs the other: the store with its policy, the management socket, the node, and the
/// interface that serves at the socket. What fails takes back what was done before it, so that no port is open without its policy (POL-21).
/// </summary>
internal sealed class RunningNode : IAsyncDisposable
{
    /// <summary>The store's file in its directory.</summary>
    private const string StoreFile = "store.db";

    private EmbeddedStore? store;
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
        if (node is not null)
        {
            await node.DisposeAsync();
        }

        await interfaceGone;
        socket?.Dispose();
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
        if (socket is not null)
        {
            var managed = new ManagedNode(node, options, store, log, time.GetUtcNow());
            (management, socket) = (await ManagementServer.StartAsync(socket, managed), null);
            ManagementLog.Listening(log, options.Management.Socket!);
        }
    }
}
