using System.Buffers;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Peers;
using EdgePool.Edge.Peers;
using EdgePool.Edge.Routing;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Peers;

/// <summary>Who may speak on the peer port, and what. MGT-07: the connection is dropped, the member stays.</summary>
public sealed class PeerPortTests
{
    [Theory]
    [InlineData(new byte[] { 0x80, 0, 0, 0, 3 })] // a length of 2 GiB
    [InlineData(new byte[] { 0, 0, 0, 5, 99, 0, 0, 0, 0 })] // an unknown kind
    [InlineData(new byte[] { 0, 0, 0, 0 })] // no kind
    [InlineData(new byte[] { 0, 0, 0, 3, 3, 0, 0 })] // a question cut short
    [InlineData(new byte[] { 0, 0, 0, 2, 2, 7 })] // a ping that says something
    [InlineData(new byte[] { 0, 0, 0, 5, 1, 1, 65, 1, 66 })] // a second greeting
    public async Task Frame_ThatIsNone_DropsTheConnectionAlone_MGT07(byte[] frame)
    {
        await using var scene = new PoolScene();
        var node = await scene.StartAsync("n");
        await scene.StartAsync("o");
        await PoolScene.LinkedAsync(node, "o");
        using var peer = await PeerOf(scene, node);
        await PoolScene.LinkedAsync(node, "a-raw");

        await peer.Stream.WriteAsync(frame);

        await ExpectDroppedAsync(peer.Stream);
        await PoolScene.UntilAsync(() => !node.LinkedNodes.Contains("a-raw"));
        Assert.Contains("o", node.LinkedNodes);
    }

    [Theory]
    [InlineData(new byte[] { 0x80, 0, 0, 0, 1 })]
    [InlineData(new byte[] { 0, 0, 4, 0, 1 })] // longer than a greeting may be
    [InlineData(new byte[] { 0, 0, 0, 1, 2 })] // a ping before the greeting
    [InlineData(new byte[] { 0, 0, 0, 5, 1, 1, 78, 1, 66 })] // another's name
    public async Task Greeting_ThatIsNone_DropsTheConnection_MGT07(byte[] frame)
    {
        await using var scene = new PoolScene();
        var node = await scene.StartAsync("n");
        using var identity = PeerIdentity.Create();
        scene.Tell(Record("a-raw", identity));
        using var peer = await ConnectAsync(node, identity);

        await peer.Stream.WriteAsync(frame);

        await ExpectDroppedAsync(peer.Stream);
        Assert.Empty(node.LinkedNodes);
    }

    [Fact]
    public async Task Frame_CutShort_DropsTheConnectionWhenItIsSilent_MGT07()
    {
        await using var scene = new PoolScene();
        var node = await scene.StartAsync("n", change: options => options with { Pool = options.Pool! with { Timeouts = options.Pool.Timeouts with { Silent = TimeSpan.FromMilliseconds(300) } } });
        using var peer = await PeerOf(scene, node);

        await peer.Stream.WriteAsync(new byte[] { 0, 15, 0, 0, 3, 1 });

        await ExpectDroppedAsync(peer.Stream);
    }

