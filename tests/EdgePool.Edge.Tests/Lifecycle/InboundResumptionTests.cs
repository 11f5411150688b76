using System.Globalization;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Peers;
using Xunit;
using static EdgePool.Edge.Tests.Lifecycle.ManagedDialogue;

namespace EdgePool.Edge.Tests.Lifecycle;

// XEP-0198 section 5 for the side that took the stream.
public sealed class InboundResumptionTests
{
    [Fact]
    public async Task Enabled_SaysHowLongAndByWhat()
    {
        await using var scene = EdgeScene.Start();
        await using var peer = await OfferedAsync(scene);

        await peer.SendAsync("<enable xmlns='urn:xmpp:sm:3' resume='1'/>");

        var enabled = await peer.ExpectAsync("sm:enabled[@resume='true' and @max='120']");
        Assert.Equal(32, enabled.Attribute("id")!.Value.Length);
    }

    [Fact]
    public async Task Resume_AfterACut_GoesOnWhereItWas()
    {
        await using var scene = EdgeScene.Start();
        await using var component = await scene.ComponentAsync();
        var (peer, id) = await ResumableAsync(scene);
        await peer.SendAsync(S2SDialogue.Messages("a@p1.example", "b@edge.example", 5));
        await component.WaitForAsync("message[@id='4']");
        await scene.BalancedAsync();
        await peer.DisposeAsync();

        await using var again = await OfferedAsync(scene);
        await again.ResumeAsync(id, 0);
        Assert.Equal((id, "5"), Counted(await again.ExpectAsync("sm:resumed")));
        await again.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 5) + Request);

        Assert.Equal("5", (await component.ReceiveAsync()).Attribute("id")!.Value);
        await ExpectHandledAsync(again, 6);
        await scene.BalancedAsync();
    }

    // What we had taken, and not handed on, comes again and is in our hands already.
    [Fact]
    public async Task Resume_WhatWasTakenAndNotHandedOn_IsNotDoubled()
    {
        await using var scene = EdgeScene.Start();
        var (peer, id) = await ResumableAsync(scene, "inside.example");
        await peer.SendAsync(S2SDialogue.Messages("a@p1.example", "b@inside.example", 3));
        await scene.UntilAsync(() => scene.Account.Accepted == 3, "three");
        await peer.DisposeAsync();

        await using var again = await OfferedAsync(scene, "inside.example");
        await again.ResumeAsync(id, 0);
        Assert.Equal((id, "0"), Counted(await again.ExpectAsync("sm:resumed")));
        await again.SendAsync(S2SDialogue.Messages("a@p1.example", "b@inside.example", 5));
        await using var inside = await AcceptManagedAsync(scene.Inside, scene, "inside.example", "p1.example");
        var numbers = new List<int>();
        while (numbers.Count < 5)
            numbers.Add(S2SDialogue.Number(await inside.ExpectEventuallyAsync("message")));

        Assert.Equal([0, 1, 2, 3, 4], numbers);
        await inside.SendAsync("<a xmlns='urn:xmpp:sm:3' h='5'/>");
        await scene.BalancedAsync();
        Assert.Equal(5, scene.Account.Accepted);
        await again.SendAsync(Request);
        await ExpectHandledAsync(again, 5);
    }

    [Fact]
    public async Task Resume_WhileTheOtherStillStands_EndsThatWithConflict()
    {
        await using var scene = EdgeScene.Start();
        await using var component = await scene.ComponentAsync();
        var (peer, id) = await ResumableAsync(scene);
        await peer.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 0));
        await component.WaitForAsync("message[@id='0']");
        await scene.BalancedAsync();

        await using var again = await OfferedAsync(scene);
        await again.ResumeAsync(id, 0);

        await again.ExpectAsync("sm:resumed[@h='1']");
        await peer.ExpectEventuallyAsync("stream:error/streams:conflict");
        await peer.DisposeAsync();
        await again.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 1));
        await component.WaitForAsync("message[@id='1']");
        await scene.BalancedAsync();
    }

    // Who may not know of it does not learn that there is such a stream, and changes nothing for whom it is.
    [Fact]
    public async Task Resume_TheStreamOfAnother_IsNotFound()
    {
        await using var scene = EdgeScene.Start();
        var (peer, id) = await ResumableAsync(scene);
        await using var thief = await OfferedAsync(scene, from: "p2.example");
        await thief.ResumeAsync(id, 0);
        var refused = await thief.ExpectAsync("sm:failed/stanzas:item-not-found");
        await thief.ResumeAsync("never", 0);
        Assert.Equal(refused.ToString(), (await thief.ExpectAsync("sm:failed")).ToString());
        Assert.Null(refused.Attribute("h"));
        await using var otherDomain = await OfferedAsync(scene, "other.example");
        await otherDomain.ResumeAsync(id, 0);
        Assert.Null((await otherDomain.ExpectAsync("sm:failed")).Attribute("h"));
        await peer.ExpectSilenceAsync(TimeSpan.FromMilliseconds(50));
        await peer.DisposeAsync();

        await using var again = await OfferedAsync(scene);
        await again.ResumeAsync(id, 0);
        await again.ExpectAsync("sm:resumed");
    }

    [Fact]
    public async Task Resume_TooLate_FailsWithTheCountAndMayEnable()
    {
        await using var scene = EdgeScene.Start();
        await using var component = await scene.ComponentAsync();
        var (peer, id) = await ResumableAsync(scene);
        await peer.SendAsync(S2SDialogue.Messages("a@p1.example", "b@edge.example", 2));
        await component.WaitForAsync("message[@id='1']");
        await scene.BalancedAsync();
        await LoseAsync(scene, peer);
        scene.Time.Advance(TimeSpan.FromSeconds(120));

        await using var again = await OfferedAsync(scene);
        await again.ResumeAsync(id, 0);

        Assert.Equal("2", (await again.ExpectAsync("sm:failed/stanzas:item-not-found")).Attribute("h")?.Value);
        await again.SendAsync(Enable);
        await again.ExpectAsync("sm:enabled");
    }

    [Fact]
    public async Task Resume_InTheLastSecond_GoesOn()
    {
        await using var scene = EdgeScene.Start();
        var (peer, id) = await ResumableAsync(scene);
        await LoseAsync(scene, peer);
        scene.Time.Advance(TimeSpan.FromSeconds(119));

        await using var again = await OfferedAsync(scene);
        await again.ResumeAsync(id, 0);

        await again.ExpectAsync("sm:resumed");
    }

    [Fact]
    public async Task Resume_WhatEndedInOrder_IsNotFound()
    {
        await using var scene = EdgeScene.Start();
        var (peer, id) = await ResumableAsync(scene);
        await peer.SendAsync("</stream:stream>");
        await peer.ExpectStreamEndAsync();
        await peer.DisposeAsync();
        await scene.UntilAsync(() => scene.Node.Streams.Count == 0, "no stream");

        await using var again = await OfferedAsync(scene);
        await again.ResumeAsync(id, 0);

        await again.ExpectAsync("sm:failed[@h='0']");
    }

    // XEP-0198 section 6.
    [Fact]
    public async Task Resume_WithMoreHandledThanWasSent_EndsTheStream()
    {
        await using var scene = EdgeScene.Start();
        var (peer, id) = await ResumableAsync(scene);
        await LoseAsync(scene, peer);

        await using var again = await OfferedAsync(scene);
        await again.ResumeAsync(id, 1);

        await again.ExpectAsync("stream:error/sm:handled-count-too-high");
        await again.DisposeAsync();
        await using var third = await OfferedAsync(scene);
        await third.ResumeAsync(id, 0);
        await third.ExpectAsync("sm:failed");
    }

    [Fact]
    public async Task Policy_DisablesThePartner_NothingIsLeftToResume()
    {
        await using var scene = EdgeScene.Start();
        var (peer, id) = await ResumableAsync(scene);
        await LoseAsync(scene, peer);

        await scene.Node.PublishAsync(EdgeScene.Policy(new PartnerDocument { Domain = "p1.example", Enabled = false }));
        await scene.Node.PublishAsync(EdgeScene.Policy(new PartnerDocument { Domain = "p1.example" }));

        await using var again = await OfferedAsync(scene);
        await again.ResumeAsync(id, 0);
        await again.ExpectAsync("sm:failed/stanzas:item-not-found");
    }

    [Fact]
    public async Task Policy_WithoutResumption_DoesNotOfferIt()
    {
        await using var scene = EdgeScene.Start();
        await scene.Node.PublishAsync(EdgeScene.Policy(new PartnerDocument { Domain = "p1.example", EnableStreamResumption = false }));
        await using var peer = await OfferedAsync(scene);
        await peer.ResumeAsync("any", 0);
        await peer.ExpectAsync("sm:failed/stanzas:feature-not-implemented");

        await peer.SendAsync("<enable xmlns='urn:xmpp:sm:3' resume='true'/>");

        var enabled = await peer.ExpectAsync("sm:enabled");
        Assert.Equal((null, null), (enabled.Attribute("id"), enabled.Attribute("resume")));
    }

    // A peer that comes again and again has one stream, and one memory of it.
    [Fact]
    public async Task Hostile_ResumesOverAndOver_KeepsOneStream()
    {
        await using var scene = EdgeScene.Start();
        await using var component = await scene.ComponentAsync();
        var (peer, id) = await ResumableAsync(scene);
        for (var i = 0; i < 20; i++)
        {
            await peer.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", i));
            await component.WaitForAsync(string.Create(CultureInfo.InvariantCulture, $"message[@id='{i}']"));
            await scene.BalancedAsync();
            var next = await OfferedAsync(scene);
            await next.ResumeAsync(id, 0);
            await next.ExpectAsync(string.Create(CultureInfo.InvariantCulture, $"sm:resumed[@h='{i + 1}']"));
            await peer.DisposeAsync();
            peer = next;
        }

        await scene.UntilAsync(() => scene.Node.Streams.All.Count(s => s.Kind == StreamKind.PartnerInbound) == 1, "one stream");
        await peer.DisposeAsync();
    }

    // The oldest lost stream of a partner gives way to its newest.
    [Fact]
    public async Task Hostile_ManyLostStreams_TheOldestIsForgotten()
    {
        await using var scene = EdgeScene.Start(options => options with { Limits = options.Limits with { LostStreamsPerPartner = 2 } });
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var (peer, id) = await ResumableAsync(scene);
            ids.Add(id);
            await LoseAsync(scene, peer);
        }

        await ExpectResumedAsync(scene, ids[0], resumed: false);
        await ExpectResumedAsync(scene, ids[1], resumed: true);
        await ExpectResumedAsync(scene, ids[2], resumed: true);
    }

    [Fact]
    public async Task Hostile_NoRoomOnTheNode_IsOverAtOnce()
    {
        await using var scene = EdgeScene.Start(options => options with { Limits = options.Limits with { LostStreams = 0 } });
        var (peer, id) = await ResumableAsync(scene);
        await LoseAsync(scene, peer);

        await ExpectResumedAsync(scene, id, resumed: false);
    }

    private static async Task ExpectResumedAsync(EdgeScene scene, string id, bool resumed)
    {
        await using var again = await OfferedAsync(scene);
        await again.ResumeAsync(id, 0);
        await again.ExpectAsync(resumed ? "sm:resumed" : "sm:failed/stanzas:item-not-found");
        await again.SendAsync("</stream:stream>");
        await again.ExpectStreamEndAsync();
    }

    private static async Task LoseAsync(EdgeScene scene, ScriptedPeer peer)
    {
        var before = scene.Logs.Events.Count(e => e.Id.Id == 1008);
        await peer.DisposeAsync();
        await scene.UntilAsync(() => scene.Logs.Events.Count(e => e.Id.Id == 1008) > before, "a lost stream");
    }

    private static (string? Id, string? H) Counted(System.Xml.Linq.XElement element) => (element.Attribute("previd")?.Value, element.Attribute("h")?.Value);
}
