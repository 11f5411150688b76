using System.Collections.Immutable;
using System.Text;
using EdgePool.Edge.BackEnds;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Streams;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EdgePool.Edge.Tests.Routing;

public sealed class StanzaRelayTests
{
    private readonly Ledger ledger = new();
    private readonly LivePolicy policy = new(RoutingOptions.Create().Policy);
    private readonly VirtualTimeProvider time = new();
    private readonly RouteTable routes;
    private readonly StanzaReading reading = new();

    public StanzaRelayTests() => routes = new RouteTable(RoutingOptions.Create(), policy, time, ledger);

    [Theory]
    [InlineData("no from", "<message to='b@edge.example'/>", StreamErrorCondition.ImproperAddressing)]
    [InlineData("no to", "<message from='a@p1.example'/>", StreamErrorCondition.ImproperAddressing)]
    [InlineData("bad from", "<message from='@p1.example' to='b@edge.example'/>", StreamErrorCondition.ImproperAddressing)]
    [InlineData("stranger", "<message from='a@p2.example' to='b@edge.example'/>", StreamErrorCondition.InvalidFrom)]
    [InlineData("stranger to no address", "<message from='a@p2.example' to='@'/>", StreamErrorCondition.InvalidFrom)]
    [InlineData("not ours", "<message from='a@p1.example' to='b@p2.example'/>", StreamErrorCondition.HostUnknown)]
    [InlineData("ours, not authenticated", "<message from='a@p1.example' to='b@other.example'/>", StreamErrorCondition.ImproperAddressing)]
    public void Relay_WhatTheStreamMayNotBring_IsForTheActorAndNotAccepted(string id, string stanza, StreamErrorCondition condition)
    {
        using var relay = Relay();

        var refused = Assert.IsType<PumpEvent.BadAddress>(relay.Relay(reading.Read(stanza)));

        Assert.True(condition == refused.Condition, id);
        Assert.Equal(0, ledger.Read().Accepted);
    }

    [Fact]
    public void Relay_ToNoAddress_IsAnsweredJidMalformedByOurDomain()
    {
        using var relay = Relay();

        Assert.Null(relay.Relay(reading.Read("<message from='a@p1.example' to='@edge.example' id='1'/>")));

        Assert.Equal(1, ledger.Read().BouncedBy[BounceReason.JidMalformed]);
        Assert.True(ledger.Read().Balances);
        var back = Encoding.UTF8.GetString(routes.Find("edge.example"u8, "p1.example"u8)!.Queue.Take()!.Memory.Span);
        Assert.Contains("from='edge.example'", back, StringComparison.Ordinal);
        Assert.Contains("jid-malformed", back, StringComparison.Ordinal);
    }

    [Fact]
    public void Relay_OtherSpelling_GoesOutCanonical()
    {
        using var relay = Relay();
        Attach();

        Assert.Null(relay.Relay(reading.Read("<message from='A@P1.example/R' to='B@EDGE.example' id='1'/>")));

        var sent = Encoding.UTF8.GetString(Component().Queue.Take()!.Memory.Span);
        Assert.Contains("from='a@p1.example/R'", sent, StringComparison.Ordinal);
        Assert.Contains("to='b@edge.example'", sent, StringComparison.Ordinal);
    }

    [Fact]
    public void Relay_FullTarget_IsNamedToThePump()
    {
        using var relay = Relay();
        Attach();
        var sent = 0;
        while (relay.FullTarget is null)
        {
            Assert.Null(relay.Relay(reading.Read(StanzaReading.Message("a@p1.example", "b@edge.example", "1", 10_000))));
            sent++;
        }

        Assert.Same(Component().Queue, relay.FullTarget);
        Assert.InRange(sent, 100, 106);
        Assert.Equal((sent, sent), (relay.Accepted, ledger.Read().InFlight));
    }

