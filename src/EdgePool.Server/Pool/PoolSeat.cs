using System.Security.Cryptography;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Entities;
using EdgePool.Cluster.Etcd;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Secrets;
using EdgePool.Edge;
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

    /// <summary>What the store may take to hear that this node has left: the process ends behind it.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource stopping = new();
    private readonly TimeProvider time;
    private PeerIdentity? identity;
    private Task following = Task.CompletedTask;
    private Task sharing = Task.CompletedTask;
    private OwnedConsents? consents;

    private PoolSeat(ICoordinator store, PoolNode node, TimeProvider time) => (Store, Node, this.time, Shares) = (store, node, time, new ShareBook(node.Member.Record.Name, time));

    /// <summary>Where the pool agrees.</summary>
    public ICoordinator Store { get; }

    /// <summary>The membership.</summary>
    public PoolNode Node { get; }

    /// <summary>What the node may have of partners' limits and rates, which are one for the pool.</summary>
    public ShareBook Shares { get; }

    /// <summary>What the pool knows of dead partners.</summary>
    private TroubleBook Troubles => field ??= new TroubleBook(time);

    /// <summary>Where the secrets in common lie; null: the node is alone, and its secrets are its own.</summary>
    public SecretStore? SecretStore { get; private init; }

    /// <summary>The secrets in common; null: as <see cref="SecretStore"/>.</summary>
    public PoolSecrets? Secrets { get; private set; }

    /// <summary>Opens what the node needs before it starts.</summary>
    /// <exception cref="Cluster.Documents.StoreException">The pool's store does not answer, and this node has never been in the pool.</exception>
    /// <exception cref="SecretException">The pool's secrets cannot be opened.</exception>
    /// <exception cref="PeerIdentityException">The node's own key cannot be used.</exception>
    public static async Task<PoolSeat> OpenAsync(ServerOptions options, ILoggerFactory logs, TimeProvider time)
    {
        var alone = options.Cluster is null;
        var log = alone ? NullLogger.Instance : logs.CreateLogger(PoolLog.Category);
        ICoordinator store = options.Cluster is { } etcd ? new EtcdCoordinator(etcd.Etcd, time) : new EmbeddedCoordinator(time);
        var self = new NodeRecord(options.Edge.NodeName, options.Cluster?.Pool ?? options.Edge.NodeName, NewInstance(), Product.Version, Peer: "") { Started = time.GetUtcNow() };
        var seat = new PoolSeat(store, new PoolNode(store, self, new MembershipOptions(), time, new Random(), log), time)
        {
            SecretStore = options.Cluster is { } cluster ? new SecretStore(store, cluster.SecretKeys) : null,
        };
        try
        {
            if (seat.SecretStore is { } secrets)
            {
                var folder = options.Management.StoreDirectory!;
                seat.identity = PeerIdentity.LoadOrCreate(folder);
                seat.Secrets = await PoolSecrets.OpenAsync(secrets, folder, RandomNumberGenerator.GetBytes, time, log, CancellationToken.None);
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
            Pool = new PoolOptions(cluster.Pool, Node.Member.Record.Instance, cluster.Peer, identity!, () => Node.Keeper.View, Store) { Shares = Shares, Troubles = Troubles },
            DialbackSecrets = PoolSecrets.Of(Secrets!.Text),
            DialbackSecretSource = Secrets,
        };

    /// <summary>The pool's consents, each written by its owner.</summary>
    public OwnedConsents Consents(IOwnedConsents journal) => consents = new OwnedConsents(journal, Node.Keeper, Node.Member.Record.Pool, Node.Member.Record.Name);

    /// <summary>Takes the seat, when the node serves.</summary>
    public void Start(EdgeNode edge)
    {
        Node.Member.Describe(record => record with { Peer = edge.PeerEndPoint?.ToString() ?? "", PeerKey = identity?.Key, Secrets = Secrets?.Revision ?? 0 });
        if (Secrets is { } secrets)
        {
            secrets.Changed = () =>
            {
                edge.RereadDialbackSecrets();
                Node.Member.Describe(record => record with { Secrets = secrets.Revision });
            };
            following = secrets.RunAsync(stopping.Token);
        }

        Node.Start(() => edge.Streams.Count, new NodeStanding(edge, time).Of);
        if (edge.Peers is { } peers)
        {
            consents?.Attach(peers);
            sharing = new PoolShares(Store, peers, Node.Member, Node.Keeper, time, Shares, Troubles).RunAsync(stopping.Token);
        }
    }

    /// <summary>Says that the node drains, and gives its shards away.</summary>
    public Task HandOverAsync() => Node.HandOverAsync(HandOver);

    /// <summary>Leaves, and closes what was opened.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(following, sharing);
        await Node.LeaveAsync(Farewell);
        await Node.DisposeAsync();
        await Store.DisposeAsync();
        identity?.Dispose();
        stopping.Dispose();
    }

    private static string NewInstance() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
}
