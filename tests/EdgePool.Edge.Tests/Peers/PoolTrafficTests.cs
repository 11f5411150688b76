using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Tests.Fixture;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Peers;

/// <summary>A partner's stream and a component at different nodes: what crosses the link, and what becomes of it when the link, or the node, is lost.</summary>
public sealed class PoolTrafficTests
{
    private const int Stanzas = 10_000;
    private const int Batch = 100;

    [Fact]
    public async Task Stanzas_ComponentAtAnotherNode_CrossInOrderBothWays()
    {
        await using var scene = new PoolScene();
        var (a, b) = (await scene.StartAsync("a"), await scene.StartAsync("b"));
        await using var d = await scene.ConnectAsync(b, "d.example");
        await using var e = await scene.ConnectAsync(a, "e.example");
        await PoolScene.KnowsAsync(a, "d.example");
        await PoolScene.KnowsAsync(b, "e.example");
        await using var partner = await scene.PartnerAtAsync(a);

        var sending = Task.WhenAll(SendAsync(partner.SendAsync, "u@p1.example", "x@d.example"), SendAsync(text => d.SendAsync(text), "x@d.example", "y@e.example"));
        Assert.Equal(Numbers(0, Stanzas), await HeardAsync(d, Stanzas));
        Assert.Equal(Numbers(0, Stanzas), await HeardAsync(e, Stanzas));
        await sending;

        await ExpectBalancedAsync(a, b);
        Assert.Equal((0, 0), (a.Ledger.Read().Bounced, b.Ledger.Read().Bounced));
        Assert.Equal((0, 0), (a.UncertainStanzas, b.UncertainStanzas));
    }

    [Fact]
    public async Task Link_CutInMidFlow_EachStanzaArrivesOnceAndInOrder()
    {
        await using var scene = new PoolScene();
        await using var line = new CutProxy();
        var a = await scene.StartAsync("a");
        var b = await scene.StartAsync("b", peer: line.EndPoint.ToString(), starting: node => line.Target = node.PeerEndPoint);
        await using var d = await scene.ConnectAsync(b, "d.example");
        await using var e = await scene.ConnectAsync(a, "e.example");
        await PoolScene.KnowsAsync(a, "d.example");
        await PoolScene.KnowsAsync(b, "e.example");
        await using var partner = await scene.PartnerAtAsync(a);

        var sending = Task.WhenAll(SendAsync(partner.SendAsync, "u@p1.example", "x@d.example"), SendAsync(text => d.SendAsync(text), "x@d.example", "y@e.example"));
        var back = HeardAsync(e, Stanzas);
        var there = new List<int>();
        for (var cut = 0; cut < 5; cut++)
        {
            there.AddRange(await HeardAsync(d, Stanzas / 6));
            line.Cut();
        }

        there.AddRange(await HeardAsync(d, Stanzas - there.Count));
        Assert.Equal(Numbers(0, Stanzas), there);
        Assert.Equal(Numbers(0, Stanzas), await back);
        await sending;

        await ExpectBalancedAsync(a, b);
        Assert.Equal((0, 0), (a.Ledger.Read().Bounced, b.Ledger.Read().Bounced));
        Assert.Equal((0, 0), (a.UncertainStanzas, b.UncertainStanzas));
    }

