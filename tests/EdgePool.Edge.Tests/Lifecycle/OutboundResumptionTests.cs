using System.Net;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Peers;
using Xunit;
using static EdgePool.Edge.Tests.Lifecycle.ManagedDialogue;

namespace EdgePool.Edge.Tests.Lifecycle;

// XEP-0198 section 5 for the side that opened the stream.
public sealed class OutboundResumptionTests
{
    [Fact]
    public async Task Cut_IsResumed_WhatWasNotHandledGoesFirst()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await LoseAsync(server, scene, component);
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", 3, first: 5));

        await using var again = await ExpectResumeAsync(server, scene);
        await again.SendAsync("<resumed xmlns='urn:xmpp:sm:3' previd='sesame' h='3'/>");

        for (var i = 3; i < 8; i++)
            Assert.Equal(i, S2SDialogue.Number(await again.ExpectEventuallyAsync("message")));
        await again.SendAsync("<a xmlns='urn:xmpp:sm:3' h='8'/>");
        await scene.BalancedAsync();
        Assert.Equal((8, 0), (scene.Account.Delivered, scene.Account.Bounced));
    }

    // Nothing else waits, and yet it is our turn: the partner may have stanzas to send again, and ours are in flight.
    [Fact]
    public async Task Cut_NothingWaits_IsResumedAllTheSame()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await LoseAsync(server, scene, component);

        await using var again = await ExpectResumeAsync(server, scene);
        await again.SendAsync("<resumed xmlns='urn:xmpp:sm:3' previd='sesame' h='5'/>");

        await scene.BalancedAsync();
        Assert.Equal(5, scene.Account.Delivered);
    }

    [Fact]
    public async Task Cut_ThePartnerHasForgotten_WhatItHadNotHandledIsAnswered()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await LoseAsync(server, scene, component);
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 5));

        await using var again = await ExpectResumeAsync(server, scene);
        await again.SendAsync("<failed xmlns='urn:xmpp:sm:3' h='4'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");

        await again.ExpectAsync("sm:enable[@resume='true']");
        await again.SendAsync("<enabled xmlns='urn:xmpp:sm:3'/>");
        await again.ExpectAsync("message[@id='5']");
        await component.WaitForAsync("message[@id='4' and @type='error']/error[@type='wait']/stanzas:remote-server-timeout");
        await again.ExpectAsync("sm:r");
        await again.SendAsync("<a xmlns='urn:xmpp:sm:3' h='1'/>");
        await scene.BalancedAsync();
        Assert.Equal((5, 1), (scene.Account.Delivered, scene.Account.BouncedBy[BounceReason.StreamLost]));
    }

    [Fact]
    public async Task Cut_NotReachedWithinItsTime_IsAnswered()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await LoseAsync(server, scene, component, "max='30'", after: server.Dispose);
        Assert.Equal(3, scene.Account.InFlight);
        scene.Time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(3, scene.Account.InFlight);

        scene.Time.Advance(TimeSpan.FromSeconds(1));

        await scene.BalancedAsync();
        Assert.Equal(3, scene.Account.BouncedBy[BounceReason.StreamLost]);
        await component.WaitForAsync("message[@id='2' and @type='error']");
    }

    // The next target may be where it can be resumed; a place that is asked and breaks has not said no.
    [Fact]
    public async Task Cut_AgainBeforeTheAnswer_IsAskedOnceMore()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await LoseAsync(server, scene, component);
        await (await ExpectResumeAsync(server, scene)).DisposeAsync();

        var accepting = ExpectResumeAsync(server, scene);
        await using var again = await scene.WhileAdvancingAsync(accepting, TimeSpan.FromMilliseconds(50));
        await again.SendAsync("<resumed xmlns='urn:xmpp:sm:3' previd='sesame' h='2'/>");
        await ExpectMessagesAsync(again, 3, first: 2);
        await again.ExpectEventuallyAsync("sm:r");
        await again.SendAsync("<a xmlns='urn:xmpp:sm:3' h='5'/>");
        await scene.BalancedAsync();
        Assert.Equal(5, scene.Account.Delivered);
    }

    // Who takes our stanzas again and again and acknowledges none has no more than the time of the first loss.
    [Fact]
    public async Task Hostile_ResumesAndAcknowledgesNothing_GainsNoTime()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await LoseAsync(server, scene, component);
        for (var losses = 2; losses <= 4; losses++)
        {
            await using (var again = await ExpectResumeAsync(server, scene))
            {
                await again.SendAsync("<resumed xmlns='urn:xmpp:sm:3' previd='sesame' h='2'/>");
                await ExpectMessagesAsync(again, 3, first: 2);
                scene.Time.Advance(TimeSpan.FromSeconds(30)); // long enough for another dial at once
            }

            await scene.UntilAsync(() => scene.Logs.Events.Count(e => e.Id.Id == 1008) == losses, $"loss {losses}");
            Assert.Equal(3, scene.Account.InFlight);
        }

        await scene.UntilAsync(() => scene.Account.BouncedBy.GetValueOrDefault(BounceReason.StreamLost) == 3, "the answers", TimeSpan.FromMilliseconds(250));
        Assert.InRange(scene.Time.Elapsed, TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(125));
    }

    [Fact]
    public async Task Hostile_ResumesWithMoreThanItWasSent_EndsTheStreamAndItIsAnswered()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await LoseAsync(server, scene, component);
        await using var again = await ExpectResumeAsync(server, scene);

        await again.SendAsync("<resumed xmlns='urn:xmpp:sm:3' previd='sesame' h='6'/>");

        await again.ExpectAsync("stream:error/sm:handled-count-too-high");
        await again.DisposeAsync();
        await component.WaitForAsync("message[@id='4' and @type='error']");
        await scene.BalancedAsync();
        Assert.Equal(3, scene.Account.BouncedBy[BounceReason.StreamLost]);
    }

    [Fact]
    public async Task Hostile_NeverAnswers_IsLetGoAndItIsAnswered()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await LoseAsync(server, scene, component);
        await using var again = await ExpectResumeAsync(server, scene);

        scene.Time.Advance(TimeSpan.FromSeconds(30));

        await again.ExpectAsync("stream:error/streams:connection-timeout");
        await again.DisposeAsync();
        await component.WaitForAsync("message[@id='4' and @type='error']");
        await scene.BalancedAsync();
    }

    [Fact]
    public async Task EndedByAnError_IsNotResumed()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", 2));
        await using var partner = await AcceptResumableAsync(server, scene);
        await ExpectMessagesAsync(partner, 2);

        await partner.SendAsync("<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
        await partner.DisposeAsync();

        await component.WaitForAsync("message[@id='1' and @type='error']");
        await scene.BalancedAsync();
        Assert.DoesNotContain(scene.Logs.Events, e => e.Id.Id == 1008);
    }

    [Fact]
    public async Task Policy_DisablesThePartner_IsAnsweredAtOnce()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await LoseAsync(server, scene, component, after: server.Dispose);

        await scene.Node.PublishAsync(EdgeScene.Policy(new PartnerDocument { Domain = "p1.example", Enabled = false }));

        Assert.Equal((0, 3), (scene.Account.InFlight, scene.Account.BouncedBy[BounceReason.StreamLost]));
        await component.WaitForAsync("message[@id='4' and @type='error']");
    }

    [Fact]
    public async Task Policy_WithoutResumption_DoesNotAskForIt()
    {
        await using var scene = EdgeScene.Start();
        await scene.Node.PublishAsync(EdgeScene.Policy(new PartnerDocument { Domain = "p1.example", EnableStreamResumption = false }));
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 0));
        await using var partner = await OfferAsync(server, scene);

        Assert.Null((await partner.ExpectAsync("sm:enable")).Attribute("resume"));
    }

    [Fact]
    public async Task Shutdown_WhatMightHaveBeenResumed_IsAnswered()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await LoseAsync(server, scene, component, after: server.Dispose);

        var stopping = scene.StopAsync(stepMilliseconds: 5);
        await component.WaitForAsync("message[@id='4' and @type='error']");
        await component.DisposeAsync();
        await stopping;

        Assert.True(scene.Account is { Balances: true, InFlight: 0 }, scene.Account.ToString());
    }

    // XEP-0198 section 3: the peer's preferred place is one more host that it sends us to.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Location_IsTried_WherePolicyFollows(bool follows)
    {
        await using var scene = EdgeScene.Start();
        await scene.Node.PublishAsync(EdgeScene.Policy(new PartnerDocument { Domain = "p1.example", FollowSeeOtherHost = follows }));
        var server = scene.Serve("p1.example");
        using var elsewhere = new ScriptedListener(new IPEndPoint(IPAddress.Loopback, 0));
        await using var component = await scene.ComponentAsync();
        await LoseAsync(server, scene, component, $"location='127.0.0.1:{elsewhere.EndPoint.Port}'");

        await using var again = await ExpectResumeAsync(follows ? elsewhere : server, scene);
        await again.SendAsync("<resumed xmlns='urn:xmpp:sm:3' previd='sesame' h='5'/>");

        await scene.BalancedAsync();
    }

    /// <summary>Five stanzas go out, two are acknowledged, and the connection breaks.</summary>
    private static async Task LoseAsync(ScriptedListener server, EdgeScene scene, ComponentClient component, string attributes = "", Action? after = null)
    {
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", 5));
        await using (var partner = await AcceptResumableAsync(server, scene, attributes))
        {
            await ExpectMessagesAsync(partner, 5);
            await partner.ExpectAsync("sm:r");
            await partner.SendAsync("<a xmlns='urn:xmpp:sm:3' h='2'/>");
            await scene.UntilAsync(() => scene.Account.Delivered == 2, "two delivered");
            after?.Invoke();
        }

        await scene.UntilAsync(() => scene.Logs.Events.Any(e => e.Id.Id == 1008), "a lost stream");
    }

    private static async Task<ScriptedPeer> ExpectResumeAsync(ScriptedListener server, EdgeScene scene)
    {
        var peer = await OfferAsync(server, scene);
        await peer.ExpectAsync("sm:resume[@previd='sesame' and @h='0']");
        return peer;
    }
}
