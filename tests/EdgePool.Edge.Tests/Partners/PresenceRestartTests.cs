using EdgePool.Cluster.Documents;
using EdgePool.Edge.Tests.Lifecycle;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

/// <summary>POLICY.md section 4 over a restart: what a node has shown, its successor takes back where nobody answers for it any more.</summary>
public sealed class PresenceRestartTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(500);

    private readonly FakePresences journal = new();

    [Fact]
    public async Task Contact_ShownAndGone_IsInTheJournalAsLongAsItIsShown()
    {
        await using var scene = await EdgeScene.StartAsync(journal);
        scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await using var peer = await scene.PartnerAsync("p1.example");

        await peer.SendAsync("<presence from='a@p1.example/r' to='b@edge.example'/>");
        await component.ReceiveAsync();
        await scene.UntilAsync(() => journal.Shown.Count == 1, "a presence in the journal", Step);
        Assert.Equal((false, "b@edge.example", "a@p1.example/r", "p1.example"), Assert.Single(journal.Shown) is var kept ? (kept.Outward, kept.Local, kept.Remote, kept.Partner) : default);

        await peer.SendAsync("<presence from='a@p1.example/r' to='b@edge.example' type='unavailable'/>");
        await component.ReceiveAsync();
        await scene.UntilAsync(() => journal.Shown.Count == 0, "an empty journal", Step);
    }

    [Fact]
    public async Task Stop_WritesWhatWaits()
    {
        await using (var scene = await EdgeScene.StartAsync(journal))
        {
            await using var component = await scene.ComponentAsync();
            await using var peer = await scene.PartnerAsync("p1.example");
            await peer.SendAsync("<presence from='a@p1.example/r' to='b@edge.example'/></stream:stream>");
            await component.ReceiveAsync();
            await peer.ExpectStreamEndAsync();
            await component.DisposeAsync();
            await scene.StopAsync(stepMilliseconds: 20); // the journal has a part of the drain, and is written while time goes on
        }

        Assert.Single(journal.Shown);
    }

    [Fact]
    public async Task JournalThatFails_IsToldInTheLogAndInTheState()
    {
        journal.Refuses = new Refusal(RefusalReason.Full, "the disk is full");
        await using var scene = await EdgeScene.StartAsync(journal);
        await using var component = await scene.ComponentAsync();
        await using var peer = await scene.PartnerAsync("p1.example");
        await peer.SendAsync("<presence from='a@p1.example/r' to='b@edge.example'/>");
        await component.ReceiveAsync();

        await scene.UntilAsync(() => scene.Logs.Events.Any(e => e.Id.Id == 3151), "the alarm", Step);
        await scene.UntilAsync(() => scene.Node.PresenceJournal is { Pending: 1, FailingSince: not null, Failure: "the disk is full" }, "the failure in the state");
        journal.Refuses = null;
        await scene.UntilAsync(() => journal.Shown.Count == 1, "a presence in the journal", Step);
    }

    [Fact]
    public async Task Contact_OfAPartnerThatDoesNotComeBack_IsShownAsUnavailable()
    {
        journal.Add(outward: false, "b@edge.example", "a@p1.example/r");
        await using var scene = await EdgeScene.StartAsync(journal);
        scene.Publish("p1.example", 1); // nobody listens there
        Assert.Equal(1, scene.Node.PresenceShown);
        await using var component = await scene.ComponentAsync();
        var before = scene.Time.Elapsed;

        var farewell = await scene.WhileAdvancingAsync(component.WaitForAsync("presence[@type='unavailable']"), Step);

        Assert.Equal(("a@p1.example/r", "b@edge.example"), (farewell.Attribute("from")?.Value, farewell.Attribute("to")?.Value));
        Assert.True(scene.Time.Elapsed - before > TimeSpan.FromSeconds(55), "it was not waited for");
        await scene.UntilAsync(() => journal.Shown.Count == 0, "an empty journal", Step);
        await scene.BalancedAsync();
    }

    [Fact]
    public async Task Contact_ThatAnswers_StaysAndOneThatDoesNotLeaves()
    {
        journal.Add(outward: false, "b@edge.example", "a@p1.example/r");
        journal.Add(outward: false, "b@edge.example", "c@p1.example/r");
        await using var scene = await EdgeScene.StartAsync(journal);
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await UntilSentAsync(scene);
        await using var towards = await server.AcceptAsync(scene, "p1.example");
        foreach (var contact in (string[])["a@p1.example", "c@p1.example"])
        {
            var probe = await towards.ExpectAsync("presence[@type='probe']");
            Assert.Equal(("b@edge.example", contact), (probe.Attribute("from")?.Value, probe.Attribute("to")?.Value));
        }

        await using var peer = await scene.PartnerAsync("p1.example");
        await peer.SendAsync("<presence from='a@p1.example/r' to='b@edge.example'/>");
        Assert.Equal("a@p1.example/r", (await component.ReceiveAsync()).Attribute("from")?.Value);
        var farewell = await scene.WhileAdvancingAsync(component.ReceiveAsync(), Step);

        Assert.Equal(("c@p1.example/r", "unavailable"), (farewell.Attribute("from")?.Value, farewell.Attribute("type")?.Value));
        Assert.Equal(1, scene.Node.PresenceShown);
        await scene.UntilAsync(() => journal.Shown.Count == 1, "one in the journal", Step);
    }

    // Before the component is back, the answer would reach nobody.
    [Fact]
    public async Task Contact_OfAComponentThatIsNotBackYet_IsAskedForWhenItIs()
    {
        journal.Add(outward: false, "b@edge.example", "a@p1.example/r");
        await using var scene = await EdgeScene.StartAsync(journal);
        var server = scene.Serve("p1.example");
        for (var second = 0; second < 300; second++)
            scene.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, scene.Node.PresenceShown);
        Assert.Equal(0, scene.Account.ErrorsSent);

        await using var component = await scene.ComponentAsync();

        await UntilSentAsync(scene);
        await using var towards = await server.AcceptAsync(scene, "p1.example");
        await towards.ExpectAsync("presence[@type='probe']");
    }

    [Fact]
    public async Task OwnUser_WhoseComponentDoesNotComeBack_IsShownAsUnavailable()
    {
        journal.Add(outward: true, "b@edge.example/r", "a@p1.example");
        await using var scene = await EdgeScene.StartAsync(journal);
        var server = scene.Serve("p1.example");

        await UntilSentAsync(scene);
        Assert.True(scene.Time.Elapsed >= TimeSpan.FromSeconds(59), $"after {scene.Time.Elapsed}");
        await using var towards = await server.AcceptAsync(scene, "p1.example");
        var farewell = await towards.ExpectAsync("presence[@type='unavailable']");

        Assert.Equal(("b@edge.example/r", "a@p1.example"), (farewell.Attribute("from")?.Value, farewell.Attribute("to")?.Value));
    }

    [Fact]
    public async Task OwnUser_WhoseComponentIsBack_StaysUnasked()
    {
        journal.Add(outward: true, "b@edge.example/r", "a@p1.example");
        await using var scene = await EdgeScene.StartAsync(journal);
        await using var component = await scene.ComponentAsync();
        for (var second = 0; second < 300; second++)
            scene.Time.Advance(TimeSpan.FromSeconds(1));
        await component.SendAsync("<message from='b@edge.example' to='b@other.example' id='end'/>");

        Assert.Equal("end", (await component.ReceiveAsync()).Attribute("id")?.Value);
        Assert.Equal((1, 1), (scene.Node.PresenceShown, journal.Shown.Count));
    }

    [Fact]
    public async Task Contact_OfAPartnerThatIsNoneAnyMore_IsShownAsUnavailable()
    {
        journal.Add(outward: false, "b@edge.example", "a@gone.example/r", "gone.example");
        await using var scene = await EdgeScene.StartAsync(journal);
        await using var component = await scene.ComponentAsync();

        var farewell = await scene.WhileAdvancingAsync(component.WaitForAsync("presence[@type='unavailable']"), Step);

        Assert.Equal("a@gone.example/r", farewell.Attribute("from")?.Value);
        await scene.UntilAsync(() => journal.Shown.Count == 0, "an empty journal", Step);
    }

    /// <summary>Time goes on until the node has something to say to the partner, and stands still while the two negotiate.</summary>
    private static Task UntilSentAsync(EdgeScene scene) => scene.UntilAsync(() => scene.Account.ErrorsSent > 0, "a stanza of the node's own", Step);
}
