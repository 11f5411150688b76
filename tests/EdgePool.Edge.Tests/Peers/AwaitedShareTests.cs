using EdgePool.Edge.Tests.Fixture;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Pool;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Edge.Tests.Peers;

// Issue 5: limits over the pool, with real streams, at a node that no owner has told yet how many it may have; and at one where too many stand (MGT-03).
public sealed class AwaitedShareTests
{
    private const string Partner = "p1.example";
    private const string Stanza = "<message from='u@p1.example' to='x@d.example' type='chat' id='1'/>";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly BooksOfAPool pool = new(new VirtualTimeProvider(), "n", "o");
    private readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AwaitedShareTests() => pool["n"].Short = () => asked.TrySetResult();

    [Fact]
    public async Task Inbound_ShareIsNotKnownYet_WaitsForItAndFlows()
    {
        await using var scene = new PoolScene();
        var node = await StartAsync(scene);
        await using var d = await scene.ConnectAsync(node, "d.example");
        var opening = scene.PartnerAtAsync(node);
        await asked.Task.WaitAsync(Patience);
        Assert.False(opening.IsCompleted);

        pool.Rounds();
        await using var partner = await opening;
        await partner.SendAsync(Stanza);
        Assert.Equal("1", (await d.ReceiveAsync()).Attribute("id")?.Value);
        Assert.Equal(1, pool["n"].HeldBy(Partner));
    }

    [Fact]
    public async Task Inbound_ByDialback_WaitsBeforeItsKeyIsCalledValid_AndWhatFollowsIsTakenThen()
    {
        await using var scene = new PoolScene();
        var node = await StartAsync(scene, new PartnerDocument { Domain = Partner, ConnectionLimit = 3, SaslNegotiation = NegotiationMode.Optional });
        await using var d = await scene.ConnectAsync(node, "d.example");
        await using var partner = await RawPeer.ConnectAsync(node.S2SEndPoints[0]);
        await partner.UpgradeAsync(EdgeFixture.ClientTls(scene.P1, "d.example"));
        await partner.SendAsync(Wire.Header(Partner, "d.example"));
        await partner.HearAsync("</stream:features>");
        await partner.SendAsync("<db:result from='p1.example' to='d.example'>a key</db:result>");
        await asked.Task.WaitAsync(Patience);
        await partner.SendAsync("<db:verify from='p1.example' to='d.example' id='s'>a key</db:verify>");

        pool.Rounds();
        Assert.DoesNotContain("db:verify", await partner.HearAsync("<db:result [^>]*valid"), StringComparison.Ordinal);
        await partner.HearAsync("<db:verify [^>]*invalid");
        await partner.SendAsync(Stanza);
        Assert.Equal("1", (await d.ReceiveAsync()).Attribute("id")?.Value);
        Assert.Equal(1, pool["n"].HeldBy(Partner));
    }

    [Fact]
    public async Task Inbound_AllPlacesAreElsewhere_IsRefusedWhenThatIsKnown()
    {
        pool.Rounds();
        for (var held = 0; held < 3; pool.Rounds())
            held += pool["o"].TryTake(Partner, 3) ? 1 : 0;
        pool.Join("n");
        pool.Report("n");
        await using var scene = new PoolScene();
        var node = await StartAsync(scene);
        await using var partner = await AuthenticatingAsync(scene, node);
        await asked.Task.WaitAsync(Patience);

        pool.Rounds();
        await partner.HearAsync("policy-violation");
        Assert.Equal(0, pool["n"].HeldBy(Partner));
    }

    [Fact]
    public async Task Inbound_ThatGoesWhileItWaits_LeavesNothingBehind()
    {
        await using var scene = new PoolScene();
        var node = await StartAsync(scene);
        var partner = await AuthenticatingAsync(scene, node);
        await asked.Task.WaitAsync(Patience);
        await node.DisposeAsync(); // ends what waits, and the partner hears so
        await partner.HearEndAsync();
        await partner.DisposeAsync();

        pool.Rounds();
        Assert.Equal(0, pool["n"].HeldBy(Partner));
    }

    [Fact]
    public async Task Outbound_ShareIsNotKnownYet_DialsWhenItIs()
    {
        await using var scene = new PoolScene();
        var node = await StartAsync(scene);
        await using var d = await scene.ConnectAsync(node, "d.example");
        await d.SendAsync("<message from='x@d.example' to='u@p1.example' type='chat' id='1'/>");
        await asked.Task.WaitAsync(Patience);
        Assert.Equal(0, scene.Partner.Connections);

        pool.Rounds();
        Assert.Equal("1", (await scene.Partner.ReceiveAsync()).Attribute("id")?.Value);
        Assert.Equal(1, pool["n"].HeldBy(Partner));
        Assert.Equal(0, node.Ledger.Read().Bounced);
    }

    [Fact]
    public async Task Outbound_MoreThanMayStandOverThePool_EndsAndGivesItsPlaceBack()
    {
        pool.Rounds();
        await using var scene = new PoolScene();
        var node = await StartAsync(scene);
        await using var d = await scene.ConnectAsync(node, "d.example");
        await d.SendAsync("<message from='x@d.example' to='u@p1.example' type='chat' id='1'/>");
        Assert.Equal("1", (await scene.Partner.ReceiveAsync()).Attribute("id")?.Value);
        Assert.Equal(1, pool["n"].HeldBy(Partner));

        pool["n"].TooMany!(Partner, 1);
        pool["n"].TooMany!(Partner, 1); // said again with each answer
        await PoolScene.UntilAsync(() => pool["n"].HeldBy(Partner) == 0);
        await PoolScene.UntilAsync(() => scene.Logs.Events.Count(static e => e.Id.Id == 1015) == 1);

        Assert.Contains("policy-violation", (await scene.Partner.ReceiveAsync()).ToString(), StringComparison.Ordinal); // the stream error

        await d.SendAsync("<message from='x@d.example' to='u@p1.example' type='chat' id='2'/>");
        Assert.Equal("2", (await scene.Partner.ReceiveAsync()).Attribute("id")?.Value);
        await PoolScene.UntilAsync(() => node.Ledger.Read() is { InFlight: 0, Bounced: 0, Delivered: 2 });
        Assert.Equal(2, scene.Partner.Connections);
    }

    private Task<EdgeNode> StartAsync(PoolScene scene, PartnerDocument? partner = null)
    {
        var policy = PolicyCompiler.Compile([partner ?? new PartnerDocument { Domain = Partner, ConnectionLimit = 3 }], [DomainName.Parse("d.example"), DomainName.Parse("e.example")]).Snapshot!;
        return scene.StartAsync("n", change: options => options with { Policy = policy, Pool = options.Pool! with { Shares = pool["n"] } });
    }

    /// <summary>A stream that has proven its domain, and is not told yet what becomes of it.</summary>
    private static async Task<RawPeer> AuthenticatingAsync(PoolScene scene, EdgeNode node)
    {
        var partner = await RawPeer.ConnectAsync(node.S2SEndPoints[0]);
        await partner.UpgradeAsync(EdgeFixture.ClientTls(scene.P1, "d.example"));
        await partner.SendAsync(Wire.Header(Partner, "d.example"));
        await partner.HearAsync("</stream:features>");
        await partner.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
        await partner.HearAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        await partner.SendAsync(Wire.Header(Partner, "d.example"));
        return partner;
    }
}
