using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Edge.Tests.Routing;

/// <summary>edge.example comes to this node and leaves it, while other nodes have it too: stanzas of other.example keep their order, as far as it is we who write them.</summary>
public sealed class DetourTests
{
    private static readonly DomainName Domain = DomainName.Parse("edge.example");

    private readonly Ledger ledger = new();
    private readonly VirtualTimeProvider time = new();
    private readonly LivePolicy policy = new(RoutingOptions.Create().Policy);
    private readonly StanzaReading reading = new();
    private readonly RouteTable routes;
    private readonly Detour detour;
    private int sent;
    private int woken;

    public DetourTests()
    {
        routes = new RouteTable(RoutingOptions.Create(new StreamLimits { OutputBytes = 64 * 1024 }), policy, time, ledger);
        detour = new Detour(routes, new Bouncer(routes, ledger), time);
    }

    private Route Component => routes.Component(Domain)!;

    [Fact]
    public void Component_Comes_WhatWaitsGoesThere_BehindWhatIsUnderWay()
    {
        var way = Way("b");
        using var relay = Relay();
        Send(relay, 2);
        var underWay = way.Queue.TakeFor(carrier: null)!;
        Send(relay, 2);

        Come();
        Send(relay, 2); // the relay knows the way of before
        Assert.True(way.Queue.IsResting);
        Assert.Same(Component, Find());
        Assert.Null(Component.Queue.TakeFor(carrier: null));

        var before = woken;
        way.Queue.Release(underWay);
        Assert.Equal(before + 1, woken);
        Assert.Equal([2, 3, 4, 5], Taken(Component));
        Assert.Equal(0, way.Queue.Bytes);
    }

    [Fact]
    public void Component_ComesAndNothingIsUnderWay_IsSentAllAtOnce()
    {
        var way = Way("b");
        using var relay = Relay();
        Send(relay, 2);

        Come();

        Assert.Equal([0, 1], Taken(Component));
        Assert.True(way.Queue.IsResting);
    }

    [Fact]
    public void Component_ComesWhileTwoNodesHaveIt_AwaitsBoth()
    {
        Route[] ways = [Way("b"), Way("c")];
        Array.ForEach(ways, Put);
        var underWay = Array.ConvertAll(ways, static way => way.Queue.TakeFor(carrier: null)!);
        Come();
        Put(Component);

        ways[1].Queue.Release(underWay[1]);
        Assert.Null(Component.Queue.TakeFor(carrier: null));
        ways[0].Queue.Release(underWay[0]);

        Assert.Equal([2], Taken(Component));
    }

    [Fact]
    public void Link_Dead_HoldsTheComponentNoLongerThanItMay()
    {
        var way = Way("b");
        Put(way);
        var underWay = way.Queue.TakeFor(carrier: null)!;
        Come();
        Put(Component);

        time.Advance(Homecoming.AtMost - TimeSpan.FromTicks(1));
        Assert.Null(Component.Queue.TakeFor(carrier: null));
        time.Advance(TimeSpan.FromTicks(1));

        Assert.Equal([1], Taken(Component));
        way.Queue.Release(underWay);
    }

    [Fact]
    public void Component_LeavesBeforeAllHasArrived_ItsStanzasGoBackInOrder_AndItMayComeAgain()
    {
        var way = Way("b");
        using var relay = Relay();
        Send(relay, 1);
        var underWay = way.Queue.TakeFor(carrier: null)!;
        Send(relay, 2);
        Come();
        Send(relay, 1);

        Leave();
        Assert.False(way.Queue.IsResting);
        Send(relay, 1);
        Assert.Equal([1, 2, 3, 4], Taken(way, out var second));

        Send(relay, 1);
        Come();
        way.Queue.Release(underWay); // the first time's has ended, this one's has not
        Assert.Null(Component.Queue.TakeFor(carrier: null));
        way.Queue.Release(second);
        Assert.Equal([5], Taken(Component));
        Assert.Equal(0, ledger.Read().Bounced);
    }

