using EdgePool.Testing.Peers;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

/// <summary>A disabled partner's server dials for each batch: the log says so once, and how often at the end of the minute.</summary>
public sealed class RepeatedFaultTests
{
    private const int PeerFault = 1011;
    private const int Repeated = 1014;

    [Fact]
    public async Task DisabledPartner_ThatComesAgainAndAgain_IsSaidOnceAndThenCounted()
    {
        await using var scene = TrustScene.Start(TrustScene.P1 with { Enabled = false });
        scene.Time.Advance(TimeSpan.FromMinutes(1));
        for (var times = 1; times <= 5; times++)
        {
            await using var peer = await ScriptedPeer.ConnectAsync(scene.Node.S2SEndPoints[0], "p1.example");
            await peer.SendHeaderAsync("p1.example", "edge.example");
            await scene.UntilAsync(() => scene.Logs.Events.Count(e => e.Id.Id == PeerFault) == times, "the end of the stream");
        }

        Assert.Equal([LogLevel.Warning, .. Enumerable.Repeat(LogLevel.Debug, 4)], scene.Logs.Events.Where(e => e.Id.Id == PeerFault).Select(e => e.Level));
        Assert.DoesNotContain(scene.Logs.Events, e => e.Id.Id == Repeated);
        scene.Time.Advance(TimeSpan.FromMinutes(1));
        await scene.UntilAsync(() => scene.Has(Repeated), "the count");
        var count = Assert.Single(scene.Logs.Events, e => e.Id.Id == Repeated);
        Assert.Equal(("p1.example", 4, PeerFault), (count.Values["Peer"], count.Values["Times"], count.Values["Event"]));
        scene.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Single(scene.Logs.Events, e => e.Id.Id == Repeated);
    }
}
