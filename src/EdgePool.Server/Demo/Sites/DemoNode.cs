using System.Net;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Membership;
using EdgePool.Edge;
using EdgePool.Edge.Peers;
using EdgePool.Edge.Telemetry;
using EdgePool.Server.Pool;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgePool.Server.Demo.Sites;

/// <summary>A node of a demo's pool, and the component's session there.</summary>
internal sealed class DemoNode : IAsyncDisposable
{
    private readonly PeerIdentity identity = PeerIdentity.Create();
    private BackEndSession? session;
    private LedgerSnapshot? told; // what its account said when it was killed

    /// <param name="options">The node without its pool.</param>
    /// <param name="site">Where it stands; its pool has the same name.</param>
    /// <param name="start">How often it was started, with this time.</param>
    /// <param name="store">Where the pools agree.</param>
    /// <param name="logs">Where it logs.</param>
    /// <param name="time">Its clock.</param>
    public DemoNode(EdgeOptions options, string site, int start, ICoordinator store, ILoggerFactory logs, TimeProvider time)
    {
        Site = site;
        var instance = FormattableString.Invariant($"{options.NodeName}-{start}");
        var record = new NodeRecord(options.NodeName, site, instance, Product.Version, Peer: "", PeerKey: identity.Key) { Started = time.GetUtcNow() };
        Place = new PoolNode(store, record, new MembershipOptions(), time, new Random(), NullLogger.Instance);
        Edge = new EdgeNode(
            options with { Pool = new PoolOptions(site, instance, new IPEndPoint(IPAddress.Loopback, 0), identity, () => Place.Keeper.Everyone, store) }, logs, time);
    }

    /// <summary>Its name.</summary>
    public string Name => Place.Member.Record.Name;

    /// <summary>Where it stands.</summary>
    public string Site { get; }

    /// <summary>The node.</summary>
    public EdgeNode Edge { get; }

    /// <summary>Its place in the pool.</summary>
    public PoolNode Place { get; }

    /// <summary>It was killed.</summary>
    public bool IsDead => told is not null;

    /// <summary>Its account. What it had not sent when it was killed nobody has: errors that the process wrote afterwards are in flight.</summary>
    public LedgerSnapshot Account
    {
        get
        {
            var read = Edge.Ledger.Read();
            return told is null ? read : read with { BouncedBy = told.BouncedBy, InFlight = read.InFlight + read.Bounced - told.Bounced };
        }
    }

    /// <summary>Starts it, and connects the component.</summary>
    public async Task StartAsync(BackEnd backEnd, CancellationToken cancellation)
    {
        await Edge.StartAsync(cancellation);
        Place.Member.Describe(record => record with { Peer = Edge.PeerEndPoint!.ToString() });
        Place.Start(() => Edge.Streams.Count);
        Place.Serve(() => Edge.Readiness.IsReady);
        session = await backEnd.ConnectAsync(this, Edge.InternalEndPoints[0], cancellation);
    }

    /// <summary>Ends as a process does that is killed.</summary>
    public async Task KillAsync()
    {
        told = Edge.Ledger.Read();
        await Task.WhenAll(Place.DisposeAsync().AsTask(), Edge.CutAsync());
    }

    /// <summary>Leaves in order.</summary>
    public async Task LeaveAsync(TimeSpan atMost)
    {
        await Place.HandOverAsync(atMost);
        await Edge.StopAsync();
        await Place.LeaveAsync(atMost);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Edge.DisposeAsync();
        await Place.DisposeAsync();
        await (session?.DisposeAsync() ?? ValueTask.CompletedTask);
        identity.Dispose();
    }
}