    [Fact]
    public async Task Node_LostInMidFlow_EachStanzaArrivesOrIsAnswered()
    {
        await using var scene = new PoolScene();
        await using var line = new CutProxy();
        var a = await scene.StartAsync("a");
        var b = await scene.StartAsync("b", peer: line.EndPoint.ToString(), starting: node => line.Target = node.PeerEndPoint);
        await using var d = await scene.ConnectAsync(b, "d.example");
        await using var e = await scene.ConnectAsync(a, "e.example");
        await PoolScene.KnowsAsync(a, "d.example");
        await using var partner = await scene.PartnerAtAsync(a);

        var sending = SendAsync(partner.SendAsync, "u@p1.example", "x@d.example");
        var arrived = await HeardAsync(d, Stanzas / 4);
        line.CutForGood();
        await sending;
        await PoolScene.UntilAsync(() => a.Ledger.Read() is { InFlight: 0 } account && account.Accepted >= Stanzas);

        var answered = a.Ledger.Read().BouncedBy;
        var errors = new List<int>();
        for (var left = (int)answered.Values.Sum(); left > 0; left--)
            errors.Add(NumberOf(await scene.Partner.ReceiveAsync()));
        await PoolScene.UntilAsync(() => b.Ledger.Read() is { InFlight: 0 });
        arrived.AddRange(await HeardAsync(d, (int)b.Ledger.Read().Delivered - arrived.Count));

        Assert.Equal(arrived.Order(), arrived);
        Assert.Equal(Numbers(0, Stanzas), arrived.Union(errors).Order());
        Assert.InRange(arrived.Intersect(errors).Count(), 0, (int)a.UncertainStanzas);
        Assert.Equal(a.UncertainStanzas, answered.GetValueOrDefault(BounceReason.StreamLost));
        await ExpectBalancedAsync(a, b);
    }

    // A forgets what it counted, B does not: numbers begin anew, and nothing is taken for what came before.
    [Fact]
    public async Task Node_ForgottenAndBack_BeginsAnew()
    {
        await using var scene = new PoolScene();
        await using var line = new CutProxy();
        var a = await scene.StartAsync("a");
        var b = await scene.StartAsync("b", peer: line.EndPoint.ToString(), starting: node => line.Target = node.PeerEndPoint);
        await using var d = await scene.ConnectAsync(b, "d.example");
        await using var e = await scene.ConnectAsync(a, "e.example");
        await PoolScene.KnowsAsync(a, "d.example");
        await SendAsync(text => e.SendAsync(text), "y@e.example", "x@d.example", Batch);
        Assert.Equal(Numbers(0, Batch), await HeardAsync(d, Batch));
        await PoolScene.UntilAsync(() => a.Ledger.Read() is { InFlight: 0 }); // what is not acknowledged would be answered
        var record = scene.View.Nodes["b"];

        scene.Forget("b");
        line.Cut();
        await PoolScene.KnowsAsync(a, "d.example", nodes: 0);
        scene.Tell(record);
        await PoolScene.KnowsAsync(a, "d.example");

        await SendAsync(text => e.SendAsync(text), "y@e.example", "x@d.example", Batch);
        Assert.Equal(Numbers(0, Batch), await HeardAsync(d, Batch));
        await ExpectBalancedAsync(a, b);
        Assert.Equal(0, a.Ledger.Read().Bounced);
    }

    [Fact]
    public async Task Component_AtTwoNodes_APairKeepsToOneUntilItIsGone()
    {
        await using var scene = new PoolScene();
        var (a, b, c) = (await scene.StartAsync("a"), await scene.StartAsync("b"), await scene.StartAsync("c"));
        await using var e = await scene.ConnectAsync(a, "e.example");
        await using var atB = await scene.ConnectAsync(b, "d.example");
        await PoolScene.KnowsAsync(a, "d.example");
        await using var atC = await scene.ConnectAsync(c, "d.example");
        await PoolScene.KnowsAsync(a, "d.example", nodes: 2);

        await SendAsync(text => e.SendAsync(text), "y@e.example", "x@d.example", Batch);
        await PoolScene.UntilAsync(() => b.Ledger.Read().Delivered + c.Ledger.Read().Delivered == Batch);
        var (chosen, other) = b.Ledger.Read().Delivered > 0 ? (atB, atC) : (atC, atB);
        Assert.Equal(Numbers(0, Batch), await HeardAsync(chosen, Batch));

        await chosen.DisposeAsync();
        await PoolScene.KnowsAsync(a, "d.example", nodes: 1);
        await SendAsync(text => e.SendAsync(text), "y@e.example", "x@d.example", Batch);
        Assert.Equal(Numbers(0, Batch), await HeardAsync(other, Batch));
    }

