using EdgePool.Edge.Telemetry;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// RFC 6120 section 4.9.3.21: system-shutdown; every stanza taken ends in an account that balances.
public sealed class ShutdownTests
{
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Stop_EveryStream_EndsWithSystemShutdown()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.SilentComponentAsync();
        await using var inbound = await scene.PartnerAsync("p1.example");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var outbound = await server.AcceptAsync(scene, "p1.example");
        await outbound.ExpectAsync("message[@id='1']");
        var stopping = scene.StopAsync(stepMilliseconds: 5);

        await Task.WhenAll(new[] { component, inbound, outbound }.Select(async peer =>
        {
            await peer.ExpectAsync("stream:error/streams:system-shutdown");
            await peer.ExpectStreamEndAsync();
            await peer.SendAsync("</stream:stream>");
            await peer.ExpectConnectionEndAsync();
            await peer.DisposeAsync();
        }));

        Assert.InRange(await stopping, TimeSpan.Zero, Drain);
        Assert.Equal(0, scene.Node.Streams.Count);
        Assert.True(scene.Account is { Balances: true, InFlight: 0, Delivered: 1 });
    }

    [Fact]
    public async Task Stop_StanzasInFlight_AreDelivered()
    {
        const int Messages = 400;
        await using var scene = EdgeScene.Start();
        await using var component = await scene.SilentComponentAsync();
        await using var partner = await scene.PartnerAsync("p1.example");
        await partner.SendAsync(S2SDialogue.Messages("a@p1.example", "b@edge.example", Messages, bodyBytes: 8 * 1024));
        await scene.UntilAsync(() => scene.Account.Accepted == Messages, "every stanza");

        var stopping = scene.StopAsync(stepMilliseconds: 5);
        for (var i = 0; i < Messages; i++)
            Assert.Equal(i, S2SDialogue.Number(await component.ExpectAsync("message")));
        await component.ExpectAsync("stream:error/streams:system-shutdown");

        await component.DisposeAsync();
        await partner.DisposeAsync();
        await stopping;
        Assert.True(scene.Account is { Balances: true, InFlight: 0, Delivered: Messages }, scene.Account.ToString());
    }

    [Fact]
    public async Task Stop_PeersThatDoNotRead_EndsInTimeAndEveryStanzaIsAccountedFor()
    {
        await using var scene = EdgeScene.Start();
        await using var component = await scene.SilentComponentAsync();
        await using var partner = await scene.PartnerAsync("p1.example");
        _ = partner.SendAsync(S2SDialogue.Messages("a@p1.example", "b@edge.example", 1_500, bodyBytes: 8 * 1024));
        await scene.UntilAsync(() => scene.Account.InFlight >= 120, "a full queue");

        var took = await scene.StopAsync();

        Assert.InRange(took, TimeSpan.Zero, Drain);
        Assert.True(scene.Account is { Balances: true, InFlight: 0 }, scene.Account.ToString());
        Assert.True(scene.Account.Bounced > 0);
        Assert.Equal(0, scene.Node.Streams.Count);
        Assert.Equal(scene.Account.Accepted, scene.Logs.Events.Single(e => e.Id.Id == 2003).Values["Accepted"]);
        Assert.Equal(0L, scene.Logs.Events.Single(e => e.Id.Id == 2003).Values["InFlight"]);
    }

    [Fact]
    public async Task Stop_StanzasThatWaitForAStream_AreAnswered()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var undecided = await server.AcceptAsync();
        await scene.UntilAsync(() => scene.Account.InFlight == 1, "a stanza that waits");

        var took = await scene.StopAsync();

        Assert.InRange(took, TimeSpan.Zero, Drain);
        await component.WaitForAsync("message[@id='1']/error[@type='wait']/stanzas:service-unavailable");
        Assert.Equal(1, scene.Account.BouncedBy[BounceReason.Shutdown]);
        Assert.True(scene.Account is { Balances: true, InFlight: 0 });
    }

    // What a partner's stanza waits for never comes up: the partner hears of it on our stream to it, and only then that this node shuts down.
    [Fact]
    public async Task Stop_StanzasOfAPartnerThatWait_AreAnsweredBeforeTheFarewell()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var back = await S2SDialogue.OpenAsync(scene, scene.Node.InternalEndPoints[0], "inside.example", "p1.example");
        await back.SendAsync(S2SDialogue.Message("u@inside.example", "b@p1.example", 3));
        await using var fromInside = await server.AcceptAsync(scene, "p1.example", "inside.example");
        await fromInside.ExpectAsync("message[@id='3']");
        await using var toInside = await scene.PartnerAsync("p1.example", "inside.example");
        await toInside.SendAsync(S2SDialogue.Message("b@p1.example", "u@inside.example", 4));
        await using var undecided = await scene.Inside.AcceptAsync();
        await scene.UntilAsync(() => scene.Account.InFlight == 1, "a stanza that waits");

        var stopping = scene.StopAsync(stepMilliseconds: 20);

        await fromInside.ExpectAsync("message[@id='4' and @type='error' and @from='u@inside.example']/error[@type='wait']/stanzas:service-unavailable");
        await fromInside.ExpectAsync("stream:error/streams:system-shutdown");
        foreach (var peer in new[] { back, fromInside, toInside, undecided })
            await peer.DisposeAsync();
        Assert.InRange(await stopping, TimeSpan.Zero, Drain);
        Assert.True(scene.Account is { Balances: true, InFlight: 0, ErrorsLost: 0, ErrorsSent: 1 }, scene.Account.ToString());
    }

    // A slow target's stanzas are answered too, all but those that are being written.
    [Fact]
    public async Task Stop_StanzasToASlowTarget_AreAnsweredBeforeTheFarewell()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.SilentComponentAsync();
        await component.SendAsync(S2SDialogue.Message("b@edge.example", "a@p1.example", 1));
        await using var outbound = await server.AcceptAsync(scene, "p1.example");
        await outbound.ExpectAsync("message[@id='1']");
        await using var inbound = await scene.PartnerAsync("p1.example");
        _ = inbound.SendAsync(S2SDialogue.Messages("a@p1.example", "b@edge.example", 1_500, bodyBytes: 8 * 1024));
        await scene.UntilAsync(() => scene.Account.InFlight >= 120, "a full queue");

        var stopping = scene.StopAsync(stepMilliseconds: 20);

        var answered = 0;
        while (await outbound.HearAsync() is { Element.Name.LocalName: "message" })
            answered++;
        foreach (var peer in new[] { component, outbound, inbound })
            await peer.DisposeAsync();
        await stopping;
        Assert.True(scene.Account is { Balances: true, InFlight: 0 }, scene.Account.ToString());
        Assert.Equal(scene.Account.BouncedBy[BounceReason.Shutdown], answered);
    }

    // To a component nothing is acknowledged, nor to a server without XEP-0198: what they say before they have heard the farewell is taken, up to their own end.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_WhatIsSaidUntilTheFarewellIsHeard_IsDelivered(bool fromComponent)
    {
        const int Messages = 500;
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.SilentComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 0));
        await using var outbound = await server.AcceptAsync(scene, "p1.example");
        await outbound.ExpectAsync("message[@id='0']");
        await using var inbound = fromComponent ? null : await scene.PartnerAsync("p1.example");
        var (says, hears) = inbound is null ? (component, outbound) : (inbound, component);
        var text = fromComponent ? S2SDialogue.Messages("a@edge.example", "b@p1.example", Messages, first: 1) : S2SDialogue.Messages("b@p1.example", "a@edge.example", Messages, first: 1);

        var stopping = scene.StopAsync(stepMilliseconds: 5);
        await says.ExpectAsync("stream:error/streams:system-shutdown");
        await says.ExpectStreamEndAsync();
        await says.SendAsync(text + "</stream:stream>");

        await ManagedDialogue.ExpectMessagesAsync(hears, Messages, first: 1);
        foreach (var peer in new[] { component, outbound })
            await peer.DisposeAsync();
        await stopping;
        Assert.True(scene.Account is { Balances: true, InFlight: 0, Bounced: 0, Delivered: Messages + 1 }, scene.Account.ToString());
    }

    // Whoever is told what was taken has the rest still: it is not taken while the node leaves, and no fault of its sender, who hears system-shutdown, as everybody.
    [Fact]
    public async Task Stop_CountedStanzasThatComeMeanwhile_AreNotTaken()
    {
        await using var scene = EdgeScene.Start();
        await using var component = await scene.SilentComponentAsync();
        await using var slow = await scene.PartnerAsync("p1.example");
        await using var late = await ManagedDialogue.OfferedAsync(scene, from: "p2.example");
        await late.SendAsync(ManagedDialogue.Enable);
        await late.ExpectAsync("sm:enabled");
        _ = slow.SendAsync(S2SDialogue.Messages("a@p1.example", "b@edge.example", 1_500, bodyBytes: 8 * 1024));
        await scene.UntilAsync(() => scene.Account.InFlight >= 120, "a full queue");

        var stopping = scene.Node.StopAsync();
        for (var i = 0; i < 100; i++)
            await late.SendAsync(S2SDialogue.Message("a@p2.example", "b@edge.example", i));
        var farewell = late.ExpectStreamErrorAsync("system-shutdown");

        await scene.UntilAsync(() => farewell.IsCompleted, "the farewell", TimeSpan.FromMilliseconds(20));
        await farewell;
        foreach (var peer in new[] { component, slow, late })
            await peer.DisposeAsync();
        await scene.UntilAsync(() => stopping.IsCompleted, "the stop", TimeSpan.FromMilliseconds(50));
        Assert.True(scene.Account is { Balances: true, InFlight: 0 }, scene.Account.ToString());
    }

    [Fact]
    public async Task Stop_Idle_IsQuickAndLeavesNoTimer()
    {
        await using var scene = EdgeScene.Start();

        var took = await scene.StopAsync();

        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        await scene.UntilAsync(() => scene.Time.ActiveTimers == 0, "no timer");
        await scene.Node.StopAsync();
    }

    [Fact]
    public async Task Stop_NewConnections_AreRefused()
    {
        await using var scene = EdgeScene.Start();
        await scene.StopAsync();

        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => ScriptedPeer.ConnectAsync(scene.Node.S2SEndPoints[0]));
    }
}
