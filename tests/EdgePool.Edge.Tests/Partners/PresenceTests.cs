using System.Xml.Linq;
using EdgePool.Edge.Tests.Lifecycle;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

/// <summary>POLICY.md section 4 on a running node: no contact stays shown as available.</summary>
public sealed class PresenceTests
{
    private static readonly TimeSpan Interval = Gateway.Default.SubscriptionRefreshInterval;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(500);

    [Fact]
    public async Task Contact_BeforeTheIntervalEnds_IsAskedFor_AndItsAnswerKeepsIt()
    {
        await using var scene = Patient();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync("<message from='b@edge.example' to='a@p1.example' id='1'/>");
        await using var towards = await server.AcceptAsync(scene, "p1.example");
        await towards.ExpectAsync("message[@id='1']");
        await ShowAsync(scene, component, "<presence from='a@p1.example/r' to='b@edge.example'/>");

        scene.Time.Advance(Interval * 0.6);
        await scene.UntilAsync(() => scene.Account.ErrorsSent > 0, "a probe", TimeSpan.FromSeconds(15)); // while it is under way time stands still
        var probe = await towards.ExpectAsync("presence[@type='probe']");
        Assert.Equal(("b@edge.example", "a@p1.example"), (probe.Attribute("from")?.Value, probe.Attribute("to")?.Value));

        await ShowAsync(scene, component, "<presence from='a@p1.example/r' to='b@edge.example'><show>away</show></presence>");
        scene.Time.Advance(Interval * 0.5);
        await component.SendAsync("<message from='b@edge.example' to='b@other.example' id='end'/>");
        Assert.Equal("end", (await component.ReceiveAsync()).Attribute("id")?.Value);
        Assert.Equal((2, 1), (scene.Account.ErrorsSent, scene.Node.PresenceShown)); // the probe, and the answer to that message
    }

    [Fact]
    public async Task Contact_ThatDoesNotAnswer_IsShownAsUnavailable()
    {
        await using var scene = Patient();
        scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await ShowAsync(scene, component, "<presence from='a@p1.example/r' to='b@edge.example'/>");
        await ShowAsync(scene, component, "<presence from='a@p1.example/gone' to='b@edge.example'/>");
        await ShowAsync(scene, component, "<presence from='a@p1.example/gone' to='b@edge.example' type='unavailable'/>");
        await ShowAsync(scene, component, "<presence from='room@p1.example/nick' to='b@edge.example/r'/>");

        var farewell = component.WaitForAsync("presence[@type='unavailable']");
        scene.Time.Advance(Interval - TimeSpan.FromSeconds(10));
        Assert.False(farewell.IsCompleted);
        await scene.WhileAdvancingAsync(farewell, Step);

        Assert.Equal(("a@p1.example/r", "b@edge.example"), Addresses(await farewell));
        Assert.Equal(0, scene.Node.PresenceShown);
        await scene.BalancedAsync();
    }

    [Fact]
    public async Task Contact_OfAPartnerThatIsSwitchedOff_IsShownAsUnavailable()
    {
        await using var scene = EdgeScene.Start();
        await using var component = await scene.ComponentAsync();
        await ShowAsync(scene, component, "<presence from='a@p1.example/r' to='b@edge.example'/>");
        await ShowAsync(scene, component, "<presence from='a@p2.example/r' to='b@edge.example'/>", "p2.example");

        await scene.Node.PublishAsync(EdgeScene.Policy(new PartnerDocument { Domain = "p1.example", Enabled = false }, new PartnerDocument { Domain = "p2.example" }));

        var farewell = component.WaitForAsync("presence[@type='unavailable']");
        await scene.WhileAdvancingAsync(farewell, Step);
        Assert.Equal(("a@p1.example/r", "b@edge.example"), Addresses(await farewell));
        Assert.Equal(1, scene.Node.PresenceShown);
    }

