using System.Globalization;
using System.Net;
using System.Net.Sockets;
using EdgePool.Dns.Serving;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Tests.Fixture;
using EdgePool.Policy.Partners;
using Xunit;

namespace EdgePool.Edge.Tests.Hostile;

/// <summary>Peers that cost time and memory, on a clock that the test moves.</summary>
public sealed class ResourceTests(ResourceFixture fixture) : HostileTests<ResourceFixture>(fixture), IClassFixture<ResourceFixture>
{
    // TLS-26
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Handshake_TLS26_ThatStalls_IsClosedAfterTenSeconds(bool direct)
    {
        await using var peer = await RawPeer.ConnectAsync(edge.Outside);
        if (!direct)
        {
            await peer.SendAsync(Wire.Header());
            await peer.HearAsync("</stream:features>");
            await peer.SendAsync("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
            await peer.HearAsync("<proceed [^>]*>");
        }

        await peer.SendAsync(new ClientHello().Write().AsMemory(0, 40));
        await edge.AcceptedAsync(peer.LocalEndPoint);
        var end = peer.HearEndAsync();
        await edge.ExpectAtAsync(end, TimeSpan.FromSeconds(10));
        Assert.Empty((await end).Text);
    }

    // RES-02: the deadline is the connection's, not a byte's.
    [Fact]
    public async Task Header_ByteByByte_IsClosedAfterTenSeconds()
    {
        var peers = new List<RawPeer>();
        for (var i = 0; i < 20; i++)
        {
            peers.Add(await RawPeer.ConnectAsync(edge.Outside));
            await peers[i].SendAsync("<");
        }

        foreach (var peer in peers)
            await edge.WhenAsync(() => edge.Node.Streams.All.Any(s => s.Peer == peer.LocalEndPoint.ToString() && s.State == "negotiating"));
        edge.Clock.Advance(TimeSpan.FromSeconds(5));
        foreach (var peer in peers)
            await peer.SendAsync("s");
        var hearing = peers.ConvertAll(p => p.HearEndAsync());
        var ends = Task.WhenAll(hearing);
        await edge.ExpectAtAsync(Task.WhenAny(hearing), TimeSpan.FromSeconds(5));
        Assert.All(await ends, end => Assert.Matches($"^{Wire.OurHeader}{Wire.StreamError("connection-timeout")}$", end.Text));
        foreach (var peer in peers)
            await peer.DisposeAsync();
    }

    // XML-66
    [Fact]
    public async Task Stanza_ThatTakesTooLong_EndsTheStream()
    {
        await using var peer = await edge.AuthenticateAsync(edge.P1, "p1.example");
        await peer.SendAsync(Wire.Body("first") + "<");
        Assert.Single(await edge.HeardAtComponentAsync(1));
        var end = peer.HearEndAsync();
        foreach (var letter in "messa")
        {
            edge.Clock.Advance(TimeSpan.FromSeconds(10));
            await peer.SendAsync(letter.ToString());
        }

        await edge.ExpectAtAsync(end, TimeSpan.FromSeconds(15), seenEvery: TimeSpan.FromSeconds(5)); // more than a minute in all
        Assert.Matches($"^{Wire.StreamError("connection-timeout")}$", (await end).Text);
        Assert.Empty(await edge.HeardAtComponentAsync());
    }

    // RES-12: the newer stream is taken, the silent one ends, and what came by either came once and in its order.
    [Fact]
    public async Task NewerStream_OfAPairWhoseOlderIsSilent_TakesItsPlace()
    {
        await using var older = await edge.AuthenticateAsync(edge.P1, "p1.example");
        await older.SendAsync(Wire.Body("1") + Wire.Body("2"));
        await edge.HeardAtComponentAsync(2);
        edge.Clock.Advance(TimeSpan.FromMinutes(5));
        await using var newer = await edge.AuthenticateAsync(edge.P1, "p1.example");
        await newer.SendAsync(Wire.Body("3"));

        Assert.Matches($"^{Wire.StreamError("conflict")}$", (await older.HearEndAsync()).Text);
        Assert.Equal("conflict", (await edge.EndOfAsync(older.LocalEndPoint)).Values["Reason"]);
        await newer.SendAsync(Wire.Body("4"));
        Assert.Equal(["3", "4"], (await edge.HeardAtComponentAsync(2)).Select(m => m.Elements().Single().Value));
    }

    // RES-12, the other side: a server with two streams that are both in use keeps them; the older one is asked whether its connection lives.
    [Fact]
    public async Task NewerStream_OfAPairWhoseOlderIsInUse_StaysBesideIt()
    {
        await using var older = await edge.AuthenticateAsync(edge.P1, "p1.example");
        edge.Clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        await using var newer = await edge.AuthenticateAsync(edge.P1, "p1.example");

        await older.HearAsync("^ $");
        await older.SendAsync(Wire.Body("older"));
        await edge.HeardAtComponentAsync(1);
        await newer.SendAsync(Wire.Body("newer"));
        await edge.HeardAtComponentAsync(1);
    }

    // RES-12: a machine that lost its power says no farewell. When it is back, the probe meets a connection that it does not know.
    [Fact]
    public async Task NewerStream_OfAPairWhoseOlderIsHalfOpen_EndsTheDeadOne()
    {
        await using var older = await edge.AuthenticateAsync(edge.P1, "p1.example");
        Assert.SkipUnless(older.TryVanish(), "forgetting a connection without a word needs CAP_NET_ADMIN");
        await using var newer = await edge.AuthenticateAsync(edge.P1, "p1.example");

        Assert.Equal("connection-lost", (await edge.EndOfAsync(older.LocalEndPoint)).Values["Reason"]);
        await newer.SendAsync(Wire.Body("newer"));
        Assert.Single(await edge.HeardAtComponentAsync(1));
    }

    // RES-12, RES-13: where there is no room for both, the oldest silent stream makes some.
    [Fact]
    public async Task NewerStream_AtTheLimit_TakesThePlaceOfTheOldestSilentOne()
    {
        await using var first = await edge.AuthenticateAsync(edge.P1, "p1.example");
        await using var second = await edge.AuthenticateAsync(edge.P1, "p1.example");
        edge.Clock.Advance(TimeSpan.FromSeconds(60));
        await using var third = await edge.AuthenticateAsync(edge.P1, "p1.example");

        Assert.Matches($"^ {Wire.StreamError("conflict")}$", (await first.HearEndAsync()).Text);
        foreach (var (stream, body) in new[] { (second, "2"), (third, "3") })
        {
            await stream.SendAsync(Wire.Body(body));
            Assert.Single(await edge.HeardAtComponentAsync(1));
        }
    }

    // RES-12, RES-13: two streams for one pair, so that one can replace the other; no third.
    [Fact]
    public async Task Streams_ForOnePair_AreTwoAtMost()
    {
        var first = await edge.AuthenticateAsync(edge.P1, "p1.example");
        var second = await edge.AuthenticateAsync(edge.P1, "p1.example");
        for (var i = 0; i < 3; i++)
        {
            var (third, _) = await edge.OpenAsync(edge.P1, "p1.example");
            await third.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
            await third.HearAsync("<success [^>]*>");
            await third.SendAsync(Wire.Header());
            Assert.Matches($"^{Wire.OurHeader}(<stream:features>.*</stream:features>)?{Wire.StreamError("policy-violation")}$", (await third.HearEndAsync()).Text);
            await third.DisposeAsync();
        }

        await first.SendAsync(Wire.Body("1"));
        Assert.Single(await edge.HeardAtComponentAsync(1));
        await second.SendAsync(Wire.Body("2"));
        Assert.Single(await edge.HeardAtComponentAsync(1));
        first.Reset();
        await edge.EndOfAsync(first.LocalEndPoint);
        await edge.WhenAsync(() => edge.Node.Streams.All.Count(s => s.Pairs.Any(p => p.Remote.Ascii == "p1.example" && s.Kind == StreamKind.PartnerInbound)) == 1);
        await using var next = await edge.AuthenticateAsync(edge.P1, "p1.example");
        await second.DisposeAsync();
        await edge.WhenAsync(() => edge.Node.Streams.All.Count(s => s.Pairs.Any(p => p.Remote.Ascii == "p1.example" && s.Kind == StreamKind.PartnerInbound)) == 1);
    }

    // XML-65: no half stanza is forwarded, and nothing is left of its stream.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connection_ThatBreaksInAStanza_LeavesNothing(bool reset)
    {
        var before = edge.Node.Streams.Count;
        for (var i = 0; i < 100; i++)
        {
            await using var peer = await edge.AuthenticateAsync(edge.P1, "p1.example");
            await peer.SendAsync("<message from='a@p1.example' to='b@edge.example'><body>half");
            if (reset)
                peer.Reset();
            else
                peer.Truncate();
            if (!reset)
                await peer.HearEndAsync();
            await edge.EndOfAsync(peer.LocalEndPoint);
            await edge.WhenAsync(() => edge.Node.Streams.Count <= before + 1);
        }

        Assert.Empty(await edge.HeardAtComponentAsync());
        await edge.WhenAsync(() => edge.Node.Streams.Count <= before);
    }

    // RES-20: a short stanza behind a long one of another partner is itself and nothing more.
    [Fact]
    public async Task ShortStanza_BehindALongOneOfAnother_IsExact()
    {
        await using var peer = await edge.AuthenticateAsync(edge.P1, "p1.example");
        for (var i = 0; i < 20; i++)
        {
            await edge.HeardAtComponentAsync();
            await peer.SendAsync(Wire.Body(Wire.Repeat("S", 30_000)));
            Assert.Single(await edge.HeardAtComponentAsync(1));
            await peer.SendAsync(Wire.Body("short"));
            Assert.Equal(Wire.AtComponent(Wire.Header(), Wire.Body("short")), (await edge.HeardAtComponentAsync(1)).Select(Wire.Infoset));
        }
    }

    // RES-07: 1,000 stanzas wait, what is more is answered, and so are they after a minute; each is counted once.
    [Fact]
    public async Task Target_ThatIsDown_HoldsAThousandForAMinute()
    {
        var before = edge.Node.Ledger.Read();
        for (var i = 0; i < 3_000; i++)
            await edge.Component.SendAsync(string.Create(CultureInfo.InvariantCulture, $"<message from='b@edge.example' to='a@down.example' id='{i}'/>"));
        for (var i = 0; i < 50; i++)
            await edge.Component.SendAsync("<presence from='b@edge.example' to='a@down.example'/>");
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var answers = Task.Run(async () =>
        {
            while (ids.Count < 3_000)
            {
                var error = await edge.Component.WaitForAsync("message[@type='error']/error[@type='wait']/stanzas:remote-server-timeout");
                Assert.True(ids.Add(error.Attribute("id")!.Value), "answered twice");
            }
        });
        await edge.WhenAsync(() => edge.Node.Ledger.Read() is var now && now.Accepted - before.Accepted == 3_050 && now.InFlight <= 1_000);
        Assert.Equal(1_000, edge.Node.Ledger.Read().InFlight);
        await edge.AdvanceUntilAsync(answers, TimeSpan.FromSeconds(70));
        var after = edge.Node.Ledger.Read();
        Assert.True(after.Balances);
        Assert.Equal(3_000, after.Bounced - before.Bounced);
        Assert.Equal(50, after.Dropped - before.Dropped);
    }

    // RES-05: a partner that reads nothing costs a bounded queue; another one notices nothing, and the stanzas are answered.
    [Fact]
    public async Task Partner_ThatReadsNothing_CostsABoundedQueue()
    {
        var body = new string('x', 8_000);
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < 2_000; i++)
                await edge.Component.SendAsync($"<message from='b@edge.example' to='a@stalled.example' id='s{i}'><body>{body}</body></message>");
        });
        await edge.WhenAsync(() => edge.Node.Streams.All.Any(s => s.Pairs.Any(p => p.Remote.Ascii == "stalled.example")));
        var refused = edge.Component.WaitForAsync("message[@type='error']/error/stanzas:resource-constraint");
        await edge.AdvanceUntilAsync(refused, TimeSpan.FromSeconds(60));
        await edge.AdvanceUntilAsync(sending, TimeSpan.FromSeconds(60));
        Assert.InRange(edge.Node.Ledger.Read().InFlight, 0, 2 * 1024 * 1024 / 8_000);
        edge.Stalled.Release();
        await edge.AdvanceUntilAsync(edge.WhenAsync(() => edge.Node.Ledger.Read() is { InFlight: 0, Balances: true }), TimeSpan.FromMinutes(2));
        await edge.HeardAtComponentAsync();
    }
}

/// <summary>A node with two streams for a pair, and partners that are down or do not read.</summary>
public sealed class ResourceFixture : VirtualTimeFixture
{
    private readonly Socket down = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    internal PartnerServer Stalled { get; private set; } = null!;

    public override async ValueTask InitializeAsync()
    {
        down.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // bound and not listening: connections are refused
        Stalled = new PartnerServer("stalled.example", Authority.Issue("stalled.example")) { ReadsStanzas = false };
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        Stalled.Release();
        await base.DisposeAsync();
        await Stalled.DisposeAsync();
        down.Dispose();
    }

    protected override EdgeOptions Options()
        => base.Options() is var options ? options with { Limits = options.Limits with { StreamsPerPair = 2 } } : throw new InvalidOperationException();

    protected override IReadOnlyList<PartnerDocument> Partners()
        => [.. base.Partners(), new PartnerDocument { Domain = "down.example" }, new PartnerDocument { Domain = "stalled.example" }];

    protected override IEnumerable<DnsZone> Zones()
        => [.. base.Zones(), Zone("down.example", (IPEndPoint)down.LocalEndPoint!), Zone("stalled.example", Stalled.EndPoint)];
}
