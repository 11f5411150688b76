using System.Net;
using System.Net.Sockets;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Negotiation;
using EdgePool.Testing.Dns;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// RFC 6120 section 3.2, RFC 2782, XEP-0368; RES-07, RES-08.
public sealed class OutboundTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task Targets_FirstRefusesTcpSecondFailsTls_ThirdCarries()
    {
        await using var scene = EdgeScene.Start();
        using var refusing = Refusing();
        using var badTls = new ScriptedListener();
        using var good = new ScriptedListener();
        scene.Publish("p1.example", Port(refusing), badTls.EndPoint.Port, good.EndPoint.Port);
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));

        await using (var bad = await badTls.AcceptAsync())
        {
            await bad.AnswerHeaderAsync("p1.example", "edge.example", "s1");
            await bad.SendAsync("<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>");
            await bad.ExpectAsync("tls:starttls");
            await bad.SendAsync("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        }

        await using var carries = await good.AcceptAsync(scene, "p1.example");
        await carries.ExpectAsync("server:message[@id='1' and @from='a@edge.example']");
        await scene.BalancedAsync();
        Assert.Equal(1, scene.Account.Delivered);
        Assert.Equal(TimeSpan.Zero, scene.Time.Elapsed);
    }

    // XEP-0368 section 3: what begins with TLS is no target where policy has no TLS.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Targets_DirectTlsWherePolicyHasNoTls_AreNone(bool other)
    {
        await using var scene = TrustScene.Start(TrustScene.P1 with { TlsNegotiation = NegotiationMode.NotSupported, SaslNegotiation = NegotiationMode.NotSupported });
        using var direct = new TcpListener(IPAddress.Loopback, 0);
        direct.Start();
        using var plain = new ScriptedListener();
        scene.PublishDirectTls("p1.example", ((IPEndPoint)direct.LocalEndpoint).Port, other ? [plain.EndPoint.Port] : []);
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));

        if (other)
        {
            await using var peer = await plain.AcceptAsync();
            await peer.ExpectHeaderAsync();
        }
        else
        {
            await component.WaitForAsync("message[@id='1']/error[@type='cancel']/stanzas:remote-server-not-found");
        }

        Assert.False(direct.Pending());
    }

    [Fact]
    public async Task Targets_NoneCanBeReached_StanzasWaitAndAreAnsweredAtTheDeadline()
    {
        await using var scene = EdgeScene.Start();
        using var refusing = Refusing();
        scene.Publish("p1.example", Port(refusing));
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", 3) + "<presence from='a@edge.example' to='b@p1.example'/>");
        await scene.UntilAsync(() => scene.Account.InFlight == 4, "four that wait");

        await scene.UntilAsync(() => scene.Time.Elapsed >= TimeSpan.FromSeconds(58), "58 s", TimeSpan.FromSeconds(1));
        Assert.Equal((4, 0), (scene.Account.InFlight, scene.Account.Bounced));
        await scene.UntilAsync(() => scene.Account.InFlight == 0, "the answers", Step);

        Assert.InRange(scene.Time.Elapsed, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(62));
        for (var i = 0; i < 3; i++)
            await component.WaitForAsync($"message[@id='{i}' and @type='error']/error[@type='wait']/stanzas:remote-server-timeout");
        Assert.Equal((3, 1), (scene.Account.BouncedBy[BounceReason.RemoteServerTimeout], scene.Account.DroppedBy[DropReason.PresenceUndeliverable]));
        Assert.True(scene.Account.Balances);
    }

    // RES-07: the queue stops at its limit; what is more is answered at once, everything is counted once.
    [Fact]
    public async Task Targets_RES07_NoneCanBeReached_QueueStopsAtTheLimit()
    {
        const int Stanzas = 3_000;
        await using var scene = EdgeScene.Start();
        using var refusing = Refusing();
        scene.Publish("p1.example", Port(refusing));
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 0));
        await scene.UntilAsync(() => scene.Logs.Events.Any(e => e.Id.Id == 1021), "a failed dial");
        var failed = scene.Logs.Events.First(e => e.Id.Id == 1021);
        Assert.Equal(("edge.example-p1.example", "next attempt in"), (failed.Values["Pair"], failed.Values["Next"]));

        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", Stanzas - 1, first: 1));

        await scene.UntilAsync(() => scene.Account.Accepted == Stanzas, "every stanza");
        await scene.UntilAsync(() => scene.Account.InFlight == 1_000, "1000 that wait");
        Assert.Equal(Stanzas - 1_000, scene.Account.BouncedBy[BounceReason.RemoteServerTimeout]);
        await scene.UntilAsync(() => scene.Account.InFlight == 0, "the answers", TimeSpan.FromSeconds(1));
        Assert.Equal(Stanzas, scene.Account.BouncedBy[BounceReason.RemoteServerTimeout]);
        for (var i = 0; i < Stanzas; i++)
            await component.WaitForAsync("message[@type='error']/error/stanzas:remote-server-timeout");
    }

    [Fact]
    public async Task Targets_OnlyOneAndItsTlsFails_AnsweredAtOnce()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using (var bad = await server.AcceptAsync())
        {
            await bad.AnswerHeaderAsync("p1.example", "edge.example", "s1");
            await bad.SendAsync("<stream:features/>");
            await bad.ExpectStreamErrorAsync("policy-violation");
        }

        await component.WaitForAsync("message[@id='1']/error/stanzas:remote-server-timeout");
        Assert.Equal(TimeSpan.Zero, scene.Time.Elapsed);
    }

    [Fact]
    public async Task Dns_SaysThatThereIsNoService_AnsweredAtOnce()
    {
        await using var scene = EdgeScene.Start();
        scene.Publish("p1.example", 0);
        await using var component = await scene.ComponentAsync();

        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));

        await component.WaitForAsync("message[@id='1']/error[@type='cancel']/stanzas:remote-server-not-found");
        Assert.Equal(TimeSpan.Zero, scene.Time.Elapsed);
        await scene.BalancedAsync();
        await scene.UntilAsync(() => scene.Logs.Events.Any(e => e.Id.Id == 1021), "a failed dial");
        var failed = scene.Logs.Events.First(e => e.Id.Id == 1021);
        Assert.Equal(("edge.example-p1.example", "nothing waits, and a stanza that comes now is tried after"), (failed.Values["Pair"], failed.Values["Next"]));
        await scene.UntilAsync(() => scene.Logs.Events.Any(static e => e.Id.Id == 1022 && Equals(e.Values["Pair"], "edge.example-p1.example")), "what the log says of it");
    }

    [Fact]
    public async Task Dns_ServerIsDead_StanzasWaitAndAreAnsweredAtTheDeadline()
    {
        await using var dead = new ScriptedDnsServer();
        await using var scene = EdgeScene.Start(options => options with { DnsServers = [dead.EndPoint] });
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await scene.UntilAsync(() => dead.UdpQueries.Count > 0, "a question");

        await scene.UntilAsync(() => scene.Account.Bounced == 1, "the answer", TimeSpan.FromMilliseconds(500));

        Assert.InRange(scene.Time.Elapsed, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(65));
        await component.WaitForAsync("message[@id='1']/error/stanzas:remote-server-timeout");
    }

    [Fact]
    public async Task Partner_ClosesInMidFlowAndReturns_NothingIsLostDoubledOrOutOfOrder()
    {
        const int Half = 1_000;
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        var sending = component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", Half, bodyBytes: 1_000));
        var next = 0;
        await using (var first = await server.AcceptAsync(scene, "p1.example"))
        {
            while (next < 200)
                Assert.Equal(next++, S2SDialogue.Number(await first.ExpectAsync("message")));
            await first.SendAsync("</stream:stream>");
            while (await first.HearAsync() is { Kind: HeardKind.Element } heard)
                Assert.Equal(next++, S2SDialogue.Number(heard.Element!));
        }

        await sending;
        await component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", Half, first: Half));
        await using var second = await scene.WhileAdvancingAsync(server.AcceptAsync(scene, "p1.example"), Step);
        while (next < 2 * Half)
            Assert.Equal(next++, S2SDialogue.Number(await second.ExpectAsync("message")));

        await scene.BalancedAsync();
        Assert.Equal((2 * Half, 0), (scene.Account.Delivered, scene.Account.Bounced));
    }

    [Fact]
    public async Task Partner_ResetsInMidWrite_WhatWasBeingWrittenIsAnswered()
    {
        await using var scene = EdgeScene.Start(options => options with { Limits = options.Limits with { OutputBytes = 256 * 1024 } });
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        var sending = component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", 1_500, bodyBytes: 8 * 1024));
        await using (await server.AcceptAsync(scene, "p1.example"))
        {
            // The queue is full, and one and the same write waits for the peer: a reset now finds the writer in the middle of it. Until the queue is full time stands
            // still, else on a busy machine the component's stanzas have waited for too long before.
            await scene.UntilAsync(() => scene.Account.InFlight * 8 > 256, "a full queue");
            await scene.UntilAsync(() => scene.Node.Streams.All.Any(s => s.Blocked >= TimeSpan.FromSeconds(1)), "a peer that takes no more", Step / 10);
        }

        var error = await component.WaitForAsync("message[@type='error']");
        Assert.NotEmpty(error.Descendants(XmppNames.StanzaErrors + "remote-server-timeout"));
        await scene.UntilAsync(() => scene.Account.BouncedBy.GetValueOrDefault(BounceReason.StreamLost) > 0, "a lost segment");
        server.Dispose();
        await scene.UntilAsync(() => sending.IsCompleted && scene.Account is { Accepted: 1_500, InFlight: 0 }, "the end of all", Step * 5);
        Assert.True(scene.Account.Balances, scene.Account.ToString());
    }

    // RES-05: an authenticated peer that reads no more.
    [Fact]
    public async Task Partner_RES05_StopsReading_QueueIsBoundedAndOthersFlow()
    {
        const int Body = 8 * 1024;
        const int OutputBytes = 128 * 1024;
        const int Messages = 1_500;
        await using var scene = EdgeScene.Start(options => options with { Limits = options.Limits with { OutputBytes = OutputBytes, PendingBytes = OutputBytes } });
        var deaf = scene.Serve("p1.example");
        var good = scene.Serve("p2.example");
        await using var component = await scene.ComponentAsync();
        await using var other = await scene.ComponentAsync("other.example");
        var sending = component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", Messages, bodyBytes: Body));
        await using var stopped = await deaf.AcceptAsync(scene, "p1.example");
        await scene.UntilAsync(() => scene.Account is { InFlight: >= OutputBytes / Body, Delivered: > 0 }, "a full queue");
        Assert.InRange(scene.Account.InFlight * Body, OutputBytes, 2 * OutputBytes);

        await other.SendAsync(S2SDialogue.Message("a@other.example", "b@p2.example", 1));
        await using var flows = await good.AcceptAsync(scene, "p2.example", "other.example");
        await flows.ExpectAsync("message[@id='1']");

        await scene.UntilAsync(() => sending.IsCompleted && scene.Account.Accepted == Messages + 1, "every stanza", Step);
        await component.WaitForAsync("message[@type='error']/error[@type='wait']/stanzas:resource-constraint");
        Assert.True(scene.Account is { Balances: true } account && account.InFlight * Body <= 2 * OutputBytes, scene.Account.ToString());
    }

    // RES-05: what the cut stream leaves behind is answered or waits for the next stream; nothing is lost.
    [Fact]
    public async Task Partner_RES05_TakesNothing_IsCutAtTheWriteDeadline()
    {
        const int Body = 8 * 1024;
        const int Messages = 1_500;
        await using var scene = EdgeScene.Start(options => options with { Limits = options.Limits with { OutputBytes = 128 * 1024, PendingBytes = 128 * 1024 } });
        var deaf = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        var sending = component.SendAsync(S2SDialogue.Messages("a@edge.example", "b@p1.example", Messages, bodyBytes: Body));
        await using var stopped = await deaf.AcceptAsync(scene, "p1.example");
        await scene.UntilAsync(() => scene.Account is { InFlight: >= 16, Delivered: > 0 }, "a full queue");

        await scene.UntilAsync(() => scene.Logs.Events.Any(e => e.Message.Contains("write-timeout", StringComparison.Ordinal)), "the end of the stream", Step);

        await scene.UntilAsync(() => sending.IsCompleted && scene.Account is { Accepted: Messages, Balances: true }, "every stanza", Step);
        Assert.True(scene.Time.Elapsed >= TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Stream_Silent_EndsAtTheIdleDeadline()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var outbound = await server.AcceptAsync(scene, "p1.example");
        await outbound.ExpectAsync("message[@id='1']");
        await using var inbound = await scene.PartnerAsync("p1.example");
        await scene.UntilAsync(() => scene.Node.Streams.All.All(s => s.State == "established"), "three streams");

        await scene.UntilAsync(() => scene.Time.Elapsed >= TimeSpan.FromMinutes(14) - TimeSpan.FromSeconds(5), "13:55", TimeSpan.FromSeconds(5));
        Assert.Equal(3, scene.Node.Streams.Count);
        scene.Time.Advance(TimeSpan.FromSeconds(5));
        scene.Time.Advance(TimeSpan.FromSeconds(5));

        await outbound.ExpectStreamEndAsync();
        await inbound.ExpectStreamEndAsync();
        await scene.UntilAsync(() => scene.Node.Streams.Count == 0, "the end of every stream", Step);
    }

    // RES-08: a partner that comes and goes is not dialled all the time.
    [Fact]
    public async Task Partner_RES08_FlapsForAnHour_IsDialledAtMostFortyTimes()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        server.Patience = TimeSpan.FromMinutes(2);
        await using var component = await scene.ComponentAsync();
        var dialled = 0;
        using var over = new CancellationTokenSource();
        var flapping = FlapAsync();

        for (var sent = 0; scene.Time.Elapsed < TimeSpan.FromHours(1); sent++)
        {
            if (sent % 5 == 0)
                await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", sent));
            scene.Time.Advance(TimeSpan.FromSeconds(1));
            await scene.UntilAsync(() => scene.Node.Streams.Count == 1, "the end of the stream"); // the clock does not run while the partner speaks
            await Task.Delay(1);
        }

        await over.CancelAsync();
        await flapping;
        Assert.InRange(dialled, 5, 40);

        async Task FlapAsync()
        {
            try
            {
                while (true)
                {
                    await using var peer = await server.AcceptAsync("p1.example", over.Token);
                    dialled++;
                    await peer.AuthenticateAsync(scene, "p1.example");
                    await peer.SendAsync("</stream:stream>");
                    while ((await peer.HearAsync()).Kind != HeardKind.ConnectionEnd)
                    {
                        // what was on its way
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // the hour is over
            }
        }
    }

    private static Socket Refusing()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static int Port(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;
}
