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