    // Presence that a partner may not see any more is taken back, as long as the partner may be talked to at all.
    [Fact]
    public async Task OwnUser_WhosePresenceIsNoLongerForThePartner_IsShownAsUnavailable()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync("<presence from='b@edge.example/r' to='a@p1.example'/>");
        await using var towards = await server.AcceptAsync(scene, "p1.example");
        await towards.ExpectAsync("presence[not(@type)]");

        await scene.Node.PublishAsync(EdgeScene.Policy(
            new PartnerDocument { Domain = "p1.example", Rules = new RulesDocument { Presence = false } }, new PartnerDocument { Domain = "p2.example" }));

        var farewell = towards.ExpectAsync("presence[@type='unavailable']");
        await scene.WhileAdvancingAsync(farewell, Step);
        Assert.Equal(("b@edge.example/r", "a@p1.example"), Addresses(await farewell));
    }

    [Fact]
    public async Task Contact_OfAPartnerThatCannotBeReached_IsShownAsUnavailableAfterTheTimeThatStanzasWait()
    {
        await using var scene = EdgeScene.Start();
        scene.Publish("p1.example", 1); // nobody listens there
        await using var component = await scene.ComponentAsync();
        await ShowAsync(scene, component, "<presence from='a@p1.example/r' to='b@edge.example'/>");
        var before = scene.Time.Elapsed;
        await component.SendAsync("<message from='b@edge.example' to='a@p1.example' id='1'/>");
        await scene.UntilAsync(() => scene.Account.Accepted == 2, "the message"); // from then on it waits

        await scene.UntilAsync(() => scene.Node.PresenceShown == 0, "the farewell", Step);
        Assert.InRange(scene.Time.Elapsed - before, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(90));
        Assert.Equal(("a@p1.example/r", "b@edge.example"), Addresses(await component.WaitForAsync("presence[@type='unavailable']")));
    }

    [Fact]
    public async Task OwnUser_WhoseComponentIsGone_IsShownAsUnavailableAfterTheTimeThatStanzasWait()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var other = await scene.ComponentAsync("other.example");
        await other.SendAsync("<presence from='c@other.example/r' to='a@p1.example'/>");
        await using var alsoTowards = await server.AcceptAsync(scene, "p1.example", "other.example");
        await alsoTowards.ExpectAsync("presence[not(@type)]");
        var component = await scene.ComponentAsync();
        await component.SendAsync("<presence from='b@edge.example/r' to='a@p1.example'/>");
        await using var towards = await server.AcceptAsync(scene, "p1.example");
        await towards.ExpectAsync("presence[not(@type)]");
        await scene.UntilAsync(() => scene.Node.PresenceShown == 2, "two that are shown");

        await component.DisposeAsync();
        await scene.UntilAsync(() => scene.Logs.Events.Any(e => e.Id.Id == 2021), "the component's end");
        var before = scene.Time.Elapsed;
        await scene.UntilAsync(() => scene.Node.PresenceShown == 1, "the farewell", Step);
        Assert.InRange(scene.Time.Elapsed - before, TimeSpan.FromSeconds(59), TimeSpan.FromSeconds(75));
        Assert.Equal(("b@edge.example/r", "a@p1.example"), Addresses(await towards.ExpectAsync("presence[@type='unavailable']")));
    }

    /// <summary>A node whose streams may be silent for days.</summary>
    private static EdgeScene Patient() => EdgeScene.Start(options => options with { Timeouts = new StreamTimeouts { Idle = TimeSpan.FromDays(3), Write = TimeSpan.FromDays(3), Stanza = TimeSpan.FromDays(3) } });

    private static (string? From, string? To) Addresses(XElement presence) => (presence.Attribute("from")?.Value, presence.Attribute("to")?.Value);

    private static async Task ShowAsync(EdgeScene scene, ComponentClient component, string presence, string partner = "p1.example")
    {
        await using var peer = await scene.PartnerAsync(partner);
        await peer.SendAsync(presence);
        Assert.Equal("presence", (await component.ReceiveAsync()).Name.LocalName);
        await peer.SendAsync("</stream:stream>");
    }
}
