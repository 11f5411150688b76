using System.Net;
using System.Net.Sockets;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Entities;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Sharding;
using EdgePool.Cluster.Tests.Entities;
using EdgePool.Edge.Peers;
using EdgePool.Edge.Telemetry;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// DESIGN section 6: backoff is shared, so that a dead partner is tried by one node.
public sealed class DeadPartnerTests
{
    private static readonly OutboundPair Pair = new("edge.example", "p1.example");
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Dead_AsAnotherNodeSays_IsNotDialled_AndStanzasAreAnsweredAtTheDeadline()
    {
        await using var pool = new OtherNode();
        await using var scene = pool.Start();
        using var partner = new TcpListener(IPAddress.Loopback, 0);
        partner.Start();
        scene.Publish("p1.example", ((IPEndPoint)partner.LocalEndpoint).Port);
        await pool.ProbesAsync(scene);
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));

        await scene.UntilAsync(
            () =>
            {
                pool.Book.Waits(Pair);
                return scene.Account.BouncedBy.GetValueOrDefault(BounceReason.RemoteServerTimeout) == 1;
            },
            "the answer",
            Step);

        Assert.False(partner.Pending());
        await component.WaitForAsync("message[@id='1' and @type='error']/error[@type='wait']/stanzas:remote-server-timeout");
        Assert.InRange(scene.Time.Elapsed, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(90));
    }

    [Fact]
    public async Task Dead_ReachedByTheOtherNode_IsDialledAndGetsWhatWaited()
    {
        await using var pool = new OtherNode();
        await using var scene = pool.Start();
        var partner = scene.Serve("p1.example");
        await pool.ProbesAsync(scene);
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await scene.UntilAsync(() => scene.Account.InFlight == 1, "one that waits");
        var before = scene.Time.Elapsed;
        await scene.UntilAsync(() => scene.Time.Elapsed > before + TimeSpan.FromSeconds(5), "5 s", Step);
        Assert.Equal(1, scene.Account.InFlight);

        pool.Book.Reached(Pair);
        var accepting = partner.AcceptAsync(scene, "p1.example");
        await using var carries = await scene.WhileAdvancingAsync(accepting, Step);

        await carries.ExpectAsync("server:message[@id='1' and @from='a@edge.example']");
        await scene.BalancedAsync();
    }

    [Fact]
    public async Task Dead_AsThisNodeFinds_IsHeardByTheOther()
    {
        await using var pool = new OtherNode();
        await using var scene = pool.Start();
        using var refusing = new TcpListener(IPAddress.Loopback, 0);
        refusing.Start();
        var port = ((IPEndPoint)refusing.LocalEndpoint).Port;
        refusing.Stop();
        scene.Publish("p1.example", port);
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));

        await scene.UntilAsync(() => pool.Book.FailuresOf(Pair) >= 2, "two failures", Step);

        Assert.True(pool.Book.Wait(Pair) > TimeSpan.Zero);
    }

    /// <summary>The other node of the pool: all of it that shares what is known, and the links between both.</summary>
    private sealed class OtherNode : IAsyncDisposable
    {
        private readonly CancellationTokenSource ending = new();
        private readonly List<Task> running = [];
        private readonly LocalPeers links = new();
        private EmbeddedCoordinator? store;
        private TroubleBook? here;

        public TroubleBook Book { get; private set; } = null!;

        public EdgeScene Start()
        {
            var scene = EdgeScene.Start((scene, options) =>
            {
                store = new EmbeddedCoordinator(scene.Time);
                Book = new TroubleBook(scene.Time);
                here = new TroubleBook(scene.Time);
                return options with
                {
                    Pool = new PoolOptions("pool", "i", new IPEndPoint(IPAddress.Loopback, 0), PeerIdentity.Create(), () => PoolView.Empty, store) { Troubles = here },
                };
            });
            Join("node", here!, scene.Time);
            Join("other", Book, scene.Time);
            return scene;
        }

        /// <summary>The other node has failed, and is the one that tries.</summary>
        public Task ProbesAsync(EdgeScene scene)
        {
            Book.Failed(Pair, 6, TimeSpan.FromMinutes(5));
            return scene.UntilAsync(
                () =>
                {
                    Book.Waits(Pair);
                    return here!.FailuresOf(Pair) == 6;
                },
                "the other's word",
                Step);
        }

        public async ValueTask DisposeAsync()
        {
            await ending.CancelAsync();
            await Task.WhenAll(running);
            await store!.DisposeAsync();
            ending.Dispose();
        }

        private void Join(string name, TroubleBook book, TimeProvider time)
        {
            var options = new MembershipOptions();
            var member = new Member(store!, new NodeRecord(name, "pool", name, "1", ""), options, time, new Random(1));
            var keeper = new ShardKeeper(store!, member, options, time);
            var shares = new PoolShares(store!, links.From(name), member, keeper, time, troubles: book);
            running.AddRange([member.RunAsync(ending.Token), keeper.RunAsync(ending.Token), shares.RunAsync(ending.Token)]);
        }
    }
}
