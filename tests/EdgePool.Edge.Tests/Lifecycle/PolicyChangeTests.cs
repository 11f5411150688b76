using System.Globalization;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// POL-19, DESIGN.md section 5: a new policy acts on streams that are up and on stanzas that wait. The clock stands still in these tests: nothing waits for time.
public sealed class PolicyChangeTests
{
    private static readonly PartnerDocument P1 = new() { Domain = "p1.example" };
    private static readonly PartnerDocument P2 = new() { Domain = "p2.example" };
    private static readonly PartnerDocument P1Off = P1 with { Enabled = false };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Publish_POL19_PartnerDenied_WhatWaitsAtTheComponentIsTakenOut(bool removed)
    {
        await using var scene = EdgeScene.Start(options => options with { Limits = options.Limits with { OutputBytes = 64 * 1024 * 1024 } });
        await using var component = await scene.SilentComponentAsync();
        await using var p1 = await scene.PartnerAsync("p1.example");
        await using var p2 = await scene.PartnerAsync("p2.example");
        var filler = await FillAsync(scene, p2);
        await p1.SendAsync(S2SDialogue.Messages("a@p1.example", "b@edge.example", 100));
        await p1.SendAsync("<presence from='a@p1.example' to='b@edge.example'/>");
        await scene.UntilAsync(() => scene.Account is { Balances: true } account && account.Accepted == filler + 101, "101 that wait");
        var waiting = scene.Account.InFlight;

        await scene.Node.PublishAsync(removed ? EdgeScene.Policy(P2) : EdgeScene.Policy(P1Off, P2));

        Assert.Equal((waiting - 101, 100, 1), (scene.Account.InFlight, scene.Account.Bounced, scene.Account.Dropped));
        Assert.Equal(100, scene.Account.ErrorsLost); // nothing goes to who is not allowed, not even an answer
        await p1.ExpectStreamErrorAsync("policy-violation");
        await p2.SendAsync(S2SDialogue.Message("a@p2.example", "b@edge.example", -1));
        for (var last = 0; last != -1; last = S2SDialogue.Number(await component.ExpectAsync("message[@from='a@p2.example']")))
        {
            // nothing of p1 comes before, or behind, what p2 sent
        }

        await scene.BalancedAsync();
        Assert.Equal(filler + 1, scene.Account.Delivered);
    }

