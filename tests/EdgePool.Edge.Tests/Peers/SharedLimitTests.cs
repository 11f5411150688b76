using EdgePool.Cluster.Entities;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Sharding;
using EdgePool.Edge.Peers;
using EdgePool.Edge.Tests.Fixture;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Edge.Tests.Peers;

// Issue 5: a limit of 3 streams for a partner that opens 12 over three nodes: 3 stand, always, also during a hand-over. With real links, members and shards.
public sealed class SharedLimitTests
{
    private const string Partner = "p1.example";

    [Fact]
    public async Task Limit_PartnerOpensTwelveOverThreeNodes_ThreeStandAlsoWhenTheOwnerLeaves()
    {
        await using var scene = new PoolScene();
        await using var a = await Seat.TakeAsync(scene, "a");
        await using var b = await Seat.TakeAsync(scene, "b");
        await using var c = await Seat.TakeAsync(scene, "c");
        Seat[] seats = [a, b, c];
        await PoolScene.UntilAsync(() => seats.All(static s => s.Keeper.View.Nodes.Count == 3 && s.Keeper.Map.Owners.Count == Placement.Shards));
        await PoolScene.UntilAsync(() => seats.All(static s =>
        {
            if (!s.Book.TryTake("probe.example", 3))
                return false;
            s.Book.Return("probe.example");
            return true;
        }));

        var standing = new List<RawPeer>();
        for (var attempt = 0; attempt < 12; attempt++)
        {
            if (await TryOpenAsync(scene, seats[attempt % 3]) is { } peer)
                standing.Add(peer);
            Assert.InRange(seats.Sum(static s => s.Book.HeldBy(Partner)), 0, 3);
        }

        await UntilAnotherStandsAsync(scene, seats, standing, 3);

        // The owner of the partner's shard gives it away; what was held is held.
        Seat? owner = null;
        await PoolScene.UntilAsync(() => (owner = seats.FirstOrDefault(static s => s.Keeper.TokenOf(Placement.ShardOf(Partner)) is not null)) is not null);
        owner!.Member.Describe(static record => record with { Draining = true });
        await PoolScene.UntilAsync(() => seats.Any(s => s != owner && s.Keeper.TokenOf(Placement.ShardOf(Partner)) is not null));
        for (var attempt = 0; attempt < 6; attempt++)
            Assert.Null(await TryOpenAsync(scene, seats[attempt % 3]));
        Assert.Equal(3, seats.Sum(static s => s.Book.HeldBy(Partner)));

        // One goes: its place is soon anybody's who asks.
        await standing[0].DisposeAsync();
        await UntilAnotherStandsAsync(scene, seats, standing, 4);
        foreach (var peer in standing)
            await peer.DisposeAsync();
    }

    /// <summary>Opens at all nodes in turn until so many have come to stand: a place that is divided or given back is not anybody's at once.</summary>
    private static Task UntilAnotherStandsAsync(PoolScene scene, Seat[] seats, List<RawPeer> standing, int count) => PoolScene.UntilAsync(async () =>
    {
        foreach (var seat in standing.Count < count ? seats : [])
            standing.AddRange(await TryOpenAsync(scene, seat) is { } peer ? [peer] : []);
        Assert.InRange(seats.Sum(static s => s.Book.HeldBy(Partner)), 0, 3);
        return standing.Count == count;
    });

    /// <summary>A stream that stands; null: it was refused.</summary>
    private static async Task<RawPeer?> TryOpenAsync(PoolScene scene, Seat seat)
    {
        var before = seat.Book.HeldBy(Partner);
        var peer = await RawPeer.ConnectAsync(seat.Node.S2SEndPoints[0]);
        await peer.UpgradeAsync(EdgeFixture.ClientTls(scene.P1, "d.example"));
        await peer.SendAsync(Wire.Header(Partner, "d.example"));
        await peer.HearAsync("</stream:features>");
        await peer.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
        var refused = RefusedAsync(peer);
        await PoolScene.UntilAsync(() => refused.IsCompleted || seat.Book.HeldBy(Partner) > before);
        if (seat.Book.HeldBy(Partner) > before)
            return peer;
        await refused;
        await peer.DisposeAsync();
        return null;
    }

    private static async Task RefusedAsync(RawPeer peer)
    {
        try
        {
            await peer.HearAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
            await peer.SendAsync(Wire.Header(Partner, "d.example"));
            await peer.HearAsync("policy-violation");
        }
        catch (Exception)
        {
            // the stream that stands is closed by the test
        }
    }

    /// <summary>A node with all that makes it one of a pool.</summary>
    private sealed class Seat : IAsyncDisposable
    {
        private readonly CancellationTokenSource stopping = new();
        private Task running = Task.CompletedTask;

        private Seat(PoolScene scene, string name)
        {
            var options = new MembershipOptions();
            Member = new Member(scene.Store, new NodeRecord(name, "pool", name, "1", ""), options, TimeProvider.System, new Random(1));
            Keeper = new ShardKeeper(scene.Store, Member, options, TimeProvider.System);
            Book = new ShareBook(name, TimeProvider.System);
        }

        public Member Member { get; }

        public ShardKeeper Keeper { get; }

        public ShareBook Book { get; }

        public EdgeNode Node { get; private set; } = null!;

        public static async Task<Seat> TakeAsync(PoolScene scene, string name)
        {
            var seat = new Seat(scene, name);
            var policy = PolicyCompiler.Compile([new PartnerDocument { Domain = Partner, ConnectionLimit = 3 }], [DomainName.Parse("d.example"), DomainName.Parse("e.example")]).Snapshot!;
            seat.Node = await scene.StartAsync(name, change: options => options with
            {
                Policy = policy,
                Pool = seat.Known(options.Pool!) with { View = () => seat.Keeper.View, Shares = seat.Book },
            });
            seat.Member.Describe(record => record with { Peer = seat.Node.PeerEndPoint!.ToString() });
            var token = seat.stopping.Token;
            seat.running = Task.WhenAll(
                seat.Member.RunAsync(token), seat.Keeper.RunAsync(token),
                new PoolShares(scene.Store, seat.Node.Peers!, seat.Member, seat.Keeper, TimeProvider.System, seat.Book).RunAsync(token));
            return seat;
        }

        public async ValueTask DisposeAsync()
        {
            await stopping.CancelAsync();
            await running;
            stopping.Dispose();
        }

        private PoolOptions Known(PoolOptions pool)
        {
            Member.Describe(record => record with { PeerKey = pool.Identity.Key });
            return pool with { Instance = Member.Record.Instance };
        }
    }
}
