using EdgePool.Testing.Peers;
using Xunit;
using static EdgePool.Edge.Tests.Lifecycle.ManagedDialogue;

namespace EdgePool.Edge.Tests.Lifecycle;

// XEP-0198 section 5 on streams that carry stanzas both ways (XEP-0288), and on streams of several pairs.
public sealed class BidirectionalResumptionTests
{
    private const string External = "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>";
    private const string Offer = "<bidi xmlns='urn:xmpp:features:bidi'/>";

    [Fact]
    public async Task Theirs_ResumedBothWays_OurStanzasGoOnInOrder()
    {
        await using var scene = EdgeScene.Start();
        await using var component = await scene.ComponentAsync();
        var id = await LoseTheirsAsync(scene, component);
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", 2, first: 3));
        await scene.UntilAsync(() => scene.Account.Accepted == 5, "five");

        await using var again = await OfferedAsync(scene, bothWays: true);
        await again.ResumeAsync(id, 1);

        await again.ExpectAsync("sm:resumed[@h='0']");
        for (var i = 1; i < 5; i++)
            Assert.Equal(i, S2SDialogue.Number(await again.ExpectEventuallyAsync("message")));
        await again.SendAsync("<a xmlns='urn:xmpp:sm:3' h='5'/>");
        await scene.BalancedAsync();
        Assert.Equal((5, 0), (scene.Account.Delivered, scene.Account.Bounced));
    }

    // What waits does not wait for ever; and what went before it is answered before it goes another way.
    [Fact]
    public async Task Theirs_ThePartnerDoesNotComeAgain_OurStanzasGoOnAStreamOfOurs()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await LoseTheirsAsync(scene, component);
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 3));
        await scene.UntilAsync(() => scene.Account.Accepted == 4, "four");
        scene.Time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(0, scene.Account.Bounced);

        await using var ours = await scene.WhileAdvancingAsync(OfferAsync(server, scene), TimeSpan.FromMilliseconds(100));

        await ours.ExpectAsync("sm:enable");
        await ours.ExpectAsync("message[@id='3']");
        await component.WaitForAsync("message[@id='2' and @type='error']/error/stanzas:remote-server-timeout");
        Assert.InRange(scene.Time.Elapsed, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Theirs_ResumedOneWay_IsRefused()
    {
        await using var scene = EdgeScene.Start();
        await using var component = await scene.ComponentAsync();
        var id = await LoseTheirsAsync(scene, component);

        await using var again = await OfferedAsync(scene);
        await again.ResumeAsync(id, 3);

        await again.ExpectAsync("sm:failed/stanzas:item-not-found");
        scene.Time.Advance(TimeSpan.FromSeconds(120));
        await component.WaitForAsync("message[@id='2' and @type='error']");
        await scene.BalancedAsync();
    }

    [Fact]
    public async Task Ours_Resumed_GoesOnBothWays()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await LoseOursAsync(server, scene, component);

        await using var again = await TakeAsync(server, scene, Offer);
        await again.ExpectAsync("sm:resume[@previd='sesame' and @h='1']");
        await again.SendAsync("<resumed xmlns='urn:xmpp:sm:3' previd='sesame' h='1'/>" + S2SDialogue.Message("b@p1.example", "a@edge.example", 11));

        await again.ExpectEventuallyAsync("message[@id='1']");
        await component.WaitForAsync("message[@id='11']");
        await again.SendAsync("<a xmlns='urn:xmpp:sm:3' h='2'/>");
        await scene.BalancedAsync();
    }

    [Fact]
    public async Task Ours_TheOtherWayIsGone_IsNotResumed()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await LoseOursAsync(server, scene, component);

        await using var again = await TakeAsync(server, scene, offer: "");

        await again.ExpectAsync("sm:enable");
        await component.WaitForAsync("message[@id='1' and @type='error']");
    }

    /// <summary>Three stanzas of ours go out on the partner's stream, and its connection breaks.</summary>
    private static async Task<string> LoseTheirsAsync(EdgeScene scene, ComponentClient component)
    {
        var (peer, id) = await ResumableAsync(scene, bothWays: true);
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", 3));
        await ExpectMessagesAsync(peer, 3);
        await peer.DisposeAsync();
        await scene.UntilAsync(() => scene.Logs.Events.Any(e => e.Id.Id == 1008), "a lost stream");
        Assert.Equal(3, scene.Account.InFlight);
        return id;
    }

    /// <summary>Two stanzas go out on our stream, one comes back, and its connection breaks.</summary>
    private static async Task LoseOursAsync(ScriptedListener server, EdgeScene scene, ComponentClient component)
    {
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", 2));
        await using (var partner = await TakeAsync(server, scene, Offer))
        {
            await partner.ExpectAsync("sm:enable[@resume='true']");
            await partner.SendAsync("<enabled xmlns='urn:xmpp:sm:3' resume='true' id='sesame'/>" + S2SDialogue.Message("b@p1.example", "a@edge.example", 10));
            await ExpectMessagesAsync(partner, 2);
            await component.WaitForAsync("message[@id='10']");
            await scene.UntilAsync(() => scene.Account.Delivered == 1, "the one that came");
        }

        await scene.UntilAsync(() => scene.Logs.Events.Any(e => e.Id.Id == 1008), "a lost stream");
    }

    private static async Task<ScriptedPeer> TakeAsync(ScriptedListener listener, EdgeScene scene, string offer)
    {
        var peer = await listener.AcceptAsync("p1.example");
        await peer.AcceptTlsAsync(scene, "p1.example", "edge.example");
        await peer.SendAsync($"<stream:features>{External}{offer}</stream:features>");
        if (offer.Length > 0)
            await peer.ExpectAsync("bidi");
        await peer.ExpectAsync("sasl:auth[@mechanism='EXTERNAL']");
        await peer.SendAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        peer.Restart();
        await peer.AnswerHeaderAsync("p1.example", "edge.example", "s3");
        await peer.SendAsync("<stream:features><sm xmlns='urn:xmpp:sm:3'/></stream:features>");
        return peer;
    }
}