    // What waited for a node that is lost, and was surely not sent, goes to another one that has the component, in its order, before what comes meanwhile.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Node_Lost_WhatWasNotSentGoesToWhereElseTheComponentIs(bool here)
    {
        await using var scene = new PoolScene();
        await using var line = new CutProxy();
        var a = await scene.StartAsync("a");
        var b = await scene.StartAsync("b", peer: line.EndPoint.ToString(), starting: node => line.Target = node.PeerEndPoint);
        var c = await scene.StartAsync("c");
        await using var e = await scene.ConnectAsync(a, "e.example");
        await using var atB = await scene.ConnectAsync(b, "d.example");
        await PoolScene.KnowsAsync(a, "d.example");
        await SendAsync(text => e.SendAsync(text), "y@e.example", "x@d.example", Batch);
        Assert.Equal(Numbers(0, Batch), await HeardAsync(atB, Batch));
        await PoolScene.UntilAsync(() => a.Ledger.Read() is { InFlight: 0 });

        // The link breaks, and is taken for alive: it cannot be called. What comes now waits for it, until another node has the component and this one is gone.
        scene.Tell(scene.View.Nodes["b"] with { Peer = "127.0.0.1:9", Instance = "another" });
        line.CutForGood();
        await PoolScene.UntilAsync(() => !a.LinkedNodes.Contains("b"));
        var sending = SendAsync(text => e.SendAsync(text), "y@e.example", "x@d.example", Batch * 5);
        await PoolScene.UntilAsync(() => a.Ledger.Read().InFlight > Batch);
        await using var other = await scene.ConnectAsync(here ? a : c, "d.example");
        await PoolScene.UntilAsync(() => here || a.ComponentsElsewhere.Count(domain => domain.Ascii == "d.example") == 2);
        scene.Forget("b");

        Assert.Equal(Numbers(0, Batch * 5), await HeardAsync(other, Batch * 5));
        await sending;
        await ExpectBalancedAsync(a, c);
        Assert.Equal((0, 0), (a.Ledger.Read().Bounced, a.UncertainStanzas));
    }

    // The component comes to this node too while its stanzas are under way to the other one: what follows waits here until they have arrived there.
    [Fact]
    public async Task Component_ComesToThisNode_IsSentNothingBeforeWhatIsUnderWayToTheOther()
    {
        await using var scene = new PoolScene();
        await using var line = new CutProxy();
        var a = await scene.StartAsync("a", change: static options => options with { Pool = options.Pool! with { Timeouts = options.Pool.Timeouts with { Suspicious = TimeSpan.FromMinutes(1), Silent = TimeSpan.FromMinutes(1) } } });
        var b = await scene.StartAsync("b", peer: line.EndPoint.ToString(), starting: node => line.Target = node.PeerEndPoint);
        await using var e = await scene.ConnectAsync(a, "e.example");
        await using var atB = await scene.ConnectAsync(b, "d.example");
        await PoolScene.KnowsAsync(a, "d.example");
        await SendAsync(text => e.SendAsync(text), "y@e.example", "x@d.example", Batch);
        Assert.Equal(Numbers(0, Batch), await HeardAsync(atB, Batch));
        await PoolScene.UntilAsync(() => a.Ledger.Read() is { InFlight: 0 });

        line.Hold();
        await SendAsync(text => e.SendAsync(text), "y@e.example", "x@d.example", Batch);
        await PoolScene.UntilAsync(() => a.Ledger.Read().InFlight == Batch);
        await using var atA = await scene.ConnectAsync(a, "d.example");
        await e.SendAsync("<message from='y@e.example' to='u@p1.example' type='chat' id='n-0'/>"); // what follows is looked up anew
        Assert.Equal(0, NumberOf(await scene.Partner.ReceiveAsync()));
        await SendAsync(text => e.SendAsync(text), "y@e.example", "x@d.example", Batch);
        await PoolScene.UntilAsync(() => a.Ledger.Read().InFlight == 2 * Batch);
        line.Release();

        Assert.Equal(Numbers(0, Batch), await HeardAsync(atB, Batch));
        Assert.Equal(Numbers(0, Batch), await HeardAsync(atA, Batch));
        await ExpectBalancedAsync(a, b);
        Assert.Equal((0, 0, 0), (a.Ledger.Read().Bounced, b.Ledger.Read().Bounced, a.UncertainStanzas));
    }

