using System.Globalization;
using EdgePool.Edge.Readiness;
using Xunit;

namespace EdgePool.Edge.Tests.Peers;

/// <summary>Two pools of one cluster: what this one's back ends cannot take crosses to the other one.</summary>
public sealed class TwoPoolsTests
{
    private const int Batch = 200;

    [Fact]
    public async Task BackEnd_InTheOtherPoolAlone_IsReachedThere()
    {
        await using var scene = new PoolScene();
        var a = await scene.StartAsync("a-1", pool: "a", change: Ready);
        var b = await scene.StartAsync("b-1", pool: "b");
        await using var d = await scene.ConnectAsync(b, "d.example");
        await using var e = await scene.ConnectAsync(a, "e.example");
        await PoolScene.KnowsAsync(a, "d.example");
        await PoolScene.UntilAsync(() => a.Readiness.Domains.Any(domain => domain.Place is BackEndPlace.OtherPool));
        await PoolScene.UntilAsync(() => a.Readiness.TakesPartners); // for e.example's sake
        await using var partner = await scene.PartnerAtAsync(a);

        for (var number = 0; number < Batch; number++)
            await partner.SendAsync(string.Create(CultureInfo.InvariantCulture, $"<message from='u@p1.example' to='x@d.example' type='chat' id='{number}'><body>number {number}</body></message>"));
        for (var number = 0; number < Batch; number++)
            Assert.Equal(number.ToString(CultureInfo.InvariantCulture), (await d.ReceiveAsync()).Attribute("id")?.Value);

        await PoolScene.UntilAsync(() => a.Ledger.Read() is { InFlight: 0, Balances: true } && b.Ledger.Read() is { InFlight: 0, Balances: true });
        Assert.Equal((0, 0), (a.Ledger.Read().Bounced, b.Ledger.Read().Bounced));
    }

    [Fact]
    public async Task BackEnd_InBothPools_ThisOneIsChosen()
    {
        await using var scene = new PoolScene();
        var first = await scene.StartAsync("a-1", pool: "a");
        var second = await scene.StartAsync("a-2", pool: "a");
        var other = await scene.StartAsync("b-1", pool: "b");
        await using var far = await scene.ConnectAsync(other, "d.example");
        await using var near = await scene.ConnectAsync(second, "d.example");
        await using var e = await scene.ConnectAsync(first, "e.example");
        await PoolScene.KnowsAsync(first, "d.example", nodes: 2);

        await e.SendAsync("<message from='y@e.example' to='x@d.example' type='chat' id='1'/>");
        Assert.Equal("1", (await near.ReceiveAsync()).Attribute("id")?.Value);

        await near.DisposeAsync();
        await PoolScene.KnowsAsync(first, "d.example");
        await e.SendAsync("<message from='y@e.example' to='x@d.example' type='chat' id='2'/>");
        Assert.Equal("2", (await far.ReceiveAsync()).Attribute("id")?.Value);
    }

    [Fact]
    public async Task Node_WithoutABackEndInItsPool_TakesNoPartners()
    {
        await using var scene = new PoolScene();
        var a = await scene.StartAsync("a-1", pool: "a", change: Ready);
        var b = await scene.StartAsync("b-1", pool: "b");
        await using var d = await scene.ConnectAsync(b, "d.example");
        await PoolScene.KnowsAsync(a, "d.example");
        await PoolScene.UntilAsync(() => a.Readiness.Domains.Any(domain => domain.Place is BackEndPlace.OtherPool));

        Assert.False(a.Readiness.TakesPartners);
        Assert.Contains("another pool has it", Assert.Single(a.Readiness.Reasons), StringComparison.Ordinal);
    }

    private static EdgeOptions Ready(EdgeOptions options) => options with { Readiness = new ReadinessOptions() };
}