    // What the first stay awaited does not hold up the second one, which has nothing to await.
    [Fact]
    public void Component_ComesAgainWhenNoNodeHasIt_AwaitsNothing()
    {
        var way = Way("b");
        Put(way);
        _ = way.Queue.TakeFor(carrier: null)!;
        Come();
        Leave();
        detour.LeaveNode(way);

        Come();
        Put(Component);

        Assert.Equal([1], Taken(Component));
    }

    [Fact]
    public void Node_GetsTheComponentWhileItIsHere_IsUsedWhenItIsGone()
    {
        Come();
        var way = Way("b");
        using var relay = Relay();
        Send(relay, 1);
        Assert.True(way.Queue.IsResting);
        Assert.Equal(Enqueued.Refused, way.Queue.Enqueue(Stanza(7), way.Namespace, "a@other.example"u8, "b@edge.example"u8));
        Assert.Equal(BounceReason.BackEndUnavailable, way.Queue.RefusedWith);
        Assert.False(way.Queue.EnqueueOwn("<message/>"u8));

        Leave();
        Send(relay, 1);

        Assert.Equal([0, 1], Taken(way));
    }

    // A node that had it, is lost while the component is here, and has it again when it is not.
    [Fact]
    public void Node_BackAfterTheComponentHasLeft_IsUsed()
    {
        var way = Way("b");
        Come();
        detour.LeaveNode(way);
        Leave();

        way.Queue.Attach(static () => { });
        detour.Enter("b", way, far: false);

        Assert.False(way.Queue.IsResting);
        Assert.Same(way, Find());
    }

    [Fact]
    public void Component_TakesNoMore_TheRestIsAnswered()
    {
        var way = Way("b");
        using var relay = Relay();
        while (way.Queue.Bytes < 100 * 1024)
            Send(relay, 1);
        Component.Queue.Attach(() => woken++);
        while (Component.Queue.Bytes < 100 * 1024)
            Put(Component);

        detour.EnterComponent(Component);

        var account = ledger.Read();
        Assert.True(account.BouncedBy[BounceReason.QueueFull] > 0);
        Assert.Equal((0, account.Accepted - account.Bounced), (way.Queue.Bytes, Component.Queue.Accepted));
        Assert.True(account.Balances);
    }

    // Sources that keep a way in memory and sources that look it up each time, while the component comes and goes: no stanza overtakes another one of its source, none is lost.
    [Fact]
    public async Task Component_ComesAndGoesUnderLoad_EachSourceKeepsItsOrder()
    {
        const int Each = 20_000;
        var way = Way("b");
        var seen = new int[3];
        using var done = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var drained = CancellationTokenSource.CreateLinkedTokenSource(done.Token);
        var link = RunAsync(() => Carry(way, seen, hold: true, drained.Token));
        var sources = Task.WhenAll(Enumerable.Range(0, seen.Length).Select(source => RunAsync(() => Bring(source, Each, done.Token))));

        var stays = 0;
        while (!sources.IsCompleted)
        {
            Come();
            using var leaving = new CancellationTokenSource();
            var writer = RunAsync(() => Carry(Component, seen, hold: false, leaving.Token));
            var before = Volatile.Read(ref seen[0]);
            while (Volatile.Read(ref seen[0]) < before + 50 && !sources.IsCompleted && !done.IsCancellationRequested)
                await Task.Yield();
            await leaving.CancelAsync();
            await writer;
            Leave();
            stays++;
        }

        await sources;
        while (ledger.Read().InFlight > 0)
        {
            Assert.False(done.IsCancellationRequested, "it did not come to an end in time");
            await Task.Yield();
        }

        await drained.CancelAsync();
        await link;
        Assert.Equal([Each, Each, Each], seen);
        Assert.Equal((seen.Length * Each, 0L), (ledger.Read().Delivered, ledger.Read().Bounced));
        Assert.True(stays > 5, $"{stays} stays");
    }