    [Fact]
    public void Relay_RouteRetiredMeanwhile_TakesTheNewOne()
    {
        using var relay = new StanzaRelay(new Bouncer(routes, ledger), new StanzaPolicy(policy, routes, time), new Pings(routes), new RateTable(time), ledger, TimeSpan.FromSeconds(10));
        relay.Open(new ComponentGate(routes, DomainName.Parse("edge.example")));
        Assert.Null(relay.Relay(reading.Read("<message from='a@edge.example' to='b@p1.example' id='1'/>")));
        var first = routes.Find("edge.example"u8, "p1.example"u8)!;
        first.Queue.Release(first.Queue.Take()!);
        ledger.Deliver(1);
        Assert.True(routes.TryRetire(first));

        Assert.Null(relay.Relay(reading.Read("<message from='a@edge.example' to='b@p1.example' id='2'/>")));

        Assert.Equal(1, routes.Find("edge.example"u8, "p1.example"u8)!.Queue.Accepted);
        Assert.True(ledger.Read().Balances);
    }

    [Fact]
    public void Relay_Closed_AdmitsNothing()
    {
        using var relay = Relay();
        Assert.True(relay.Admits);

        relay.Close();

        Assert.False(relay.Admits);
    }

    // DESIGN.md section 5, 3: no allocation on the allow path, whatever policy has to look at; nor for the presence of a contact that is known.
    [Theory]
    [InlineData("<message from='a@p1.example/r' to='b@edge.example' type='chat' id='i'><body>hello</body></message>")]
    [InlineData("<message from='a@p1.example/r' to='b@edge.example'><body>hi</body><active xmlns='http://jabber.org/protocol/chatstates'/><p:x xmlns:p='urn:p'><p:y/></p:x></message>")]
    [InlineData("<presence from='a@p1.example/r' to='b@edge.example'><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/><x xmlns='vcard-temp:x:update'><photo/></x></presence>")]
    [InlineData("<iq type='get' from='a@p1.example/r' to='b@edge.example/s' id='i'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>")]
    public void Relay_CanonicalAddresses_AllocatesNothing(string stanza)
    {
        using var relay = Relay();
        Attach();
        var framer = StreamFramer.Inside(ContentNamespace.Server, FramerLimits.Authenticated);
        var bytes = Encoding.UTF8.GetBytes(stanza);
        var queue = Component().Queue;
        Pass(framer, bytes, relay, queue, 2_000);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Pass(framer, bytes, relay, queue, 20_000);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(ledger.Read().Balances);
    }

    private void Pass(StreamFramer framer, byte[] bytes, StanzaRelay relay, StanzaQueue queue, int stanzas)
    {
        for (var i = 0; i < stanzas; i++)
        {
            if (framer.Read(bytes, out _, out var frame) != FrameStatus.Element || relay.Relay(in frame) is not null)
                throw new InvalidOperationException("the stanza was not relayed");
            if (i % 50 != 49)
                continue;
            relay.Flush();
            while (queue.Take() is { } segment)
            {
                ledger.Deliver(segment.Accepted);
                queue.Release(segment);
            }
        }
    }

    private StanzaRelay Relay()
    {
        var bouncer = new Bouncer(routes, ledger);
        var judge = new StanzaPolicy(policy, routes, time);
        var components = new ComponentSessions(routes, new EdgeLogs(NullLoggerFactory.Instance));
        var presence = new PresenceKeeper(new PresenceTable(new PresenceLimits(), time, new Random(1)), memory: null, judge, routes, components, ledger, time, TimeSpan.FromMinutes(1));
        var relay = new StanzaRelay(bouncer, judge, new Pings(routes), new RateTable(time), ledger, TimeSpan.FromSeconds(10), presence);
        Assert.False(relay.Admits);
        ImmutableArray<DomainPair> pairs = [new DomainPair(DomainName.Parse("edge.example"), DomainName.Parse("p1.example"))];
        relay.Open(new PairGate(routes, pairs, routes.IsLocal, bounceUnserved: false));
        return relay;
    }

    private void Attach() => Component().Queue.Attach(static () => { });

    private Route Component() => routes.Component(DomainName.Parse("edge.example"))!;
}