    // A component that reads nothing leaves its node: what was surely not written goes to the node that has it too, in its order, before what comes meanwhile.
    [Fact]
    public async Task Component_LeavesThisNode_WhatWaitsGoesToWhereElseItIs()
    {
        const int Much = 200_000; // more than the kernel holds for a connection
        await using var scene = new PoolScene();
        var (a, b) = (await scene.StartAsync("a"), await scene.StartAsync("b"));
        await using var e = await scene.ConnectAsync(a, "e.example");
        var here = await SilentComponentAsync(a);
        await using var there = await scene.ConnectAsync(b, "d.example");
        await PoolScene.KnowsAsync(a, "d.example");
        await PoolScene.KnowsAsync(b, "e.example");

        var sending = SendAsync(text => e.SendAsync(text), "y@e.example", "x@d.example", Much);
        var waiting = 0L;
        await PoolScene.UntilAsync(async () =>
        {
            var before = waiting;
            waiting = a.Ledger.Read().InFlight;
            await Task.Delay(50);
            return waiting > Batch && waiting == before; // the source is paused
        });
        await here.DisposeAsync();

        await sending;
        await PoolScene.UntilAsync(() => a.Ledger.Read() is { InFlight: 0, Balances: true } && b.Ledger.Read() is { InFlight: 0, Balances: true });
        var crossed = (int)b.Ledger.Read().Delivered;
        Assert.Equal(Numbers(Much - crossed, crossed), await HeardAsync(there, crossed));
        Assert.True(crossed > Batch, $"{crossed}");
        Assert.DoesNotContain(a.Ledger.Read().BouncedBy, static reason => reason is { Key: not BounceReason.StreamLost, Value: > 0 }); // but for what was being written
        Assert.Equal(0, a.UncertainStanzas);
    }

    [Fact]
    public async Task InternalServer_OutOfReachHere_IsReachedOverAnotherNode()
    {
        await using var scene = new PoolScene();
        await using var server = new PartnerServer("d.example", scene.Authority.Issue("d.example"));
        var a = await scene.StartAsync("a", change: options => scene.WithServer(options, ClosedPort()));
        var b = await scene.StartAsync("b", change: options => scene.WithServer(options, server.EndPoint.Port));
        await using var e = await scene.ConnectAsync(a, "e.example");
        await PoolScene.KnowsAsync(a, "d.example");

        await SendAsync(text => e.SendAsync(text), "y@e.example", "x@d.example", Batch * 2);

        for (var number = 0; number < Batch * 2; number++)
            Assert.Equal(number, NumberOf(await server.ReceiveAsync()));
        await ExpectBalancedAsync(a, b);
        Assert.Equal((0, 0), (a.Ledger.Read().Bounced, b.Ledger.Read().Bounced));
        await PoolScene.KnowsAsync(b, "d.example", nodes: 0); // a has said that it cannot
    }

    // No loops: what came over a link goes to no further node, and is answered.
    [Fact]
    public async Task InternalServer_OutOfEveryReach_IsAnsweredOnce()
    {
        await using var scene = new PoolScene();
        EdgeNode[] nodes = [await StartAsync("a"), await StartAsync("b"), await StartAsync("c")];
        await using var e = await scene.ConnectAsync(nodes[0], "e.example");
        await PoolScene.KnowsAsync(nodes[0], "d.example", nodes: 2);
        await PoolScene.UntilAsync(() => nodes.Skip(1).All(node => node.ComponentsElsewhere.Any(domain => domain.Ascii == "e.example")));

        await SendAsync(text => e.SendAsync(text), "y@e.example", "x@d.example", Batch);

        for (var number = 0; number < Batch; number++)
            Assert.Equal("error", (await e.ReceiveAsync()).Attribute("type")?.Value);
        await ExpectBalancedAsync(nodes);
        Assert.Equal(Batch, nodes.Sum(node => node.Ledger.Read().Bounced));

        Task<EdgeNode> StartAsync(string name) => scene.StartAsync(name, change: options => scene.WithServer(options, ClosedPort()) with
        {
            Timeouts = options.Timeouts with { Pending = TimeSpan.FromSeconds(1) },
        });
    }

