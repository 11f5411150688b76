using System.Security.Cryptography;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Entities;
using EdgePool.Cluster.Etcd;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Peers;
using EdgePool.Cluster.Secrets;
using EdgePool.Edge;
using EdgePool.Edge.InternalDns;
using EdgePool.Edge.Peers;
using EdgePool.Server.Configuration;
using EdgePool.Server.Topologies;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgePool.Server.Pool;

/// <summary>
/// A node's seat in its pool: where the pool agrees, the membership, the key by which other nodes know it, and the secrets in common. A node alone sits in a
/// pool of its own, which agrees in its memory and of which nobody hears.
/// </summary>
internal sealed class PoolSeat : IAsyncDisposable
{
    /// <summary>What others may take to own what this node owned; within the drain.</summary>
    private static readonly TimeSpan HandOver = TimeSpan.FromSeconds(5);

    /// <summary>What joining may take before the node serves without: as long as a lease, of a node that is gone and cannot be asked.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    /// <summary>What the store may take to hear that this node has left: the process ends behind it.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource stopping = new();
    private readonly TimeProvider time;
    private readonly ILogger log;
    private PeerIdentity? identity;
    private KeptNodes? kept;
    private Task following = Task.CompletedTask;
    private Task sharing = Task.CompletedTask;
    private Task watching = Task.CompletedTask;
    private OwnedConsents? consents;

    private PoolSeat(ICoordinator store, PoolNode node, TimeProvider time, ILogger log)
        => (Store, Node, this.time, this.log, Shares) = (store, node, time, log, new ShareBook(node.Member.Record.Name, time));

    /// <summary>Where the pool agrees.</summary>
    public ICoordinator Store { get; }

    /// <summary>The membership.</summary>
    public PoolNode Node { get; }

    /// <summary>What the node may have of partners' limits and rates, which are one for the pool.</summary>
    public ShareBook Shares { get; }

    /// <summary>What the pool knows of dead partners.</summary>
    private TroubleBook Troubles => field ??= new TroubleBook(time);

    /// <summary>The files by which etcd knows this node; null: there is no etcd.</summary>
    private EtcdCertificateWatch? CertificateWatch { get; init; }

    /// <summary>Where the secrets in common lie; null: the node is alone, and its secrets are its own.</summary>
    public SecretStore? SecretStore { get; private init; }

    /// <summary>The secrets in common; null: as <see cref="SecretStore"/>.</summary>
    public PoolSecrets? Secrets { get; private set; }

    /// <summary>Where the other nodes reach this one; null: where it takes their links.</summary>
    private string? Advertise { get; init; }

    /// <summary>Opens what the node needs before it starts.</summary>
    /// <exception cref="Cluster.Documents.StoreException">The pool's store does not answer, and this node has never been in the pool.</exception>
    /// <exception cref="SecretException">The pool's secrets cannot be opened.</exception>
    /// <exception cref="PeerIdentityException">The node's own key cannot be used.</exception>
    public static async Task<PoolSeat> OpenAsync(ServerOptions options, ILoggerFactory logs, TimeProvider time)
    {
        var alone = options.Cluster is null;
        var poolLog = alone ? NullLogger.Instance : logs.CreateLogger(PoolLog.Category);
        ICoordinator store = options.Cluster is { } etcd ? new EtcdCoordinator(etcd.Etcd, time) : new EmbeddedCoordinator(time);
        var self = new NodeRecord(options.Edge.NodeName, options.Cluster?.Pool ?? options.Edge.NodeName, NewInstance(), Product.Version, Peer: "") { Started = time.GetUtcNow() };
        var seat = new PoolSeat(store, new PoolNode(store, self, new MembershipOptions(), time, new Random(), poolLog), time, poolLog)
        {
            SecretStore = options.Cluster is { } cluster ? new SecretStore(store, cluster.SecretKeys) : null,
            CertificateWatch = options.Cluster is { } files ? new EtcdCertificateWatch(files.Etcd, time, poolLog) : null,
            Advertise = options.Cluster?.Advertise,
        };
        try
        {
            if (seat.SecretStore is { } secrets)
            {
                var folder = options.Management.StoreDirectory!;
                seat.identity = PeerIdentity.LoadOrCreate(folder);
                seat.kept = new KeptNodes(folder, () => seat.Node.Keeper.Everyone, time, poolLog);
                seat.Secrets = await PoolSecrets.OpenAsync(secrets, folder, RandomNumberGenerator.GetBytes, time, poolLog, CancellationToken.None);
            }

            return seat;
        }
        catch
        {
            await seat.DisposeAsync();
            throw;
        }
    }

