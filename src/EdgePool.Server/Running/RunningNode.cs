using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Elections;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Etcd;
using EdgePool.Cluster.Snapshots;
using EdgePool.Edge;
using EdgePool.Edge.Telemetry;
using EdgePool.Server.Advertising;
using EdgePool.Server.Arrivals;
using EdgePool.Server.Configuration;
using EdgePool.Server.Logging;
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

    /// <summary>In the same directory, the consents of a pool as last seen; apart from the store's own, which 'cluster migrate' may still have to carry over.</summary>
    private const string MirrorFile = "mirror.db";

    /// <summary>What the others may take to hear that this node leaves, and to take its shards, before it stops serving.</summary>
    private static readonly TimeSpan Announced = TimeSpan.FromSeconds(2);

    private readonly TimeProvider time;
    private readonly CancellationTokenSource stopping = new();
    private EmbeddedStore? store;
    private EmbeddedStore? mirror;
    private SnapshottedStore? shared;
    private PoolSeat? pool;
    private ManagementSocket? socket;
    private EdgeNode? node;
    private ManagementServer? management;
    private Task advertising = Task.CompletedTask;
    private Task watching = Task.CompletedTask;

    private RunningNode(TimeProvider time) => this.time = time;

    /// <summary>Starts everything, or nothing: <see cref="StartFault"/> tells the exceptions that are not our own faults.</summary>
    public static async Task<RunningNode> StartAsync(ServerOptions options, ILoggerFactory logs, TimeProvider time)
    {
        var running = new RunningNode(time);
        try
        {
            await running.OpenAsync(options, logs);
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
        await stopping.CancelAsync();
        await Task.WhenAll(advertising, watching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // whatever became of them, which was said, the node leaves in order
        var interfaceGone = management?.DisposeAsync().AsTask() ?? Task.CompletedTask;
        var handedOver = pool?.HandOverAsync() ?? Task.CompletedTask;
        // The pool hears of it, and takes the shards, before the links to this node end: one whose port closes without a word counts as dead.
        await handedOver.WaitAsync(Announced, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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

        if (mirror is not null)
        {
            await mirror.DisposeAsync();
        }

        if (store is not null)
        {
            await store.DisposeAsync();
        }

        stopping.Dispose();
    }

    /// <summary>Says at once that a part of the node has failed that runs beside it; null: there is no such part.</summary>
    internal static async Task SayFaultAsync(string part, Task? running, ILogger log)
    {
        try
        {
            await (running ?? Task.CompletedTask);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            ServerLog.PartFailed(log, part, fault);
        }
    }

    private async Task OpenAsync(ServerOptions options, ILoggerFactory logs)
    {
        var log = logs.CreateLogger(ManagementLog.Category);
        store = options.Management.StoreDirectory is { } directory
            ? await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = Path.Combine(directory, StoreFile) }, time)
            : null;
        socket = options.Management.Socket is { } path ? ManagementSocket.Open(path) : null;
        pool = await PoolSeat.OpenAsync(options, logs, time);
        var edge = pool.Seated(options.Edge, options.Cluster);
        await ShareAsync(options);
        var (documents, consents) = ((IDocumentStore?)shared ?? store, (IConsentJournal?)shared ?? store);
        node = new EdgeNode(edge with { Documents = documents, Consents = consents, Presences = store, KnownPeers = store }, logs, time);
        await node.OpenAsync();
        pool.Start(node);
        await pool.JoinAsync();
        node.Accept();
        pool.Node.Serve(() => node.Readiness.IsReady);
        var advertiser = documents is null ? null : Advertise(options, documents, logs.CreateLogger(AdvertiserLog.Category));
        var own = logs.CreateLogger(ServerLog.Category);
        advertising = SayFaultAsync("The DNS advertiser", advertiser?.RunAsync(stopping.Token), own);
        var arrivals = edge.Pool is { } cluster && node.Peers is not null ? new ArrivalWatch(pool.Node.Member.Record, PartnerStreams, cluster.View, node.Peers, time) : null;
        arrivals?.Answer();
        watching = SayFaultAsync("The watch on partners' arrivals", arrivals?.RunAsync(stopping.Token), own);
        if (socket is not null)
        {
            var managed = new ManagedNode(node, options, documents, consents, shared, pool, log, time.GetUtcNow()) { Advertiser = advertiser, Arrivals = arrivals };
            (management, socket) = (await ManagementServer.StartAsync(socket, managed), null);
            ManagementLog.Listening(log, options.Management.Socket!);
        }
    }

    /// <summary>This node's part in electing the advertiser, which looks with the node's own name servers and signs with its key.</summary>
    private Advertiser Advertise(ServerOptions options, IDocumentStore documents, ILogger log)
    {
        var (edge, member) = (node!, pool!.Node.Member);
        var surveyor = new DnsSurveyor(edge.NameServers, time);
        var publisher = options.UpdateKey is { } key ? new ZonePublisher(time, key, takeOver: false) : null;
        var work = new AdvertiserWork(
            () => edge.Policy.Topology,
            cancellation => FormerTopologies.ReadAsync(documents, cancellation),
            (zone, cancellation) => surveyor.SurveyAsync(zone, [], cancellation),
            publisher is null ? null : (zone, former, send, cancellation) => publisher.PublishAsync(zone, former, server: null, send, cancellation),
            () => member.Record.Draining);
        return new Advertiser(new Election(pool.Store, member, Advertiser.Key), options.Edge.NodeName, work, time, log);
    }

    /// <summary>The domains that partners have proven on their streams to this node, and how long each stream is up.</summary>
    private IEnumerable<(string Domain, TimeSpan Age)> PartnerStreams()
        => node!.Streams.All.Where(stream => stream.Kind is StreamKind.PartnerInbound).SelectMany(stream => stream.Pairs.Select(pair => (pair.Remote.Ascii, stream.Age)));

    /// <summary>Opens the store of the pool, and what this node keeps of it for the time when it does not answer.</summary>
    private async Task ShareAsync(ServerOptions options)
    {
        if (options.Cluster is { } cluster)
        {
            var folder = options.Management.StoreDirectory!;
            mirror = await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = Path.Combine(folder, MirrorFile) }, time);
            var etcd = new EtcdStore(new EtcdStoreOptions { Etcd = cluster.Etcd }, time);
            shared = await SnapshottedStore.OpenAsync(etcd, mirror, new SnapshotOptions { Folder = folder }, time, CancellationToken.None, pool!.Consents(etcd));
            pool.Node.Outdated = () => shared.Standing.Outdated;
        }
    }
}