    [Fact]
    public async Task Publish_POL19_PartnerDeniedInMidFlow_NothingOfItsIsForwardedAfterwards()
    {
        await using var scene = EdgeScene.Start();
        await using var component = await scene.ComponentAsync();
        await using var p1 = await scene.PartnerAsync("p1.example");
        await p1.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 1));
        await component.WaitForAsync("message[@id='1']");

        await scene.Node.PublishAsync(EdgeScene.Policy(P1Off, P2));
        await p1.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 2));

        await p1.ExpectStreamErrorAsync("policy-violation");
        Assert.Contains(scene.Node.Refusals.Read("p1.example"), r => r is { Kind: "stream", From: "p1.example", To: "edge.example", Reason: VerdictReason.PartnerDisabled });
        await scene.BalancedAsync();
        Assert.Equal(1, scene.Account.Delivered);
        await scene.UntilAsync(() => scene.Logs.Events.Any(static e => e.Id.Id == 1010 && e.Message.Contains("policy-changed", StringComparison.Ordinal)), "the end in the log");
    }

    [Fact]
    public async Task Publish_POL19_PartnerDenied_WhatWaitsForADialIsAnsweredAndTheDialDropped()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", 100));
        await using var dialled = await server.AcceptAsync("p1.example");
        await dialled.ExpectHeaderAsync();
        await scene.UntilAsync(() => scene.Account.InFlight == 100, "100 that wait");

        await scene.Node.PublishAsync(EdgeScene.Policy(P1Off, P2));

        Assert.Equal((0, 100, 100), (scene.Account.InFlight, scene.Account.Bounced, scene.Account.ErrorsSent));
        for (var i = 0; i < 100; i++)
            await component.WaitForAsync($"message[@id='{i}' and @type='error']/error/stanzas:not-allowed");
        await dialled.ExpectStreamErrorAsync("policy-violation");
        await scene.BalancedAsync();
    }

    // RFC 6120 section 6.3.5: the partner's <success/> is under way and its parser begins anew with it; an error of ours would be the first that it reads.
    [Fact]
    public async Task Publish_PartnerDeniedWhileSaslIsUnderWay_NothingCrossesTheAnswer()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var dialled = await server.AcceptAsync("p1.example");
        await dialled.AcceptTlsAsync(scene, "p1.example", "edge.example");
        await dialled.SendAsync("<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms></stream:features>");
        await dialled.ExpectAsync("sasl:auth");

        await scene.Node.PublishAsync(EdgeScene.Policy(P1Off, P2));
        await scene.UntilAsync(() => scene.Logs.Events.Any(e => e.Id.Id == 1012 && "policy-changed".Equals(e.Values["Reason"])), "the end of the stream");
        await dialled.SendAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        dialled.Restart();

        await dialled.ExpectConnectionEndAsync();
        await component.WaitForAsync("message[@id='1' and @type='error']/error/stanzas:not-allowed");
        await scene.BalancedAsync();
    }

    // RFC 6120 section 5.3.3: the same between <starttls/> and <proceed/>, where it would be the first bytes of a TLS record.
    [Fact]
    public async Task Publish_PartnerDeniedBeforeProceed_NothingCrossesTheAnswer()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var dialled = await server.AcceptAsync("p1.example");
        await dialled.AnswerHeaderAsync("p1.example", "edge.example", "s1");
        await dialled.SendAsync("<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>");
        await dialled.ExpectAsync("tls:starttls");

        await scene.Node.PublishAsync(EdgeScene.Policy(P1Off, P2));
        await scene.UntilAsync(() => scene.Logs.Events.Any(e => e.Id.Id == 1012 && "policy-changed".Equals(e.Values["Reason"])), "the end of the stream");
        await dialled.SendAsync("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");

        await dialled.ExpectConnectionEndAsync();
        await component.WaitForAsync("message[@id='1' and @type='error']/error/stanzas:not-allowed");
        await scene.BalancedAsync();
    }

    [Fact]
    public async Task Publish_POL19_PartnerDenied_OutboundStreamEndsAndWhatComesLaterIsAnswered()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var carries = await server.AcceptAsync(scene, "p1.example");
        await carries.ExpectAsync("message[@id='1']");

        await scene.Node.PublishAsync(EdgeScene.Policy(P1Off, P2));
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 2));

        await component.WaitForAsync("message[@id='2' and @type='error']/error/stanzas:not-allowed");
        await carries.ExpectStreamErrorAsync("policy-violation");
        await scene.BalancedAsync();
    }

    [Fact]
    public async Task Publish_PartnerAllowedAgain_BothDirectionsWorkAtOnce()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await using var inbound = await scene.PartnerAsync("p1.example");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var outbound = await server.AcceptAsync(scene, "p1.example");
        await outbound.ExpectAsync("message[@id='1']");
        await scene.Node.PublishAsync(EdgeScene.Policy(P1Off, P2));
        await outbound.ExpectAsync("stream:error"); // and its connection stays half open

        await scene.Node.PublishAsync(EdgeScene.Policy(P1, P2));

        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 2));
        await using var again = await server.AcceptAsync(scene, "p1.example");
        await again.ExpectAsync("message[@id='2']");
        await using var inboundAgain = await scene.PartnerAsync("p1.example");
        await inboundAgain.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 3));
        await component.WaitForAsync("message[@id='3']");
        Assert.Equal(TimeSpan.Zero, scene.Time.Elapsed);
        await scene.BalancedAsync();
    }

    [Fact]
    public async Task Publish_PartnerAllowedAgainAfterFailures_NoWaitIsLeft()
    {
        await using var scene = EdgeScene.Start();
        scene.Publish("p1.example", 0);
        await using var component = await scene.ComponentAsync();
        for (var failures = 1; failures <= 5; failures++)
        {
            await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", failures));
            await scene.UntilAsync(() => scene.Logs.Events.Count(e => e.Id.Id == 1021) == failures, "a failure", TimeSpan.FromSeconds(1));
        }

        using var server = scene.Serve("p1.example");
        await scene.Node.PublishAsync(EdgeScene.Policy(P1Off, P2));
        var before = scene.Time.Elapsed;
        scene.Time.Advance(TimeSpan.FromMinutes(6)); // the name server's answer is forgotten
        await scene.Node.PublishAsync(EdgeScene.Policy(P1, P2));

        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 9));
        await using var carries = await server.AcceptAsync(scene, "p1.example");
        await carries.ExpectAsync("message[@id='9']");
        Assert.Equal(TimeSpan.FromMinutes(6), scene.Time.Elapsed - before);
    }

    [Fact]
    public async Task Publish_NothingOfThePartnerChanged_ItsStreamsAndDialsStay()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await using var inbound = await scene.PartnerAsync("p1.example");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var outbound = await server.AcceptAsync("p1.example");
        await scene.Node.PublishAsync(EdgeScene.Policy(P1));
        await outbound.AuthenticateAsync(scene, "p1.example");
        await outbound.ExpectAsync("message[@id='1']");

        await scene.Node.PublishAsync(EdgeScene.Policy(P1, P2));

        await inbound.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 2));
        await component.WaitForAsync("message[@id='2']");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 3));
        await outbound.ExpectAsync("message[@id='3']");
    }

    // RFC 6120 section 4.9.3.16: the peer may come again, under the new terms.
    [Fact]
    public async Task Publish_RootsChanged_StreamsOfTheOldOnesAreReset()
    {
        await using var scene = EdgeScene.Start();
        using var elsewhere = new TestCertificateAuthority();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await using var inbound = await scene.PartnerAsync("p1.example");
        await using var other = await scene.PartnerAsync("p2.example");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var outbound = await server.AcceptAsync(scene, "p1.example");
        await outbound.ExpectAsync("message[@id='1']");

        await scene.Node.PublishAsync(EdgeScene.Policy(P1 with { Trust = new TrustAnchors(System: false, [elsewhere.Root]) }, P2));

        await inbound.ExpectStreamErrorAsync("reset");
        await outbound.ExpectStreamErrorAsync("reset");
        await other.SendAsync(S2SDialogue.Message("a@p2.example", "b@edge.example", 2));
        await component.WaitForAsync("message[@id='2']");
    }

    [Fact]
    public async Task Publish_SaslNotAllowedAnyMore_WhatWaitsGoesOutOnTheNextStream()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var outbound = await server.AcceptAsync(scene, "p1.example");
        await outbound.ExpectAsync("message[@id='1']");

        await scene.Node.PublishAsync(EdgeScene.Policy(P1 with { SaslNegotiation = NegotiationMode.NotSupported }, P2));
        await outbound.ExpectStreamErrorAsync("reset");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 2));

        await using var next = await server.AcceptAsync("p1.example");
        await next.AcceptTlsAsync(scene, "p1.example", "edge.example");
        await next.SendAsync("<stream:features><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>");
        await next.ExpectAsync("db:result");
        await next.SendAsync("<db:result from='p1.example' to='edge.example' type='valid'/>");
        await next.ExpectAsync("message[@id='2']");
        Assert.Equal(TimeSpan.Zero, scene.Time.Elapsed);
    }

    [Fact]
    public async Task Publish_ProxyChanged_TheNextStreamGoesThere()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        using var proxy = new ScriptedListener();
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var outbound = await server.AcceptAsync(scene, "p1.example");
        await outbound.ExpectAsync("message[@id='1']");

        await scene.Node.PublishAsync(EdgeScene.Policy(P1 with { ProxyFqdn = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{proxy.EndPoint.Port}") }, P2));
        await outbound.ExpectStreamEndAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 2));

        await using var next = await proxy.AcceptAsync(scene, "p1.example");
        await next.ExpectAsync("message[@id='2']");
        Assert.Equal(TimeSpan.Zero, scene.Time.Elapsed);
    }

    [Fact]
    public async Task Publish_StanzaLimitLowered_CountsOnAStreamThatIsUp()
    {
        await using var scene = EdgeScene.Start();
        await using var component = await scene.ComponentAsync();
        await using var inbound = await scene.PartnerAsync("p1.example");
        await inbound.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 1, bodyBytes: 20_000));
        await component.WaitForAsync("message[@id='1']");

        await scene.Node.PublishAsync(EdgeScene.Policy(P1 with { MaxStanzaBytes = 10_000 }, P2));
        await inbound.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 2));
        await component.WaitForAsync("message[@id='2']");
        await inbound.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 3, bodyBytes: 20_000));

        await inbound.ExpectStreamErrorAsync("policy-violation");
    }

    [Fact]
    public async Task Publish_PartnerDeniedWhileItNegotiates_ItIsToldAtOnce()
    {
        await using var scene = EdgeScene.Start();
        await using var peer = await S2SDialogue.SecureAsync(scene, scene.Node.S2SEndPoints[0], "p1.example", "edge.example");
        await peer.ExpectAsync("stream:features");

        await scene.Node.PublishAsync(EdgeScene.Policy(P2));

        await peer.ExpectStreamErrorAsync("policy-violation");
    }

    [Theory]
    [InlineData(false, null, null)]
    [InlineData(true, "Partner/p1.example", 2L)]
    public async Task Stream_OfADeniedPartner_IsRefusedAndKeptForTheOperator(bool store, string? document, long? version)
    {
        await using var scene = EdgeScene.Start();
        await scene.Node.PublishAsync(store ? scene.StorePolicy(p1: "\"enabled\": false") : EdgeScene.Policy(P1Off, P2));
        await using var peer = await ScriptedPeer.ConnectAsync(scene.Node.S2SEndPoints[0]);
        await peer.SendHeaderAsync("p1.example", "edge.example");
        await peer.ExpectHeaderAsync();
        await peer.ExpectStreamErrorAsync("policy-violation");

        Assert.Equal(
            ("stream", VerdictReason.PartnerDisabled, Direction.FromPartner, document, version),
            scene.Node.Refusals.Read("p1.example").Select(r => (r.Kind, r.Reason, r.Direction, r.Document, r.DocumentVersion)).Single());
    }

    [Fact]
    public async Task Publish_InternalServersAndComponents_KeepTheirStreams()
    {
        await using var scene = EdgeScene.Start();
        await using var component = await scene.ComponentAsync();
        await using var p2 = await scene.PartnerAsync("p2.example", "inside.example");
        await p2.SendAsync(S2SDialogue.Message("a@p2.example", "b@inside.example", 1));
        await using var inside = await scene.Inside.AcceptAsync(scene, "inside.example", "p2.example");
        await inside.ExpectAsync("message[@id='1']");

        await scene.Node.PublishAsync(EdgeScene.Policy(P1));
        await scene.Node.PublishAsync(EdgeScene.Policy(P1, P2));

        await using var again = await scene.PartnerAsync("p2.example", "inside.example");
        await again.SendAsync(S2SDialogue.Message("a@p2.example", "b@inside.example", 2));
        await inside.ExpectAsync("message[@id='2']");
        await again.SendAsync(S2SDialogue.Message("a@p2.example", "b@inside.example", 3));
        await inside.ExpectAsync("message[@id='3']");
    }

    /// <summary>Fills the connection of a component that reads nothing, so that what comes later waits in its queue; says with how many stanzas.</summary>
    private static async Task<int> FillAsync(EdgeScene scene, ScriptedPeer source)
    {
        var sent = 0;
        do
        {
            await source.SendAsync(S2SDialogue.Messages("a@p2.example", "b@edge.example", 100, first: sent, bodyBytes: 8 * 1024));
            sent += 100;
            var expected = sent;
            await scene.UntilAsync(() => scene.Account is { Balances: true } account && account.Accepted == expected, "the filler");
        }
        while (scene.Account.InFlight < 200);
        return sent;
    }
}