    [Fact]
    public async Task Calls_MoreThanMayBeUnknown_AreClosedAtOnce()
    {
        await using var scene = new PoolScene();
        var node = await scene.StartAsync("n", change: options => options with { Pool = options.Pool! with { Timeouts = options.Pool.Timeouts with { Handshake = TimeSpan.FromMinutes(5) } } });
        var calls = new List<Socket>();
        for (var call = 0; call <= PeersActor.MostUnknown; call++)
        {
            calls.Add(new Socket(SocketType.Stream, ProtocolType.Tcp));
            await calls[^1].ConnectAsync(node.PeerEndPoint!);
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        Assert.Equal(0, await calls[^1].ReceiveAsync(new byte[1], SocketFlags.None, patience.Token));
        Assert.All(calls[..^1], call => Assert.False(call.Poll(0, SelectMode.SelectRead)));
        calls.ForEach(call => call.Dispose());
    }

    [Fact]
    public async Task Questions_MoreThanAreAnsweredAtOneTime_AreRefused()
    {
        await using var scene = new PoolScene();
        var node = await scene.StartAsync("n", change: Enduring);
        var silent = new TaskCompletionSource<ReadOnlyMemory<byte>>();
        node.Peers!.Answer(QuestionKind.Entity, (_, _, _) => new(silent.Task));
        using var peer = await PeerOf(scene, node);

        for (var question = 0; question <= PeerQuestions.MostAnswered; question++)
            await peer.Stream.WriteAsync(Question((byte)question));

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await FrameAsync(peer.Stream, patience.Token) is var (kind, _) && kind != FrameKind.Refusal)
            Assert.NotEqual(FrameKind.Answer, kind);
        silent.SetResult(ReadOnlyMemory<byte>.Empty);
        Assert.Contains("a-raw", node.LinkedNodes);
    }

    [Fact]
    public async Task Answers_ThatNobodyReads_EndTheLink()
    {
        await using var scene = new PoolScene();
        var node = await scene.StartAsync("n", change: Enduring);
        node.Peers!.Answer(QuestionKind.Entity, (_, _, _) => new(new byte[IPeerNetwork.Longest]));
        using var peer = await PeerOf(scene, node);
        await PoolScene.LinkedAsync(node, "a-raw");

        byte[] questions = [.. Enumerable.Range(0, 1_000).SelectMany(static id => Question((byte)id).ToArray())];
        await PoolScene.UntilAsync(async () =>
        {
            try
            {
                await peer.Stream.WriteAsync(questions);
            }
            catch (IOException)
            {
                // ended
            }

            return !node.LinkedNodes.Contains("a-raw");
        });
    }

    [Theory]
    [InlineData(2 * PeerStanzas.MostToPartners, true)]
    [InlineData((2 * PeerStanzas.MostToPartners) + 1, false)]
    public async Task Channels_ToPartners_MoreThanTheMost_EndTheLink(int channels, bool stands)
    {
        await using var scene = new PoolScene();
        var node = await scene.StartAsync("n", change: Enduring);
        using var peer = await PeerOf(scene, node);
        await PoolScene.LinkedAsync(node, "a-raw");

        var frames = new ArrayBufferWriter<byte>();
        PeerFrame.Write(frames, FrameKind.Begin, new byte[sizeof(ulong)], default);
        for (var number = 0u; number < channels; number++)
        {
            var name = new ChannelName(DomainName.Parse("p1.example"), DomainName.Parse("d.example"), number).Utf8.Span;
            byte[] head = [0, (byte)name.Length, .. name, 0, 0, 0, 0];
            PeerFrame.Write(frames, FrameKind.Stanzas, head, "<message from='a@d.example' to='b@p1.example' type='chat' id='1'/>"u8);
        }

        try
        {
            await peer.Stream.WriteAsync(frames.WrittenMemory);
        }
        catch (IOException)
        {
            Assert.False(stands);
        }

        await PoolScene.UntilAsync(() => stands ? node.Ledger.Read().Accepted == channels : !node.LinkedNodes.Contains("a-raw"));
        Assert.Equal(stands, node.LinkedNodes.Contains("a-raw"));
    }

