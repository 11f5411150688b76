using System.Globalization;
using EdgePool.Dns.Serving;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Tests.Fixture;
using EdgePool.Edge.Tests.Peers;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Exits;

/// <summary>
/// Two pools, and a partner that the one reaches over a line which a test cuts, and the other one directly: stanzas of e.example, whose component is at the first pool, leave as the federation route of
/// its site says.
/// </summary>
public sealed class FederationRouteTests
{
    private const int LeavesAgain = 1028;

    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Partner_OutOfReachOfTheFirstPool_IsReachedByTheNext_AndByTheFirstAgain()
    {
        await using var scene = new PoolScene();
        await using var line = new CutProxy { Target = scene.Partner.EndPoint };
        await using var names = Names(line);
        var a = await scene.StartAsync("a-1", pool: "edge-a", change: options => Route(options, "edge-a", "edge-b") with { DnsServers = [names.EndPoint] });
        var b = await scene.StartAsync("b-1", pool: "edge-b", change: options => Route(options, "edge-a", "edge-b"));
        await using var e = await scene.ConnectAsync(a, "e.example");
        await PoolScene.LinkedAsync(a, "b-1");

        await FlowAsync(scene, e, 0, 200);
        Assert.Equal(0, b.Ledger.Read().Accepted);

        line.CutForGood();
        await PoolScene.UntilAsync(() => a.Streams.All.All(static stream => stream.Kind is not StreamKind.PartnerOutbound)); // what is written into the lost one, without XEP-0198, is lost with it
        await FlowAsync(scene, e, 200, 200);
        await PoolScene.UntilAsync(() => b.Ledger.Read().Delivered > 0 && a.Exits.Count == 1);
        var use = Assert.Single(a.Exits);
        Assert.Equal(("edge-b", "b-1"), (use.Pool, use.Node));
        Assert.NotNull(use.Because);

        var flowing = FlowAsync(scene, e, 400, 400, whileTheWayChanges: true);
        await line.OpenAsync();
        await flowing;
        await PoolScene.UntilAsync(() => scene.Logs.Events.Any(static said => said.Id.Id == LeavesAgain));
        var before = b.Ledger.Read().Accepted;
        await FlowAsync(scene, e, 800, 100);
        await PoolScene.UntilAsync(() => a.Exits.Count == 0);
        Assert.Equal(before, b.Ledger.Read().Accepted);

        await ExpectBalancedAsync(a, b);
        Assert.Equal((0, 0), (a.UncertainStanzas, b.UncertainStanzas));
        Assert.Equal((0, 0), (b.Ledger.Read().Bounced, a.Ledger.Read().Bounced));
    }

    // The same pair at both pools: what leaves from the second one leaves by the first one too, until that one cannot and asks for a stream.
    [Fact]
    public async Task Partner_OutOfReachOfTheFirstPool_BothPoolsLeaveByTheSecond_AndByTheFirstAgain()
    {
        await using var scene = new PoolScene();
        await using var line = new CutProxy { Target = scene.Partner.EndPoint };
        await using var names = Names(line);
        var a = await scene.StartAsync("a-1", pool: "edge-a", change: options => Route(options, "edge-a", "edge-b") with { DnsServers = [names.EndPoint] });
        var b = await scene.StartAsync("b-1", pool: "edge-b", change: options => Route(options, "edge-a", "edge-b"));
        await using var atA = await scene.ConnectAsync(a, "e.example");
        await using var atB = await scene.ConnectAsync(b, "e.example");
        await PoolScene.LinkedAsync(a, "b-1");
        await PoolScene.LinkedAsync(b, "a-1");

        await FlowAsync(scene, atB, 0, 50);
        await PoolScene.UntilAsync(() => b.Exits.Count == 1); // it is said behind the first stanzas
        Assert.Equal("edge-a", Assert.Single(b.Exits).Pool);

        line.CutForGood();
        await PoolScene.UntilAsync(() => a.Streams.All.All(static stream => stream.Kind is not StreamKind.PartnerOutbound));
        await FlowAsync(scene, atA, 50, 50);
        await PoolScene.UntilAsync(() => b.Exits.Count == 0 && a.Exits.Count == 1);
        await FlowAsync(scene, atB, 100, 50);

        await line.OpenAsync();
        await PoolScene.UntilAsync(() => b.Exits.Count == 1 && a.Exits.Count == 0);
        await FlowAsync(scene, atB, 150, 50);
        await ExpectBalancedAsync(a, b);
    }

