using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Verdicts;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// POL-18, COMP-12: a rate slows down, and only who will not be slowed down is sent away.
public sealed class RateTests
{
    private const string Rate = "\"rate\": {\"stanzasPerSecond\": 100, \"burst\": 200}";
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Inbound_POL18_OverTheRate_ReadingPausesAndAfter30SecondsTheStreamEnds()
    {
        await using var scene = await StartAsync(Rate);
        await using var component = await scene.ComponentAsync();
        await using var peer = await scene.PartnerAsync("p1.example");
        await peer.SendAsync(S2SDialogue.Messages("a@p1.example", "b@edge.example", 4_000));
        await scene.UntilAsync(() => scene.Account.Accepted == 200, "the burst");

        for (var second = 1; second < 30; second++)
        {
            Assert.Equal("established", Stream(scene).State);
            scene.Time.Advance(Second);
            var expected = 200 + (100 * second);
            await ReachAsync(scene, expected, account => account.Accepted);
        }

        await scene.UntilAsync(() => Stream(scene).State != "established", "the end", TimeSpan.FromMilliseconds(100));
        Assert.InRange(scene.Time.Elapsed, StreamPump.OverRateAtMost, StreamPump.OverRateAtMost + (3 * Second));
        await peer.ExpectStreamErrorAsync("policy-violation");
        await scene.BalancedAsync();
        Assert.Equal((0, 0), (scene.Account.Bounced, scene.Account.Dropped)); // paused, not dropped
        for (var i = 0; i < scene.Account.Delivered; i++)
            Assert.Equal(i, S2SDialogue.Number(await component.ReceiveAsync()));
        Assert.Contains(scene.Node.Refusals.Read("p1.example"), r => r is { Kind: "stream", Reason: VerdictReason.RateExceeded });
    }

    [Fact]
    public async Task Inbound_POL18_AtTheRate_StaysForEver()
    {
        await using var scene = await StartAsync(Rate);
        await using var component = await scene.ComponentAsync();
        await using var peer = await scene.PartnerAsync("p1.example");
        await peer.SendAsync(S2SDialogue.Messages("a@p1.example", "b@edge.example", 200));
        await scene.UntilAsync(() => scene.Account.Accepted == 200, "the burst");

        for (var second = 1; second <= 60; second++)
        {
            scene.Time.Advance(Second);
            await peer.SendAsync(S2SDialogue.Messages("a@p1.example", "b@edge.example", 100));
            var expected = 200 + (100 * second);
            await ReachAsync(scene, expected, account => account.Accepted);
        }

        Assert.Equal("established", Stream(scene).State);
    }

