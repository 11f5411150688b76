using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// XEP-0220 section 2.6: several pairs on one stream of ours.
public sealed class SharedStreamTests
{
    private const string Errors = "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>";

    [Fact]
    public async Task SecondLocalDomain_PeerKnowsDialbackErrors_SameStream()
    {
        await using var scene = Scene();
        var server = scene.Serve("p1.example");
        await using var first = await scene.ComponentAsync();
        await using var second = await scene.ComponentAsync("other.example");
        await first.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var partner = await AcceptAsync(server, scene, "p1.example");
        await partner.ExpectAsync("server:message[@id='1']");

        await second.SendAsync(S2SDialogue.Message("c@other.example", "b@p1.example", 2));
        await AgreeAsync(partner, "other.example", "p1.example");
        await partner.ExpectAsync("server:message[@id='2' and @from='c@other.example']");
        await first.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 3));
        await partner.ExpectAsync("server:message[@id='3']");

        var stream = Assert.Single(scene.Node.Streams.All, s => s.Kind is StreamKind.PartnerOutbound);
        Assert.Equal(2, stream.Pairs.Count);
        await scene.BalancedAsync();
        Assert.Equal(3, scene.Account.Delivered);
    }

    [Fact]
    public async Task SecondRemoteDomain_SameTarget_SameStream()
    {
        await using var scene = Scene();
        var server = scene.Serve("p1.example");
        PublishSameHost(scene, server);
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var partner = await AcceptAsync(server, scene, "p1.example");
        await partner.ExpectAsync("server:message[@id='1']");

        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p2.example", 2));
        await AgreeAsync(partner, "edge.example", "p2.example");

        await partner.ExpectAsync("server:message[@id='2' and @to='b@p2.example']");
        Assert.Single(scene.Node.Streams.All, s => s.Kind is StreamKind.PartnerOutbound);
    }

    [Theory]
    [InlineData("type='error'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>")]
    [InlineData("type='invalid'/>")]
    public async Task SecondPair_Refused_AStreamOfItsOwn(string answer)
    {
        await using var scene = Scene();
        var server = scene.Serve("p1.example");
        await using var first = await scene.ComponentAsync();
        await using var second = await scene.ComponentAsync("other.example");
        await first.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var partner = await AcceptAsync(server, scene, "p1.example");
        await partner.ExpectAsync("server:message[@id='1']");

        await second.SendAsync(S2SDialogue.Message("c@other.example", "b@p1.example", 2));
        await partner.ExpectAsync("db:result[@from='other.example']");
        await partner.SendAsync("<db:result from='p1.example' to='other.example' " + answer);

        await using var own = await AcceptAsync(server, scene, "p1.example", "other.example");
        await own.ExpectAsync("server:message[@id='2']");
        await first.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 3));
        await partner.ExpectAsync("server:message[@id='3']");
        Assert.Equal(2, scene.Node.Streams.All.Count(s => s.Kind is StreamKind.PartnerOutbound));
    }

    [Fact]
    public async Task SecondPair_NoAnswer_AStreamOfItsOwnAfterTheTimeout()
    {
        await using var scene = Scene();
        var server = scene.Serve("p1.example");
        await using var first = await scene.ComponentAsync();
        await using var second = await scene.ComponentAsync("other.example");
        await first.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var partner = await AcceptAsync(server, scene, "p1.example");
        await partner.ExpectAsync("server:message[@id='1']");
        await second.SendAsync(S2SDialogue.Message("c@other.example", "b@p1.example", 2));
        await partner.ExpectAsync("db:result[@from='other.example']");

        var accepting = server.AcceptAsync("p1.example");
        await scene.UntilAsync(() => scene.Time.Elapsed >= StreamActor.JoinTimeout - TimeSpan.FromSeconds(1), "almost the timeout", TimeSpan.FromMilliseconds(500));
        Assert.False(accepting.IsCompleted);
        await using var own = await scene.WhileAdvancingAsync(accepting, TimeSpan.FromMilliseconds(100));

        await NegotiateAsync(own, scene, "p1.example", "other.example");
        await own.ExpectAsync("server:message[@id='2']");
        await partner.SendAsync("<db:result from='p1.example' to='other.example' type='valid'/>"); // late: DB-08
        await first.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 3));
        await partner.ExpectAsync("server:message[@id='3']");
    }

    [Theory]
    [InlineData(false, Errors)] // SASL is required: dialback proves nothing
    [InlineData(true, "<dialback xmlns='urn:xmpp:features:dialback'/>")] // no errors: a pair that the peer does not want would end the stream
    public async Task SecondPair_NotAllowedOrNotSafe_AStreamOfItsOwn(bool dialback, string features)
    {
        await using var scene = dialback ? Scene() : EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var first = await scene.ComponentAsync();
        await using var second = await scene.ComponentAsync("other.example");
        await first.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var partner = dialback ? await AcceptAsync(server, scene, "p1.example", features: features) : await server.AcceptAsync(scene, "p1.example");
        await partner.ExpectAsync("server:message[@id='1']");

        await second.SendAsync(S2SDialogue.Message("c@other.example", "b@p1.example", 2));

        await using var own = dialback ? await AcceptAsync(server, scene, "p1.example", "other.example", features) : await server.AcceptAsync(scene, "p1.example", "other.example");
        await own.ExpectAsync("server:message[@id='2']");
    }

    // The stream of the first pair ends: both routes have another one, and nothing is lost or doubled.
    [Fact]
    public async Task Host_Ends_BothPairsGoOnElsewhere()
    {
        await using var scene = Scene();
        var server = scene.Serve("p1.example");
        await using var first = await scene.ComponentAsync();
        await using var second = await scene.ComponentAsync("other.example");
        await first.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using (var partner = await AcceptAsync(server, scene, "p1.example"))
        {
            await partner.ExpectAsync("server:message[@id='1']");
            await second.SendAsync(S2SDialogue.Message("c@other.example", "b@p1.example", 2));
            await AgreeAsync(partner, "other.example", "p1.example");
            await partner.ExpectAsync("server:message[@id='2']");
            await partner.SendAsync("</stream:stream>");
            await partner.ExpectStreamEndAsync();
        }

        await scene.UntilAsync(() => scene.Node.Streams.All.All(s => s.Kind is not StreamKind.PartnerOutbound), "the end of the stream");
        await second.SendAsync(S2SDialogue.Message("c@other.example", "b@p1.example", 3));
        var accepting = server.AcceptAsync("p1.example");
        await using var next = await scene.WhileAdvancingAsync(accepting, TimeSpan.FromMilliseconds(20));
        await NegotiateAsync(next, scene, "p1.example", "other.example");
        await next.ExpectAsync("server:message[@id='3']");
        await first.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 4));
        var agreeing = AgreeAsync(next, "edge.example", "p1.example");
        await scene.UntilAsync(() => agreeing.IsCompleted, "the further pair", TimeSpan.FromMilliseconds(5)); // behind the wait of a route whose stream has ended
        await agreeing;
        await next.ExpectAsync("server:message[@id='4']");
        await scene.BalancedAsync();
        Assert.Equal(4, scene.Account.Delivered);
    }

    // A pair cannot be taken off a stream: all of it comes again.
    [Fact]
    public async Task Policy_RefusesOneOfTwoPartners_TheStreamEndsByReset()
    {
        await using var scene = Scene();
        var server = scene.Serve("p1.example");
        PublishSameHost(scene, server);
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var partner = await AcceptAsync(server, scene, "p1.example");
        await partner.ExpectAsync("server:message[@id='1']");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p2.example", 2));
        await AgreeAsync(partner, "edge.example", "p2.example");
        await partner.ExpectAsync("server:message[@id='2']");

        await scene.Node.PublishAsync(EdgeScene.Policy(Dialback("p1.example")));

        await partner.ExpectStreamErrorAsync("reset");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p2.example", 3));
        await component.WaitForAsync("message[@id='3']/error/stanzas:remote-server-not-found");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 4));
        await using var next = await AcceptAsync(server, scene, "p1.example");
        await next.ExpectAsync("server:message[@id='4']");
    }

    [Fact]
    public async Task ConnectionLimit_CountsStreams_NotPairs()
    {
        await using var scene = EdgeScene.Start((s, options) => options with
        {
            Policy = s.StorePolicy("""{"partnerConnectionLimit": 1}""", "\"saslNegotiation\": \"NotSupported\", \"supportDialback\": true"),
        });
        var server = scene.Serve("p1.example");
        await using var first = await scene.ComponentAsync();
        await using var second = await scene.ComponentAsync("other.example");
        await first.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var partner = await AcceptAsync(server, scene, "p1.example");
        await partner.ExpectAsync("server:message[@id='1']");

        await second.SendAsync(S2SDialogue.Message("c@other.example", "b@p1.example", 2));
        await AgreeAsync(partner, "other.example", "p1.example");

        await partner.ExpectAsync("server:message[@id='2']");
        Assert.Equal(TimeSpan.Zero, scene.Time.Elapsed);
    }

    private static PartnerDocument Dialback(string domain) => new() { Domain = domain, SaslNegotiation = NegotiationMode.NotSupported, SupportDialback = true };

    private static EdgeScene Scene() => EdgeScene.Start(options => options with { Policy = EdgeScene.Policy(Dialback("p1.example"), Dialback("p2.example")) });

    /// <summary>p2.example is where p1.example is.</summary>
    private static void PublishSameHost(EdgeScene scene, ScriptedListener server) => scene.Publish("p2.example", "xmpp.p1.example", server.EndPoint.Port);

    private static async Task<ScriptedPeer> AcceptAsync(ScriptedListener listener, EdgeScene scene, string domain, string from = "edge.example", string features = Errors)
    {
        var peer = await listener.AcceptAsync(domain);
        await NegotiateAsync(peer, scene, domain, from, features);
        return peer;
    }

    private static async Task NegotiateAsync(ScriptedPeer peer, EdgeScene scene, string domain, string from, string features = Errors)
    {
        await peer.AcceptTlsAsync(scene, domain, from);
        await peer.SendAsync($"<stream:features>{features}</stream:features>");
        await AgreeAsync(peer, from, domain);
    }

    private static async Task AgreeAsync(ScriptedPeer peer, string local, string remote)
    {
        await peer.ExpectAsync($"db:result[@from='{local}' and @to='{remote}']");
        await peer.SendAsync($"<db:result from='{remote}' to='{local}' type='valid'/>");
    }
}