    [Fact]
    public async Task Routes_ToPartners_MoreThanTheMost_AreNotCarried()
    {
        await using var scene = new PoolScene();
        var node = await scene.StartAsync("n", change: Enduring);
        using var peer = await PeerOf(scene, node);
        await PoolScene.LinkedAsync(node, "a-raw");
        var frames = new ArrayBufferWriter<byte>();
        PeerFrame.Write(frames, FrameKind.Begin, new byte[sizeof(ulong)], default);
        PeerFrame.Write(frames, FrameKind.Ready, new byte[1], default);
        await peer.Stream.WriteAsync(frames.WrittenMemory);

        var stanzas = node.LinkedStanzas!.With("a-raw")!;
        var number = 0;
        OutboundChannel? first = null;
        await PoolScene.UntilAsync(() => (first = Carry()) is not null);
        for (var channels = 1; channels < PeerStanzas.MostToPartners; channels++)
            Assert.NotNull(Carry());
        Assert.Null(Carry());

        stanzas.Drop(first!);
        Assert.NotNull(Carry());
        Assert.Null(Carry());

        OutboundChannel? Carry()
        {
            var pair = new DomainPair(DomainName.Parse("d.example"), DomainName.Parse(string.Create(CultureInfo.InvariantCulture, $"p{number++}.example")));
            return stanzas.TryCarry(new Route(pair, ContentNamespace.Server, new StanzaQueue(new QueueLimits(10, 1_000, 1_000), TimeProvider.System)), over: static () => { });
        }
    }

    [Fact]
    public async Task Key_OfNoRecord_IsRefused()
    {
        await using var scene = new PoolScene();
        var node = await scene.StartAsync("n");
        using var stranger = PeerIdentity.Create();

        await ExpectRefusedAsync(node, stranger);
    }

    [Fact]
    public async Task Key_OfARecordThatIsGone_IsRefused()
    {
        await using var scene = new PoolScene();
        var node = await scene.StartAsync("n");
        using var identity = PeerIdentity.Create();
        scene.Tell(Record("a-raw", identity));
        scene.Forget("a-raw");

        await ExpectRefusedAsync(node, identity);
    }

    [Fact]
    public async Task Certificate_None_IsRefused()
    {
        await using var scene = new PoolScene();
        await ExpectRefusedAsync(await scene.StartAsync("n"), identity: null);
    }

    [Fact]
    public async Task Tls12_IsRefused()
    {
        await using var scene = new PoolScene();
        var node = await scene.StartAsync("n");
        using var identity = PeerIdentity.Create();
        scene.Tell(Record("a-raw", identity));

        await ExpectRefusedAsync(node, identity, options => options.EnabledSslProtocols = SslProtocols.Tls12);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("xmpp-server")]
    public async Task Alpn_OtherThanOurs_IsRefused(string? protocol)
    {
        await using var scene = new PoolScene();
        var node = await scene.StartAsync("n");
        using var identity = PeerIdentity.Create();
        scene.Tell(Record("a-raw", identity));

        await ExpectRefusedAsync(node, identity, options => options.ApplicationProtocols = protocol is null ? null : [new SslApplicationProtocol(protocol)]);
    }

    [Fact]
    public async Task Record_NamesAnotherKeyThanTheNodeShows_NoLink()
    {
        await using var scene = new PoolScene();
        var a = await scene.StartAsync("a");
        var b = await scene.StartAsync("b");
        await PoolScene.LinkedAsync(a, "b");

        scene.Tell(scene.View.Nodes["b"] with { PeerKey = new string('0', 64) });

        await PoolScene.UntilAsync(() => a.LinkedNodes.Count == 0);
        await scene.Logs.WaitForAsync(e => e.Id.Id == 2302, new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);
        Assert.Empty(a.LinkedNodes);
        Assert.NotNull(b);
    }

    [Fact]
    public async Task Record_Gone_TheLinkStands()
    {
        await using var scene = new PoolScene();
        var a = await scene.StartAsync("a");
        var b = await scene.StartAsync("b");
        await PoolScene.LinkedAsync(a, "b");

        scene.Forget("b");
        await scene.StartAsync("c"); // linked by a look that no longer sees b
        await PoolScene.LinkedAsync(a, "c");

        Assert.Contains("b", a.LinkedNodes);
        Assert.Contains("a", b.LinkedNodes);
    }