    private static Task RunAsync(Action work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>One stream's stanzas; every other stream keeps to one way as long as it is open, the rest look it up for each stanza.</summary>
    private void Bring(int source, int count, CancellationToken limit)
    {
        using var relay = Relay();
        var own = new StanzaReading();
        for (var number = 0; number < count; number++)
        {
            if (source % 2 == 1)
                relay.Open(new ComponentGate(routes, DomainName.Parse("other.example")));
            while (relay.FullTarget is { Bytes: > 32 * 1024 })
            {
                limit.ThrowIfCancellationRequested();
                Thread.Yield();
            }

            relay.FullTarget = null;
            Assert.Null(relay.Relay(own.Read(StanzaReading.Message("a@other.example", "b@edge.example", $"{source}-{number}"))));
            relay.Flush();
        }
    }

    /// <summary>The writer of a queue; a link holds what it has written until the other side says so.</summary>
    private void Carry(Route route, int[] seen, bool hold, CancellationToken until)
    {
        var held = new Queue<StanzaSegment>();
        while (!until.IsCancellationRequested)
        {
            if (held.Count > (hold ? 3 : 0) || (held.Count > 0 && route.Queue.Accepted == held.Sum(static segment => segment.Accepted)))
            {
                var ended = held.Dequeue();
                ledger.Deliver(ended.Accepted);
                route.Queue.Release(ended);
            }

            if (route.Queue.TakeFor(carrier: null) is not { } taken)
            {
                Thread.Yield();
                continue;
            }

            foreach (Match id in Regex.Matches(Encoding.UTF8.GetString(taken.Memory.Span), " id='(?<source>[0-9])-(?<number>[0-9]+)'", RegexOptions.CultureInvariant))
            {
                var source = int.Parse(id.Groups["source"].Value, CultureInfo.InvariantCulture);
                Assert.Equal(Volatile.Read(ref seen[source]), int.Parse(id.Groups["number"].Value, CultureInfo.InvariantCulture));
                Interlocked.Increment(ref seen[source]);
            }

            held.Enqueue(taken);
        }

        while (held.TryDequeue(out var last))
        {
            ledger.Deliver(last.Accepted);
            route.Queue.Release(last);
        }
    }

    private Route Way(string node)
    {
        var way = routes.ToPeer(Domain);
        way.Queue.Attach(static () => { });
        detour.Enter(node, way, far: false);
        return way;
    }

    private void Come()
    {
        Component.Queue.Attach(() => Interlocked.Increment(ref woken));
        detour.EnterComponent(Component);
    }

    private void Leave() => detour.LeaveComponent(Component, static () => { });

    private StanzaRelay Relay()
    {
        var relay = new StanzaRelay(new Bouncer(routes, ledger), new StanzaPolicy(policy, routes, time), new Pings(routes), new RateTable(time), ledger, TimeSpan.FromSeconds(10));
        relay.Open(new ComponentGate(routes, DomainName.Parse("other.example")));
        return relay;
    }

    private Route? Find() => routes.Find("other.example"u8, Domain.Utf8);

    private void Send(StanzaRelay relay, int count)
    {
        for (var last = sent + count; sent < last; sent++)
            Assert.Null(relay.Relay(Stanza(sent)));
        relay.Flush();
    }

    private void Put(Route route)
    {
        ledger.Accept();
        Assert.NotEqual(Enqueued.Refused, route.Queue.Enqueue(Stanza(sent++), route.Namespace, "a@other.example"u8, "b@edge.example"u8));
    }

    private Xmpp.Framing.StanzaFrame Stanza(int number) => reading.Read(StanzaReading.Message("a@other.example", "b@edge.example", $"n-{number}"));

    private static List<int> Taken(Route route) => Taken(route, out _);

    /// <summary>The numbers of what is taken next, in one segment.</summary>
    private static List<int> Taken(Route route, out StanzaSegment segment)
    {
        segment = route.Queue.TakeFor(carrier: null)!;
        Assert.NotNull(segment);
        return [.. Regex.Matches(Encoding.UTF8.GetString(segment.Memory.Span), " id='n-(?<number>[0-9]+)'", RegexOptions.CultureInvariant).Select(static id => int.Parse(id.Groups["number"].Value, CultureInfo.InvariantCulture))];
    }
}
