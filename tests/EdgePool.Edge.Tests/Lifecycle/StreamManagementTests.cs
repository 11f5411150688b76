using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Peers;
using Xunit;
using static EdgePool.Edge.Tests.Lifecycle.ManagedDialogue;

namespace EdgePool.Edge.Tests.Lifecycle;

// XEP-0198 between a node and its partners, end to end: what a peer is told is handled has been handed on.
public sealed class StreamManagementTests
{
    [Fact]
    public async Task Inbound_HandedOn_IsAcknowledged()
    {
        await using var scene = EdgeScene.Start();
        await using var component = await scene.ComponentAsync();
        await using var peer = await ManagedAsync(scene);

        await peer.SendAsync(S2SDialogue.Messages("a@p1.example", "b@edge.example", 10));
        for (var i = 0; i < 10; i++)
            await component.WaitForAsync($"message[@id='{i}']");
        await peer.SendAsync(Request);

        await ExpectHandledAsync(peer, 10);
        await scene.BalancedAsync();
    }

    [Fact]
    public async Task Inbound_Unasked_IsAcknowledgedWithTime()
    {
        await using var scene = EdgeScene.Start();
        await using var component = await scene.ComponentAsync();
        await using var peer = await ManagedAsync(scene);
        await peer.SendAsync(S2SDialogue.Messages("a@p1.example", "b@edge.example", 3));
        await component.WaitForAsync("message[@id='2']");
        await scene.BalancedAsync();

        scene.Time.Advance(TimeSpan.FromSeconds(5));

        await peer.ExpectAsync("sm:a[@h='3']");
    }

    // The stanza waits for a server that is not there: whoever loses us now still has it. When it is answered, the answer is what counts.
    [Fact]
    public async Task Inbound_WaitingForItsTarget_IsNotAcknowledgedBeforeItsAnswerIsOut()
    {
        await using var scene = EdgeScene.Start();
        var back = scene.Serve("p1.example");
        scene.Inside.Dispose();
        await using var peer = await ManagedAsync(scene, "inside.example");
        await peer.SendAsync(S2SDialogue.Messages("a@p1.example", "b@inside.example", 2) + Request);
        await peer.ExpectAsync("sm:a[@h='0']");

        await scene.UntilAsync(() => scene.Account.Bounced == 2, "the answers", TimeSpan.FromSeconds(1));
        await using var backwards = await back.AcceptAsync("p1.example");
        await peer.SendAsync(Request);
        await peer.ExpectAsync("sm:a[@h='0']");
        await backwards.AuthenticateAsync(scene, "p1.example", "inside.example");
        await backwards.ExpectAsync("message[@id='0' and @type='error']");
        await backwards.ExpectAsync("message[@id='1' and @type='error']");

        await ExpectHandledAsync(peer, 2);
    }