    [Fact]
    public async Task Node_Killed_LosesItsLeaseAtOnce()
    {
        await using var scene = new PoolScene();
        var a = await scene.StartAsync("a");
        var b = await scene.StartAsync("b");
        await PoolScene.LinkedAsync(b, "a");
        var lease = scene.View.Nodes["a"].Lease;

        await a.DisposeAsync();

        await PoolScene.UntilAsync(async () => !await scene.Store.KeepAliveAsync(lease, default));
        Assert.True(await scene.Store.KeepAliveAsync(scene.View.Nodes["b"].Lease, default));
    }

    [Fact]
    public async Task Address_ThatRefusedFromTheBeginning_IsNoDeath()
    {
        await using var scene = new PoolScene();
        using var identity = PeerIdentity.Create();
        var lease = await scene.Store.GrantAsync(TimeSpan.FromHours(1), default);
        scene.Tell(Record("z", identity) with { Lease = lease });

        await scene.StartAsync("n");
        await scene.Logs.WaitForAsync(e => e.Id.Id == 2302, new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);

        Assert.True(await scene.Store.KeepAliveAsync(lease, default));
        Assert.DoesNotContain(scene.Logs.Events, e => e.Id.Id == 2304);
    }

    private static EdgeOptions Enduring(EdgeOptions options) => options with
    {
        Pool = options.Pool! with { Timeouts = options.Pool.Timeouts with { Silent = TimeSpan.FromMinutes(5), Question = TimeSpan.FromMinutes(5) } },
    };

    private static ReadOnlyMemory<byte> Question(byte id) => new byte[] { 0, 0, 0, 6, (byte)FrameKind.Question, 0, 0, 0, id, (byte)QuestionKind.Entity };

    private static async Task<(FrameKind Kind, byte[] Body)> FrameAsync(SslStream stream, CancellationToken patience)
    {
        var header = new byte[PeerFrame.HeaderBytes];
        await stream.ReadExactlyAsync(header, patience);
        var body = new byte[System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(header) - 1];
        await stream.ReadExactlyAsync(body, patience);
        return ((FrameKind)header[^1], body);
    }

    private static NodeRecord Record(string name, PeerIdentity identity) => new(name, "pool", "raw-1", "1", "127.0.0.1:1", PeerKey: identity.Key);

    private static async Task<RawLink> PeerOf(PoolScene scene, EdgeNode node)
    {
        using var identity = PeerIdentity.Create();
        scene.Tell(Record("a-raw", identity));
        var peer = await ConnectAsync(node, identity);
        var hello = new ArrayBufferWriter<byte>();
        new PeerHello("a-raw", "raw-1").Write(hello);
        await peer.Stream.WriteAsync(hello.WrittenMemory);
        return peer;
    }

    private static async Task ExpectRefusedAsync(EdgeNode node, PeerIdentity? identity, Action<SslClientAuthenticationOptions>? change = null)
    {
        try
        {
            using var peer = await ConnectAsync(node, identity, change);
            await ExpectDroppedAsync(peer.Stream);
        }
        catch (Exception fault) when (fault is AuthenticationException or IOException)
        {
            // refused in the handshake
        }

        Assert.Empty(node.LinkedNodes);
    }

    private static async Task<RawLink> ConnectAsync(EdgeNode node, PeerIdentity? identity, Action<SslClientAuthenticationOptions>? change = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(node.PeerEndPoint!);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = string.Empty,
            ClientCertificateContext = identity is null ? null : SslStreamCertificateContext.Create(identity.Certificate, additionalCertificates: null, offline: true),
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            ApplicationProtocols = [PeerTls.Protocol],
            AllowTlsResume = false,
        };
        change?.Invoke(options);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsClientAsync(options);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }

        return new RawLink(stream);
    }

    /// <summary>Reads, whatever comes before, to the end.</summary>
    private static async Task ExpectDroppedAsync(SslStream stream)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer, patience.Token) > 0)
            {
                // its greeting, its pings
            }
        }
        catch (IOException)
        {
            // cut
        }
    }

    private sealed record RawLink(SslStream Stream) : IDisposable
    {
        public void Dispose() => Stream.Dispose();
    }
}
