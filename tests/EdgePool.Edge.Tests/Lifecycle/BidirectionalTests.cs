using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Negotiation;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// XEP-0288: one stream, both ways.
public sealed class BidirectionalTests
{
    private const string Bidi = "<bidi xmlns='urn:xmpp:bidi'/>";
    private const string Offer = "<bidi xmlns='urn:xmpp:features:bidi'/>";
    private const string External = "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>";

    private static readonly PartnerDocument P2 = new() { Domain = "p2.example" };

    [Fact]
    public async Task Inbound_StanzasToThePartner_GoOutOnItsStream()
    {
        await using var scene = EdgeScene.Start();
        await using var component = await scene.ComponentAsync();
        await using var partner = await AskingAsync(scene, "p1.example"); // its DNS says nothing: nobody could connect to it

        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await partner.ExpectAsync("server:message[@id='1' and @from='a@edge.example']");
        await partner.SendAsync(S2SDialogue.Message("b@p1.example", "a@edge.example", 2));
        await component.WaitForAsync("message[@id='2']");

        Assert.Single(scene.Node.Streams.All, s => s.Kind is StreamKind.PartnerInbound);
        Assert.DoesNotContain(scene.Node.Streams.All, s => s.Kind is StreamKind.PartnerOutbound);
        await scene.BalancedAsync();
        Assert.Equal(2, scene.Account.Delivered);
    }