    [Fact]
    public async Task Inbound_RefusedOrDropped_IsAcknowledged()
    {
        await using var scene = EdgeScene.Start();
        var back = scene.Serve("p1.example");
        await using var peer = await ManagedAsync(scene, "edge.example");
        await peer.SendAsync("<presence from='a@p1.example' to='b@edge.example'/><message from='a@p1.example' to='b@edge.example' type='error' id='1'/>" + Request);
        await peer.ExpectAsync("sm:a[@h='2']");

        await peer.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 3));
        await using var backwards = await back.AcceptAsync(scene, "p1.example");
        await backwards.ExpectAsync("message[@id='3' and @type='error']");
        await peer.SendAsync(Request);
        await ExpectHandledAsync(peer, 3);
    }

    [Fact]
    public async Task Inbound_TheStreamEnds_TheLastWordIsTheCount()
    {
        await using var scene = EdgeScene.Start();
        await using var component = await scene.ComponentAsync();
        await using var peer = await ManagedAsync(scene);
        await peer.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 0));
        await component.WaitForAsync("message[@id='0']");
        await scene.BalancedAsync();

        await peer.SendAsync("</stream:stream>");

        await peer.ExpectAsync("sm:a[@h='1']");
        await peer.ExpectStreamEndAsync();
    }

    [Fact]
    public async Task Outbound_Acknowledged_IsDelivered()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", 3));
        await using var partner = await AcceptManagedAsync(server, scene);
        await ExpectMessagesAsync(partner, 3);
        await partner.ExpectAsync("sm:r");
        Assert.Equal((0, 3), (scene.Account.Delivered, scene.Account.InFlight));
        Assert.Contains(scene.Node.Streams.All, s => s.Counts.Unacknowledged == 3);

        await partner.SendAsync("<a xmlns='urn:xmpp:sm:3' h='2'/>");
        await scene.UntilAsync(() => scene.Account.Delivered == 2, "two delivered");
        await partner.SendAsync("<a xmlns='urn:xmpp:sm:3' h='3'/>");
        await scene.BalancedAsync();
        Assert.Equal(3, scene.Account.Delivered);
    }

    [Fact]
    public async Task Outbound_TheConnectionIsLost_WhatWasNotAcknowledgedIsAnswered()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", 5));
        await using (var partner = await AcceptManagedAsync(server, scene))
        {
            await ExpectMessagesAsync(partner, 5);
            await partner.ExpectAsync("sm:r");
            await partner.SendAsync("<a xmlns='urn:xmpp:sm:3' h='2'/>");
            await scene.UntilAsync(() => scene.Account.Delivered == 2, "two delivered");
        }

        for (var i = 2; i < 5; i++)
            await component.WaitForAsync($"message[@id='{i}' and @type='error']/error[@type='wait']/stanzas:remote-server-timeout");
        await scene.BalancedAsync();
        Assert.Equal((2, 3), (scene.Account.Delivered, scene.Account.BouncedBy[BounceReason.StreamLost]));
    }

    // The partner has its last word after ours: its count comes behind our farewell.
    [Fact]
    public async Task Outbound_WeEndTheStream_TheLastCountIsHeard()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", 2));
        await using var partner = await AcceptManagedAsync(server, scene);
        await ExpectMessagesAsync(partner, 2);
        await partner.ExpectAsync("sm:r");
        await scene.UntilAsync(() => scene.Logs.Events.Any(e => e.Id.Id == 1005), "the partner's word on it"); // the question may come before it was heard
        await scene.Node.PublishAsync(EdgeScene.Policy(new PartnerDocument { Domain = "p1.example", Enabled = false }));
        await partner.ExpectAsync("stream:error/streams:policy-violation");
        await partner.ExpectStreamEndAsync();
        Assert.Equal(2, scene.Account.InFlight);
        await partner.SendAsync("<a xmlns='urn:xmpp:sm:3' h='2'/></stream:stream>");

        await scene.BalancedAsync();
        Assert.Equal((2, 0), (scene.Account.Delivered, scene.Account.Bounced));
    }

    [Fact]
    public async Task Outbound_TheyRefuse_WrittenIsDelivered()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", 2));
        await using var partner = await OfferAsync(server, scene);
        await partner.ExpectAsync("sm:enable");
        await partner.SendAsync("<failed xmlns='urn:xmpp:sm:3'/>");
        await ExpectMessagesAsync(partner, 2);

        await scene.BalancedAsync();
        Assert.Equal(2, scene.Account.Delivered);
    }

    [Fact]
    public async Task Outbound_NeverAcknowledged_EndsTheStreamAndIsAnswered()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", 1));
        await using var partner = await AcceptManagedAsync(server, scene);
        await ExpectMessagesAsync(partner, 1);
        await partner.ExpectAsync("sm:r");

        await scene.UntilAsync(() => scene.Logs.Events.Any(e => "acknowledgement-timeout".Equals(e.Values.GetValueOrDefault("Reason"))), "the end", TimeSpan.FromSeconds(1));
        Assert.True(scene.Time.Elapsed >= TimeSpan.FromSeconds(120), $"after {scene.Time.Elapsed}");
        await scene.UntilAsync(() => scene.Account.InFlight == 0, "the answer", TimeSpan.FromSeconds(1));
        await component.WaitForAsync("message[@id='0' and @type='error']/error/stanzas:remote-server-timeout");
        Assert.True(scene.Account.Balances);
    }

    // A full account takes no more: what is behind it waits, and goes on with the first answer.
    [Fact]
    public async Task Outbound_TooManyUnacknowledged_TheWriterWaits()
    {
        await using var scene = EdgeScene.Start(options => options with { Limits = options.Limits with { UnacknowledgedStanzas = 4 } });
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", 4));
        await using var partner = await AcceptManagedAsync(server, scene);
        await ExpectMessagesAsync(partner, 4);
        await partner.ExpectAsync("sm:r");
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", 2, first: 4));
        await scene.UntilAsync(() => scene.Account.Accepted == 6, "six");
        await partner.ExpectSilenceAsync(TimeSpan.FromMilliseconds(100));

        await partner.SendAsync("<a xmlns='urn:xmpp:sm:3' h='4'/>");
        await ExpectMessagesAsync(partner, 2, first: 4);
        await partner.ExpectEventuallyAsync("sm:r");
        await partner.SendAsync("<a xmlns='urn:xmpp:sm:3' h='6'/>");
        await scene.BalancedAsync();
        Assert.Equal(6, scene.Account.Delivered);
    }

    // The whole way with acknowledgements on both sides: a partner is told when the internal server has taken it over.
    [Fact]
    public async Task Through_BothSidesCount_ThePartnerIsToldWhenTheServerInsideHasIt()
    {
        await using var scene = EdgeScene.Start();
        await using var peer = await ManagedAsync(scene, "inside.example");
        await peer.SendAsync(S2SDialogue.Messages("a@p1.example", "b@inside.example", 2));
        await using var inside = await AcceptManagedAsync(scene.Inside, scene, "inside.example", "p1.example");
        await ExpectMessagesAsync(inside, 2);
        await inside.ExpectAsync("sm:r");
        await peer.SendAsync(Request);
        await peer.ExpectAsync("sm:a[@h='0']");

        await inside.SendAsync("<a xmlns='urn:xmpp:sm:3' h='2'/>");

        await peer.ExpectAsync("sm:a[@h='2']");
        await scene.BalancedAsync();
    }

    [Theory]
    [InlineData("<a xmlns='urn:xmpp:sm:3' h='1'/>", "undefined-condition")]
    [InlineData("<a xmlns='urn:xmpp:sm:3' h='4294967295'/>", "undefined-condition")]
    [InlineData("<a xmlns='urn:xmpp:sm:3'/>", "invalid-xml")]
    [InlineData(Enable, "policy-violation")]
    [InlineData("<enabled xmlns='urn:xmpp:sm:3'/>", "policy-violation")]
    public async Task Hostile_OnAManagedStream_EndsIt(string xml, string condition)
    {
        await using var scene = EdgeScene.Start();
        await using var peer = await ManagedAsync(scene);

        await peer.SendAsync(xml);

        await peer.ExpectStreamErrorAsync(condition);
    }

    // XEP-0198 section 5: whoever cannot resume says so, and the stream is as good as any.
    [Fact]
    public async Task Hostile_ResumesWhatNeverWas_FailsAndMayEnable()
    {
        await using var scene = EdgeScene.Start();
        await using var component = await scene.ComponentAsync();
        await using var peer = await OfferedAsync(scene, "edge.example");
        await peer.SendAsync("<resume xmlns='urn:xmpp:sm:3' previd='of another' h='4294967295'/>");
        await peer.ExpectAsync("sm:failed/stanzas:item-not-found");

        await peer.SendAsync(Enable + S2SDialogue.Message("a@p1.example", "b@edge.example", 0) + Request);
        await peer.ExpectAsync("sm:enabled");
        await ExpectHandledAsync(peer, 1);
        Assert.DoesNotContain(scene.Logs.Events, e => e.Id.Id == 1013);
    }

    // The partner's switch: nothing is offered, and what was not offered fails.
    [Fact]
    public async Task Partner_WithoutStreamManagement_IsNeitherOfferedItNorAsked()
    {
        await using var scene = EdgeScene.Start();
        await scene.Node.PublishAsync(EdgeScene.Policy(new PartnerDocument { Domain = "p1.example", EnableStreamManagement = false }));
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await using var peer = await scene.PartnerAsync("p1.example");
        await peer.SendAsync(Enable);
        await peer.ExpectAsync("sm:failed/stanzas:unexpected-request");

        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 0));
        await using var partner = await OfferAsync(server, scene);
        await partner.ExpectAsync("message[@id='0']");
        await scene.BalancedAsync();
    }

    [Fact]
    public async Task Hostile_AsksOverAndOver_IsAnsweredSeldomAndLetGo()
    {
        await using var scene = EdgeScene.Start();
        await using var peer = await ManagedAsync(scene);

        await peer.SendAsync(string.Concat(Enumerable.Repeat(Request, 1_000)));

        var error = await peer.ExpectEventuallyAsync("stream:error");
        Assert.True(XmppNames.Matches(error, "stream:error/streams:policy-violation"), error.ToString());
    }

    [Fact]
    public async Task Hostile_BeforeAuthentication_FailsAndIsLetGo()
    {
        await using var scene = EdgeScene.Start();
        await using var peer = await S2SDialogue.SecureAsync(scene, scene.Node.S2SEndPoints[0], "p1.example", "edge.example");
        await peer.ExpectAsync("stream:features");
        await peer.SendAsync(Enable);
        await peer.ExpectAsync("sm:failed/stanzas:unexpected-request");

        await peer.SendAsync(Enable);

        await peer.ExpectStreamErrorAsync("policy-violation");
    }

    [Fact]
    public async Task Hostile_AcknowledgesWhatItWasNotSent_EndsOurStreamAndItIsAnswered()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", 1));
        await using var partner = await AcceptManagedAsync(server, scene);
        await ExpectMessagesAsync(partner, 1);
        await partner.ExpectAsync("sm:r");
        await partner.SendAsync("<a xmlns='urn:xmpp:sm:3' h='2'/>");

        var error = await partner.ExpectEventuallyAsync("stream:error");
        Assert.True(XmppNames.Matches(error, "stream:error/sm:handled-count-too-high"), error.ToString());
        await partner.DisposeAsync();
        await component.WaitForAsync("message[@id='0' and @type='error']");
        await scene.BalancedAsync();
    }
}