    [Fact]
    public async Task Component_Nowhere_IsAnsweredAsBefore()
    {
        await using var scene = new PoolScene();
        var (a, b) = (await scene.StartAsync("a"), await scene.StartAsync("b"));
        await using var e = await scene.ConnectAsync(a, "e.example");
        await PoolScene.LinkedAsync(a, "b");

        await e.SendAsync("<message from='y@e.example' to='x@d.example' type='chat' id='7'/>");

        Assert.Equal("error", (await e.ReceiveAsync()).Attribute("type")?.Value);
        Assert.Equal(1, a.Ledger.Read().BouncedBy[BounceReason.BackEndUnavailable]);
        Assert.Equal(0, b.Ledger.Read().Accepted);
    }

    [Fact]
    public async Task Node_LeavesInOrder_OthersSendItNothingMore()
    {
        await using var scene = new PoolScene();
        var (a, b) = (await scene.StartAsync("a"), await scene.StartAsync("b"));
        await using var d = await scene.ConnectAsync(b, "d.example");
        await using var e = await scene.ConnectAsync(a, "e.example");
        await PoolScene.KnowsAsync(a, "d.example");
        await SendAsync(text => e.SendAsync(text), "y@e.example", "x@d.example", Batch);
        Assert.Equal(Numbers(0, Batch), await HeardAsync(d, Batch));

        await b.StopAsync();

        await e.SendAsync("<message from='y@e.example' to='x@d.example' type='chat' id='7'/>");
        Assert.Equal("error", (await e.ReceiveAsync()).Attribute("type")?.Value);
        await ExpectBalancedAsync(a, b);
        Assert.Equal((0, 0), (a.UncertainStanzas, b.UncertainStanzas));
    }

    /// <summary>d.example, which reads nothing.</summary>
    private static async Task<RawPeer> SilentComponentAsync(EdgeNode node)
    {
        var peer = await RawPeer.ConnectAsync(node.InternalEndPoints[0]);
        await peer.SendAsync("<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='d.example'>");
        var header = await peer.HearAsync(Wire.OurHeader);
        await peer.SendAsync($"<handshake>{ComponentClient.Digest(System.Text.RegularExpressions.Regex.Match(header, " id='([^']*)'").Groups[1].Value, PoolScene.Secret)}</handshake>");
        await peer.HearAsync("<handshake/>");
        return peer;
    }

    private static int ClosedPort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static IEnumerable<int> Numbers(int first, int count) => Enumerable.Range(first, count);

    private static async Task SendAsync(Func<string, Task> send, string from, string to, int count = Stanzas)
    {
        for (var first = 0; first < count; first += Batch)
        {
            var text = new StringBuilder();
            for (var number = first; number < first + Batch; number++)
                text.Append(CultureInfo.InvariantCulture, $"<message from='{from}' to='{to}' type='chat' id='n-{number}'><body>number {number}</body></message>");
            await send(text.ToString());
        }
    }

    private static async Task<List<int>> HeardAsync(ComponentClient component, int count)
    {
        var heard = new List<int>(count);
        while (heard.Count < count)
        {
            if (await component.ReceiveAsync() is var stanza && stanza.Attribute("id")?.Value is ['n', '-', ..])
                heard.Add(NumberOf(stanza));
        }

        return heard;
    }

    private static int NumberOf(System.Xml.Linq.XElement stanza) => int.Parse(stanza.Attribute("id")!.Value[2..], CultureInfo.InvariantCulture);

    private static async Task ExpectBalancedAsync(params EdgeNode[] nodes)
    {
        foreach (var node in nodes)
        {
            await PoolScene.UntilAsync(() => node.Ledger.Read() is { InFlight: 0, Balances: true });
            Assert.Equal(0, node.Ledger.Read().InFlight);
        }
    }
}
