using EdgePool.Edge.Telemetry;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// XEP-0114; DESIGN.md section 5, 5: no stanza ends in silence.
public sealed class ComponentTests
{
    [Fact]
    public async Task Component_SecondOfItsName_IsRefusedAndTheFirstStays()
    {
        await using var scene = EdgeScene.Start();
        await using var first = await scene.ComponentAsync();
        await using var second = await ScriptedPeer.ConnectAsync(scene.Node.InternalEndPoints[0]);
        await second.SendHeaderAsync(from: null, to: "edge.example", content: "jabber:component:accept", version: null);
        await second.ExpectHeaderAsync();
        await second.ExpectStreamErrorAsync("conflict");

        await using var partner = await scene.PartnerAsync("p1.example");
        await partner.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 1));

        await first.WaitForAsync("component:message[@id='1' and @from='a@p1.example' and @to='b@edge.example']");
        await scene.BalancedAsync();
        Assert.Equal(1, scene.Account.Delivered);
    }

    [Fact]
    public async Task Component_LeavesAndReturns_IsServedAgain()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        var first = await scene.ComponentAsync();
        await using var partner = await scene.PartnerAsync("p1.example");
        await partner.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 1));
        await first.WaitForAsync("message[@id='1']");
        await first.DisposeAsync();
        await scene.UntilAsync(() => scene.Logs.Events.Any(e => e.Id.Id == 2021), "the component's end");

        await partner.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 2));
        await using var back = await server.AcceptAsync(scene, "p1.example");
        await back.ExpectAsync("message[@id='2' and @type='error' and @from='b@edge.example']/error[@type='wait']/stanzas:service-unavailable");
        await using var second = await scene.ComponentAsync();
        await partner.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 3));

        await second.WaitForAsync("message[@id='3']");
        await scene.BalancedAsync();
        Assert.Equal((3, 2, 1), (scene.Account.Accepted, scene.Account.Delivered, scene.Account.BouncedBy[BounceReason.BackEndUnavailable]));
        Assert.Equal(1, scene.Account.ErrorsSent);
    }

    [Fact]
    public async Task Component_ToAnotherComponent_NeedsNoPartner()
    {
        await using var scene = EdgeScene.Start();
        await using var edge = await scene.ComponentAsync();
        await using var other = await scene.ComponentAsync("other.example");

        await edge.SendAsync(S2SDialogue.Message("a@edge.example", "b@other.example", 1));

        await other.WaitForAsync("component:message[@id='1']");
    }

    [Fact]
    public async Task Component_ToAnUnknownDomain_IsAnsweredWithoutDns()
    {
        await using var scene = EdgeScene.Start();
        await using var component = await scene.ComponentAsync();

        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@nobody.example", 1));

        await component.WaitForAsync("message[@id='1' and @from='b@nobody.example']/error[@type='cancel']/stanzas:remote-server-not-found");
        await scene.BalancedAsync();
        Assert.DoesNotContain(scene.Logs.Events, e => e.Id.Id is 1001 or 1021);
    }

    // One slow back end: bounded memory, nothing lost, and nobody else waits for it.
    [Fact]
    public async Task SlowComponent_SixteenSources_QueueStaysBoundedAndOthersFlow()
    {
        const int Sources = 16;
        const int Each = 60;
        const int Body = 8 * 1024;
        const int OutputBytes = 128 * 1024;
        await using var scene = EdgeScene.Start(options => options with { Limits = options.Limits with { StreamsPerPair = Sources, OutputBytes = OutputBytes } });
        await using var slow = await scene.SilentComponentAsync();
        await using var other = await scene.ComponentAsync("other.example");
        await using var bystander = await scene.PartnerAsync("p2.example", "other.example");
        var sources = await Task.WhenAll(Enumerable.Range(0, Sources).Select(_ => scene.PartnerAsync("p1.example")));

        var sending = sources.Select((source, i) => source.SendAsync(S2SDialogue.Messages($"{i}@p1.example", "b@edge.example", Each, bodyBytes: Body))).ToList();
        var most = 0L;
        await scene.UntilAsync(
            () =>
            {
                most = Math.Max(most, scene.Account.InFlight);
                return most * Body > OutputBytes;
            },
            "a full queue");
        for (var i = 0; i < 20; i++)
        {
            await bystander.SendAsync(S2SDialogue.Message("a@p2.example", "b@other.example", i));
            await other.WaitForAsync($"message[@id='{i}']");
            most = Math.Max(most, scene.Account.InFlight);
        }

        var next = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < Sources * Each; i++)
        {
            var stanza = await slow.ExpectAsync("message");
            var from = stanza.Attribute("from")!.Value;
            Assert.Equal(next.GetValueOrDefault(from), S2SDialogue.Number(stanza));
            next[from] = S2SDialogue.Number(stanza) + 1;
            most = Math.Max(most, scene.Account.InFlight);
        }

        await Task.WhenAll(sending);
        await scene.BalancedAsync();
        Assert.Equal((Sources * Each) + 20, scene.Account.Delivered);
        Assert.InRange(most * Body, OutputBytes, 2 * OutputBytes);
        foreach (var source in sources)
            await source.DisposeAsync();
    }

    [Fact]
    public async Task StalledComponent_AfterThePatience_IsAnsweredForWithResourceConstraint()
    {
        const int Messages = 1_500;
        await using var scene = EdgeScene.Start(options => options with { Limits = options.Limits with { OutputBytes = 128 * 1024 } });
        var server = scene.Serve("p1.example");
        await using var stalled = await scene.SilentComponentAsync();
        await using var partner = await scene.PartnerAsync("p1.example");
        var sending = partner.SendAsync(S2SDialogue.Messages("a@p1.example", "b@edge.example", Messages, bodyBytes: 8 * 1024));
        await scene.UntilAsync(() => scene.Account.InFlight >= 16, "a full queue");
        var accepting = server.AcceptAsync(scene, "p1.example");

        await using var back = await scene.WhileAdvancingAsync(accepting, TimeSpan.FromMilliseconds(100));

        await back.ExpectAsync("message[@type='error']/error[@type='wait']/stanzas:resource-constraint");
        await scene.WhileAdvancingAsync(Complete(sending), TimeSpan.FromMilliseconds(100));
        await scene.UntilAsync(() => scene.Account.Accepted == Messages, "every stanza", TimeSpan.FromMilliseconds(100));
        Assert.True(scene.Account is { Balances: true, BouncedBy: var by } && by[BounceReason.QueueFull] > 0, scene.Account.ToString());
    }

    private static async Task<bool> Complete(Task task)
    {
        await task;
        return true;
    }
}