    [Fact]
    public async Task Inbound_NotAskedFor_StanzasToThePartnerNeedAStreamOfOurs()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await using var partner = await scene.PartnerAsync("p1.example");

        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));

        await using var ours = await server.AcceptAsync(scene, "p1.example");
        await ours.ExpectAsync("server:message[@id='1']");
    }

    // DB-32: the pair is of another domain than the one that was proven.
    [Fact]
    public async Task Inbound_DB32_StanzasForAnotherPartner_DoNotGoOutThere()
    {
        await using var scene = EdgeScene.Start();
        scene.Publish("p2.example", 0);
        await using var component = await scene.ComponentAsync();
        await using var other = await scene.ComponentAsync("other.example");
        await using var partner = await AskingAsync(scene, "p1.example");

        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p2.example", 1));
        await component.WaitForAsync("message[@id='1' and @type='error']");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 3));

        await partner.ExpectAsync("server:message[@id='3']");
    }

    [Fact]
    public async Task Inbound_DB32_NotAuthenticated_NoStanzaGoesOutThere()
    {
        await using var scene = EdgeScene.Start();
        scene.Publish("p1.example", 0);
        await using var component = await scene.ComponentAsync();
        await using var partner = await S2SDialogue.SecureAsync(scene, scene.Node.S2SEndPoints[0], "p1.example", "edge.example");
        await partner.ExpectAsync("stream:features");
        await partner.SendAsync(Bidi);

        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));

        await component.WaitForAsync("message[@id='1' and @type='error']/error/stanzas:remote-server-not-found");
        await partner.SendAsync("</stream:stream>");
        await partner.ExpectStreamEndAsync();
    }

    [Fact]
    public async Task Inbound_ComesUpWhileStanzasWait_TheyGoAtOnce()
    {
        await using var scene = EdgeScene.Start();
        using var refusing = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        refusing.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        scene.Publish("p1.example", ((System.Net.IPEndPoint)refusing.LocalEndPoint!).Port);
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await scene.UntilAsync(() => scene.Logs.Events.Any(e => e.Id.Id == 1021), "a failed dial");
        Assert.Equal(1, scene.Account.InFlight);

        await using var partner = await AskingAsync(scene, "p1.example");

        await partner.ExpectAsync("server:message[@id='1']");
        Assert.Equal(TimeSpan.Zero, scene.Time.Elapsed);
    }

    [Fact]
    public async Task Inbound_Ends_TheRestGoesOutOnAStreamOfOurs()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await using (var partner = await AskingAsync(scene, "p1.example"))
        {
            await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
            await partner.ExpectAsync("server:message[@id='1']");
            await partner.SendAsync("</stream:stream>");
            await partner.ExpectStreamEndAsync();
        }

        await scene.UntilAsync(() => scene.Node.Streams.All.All(s => s.Kind is not StreamKind.PartnerInbound), "the end of the stream");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 2));
        var accepting = server.AcceptAsync(scene, "p1.example");
        await using var ours = await scene.WhileAdvancingAsync(accepting, TimeSpan.FromMilliseconds(20));

        await ours.ExpectAsync("server:message[@id='2']");
        await scene.BalancedAsync();
        Assert.Equal(2, scene.Account.Delivered);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Inbound_PolicyTurnsBidiOff_TheStreamEndsByReset(bool carried)
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await using var partner = await AskingAsync(scene, "p1.example");
        if (carried)
        {
            await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
            await partner.ExpectAsync("server:message[@id='1']");
        }

        await scene.Node.PublishAsync(EdgeScene.Policy(new PartnerDocument { Domain = "p1.example", EnableBidirectionalStreams = false }, P2));

        await partner.ExpectStreamErrorAsync("reset");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 2));
        await using var ours = await server.AcceptAsync(scene, "p1.example");
        await ours.ExpectAsync("server:message[@id='2']");
        await using var again = await S2SDialogue.SecureAsync(scene, scene.Node.S2SEndPoints[0], "p1.example", "edge.example");
        Assert.DoesNotContain("bidi", (await again.ExpectAsync("stream:features")).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outbound_OfferedByThePartner_ItsStanzasComeOnOurStream()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var partner = await TakingAsync(server, scene, "p1.example");
        await partner.ExpectAsync("server:message[@id='1']");

        await partner.SendAsync(S2SDialogue.Message("b@p1.example", "a@edge.example", 2));
        await component.WaitForAsync("message[@id='2' and @from='b@p1.example']");
        await scene.BalancedAsync();

        Assert.Equal(2, scene.Account.Delivered);
        Assert.Equal(["edge.example<-p1.example"], scene.Node.Streams.All.Where(s => s.Kind is StreamKind.PartnerOutbound).SelectMany(s => s.Pairs).Select(p => $"{p.Local}<-{p.Remote}"));
    }

    [Theory] // POL-01, JID-21: on a stream of ours as on one of theirs
    [InlineData("b@p2.example", "a@edge.example", "invalid-from")]
    [InlineData("b@sub.p1.example", "a@edge.example", "invalid-from")]
    [InlineData("a@edge.example", "a@edge.example", "invalid-from")]
    [InlineData("b@p1.example", "a@other.example", "improper-addressing")]
    [InlineData("b@p1.example", "a@nowhere.example", "host-unknown")]
    public async Task Outbound_StanzaOfAnotherPair_EndsTheStream(string from, string to, string condition)
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await using var other = await scene.ComponentAsync("other.example");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var partner = await TakingAsync(server, scene, "p1.example");
        await partner.ExpectAsync("server:message[@id='1']");

        await partner.SendAsync(S2SDialogue.Message(from, to, 2));

        await partner.ExpectStreamErrorAsync(condition);
        await scene.BalancedAsync();
        Assert.Equal((1, 1), (scene.Account.Accepted, scene.Account.Delivered));
    }

    // The certificate proves nothing: our dialback key proves us to the peer, and not the peer to us.
    [Fact]
    public async Task Outbound_ByDialbackToAnUnprovenServer_NothingIsTakenFromIt()
    {
        await using var scene = EdgeScene.Start(options => options with { Policy = EdgeScene.Policy(DialbackOnly("p1.example")) });
        scene.Shown["p1.example"] = scene.Authority.Issue("stranger.example").Certificate;
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var partner = await server.AcceptAsync("p1.example");
        await partner.AcceptTlsAsync(scene, "p1.example", "edge.example");
        await partner.SendAsync($"<stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>{Offer}</stream:features>");
        await partner.ExpectAsync("db:result[@to='p1.example']"); // and no <bidi/> before
        await partner.SendAsync("<db:result from='p1.example' to='edge.example' type='valid'/>");
        await partner.ExpectAsync("server:message[@id='1']");

        await partner.SendAsync(S2SDialogue.Message("b@p1.example", "a@edge.example", 2));

        await partner.ExpectStreamErrorAsync("not-authorized");
        Assert.Equal(1, scene.Account.Accepted);
    }

    [Fact]
    public async Task Outbound_StanzaBeforeAuthentication_EndsTheStream()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var partner = await server.AcceptAsync("p1.example");
        await partner.AcceptTlsAsync(scene, "p1.example", "edge.example");
        await partner.SendAsync($"<stream:features>{External}{Offer}</stream:features>");
        await partner.ExpectAsync("bidi");
        await partner.ExpectAsync("sasl:auth");

        await partner.SendAsync(S2SDialogue.Message("b@p1.example", "a@edge.example", 2));

        await partner.ExpectStreamErrorAsync("not-authorized");
        Assert.Equal(1, scene.Account.Accepted);
    }

    [Fact]
    public async Task Outbound_PolicyTurnsBidiOff_TheStreamEndsByReset()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var partner = await TakingAsync(server, scene, "p1.example");
        await partner.ExpectAsync("server:message[@id='1']");

        await scene.Node.PublishAsync(EdgeScene.Policy(new PartnerDocument { Domain = "p1.example", EnableBidirectionalStreams = false }, P2));

        await partner.ExpectStreamErrorAsync("reset");
    }

    [Fact]
    public async Task Stop_BidirectionalStreams_DeliverWhatTheyHaveAndEnd()
    {
        const int Each = 50;
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p2.example");
        await using var component = await scene.ComponentAsync();
        await using var inbound = await AskingAsync(scene, "p1.example");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p2.example", 0));
        await using var outbound = await TakingAsync(server, scene, "p2.example");
        await outbound.ExpectAsync("server:message[@id='0']");
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", Each) + S2SDialogue.Messages("a@edge.example", "b@p2.example", Each));
        await outbound.SendAsync(S2SDialogue.Messages("b@p2.example", "a@edge.example", Each));
        await scene.UntilAsync(() => scene.Account.Accepted == 3 * Each + 1, "every stanza");

        var stopping = scene.StopAsync(stepMilliseconds: 5);
        for (var i = 0; i < Each; i++)
            await inbound.ExpectAsync($"server:message[@id='{i}']");
        await inbound.ExpectStreamErrorAsync("system-shutdown");
        await inbound.DisposeAsync();
        for (var i = 0; i < Each; i++)
            await outbound.ExpectAsync($"server:message[@id='{i}']");
        await outbound.ExpectStreamErrorAsync("system-shutdown");
        await outbound.DisposeAsync();
        await component.DisposeAsync();
        await stopping;

        Assert.True(scene.Account is { Balances: true, InFlight: 0 }, scene.Account.ToString());
        Assert.Equal(3 * Each + 1, scene.Account.Delivered);
    }

    private static PartnerDocument DialbackOnly(string domain) => new() { Domain = domain, SaslNegotiation = NegotiationMode.NotSupported, SupportDialback = true };

    /// <summary>A stream that the partner opens and on which it takes stanzas too.</summary>
    private static async Task<ScriptedPeer> AskingAsync(EdgeScene scene, string from, string to = "edge.example")
    {
        var peer = await S2SDialogue.SecureAsync(scene, scene.Node.S2SEndPoints[0], from, to);
        Assert.Contains(Offer, (await peer.ExpectAsync("stream:features")).ToString().Replace('"', '\'').Replace(" />", "/>", StringComparison.Ordinal), StringComparison.Ordinal);
        await peer.SendAsync(Bidi + "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
        await peer.ExpectAsync("sasl:success");
        await peer.SendHeaderAsync(from, to);
        await peer.ExpectHeaderAsync();
        await peer.ExpectAsync("stream:features");
        await scene.UntilAsync(() => scene.Logs.Events.Any(e => e.Id.Id == 1042), "a bidirectional stream");
        return peer;
    }

    /// <summary>A stream that we open and on which the partner is asked for stanzas too.</summary>
    private static async Task<ScriptedPeer> TakingAsync(ScriptedListener listener, EdgeScene scene, string domain)
    {
        var peer = await listener.AcceptAsync(domain);
        await peer.AcceptTlsAsync(scene, domain, "edge.example");
        await peer.SendAsync($"<stream:features>{External}{Offer}</stream:features>");
        await peer.ExpectAsync("bidi");
        await peer.ExpectAsync("sasl:auth[@mechanism='EXTERNAL']");
        await peer.SendAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        peer.Restart();
        await peer.AnswerHeaderAsync(domain, "edge.example", "s3");
        await peer.SendAsync("<stream:features/>");
        return peer;
    }
}
