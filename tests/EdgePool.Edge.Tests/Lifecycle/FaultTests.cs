using System.Collections;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// DESIGN.md section 4: a stream that throws takes nothing else down. The fault is planted in the roots of bug.example, which throw when they are read.
public sealed class FaultTests
{
    [Fact]
    public async Task Fault_InAnInboundStream_EndsThatStreamAlone()
    {
        await using var scene = Start();
        await using var component = await scene.ComponentAsync();
        await using var good = await scene.PartnerAsync("p1.example");
        for (var i = 0; i < 3; i++)
        {
            await using var faulty = await S2SDialogue.SecureToTlsAsync(scene, scene.Node.S2SEndPoints[0], "bug.example", "edge.example");
            await faulty.ExpectConnectionEndAsync();
        }

        await good.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 1));
        await component.WaitForAsync("message[@id='1']");
        await scene.UntilAsync(() => scene.Node.Streams.Count == 2, "the end of the faulty streams");
        await scene.UntilAsync(() => Faults(scene).Length == 3, "the records of the faults");
        var accepted = scene.Logs.Events.Where(e => e.Id.Id == 1000).Select(e => e.Values["Stream"]!.ToString());
        Assert.All(Faults(scene), path => Assert.Contains(path.Split('/')[^1], accepted));
    }

    [Fact]
    public async Task Fault_InAnOutboundStream_IsAFailedTargetAndBacksOff()
    {
        await using var scene = Start();
        var server = scene.Serve("bug.example");
        server.Patience = TimeSpan.FromMinutes(1);
        await using var component = await scene.ComponentAsync();
        using var over = new CancellationTokenSource();
        var dialled = 0;
        var serving = ServeAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@bug.example", 1));

        await scene.UntilAsync(() => scene.Account.Bounced == 1, "the answer", TimeSpan.FromMilliseconds(200));

        await component.WaitForAsync("message[@id='1']/error/stanzas:remote-server-timeout");
        await over.CancelAsync();
        await serving;
        Assert.InRange(dialled, 2, 20);
        await scene.UntilAsync(() => Faults(scene).Length >= dialled - 1, "the records of the faults");
        Assert.InRange(Faults(scene).Length, dialled - 1, dialled);
        var connecting = scene.Logs.Events.Where(e => e.Id.Id == 1001).Select(e => e.Values["Stream"]!.ToString());
        Assert.All(Faults(scene), path => Assert.Contains(path.Split('/')[^1], connecting));

        async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    await using var peer = await server.AcceptAsync("bug.example", over.Token);
                    dialled++;
                    await TakeTlsAsync(peer);
                }
            }
            catch (OperationCanceledException)
            {
                // the test is over
            }
        }

        // The fault comes when the certificate is judged: right behind the handshake, or with the features.
        async Task TakeTlsAsync(ScriptedPeer peer)
        {
            try
            {
                await peer.AcceptTlsAsync(scene, "bug.example", "edge.example");
                await peer.SendAsync("<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms></stream:features>");
                await peer.ExpectConnectionEndAsync();
            }
            catch (Exception end) when (end is DialogueException or IOException)
            {
                // the edge cut the connection
            }
        }
    }

    // RES-04 and CVE-2026-43506 in small: what comes and goes leaves nothing behind.
    [Theory]
    [InlineData("nothing said")]
    [InlineData("header")]
    [InlineData("not XML")]
    [InlineData("refused partner")]
    public async Task Connections_RES04_ComeAndGo_LeaveNeitherStreamNorTimer(string what)
    {
        const int Cycles = 250;
        const int Settled = 4; // presence, the look at our certificates, the count of repeated faults, the component's stream
        await using var scene = EdgeScene.Start();
        await using var component = await scene.ComponentAsync();
        await scene.UntilAsync(() => scene.Time.ActiveTimers == Settled, "the timers of a node that is up");
        for (var i = 0; i < Cycles; i++)
        {
            await using var peer = await ScriptedPeer.ConnectAsync(scene.Node.S2SEndPoints[0]);
            switch (what)
            {
                case "header":
                    await peer.SendHeaderAsync("p1.example", "edge.example");
                    await peer.ExpectHeaderAsync();
                    break;
                case "not XML":
                    await peer.SendAsync("GET / HTTP/1.1\r\n\r\n");
                    await peer.ExpectHeaderAsync();
                    break;
                case "refused partner":
                    await peer.SendHeaderAsync("nobody.example", "edge.example");
                    await peer.ExpectHeaderAsync();
                    break;
                default:
                    break;
            }
        }

        await scene.UntilAsync(() => scene.Node.Streams is { Count: 1, Opened: > Cycles }, "the end of every stream");
        await scene.UntilAsync(() => scene.Time.ActiveTimers == Settled, "the end of every timer");
        await using var partner = await scene.PartnerAsync("p1.example");
        await partner.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 1));
        await component.WaitForAsync("message[@id='1']");
    }

    /// <summary>Whose faults are in the log: paths of actors, which end in the stream's number.</summary>
    private static string[] Faults(EdgeScene scene)
        => [.. scene.Logs.Events.Where(e => e is { Id.Id: 1013, Error: not null }).Select(e => (string)e.Values["Actor"]!)];

    private static EdgeScene Start() => EdgeScene.Start(options => options with
    {
        Policy = EdgeScene.Policy(
            new PartnerDocument { Domain = "p1.example" },
            new PartnerDocument { Domain = "bug.example", Trust = new TrustAnchors(System: false, new Roots()) }),
    });

    private sealed class Roots : IReadOnlyList<X509Certificate2>
    {
        public int Count => throw new NotSupportedException("a bug");

        public X509Certificate2 this[int index] => throw new NotSupportedException("a bug");

        public IEnumerator<X509Certificate2> GetEnumerator() => throw new NotSupportedException("a bug");

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