    // No line is cut: the partner shows the first pool a certificate that does not prove its name, which no second attempt mends.
    [Fact]
    public async Task Partner_ThatTheFirstPoolMustRefuse_IsReachedByTheNext()
    {
        await using var scene = new PoolScene();
        await using var imposter = new PartnerServer("p1.example", scene.Authority.Issue("other.example"));
        await using var line = new CutProxy { Target = imposter.EndPoint };
        await using var names = Names(line);
        var a = await scene.StartAsync("a-1", pool: "edge-a", change: options => Route(options, "edge-a", "edge-b") with { DnsServers = [names.EndPoint] });
        var b = await scene.StartAsync("b-1", pool: "edge-b", change: options => Route(options, "edge-a", "edge-b"));
        await using var e = await scene.ConnectAsync(a, "e.example");
        await PoolScene.LinkedAsync(a, "b-1");

        await FlowAsync(scene, e, 0, 100);

        Assert.Equal(100, b.Ledger.Read().Accepted);
        await ExpectBalancedAsync(a, b);
        Assert.Equal(0, a.Ledger.Read().Bounced);
    }

    [Fact]
    public async Task Route_OtherPoolFirst_LeavesThere_AndHereWhenThatPoolIsGone()
    {
        await using var scene = new PoolScene();
        var a = await scene.StartAsync("a-1", pool: "edge-a", change: options => Route(options, "edge-b", "edge-a"));
        var b = await scene.StartAsync("b-1", pool: "edge-b", change: options => Route(options, "edge-b", "edge-a"));
        await using var e = await scene.ConnectAsync(a, "e.example");
        await PoolScene.LinkedAsync(a, "b-1");

        await FlowAsync(scene, e, 0, 100);
        Assert.Equal(100, b.Ledger.Read().Accepted);
        await PoolScene.UntilAsync(() => a.Ledger.Read().InFlight == 0);

        await b.StopAsync();
        scene.Forget("b-1");
        await FlowAsync(scene, e, 100, 100);

        await ExpectBalancedAsync(a);
        Assert.Equal(0, a.UncertainStanzas);
    }

    // The node that carries the pair drains, and then the one that the component is at: nothing is answered as lost, and nothing bounced.
    [Fact]
    public async Task Nodes_Drain_InMidFlow_EachStanzaLeavesOnce()
    {
        await using var scene = new PoolScene();
        var a = await scene.StartAsync("a-1", pool: "edge-a", change: options => Route(options, "edge-b", "edge-a"));
        EdgeNode[] others = [await scene.StartAsync("b-1", pool: "edge-b", change: OverB), await scene.StartAsync("b-2", pool: "edge-b", change: OverB)];
        await using var e = await scene.ConnectAsync(a, "e.example");
        await PoolScene.LinkedAsync(a, "b-1", "b-2");
        await FlowAsync(scene, e, 0, 100);
        var carrier = Assert.Single(others, node => node.Ledger.Read().Accepted > 0);
        var name = carrier == others[0] ? "b-1" : "b-2";
        scene.Tell(scene.View.Nodes[name] with { Draining = true, Ready = false });

        var flowing = FlowAsync(scene, e, 100, 1_000, whileTheWayChanges: true);
        await carrier.StopAsync();
        scene.Forget(name);
        await flowing;
        Assert.Equal((0, 0), (a.UncertainStanzas, a.Ledger.Read().Bounced + carrier.Ledger.Read().Bounced));

        await e.SendAsync(string.Concat(Enumerable.Range(1_100, 500).Select(Message)));
        await PoolScene.UntilAsync(() => a.Ledger.Read().Accepted == 1_600);
        await a.StopAsync();
        Assert.Equal((1_600, 0, 0), (a.Ledger.Read().Delivered, a.Ledger.Read().Bounced, a.UncertainStanzas));
    }

    // Each pool is the other one's last resort: what cannot leave by either is answered, once, and goes round no loop.
    [Fact]
    public async Task Partner_OutOfEveryReach_IsAnswered()
    {
        await using var scene = new PoolScene();
        await using var line = new CutProxy();
        await using var names = Names(line);
        line.CutForGood();
        var a = await StartAsync("a-1", "edge-a");
        var b = await StartAsync("b-1", "edge-b");
        await using var atA = await scene.ConnectAsync(a, "e.example");
        await using var atB = await scene.ConnectAsync(b, "e.example");
        await PoolScene.LinkedAsync(a, "b-1");
        await PoolScene.LinkedAsync(b, "a-1");

        for (var number = 0; number < 20; number++)
        {
            await atA.SendAsync(Message(number));
            await atB.SendAsync(Message(number));
        }

        for (var number = 0; number < 20; number++)
        {
            Assert.Equal("error", (await atA.ReceiveAsync()).Attribute("type")?.Value);
            Assert.Equal("error", (await atB.ReceiveAsync()).Attribute("type")?.Value);
        }

        await ExpectBalancedAsync(a, b);
        Assert.Equal(40, a.Ledger.Read().Bounced + b.Ledger.Read().Bounced);

        Task<EdgeNode> StartAsync(string node, string pool) => scene.StartAsync(node, pool: pool, change: options => Route(options, "edge-a", "edge-b") with
        {
            DnsServers = [names.EndPoint],
            Timeouts = options.Timeouts with { Pending = TimeSpan.FromSeconds(2), BackoffMin = Quick, BackoffMax = Quick },
        });
    }