    [Fact]
    public async Task Inbound_PausedForAWhile_CatchesUpAndTheTimeBeginsAnew()
    {
        await using var scene = await StartAsync(Rate);
        await using var component = await scene.ComponentAsync();
        await using var peer = await scene.PartnerAsync("p1.example");
        for (var round = 1; round <= 3; round++)
        {
            await peer.SendAsync(S2SDialogue.Messages("a@p1.example", "b@edge.example", 2_200)); // 20 s over the rate
            var expected = 2_200 * round;
            await scene.UntilAsync(() => scene.Account.Accepted == expected, "all of it", TimeSpan.FromMilliseconds(500));
            await scene.UntilAsync(() => scene.Account.InFlight == 0, "all of it delivered");
            await Task.Delay(20, TestContext.Current.CancellationToken);
            scene.Time.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.Equal("established", Stream(scene).State);
    }

    [Fact]
    public async Task Inbound_TwoStreamsOfOnePartner_ShareOneRate_OthersAreNotSlowed()
    {
        await using var scene = await StartAsync(Rate);
        await using var component = await scene.ComponentAsync();
        await using var other = await scene.ComponentAsync("other.example");
        await using var first = await scene.PartnerAsync("p1.example");
        await using var second = await scene.PartnerAsync("p1.example", "other.example");
        await using var free = await scene.PartnerAsync("p2.example");
        await first.SendAsync(S2SDialogue.Messages("a@p1.example", "b@edge.example", 1_000));
        await second.SendAsync(S2SDialogue.Messages("a@p1.example", "b@other.example", 1_000));
        await scene.UntilAsync(() => scene.Account.Accepted >= 200, "the burst");
        await free.SendAsync(S2SDialogue.Messages("a@p2.example", "b@edge.example", 1_000));

        await scene.UntilAsync(() => scene.Account.Accepted >= 1_200, "the free one's");

        Assert.InRange(scene.Account.Accepted, 1_200, 1_202);
        scene.Time.Advance(Second);
        await ReachAsync(scene, 1_300, account => account.Accepted);
    }

    [Fact]
    public async Task Inbound_RateLifted_StreamThatIsUpIsFreeFromThenOn()
    {
        await using var scene = await StartAsync(Rate);
        await using var component = await scene.ComponentAsync();
        await using var peer = await scene.PartnerAsync("p1.example");
        await peer.SendAsync(S2SDialogue.Messages("a@p1.example", "b@edge.example", 1_000));
        await scene.UntilAsync(() => scene.Account.Accepted == 200, "the burst");

        await scene.Node.PublishAsync(scene.StorePolicy());
        scene.Time.Advance(TimeSpan.FromMilliseconds(10)); // the pause of one stanza

        await ReachAsync(scene, 1_000, account => account.Accepted);
    }

    [Fact]
    public async Task Inbound_Observed_IsSlowedAndStays()
    {
        await using var scene = await StartAsync(Rate + ", \"mode\": \"observe\"");
        await using var component = await scene.ComponentAsync();
        await using var peer = await scene.PartnerAsync("p1.example");
        await peer.SendAsync(S2SDialogue.Messages("a@p1.example", "b@edge.example", 4_200));

        await scene.UntilAsync(() => scene.Account.Accepted == 4_200, "all of it", TimeSpan.FromMilliseconds(500));

        Assert.Contains(scene.Node.Refusals.Read("p1.example"), r => r is { Observed: true, Reason: VerdictReason.RateExceeded });
    }

    // COMP-12: a flood from inside. Segments of two stanzas.
    [Fact]
    public async Task Outbound_COMP12_Flood_GoesOutAtTheRate()
    {
        const int Body = 14_000;
        await using var scene = await StartAsync("\"rate\": {\"stanzasPerSecond\": 10, \"burst\": 20}");
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", 60, bodyBytes: Body));
        await using var outbound = await server.AcceptAsync(scene, "p1.example");
        for (var i = 0; i < 20; i++)
            Assert.Equal(i, S2SDialogue.Number(await outbound.ExpectAsync("message")));
        await scene.UntilAsync(() => scene.Account.Accepted == 60, "all of it");
        Assert.InRange(scene.Account.Delivered, 20, 22);

        for (var second = 1; second <= 3; second++)
        {
            scene.Time.Advance(Second);
            var expected = 20 + (10 * second);
            await ReachAsync(scene, expected, account => account.Delivered);
        }

        Assert.True(scene.Account.Balances);
    }

    /// <summary>
    /// Waits for a number, and for no more than a few beyond it. A wait that began when the clock had moved on already gets the stanza's time that it still lacks.
    /// </summary>
    private static async Task ReachAsync(EdgeScene scene, long expected, Func<LedgerSnapshot, long> counter)
    {
        var since = TimeProvider.System.GetTimestamp();
        await scene.UntilAsync(
            () =>
            {
                if (counter(scene.Account) >= expected)
                    return true;
                if (TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromMilliseconds(300))
                    return false;
                since = TimeProvider.System.GetTimestamp();
                scene.Time.Advance(TimeSpan.FromMilliseconds(10));
                return false;
            },
            $"{expected} stanzas");
        Assert.InRange(counter(scene.Account), expected, expected + 10);
    }

    private static StreamInfo Stream(EdgeScene scene) => scene.Node.Streams.All.Single(s => s.Kind == StreamKind.PartnerInbound);

    private static async Task<EdgeScene> StartAsync(string p1)
    {
        var scene = EdgeScene.Start();
        await scene.Node.PublishAsync(scene.StorePolicy(p1: p1));
        return scene;
    }
}
