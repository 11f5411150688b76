using EdgePool.Edge.Telemetry;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// The gateway's document (POLICY.md section 3), and what partners' documents say against it (section 2).
public sealed class GatewayLimitsTests
{
    private const string NoKeepAlive = "\"enableKeepAlive\": false";
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData("{\"partnerConnectionLimit\": 1}", "")]
    [InlineData("{}", "\"connectionLimit\": 1")]
    [InlineData("{\"partnerConnectionLimit\": 20}", "\"connectionLimit\": 1")]
    public async Task Inbound_BeyondThePartnersLimit_IsRefusedAndOthersAreNot(string gateway, string p1)
    {
        await using var scene = await StartAsync(gateway, p1);
        var first = await EnteredAsync(scene, "p1.example");
        await using (var second = await SaslAsync(scene, "p1.example", "other.example"))
        {
            await second.ExpectAsync("stream:features");
            await second.ExpectStreamErrorAsync("policy-violation");
        }

        await scene.UntilAsync(() => scene.Logs.Events.Any(static e => e.Message.Contains("connection-limit", StringComparison.Ordinal)), "the refusal in the log");

        await using var other = await scene.PartnerAsync("p2.example");
        await first.DisposeAsync();
        await scene.UntilAsync(() => scene.Node.Streams.Count == 1, "the end of both"); // p2's is left
        await using var again = await scene.PartnerAsync("p1.example");
    }

    [Fact]
    public async Task Inbound_BeyondTheTotal_IsRefusedWhateverThePartnersLimit()
    {
        await using var scene = await StartAsync("{\"connectionLimit\": 1, \"partnerConnectionLimit\": 1}", "\"connectionLimit\": 50");
        await using var first = await EnteredAsync(scene, "p1.example");
        await using var second = await SaslAsync(scene, "p2.example", "edge.example");
        await second.ExpectAsync("stream:features");
        await second.ExpectStreamErrorAsync("policy-violation");
    }

    [Fact]
    public async Task Outbound_NoPlace_StanzasWaitAndAreAnsweredResourceConstraint()
    {
        await using var scene = await StartAsync("{\"connectionLimit\": 1, \"partnerConnectionLimit\": 1}", NoKeepAlive);
        scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await using var inbound = await EnteredAsync(scene, "p1.example");

        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await scene.UntilAsync(() => scene.Account.InFlight == 1, "one that waits");
        await scene.UntilAsync(() => scene.Account.Bounced == 1, "the answer", TimeSpan.FromMilliseconds(500));

        Assert.InRange(scene.Time.Elapsed, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(63));
        await component.WaitForAsync("message[@id='1' and @type='error']/error[@type='wait']/stanzas:resource-constraint");
        Assert.Equal(1, scene.Account.BouncedBy[BounceReason.ConnectionLimit]);
    }

    [Fact]
    public async Task Outbound_PlaceBecomesFree_WhatWaitsGoesOut()
    {
        await using var scene = await StartAsync("{\"connectionLimit\": 1, \"partnerConnectionLimit\": 1}", NoKeepAlive);
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        var inbound = await EnteredAsync(scene, "p1.example");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await scene.UntilAsync(() => scene.Account.InFlight == 1, "one that waits");

        await inbound.DisposeAsync();
        await scene.UntilAsync(() => scene.Node.Streams.Count == 1, "the end of the inbound stream");
        await using var outbound = await scene.WhileAdvancingAsync(server.AcceptAsync(scene, "p1.example"), TimeSpan.FromMilliseconds(100));

        await outbound.ExpectAsync("message[@id='1']");
    }

    [Fact]
    public async Task Establishment_NotAuthenticatedInTime_Ends()
    {
        await using var scene = await StartAsync("{}");
        await using var peer = await S2SDialogue.SecureAsync(scene, scene.Node.S2SEndPoints[0], "p1.example", "edge.example");
        await peer.ExpectAsync("stream:features");

        scene.Time.Advance(TimeSpan.FromSeconds(60) - TimeSpan.FromMilliseconds(1));
        await peer.ExpectSilenceAsync(TimeSpan.FromMilliseconds(50));
        scene.Time.Advance(TimeSpan.FromMilliseconds(1));

        await peer.ExpectStreamErrorAsync("connection-timeout");
    }

    [Fact]
    public async Task Inactivity_NothingComesOrGoes_Ends()
    {
        await using var scene = await StartAsync("{}", NoKeepAlive);
        await using var peer = await scene.PartnerAsync("p1.example");
        await scene.UntilAsync(() => scene.Node.Streams.All.Single().State == "established", "the stream");

        await AdvanceAsync(scene, TimeSpan.FromSeconds(600));
        Assert.Equal("established", scene.Node.Streams.All.Single().State);
        scene.Time.Advance(Tick);

        await peer.ExpectStreamEndAsync();
    }

    [Fact]
    public async Task Inactivity_Changed_CountsOnStreamsThatAreUp()
    {
        await using var scene = await StartAsync("{}", NoKeepAlive);
        await using var peer = await scene.PartnerAsync("p1.example");
        await AdvanceAsync(scene, TimeSpan.FromSeconds(100));

        await scene.Node.PublishAsync(scene.StorePolicy("{\"streamInactivityTimeout\": \"60s\", \"keepAliveInterval\": \"30s\"}", NoKeepAlive));
        scene.Time.Advance(Tick);

        await peer.ExpectStreamEndAsync();
    }

    [Fact]
    public async Task KeepAlive_NothingComesWithinTheInterval_Ends()
    {
        await using var scene = await StartAsync("{}");
        await using var peer = await scene.PartnerAsync("p1.example");
        await scene.UntilAsync(() => scene.Node.Streams.All.Single().State == "established", "the stream");

        await AdvanceAsync(scene, TimeSpan.FromSeconds(295));
        await HearAsync(scene, peer, " ");
        await AdvanceAsync(scene, TimeSpan.FromSeconds(295));
        Assert.Equal("established", scene.Node.Streams.All.Single().State);
        await AdvanceAsync(scene, 2 * Tick);

        await peer.ExpectStreamErrorAsync("connection-timeout");
        await scene.UntilAsync(() => scene.Logs.Events.Any(static e => e.Message.Contains("keep-alive-timeout", StringComparison.Ordinal)), "the end in the log");
    }

    [Fact]
    public async Task KeepAlive_StreamOfOursIsUp_PartnerIsAskedAndItsAnswerCounts()
    {
        await using var scene = await StartAsync("{}");
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await using var inbound = await scene.PartnerAsync("p1.example");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var outbound = await server.AcceptAsync(scene, "p1.example");
        await outbound.ExpectAsync("message[@id='1']");

        await AdvanceAsync(scene, TimeSpan.FromSeconds(155));
        var ping = await outbound.ExpectAsync("iq[@type='get' and @from='edge.example' and @to='p1.example']/ping");
        await HearAsync(scene, inbound, $"<iq type='error' id='{ping.Attribute("id")!.Value}' from='p1.example' to='edge.example'/>");
        await AdvanceAsync(scene, TimeSpan.FromSeconds(150));
        await scene.WhileAdvancingAsync(outbound.ExpectAsync("iq[@type='get']/ping"), TimeSpan.FromMilliseconds(50)); // it counts from when it is understood

        // The answer was ours: it is in no account, and the component has not seen it.
        await inbound.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 2));
        Assert.Equal("2", (await component.ReceiveAsync()).Attribute("id")!.Value);
        Assert.Equal(2, scene.Account.Accepted);
    }

    // XEP-0199: the answer is from whom was asked, to who asked, with its id. All else goes where it is addressed to (POL-08).
    [Theory]
    [InlineData("<iq type='result' id='ID' from='x@p1.example' to='edge.example'/>")]
    [InlineData("<iq type='result' id='ID' from='p1.example/r' to='edge.example'/>")]
    [InlineData("<iq type='result' id='ID' from='p1.example' to='b@edge.example'/>")]
    [InlineData("<iq type='result' id='other' from='p1.example' to='edge.example'/>")]
    [InlineData("<iq type='set' id='ID' from='p1.example' to='edge.example'><ping xmlns='urn:xmpp:ping'/></iq>")]
    public async Task KeepAlive_POL09_NotTheAnswer_IsForwardedAndThePingStaysOpen(string stanza)
    {
        await using var scene = await StartAsync("{}");
        var (inbound, component, id) = await AskedAsync(scene);
        await using var owned = inbound;
        await using var inside = component;

        await inbound.SendAsync(stanza.Replace("ID", id, StringComparison.Ordinal));
        await component.WaitForAsync("iq");
        await inbound.SendAsync($"<iq type='result' id='{id}' from='p1.example' to='edge.example'/><iq type='result' id='{id}' from='p1.example' to='edge.example'/>");

        await component.WaitForAsync("iq"); // the second: there is no ping any more
        await scene.BalancedAsync();
        Assert.Equal(3, scene.Account.Accepted);
    }

    // POL-09: another partner has the id.
    [Fact]
    public async Task KeepAlive_POL09_AnotherPartnersAnswer_IsNotTaken()
    {
        await using var scene = await StartAsync("{}");
        var (inbound, component, id) = await AskedAsync(scene);
        await using var owned = inbound;
        await using var inside = component;
        await using var p2 = await scene.PartnerAsync("p2.example");

        await p2.SendAsync($"<iq type='result' id='{id}' from='p2.example' to='edge.example'/>");

        await component.WaitForAsync("iq[@from='p2.example']");
    }

    [Fact]
    public async Task KeepAlive_OnAStreamOfOurs_ASpaceGoesOutEachHalfInterval()
    {
        await using var scene = await StartAsync("{}");
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var outbound = await server.AcceptAsync(scene, "p1.example");
        await outbound.ExpectAsync("message[@id='1']");
        await scene.BalancedAsync();
        var buffer = new byte[64];
        var reading = outbound.Transport.ReadAsync(buffer, TestContext.Current.CancellationToken).AsTask();

        await AdvanceAsync(scene, TimeSpan.FromSeconds(145));
        Assert.False(reading.IsCompleted);
        await AdvanceAsync(scene, 2 * Tick);

        Assert.Equal((1, (byte)' '), (await reading, buffer[0]));
        reading = outbound.Transport.ReadAsync(buffer, TestContext.Current.CancellationToken).AsTask();
        await AdvanceAsync(scene, TimeSpan.FromSeconds(135)); // the first went out at 150 or 155 s
        Assert.False(reading.IsCompleted);
        await AdvanceAsync(scene, 4 * Tick);
        Assert.Equal(1, await reading);
    }

    /// <summary>A stream that has its place: the last header of the negotiation goes out before that.</summary>
    private static async Task<ScriptedPeer> EnteredAsync(EdgeScene scene, string from)
    {
        var peer = await scene.PartnerAsync(from);
        var before = scene.Account.Accepted;
        await peer.SendAsync($"<presence from='a@{from}' to='b@edge.example'/>");
        await scene.UntilAsync(() => scene.Account.Accepted > before, "the first stanza");
        return peer;
    }

    /// <summary>Both streams of p1 are up, and the ping of half an interval's silence has gone out.</summary>
    private static async Task<(ScriptedPeer Inbound, ComponentClient Component, string Id)> AskedAsync(EdgeScene scene)
    {
        var server = scene.Serve("p1.example");
        var component = await scene.ComponentAsync();
        var inbound = await scene.PartnerAsync("p1.example");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        var outbound = await server.AcceptAsync(scene, "p1.example");
        await outbound.ExpectAsync("message[@id='1']");
        await AdvanceAsync(scene, TimeSpan.FromSeconds(155));
        var ping = await outbound.ExpectAsync("iq[@type='get']/ping");
        return (inbound, component, ping.Attribute("id")!.Value);
    }

    private static async Task<EdgeScene> StartAsync(string gateway, string p1 = "")
    {
        var scene = EdgeScene.Start();
        await scene.Node.PublishAsync(scene.StorePolicy(gateway, p1));
        return scene;
    }

    /// <summary>A stream that the partner opens, up to the header that follows SASL: who may have no more streams is told behind it.</summary>
    private static async Task<ScriptedPeer> SaslAsync(EdgeScene scene, string from, string to)
    {
        var peer = await S2SDialogue.SecureAsync(scene, scene.Node.S2SEndPoints[0], from, to);
        await peer.ExpectAsync("stream:features");
        await peer.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
        await peer.ExpectAsync("sasl:success");
        await peer.SendHeaderAsync(from, to);
        await peer.ExpectHeaderAsync();
        return peer;
    }

    /// <summary>Moves the clock, ten times a tick, and lets the node do what is due.</summary>
    private static async Task AdvanceAsync(EdgeScene scene, TimeSpan by)
    {
        for (var end = scene.Time.Elapsed + by; scene.Time.Elapsed < end;)
        {
            scene.Time.Advance(Second);
            await Task.Yield();
        }

        await Task.Delay(20);
    }

    /// <summary>What the peer sends has been read before time goes on.</summary>
    private static async Task HearAsync(EdgeScene scene, ScriptedPeer peer, string text)
    {
        var before = Read(scene);
        await peer.SendAsync(text);
        await scene.UntilAsync(() => Read(scene) >= before + text.Length, "what the peer has sent");

        static long Read(EdgeScene scene) => scene.Node.Streams.All.Sum(stream => stream.Counts.BytesIn);
    }
}