    /// <summary>The node's options with what the pool adds.</summary>
    public EdgeOptions Seated(EdgeOptions edge, ClusterSettings? cluster)
        => cluster is null ? edge : edge with
        {
            Pool = new PoolOptions(cluster.Pool, Node.Member.Record.Instance, cluster.Peer, identity!, () => kept!.View, Store) { Shares = Shares, Troubles = Troubles },
            DialbackSecrets = PoolSecrets.Of(Secrets!.Text),
            DialbackSecretSource = Secrets,
        };

    /// <summary>The pool's consents, each written by its owner.</summary>
    public OwnedConsents Consents(IOwnedConsents journal) => consents = new OwnedConsents(journal, Node.Keeper, Node.Member.Record.Pool, Node.Member.Record.Name);

    /// <summary>Takes the seat, when other nodes can reach this one.</summary>
    public void Start(EdgeNode edge)
    {
        var inner = string.Join(' ', ViewHost.Reached(edge.InternalEndPoints));
        Node.Member.Describe(record => record with
        {
            Peer = Advertise ?? edge.PeerEndPoint?.ToString() ?? "",
            PeerKey = identity?.Key,
            Secrets = Secrets?.Revision ?? 0,
            Inner = inner.Length > 0 ? inner : null,
        });
        if (Secrets is { } secrets)
        {
            secrets.Changed = () =>
            {
                edge.RereadDialbackSecrets();
                Node.Member.Describe(record => record with { Secrets = secrets.Revision });
            };
            following = Task.WhenAll(secrets.RunAsync(stopping.Token), kept!.RunAsync(stopping.Token));
        }

        watching = CertificateWatch?.RunAsync(stopping.Token) ?? Task.CompletedTask;
        Node.Start(() => edge.Streams.Count, new NodeStanding(edge, time).Of);
        if (edge.Peers is { } peers)
        {
            consents?.Attach(peers);
            peers.Answer(QuestionKind.Status, (_, _, _) => new ValueTask<ReadOnlyMemory<byte>>(NodeTold.Of(edge).ToBytes()));
            sharing = new PoolShares(Store, peers, Node.Member, Node.Keeper, time, Shares, Troubles)
            {
                Troubled = text => PoolLog.Trouble(log, Node.Member.Record.Name, Node.Member.Record.Pool, text),
            }.RunAsync(stopping.Token);
        }
    }

    /// <summary>
    /// Waits until the node is a member and knows what it may have of partners' limits, so that it refuses nobody for want of a word; but not for ever, and not where the store
    /// does not answer: then it serves from what it has.
    /// </summary>
    public async Task JoinAsync()
    {
        var since = time.GetTimestamp();
        while (SecretStore is not null && Missing() is { } missing)
        {
            if (Node.Trouble is not null || time.GetElapsedTime(since) > Patience)
            {
                PoolLog.ServesUnjoined(log, Node.Member.Record.Name, Node.Member.Record.Pool, Node.Trouble ?? missing);
                return;
            }

            await Task.Delay(Step, time, CancellationToken.None);
        }
    }

    /// <summary>Says that the node drains, and gives its shards away.</summary>
    public Task HandOverAsync() => Node.HandOverAsync(HandOver);

    /// <summary>Leaves, and closes what was opened.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(following, sharing, watching);
        await Node.LeaveAsync(Farewell);
        await Node.DisposeAsync();
        await Store.DisposeAsync();
        identity?.Dispose();
        stopping.Dispose();
    }

    private string? Missing() => Node.Member.Term is null ? "it is no member yet" : Shares.IsInformed ? null : "the owners of shards have not told it yet what it may have";

    private static string NewInstance() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
}