    // The node that a pair leaves over is killed: what had crossed and is not acknowledged is answered, the rest leaves over another node, in order.
    [Fact]
    public async Task Node_ThatThePairLeavesOver_Lost_AnotherOneTakesOver()
    {
        await using var scene = new PoolScene();
        var a = await scene.StartAsync("a-1", pool: "edge-a", change: options => Route(options, "edge-b"));
        EdgeNode[] others = [await scene.StartAsync("b-1", pool: "edge-b", change: OverB), await scene.StartAsync("b-2", pool: "edge-b", change: OverB)];
        await using var e = await scene.ConnectAsync(a, "e.example");
        await PoolScene.LinkedAsync(a, "b-1", "b-2");

        await FlowAsync(scene, e, 0, 100);
        var carrier = Assert.Single(others, node => node.Ledger.Read().Accepted > 0);
        await PoolScene.UntilAsync(() => a.Ledger.Read().InFlight == 0);

        var name = carrier == others[0] ? "b-1" : "b-2";
        await carrier.CutAsync();
        scene.Forget(name);
        await PoolScene.UntilAsync(() => !a.LinkedNodes.Contains(name)); // what is written into the lost link is answered as lost
        await FlowAsync(scene, e, 100, 100);

        Assert.True(others.Single(node => node != carrier).Ledger.Read().Accepted >= 100);
        await ExpectBalancedAsync(a);
    }

    private static EdgeOptions OverB(EdgeOptions options) => Route(options, "edge-b");

    /// <summary>The partner is asked for by a domain's server at another address.</summary>
    private static DnsServer Names(CutProxy line)
    {
        var zones = new ObservedNames();
        zones.Replace([EdgeFixture.Zone("p1.example", line.EndPoint)]);
        return DnsServer.Start(zones, TimeProvider.System);
    }

    private static EdgeOptions Route(EdgeOptions options, params string[] route)
    {
        var topology = $$"""
            {"sites": [{"name": "berlin", "federationRoute": ["{{string.Join("\", \"", route)}}"]}, {"name": "dublin", "federationRoute": ["edge-b"]}],
             "pools": [{"name": "edge-a", "site": "berlin", "host": "edge-a.e.example", "addresses": ["203.0.113.10"], "priority": 10, "nodes": ["a-1"]},
                       {"name": "edge-b", "site": "dublin", "host": "edge-b.e.example", "addresses": ["198.51.100.10"], "priority": 20, "nodes": ["b-1", "b-2"]}],
             "domains": [{"name": "e.example", "site": "berlin", "backEnds": ["edge-a"]}, {"name": "d.example", "site": "berlin", "backEnds": ["edge-a"]}]}
            """;
        PolicyDocument[] documents =
        [
            new(DocumentKinds.Topology, DocumentKinds.TopologyName, 1, topology),
            new(DocumentKinds.Partner, "p1.example", 2, "{}"),
            new(DocumentKinds.AccessPolicy, "global", 3, """{"enableFederationAccess": true, "enableXmppAccess": true, "enablePublicCloudAccess": true}"""),
        ];
        var compiled = PolicyCompiler.Compile(documents, 3, options.LocalDomains.Select(static local => local.Name));
        Assert.DoesNotContain(compiled.Problems, static problem => problem.Severity is ProblemSeverity.Error);
        return options with { Policy = compiled.Snapshot!, Timeouts = options.Timeouts with { BackoffMin = Quick, BackoffMax = Quick * 4 } };
    }

    /// <summary>Each arrives once, in order; while the way changes, they may arrive on two streams, which the partner reads side by side and does not acknowledge.</summary>
    private static async Task FlowAsync(PoolScene scene, ComponentClient from, int first, int count, bool whileTheWayChanges = false)
    {
        var sending = SendAsync();
        var heard = new List<int>();
        while (heard.Count < count)
        {
            if ((await scene.Partner.ReceiveAsync()).Attribute("id")?.Value is { } id) // else the farewell of a stream
                heard.Add(int.Parse(id, CultureInfo.InvariantCulture));
        }

        Assert.Equal(Enumerable.Range(first, count), whileTheWayChanges ? heard.Order() : heard);
        await sending;

        async Task SendAsync()
        {
            for (var number = first; number < first + count; number++)
            {
                await from.SendAsync(Message(number));
                if (whileTheWayChanges && number % 4 == 0)
                    await Task.Delay(1);
            }
        }
    }

    private static string Message(int number) => string.Create(CultureInfo.InvariantCulture, $"<message from='y@e.example' to='x@p1.example' type='chat' id='{number}'><body>number {number}</body></message>");

    private static async Task ExpectBalancedAsync(params EdgeNode[] nodes)
    {
        foreach (var node in nodes)
            await PoolScene.UntilAsync(() => node.Ledger.Read() is { InFlight: 0, Balances: true });
    }
}
