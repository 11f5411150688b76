using System.Net.Security;
using System.Net.Sockets;
using EdgePool.Edge.Certificates;
using EdgePool.Edge.Tests.Hostile;
using EdgePool.Edge.Tests.Lifecycle;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Logging;
using EdgePool.Testing.Peers;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EdgePool.Edge.Tests.Certificates;

/// <summary>CERT-39: our certificates change while streams are up.</summary>
public sealed class CertificateWatchTests
{
    private const int Replaced = 2100;
    private const int Refused = 2101;
    private const int Unchanged = 2102;
    private const int Expires = 2103;
    private const int Expired = 2104;
    private const int NoSharedContext = 2105;

    private static readonly string[] Locals = ["edge.example", "other.example", "inside.example"];

    private readonly FakeCertificateSource source = new();

    [Fact]
    public async Task CERT39_GoodPair_IsInForceForTheNextHandshakeAndNoStreamIsDropped()
    {
        const int Streams = 1_000;
        await using var scene = Start();
        await using var component = await scene.ComponentAsync();
        var peers = new List<ScriptedPeer>();
        for (var i = 0; i < Streams; i++)
            peers.Add(await scene.PartnerAsync("p1.example"));
        var before = await ShownAsync(scene);
        var next = scene.Authority.Issue(Locals);

        source.Put(next);
        var since = scene.Time.Elapsed;
        await scene.UntilAsync(() => Events(scene, Replaced).Count == 1, "the replacement", TimeSpan.FromMilliseconds(100));

        Assert.InRange(scene.Time.Elapsed - since, TimeSpan.Zero, TimeSpan.FromSeconds(60));
        Assert.NotEqual(before, next.Certificate.Thumbprint);
        Assert.Equal(next.Certificate.Thumbprint, await ShownAsync(scene));
        await scene.UntilAsync(() => scene.Node.Streams.Count == Streams + 1, "every stream");
        foreach (var peer in peers.Where((_, i) => i % 100 == 0))
            await peer.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 1));
        for (var i = 0; i < Streams / 100; i++)
            await component.ReceiveAsync();
        Assert.Empty(Events(scene, Refused));
        await Task.WhenAll(peers.Select(peer => peer.DisposeAsync().AsTask()));
    }

    [Theory]
    [InlineData("mismatch", "the key does not belong to the certificate — name the right one")]
    [InlineData("expired", " is not valid now")]
    [InlineData("missing domain", "no certificate proves the local domain inside.example, which one in force does")]
    [InlineData("none", "there is no certificate")]
    [InlineData("weak", "the TLS library does not take CN=edge.example (")]
    [InlineData("unreadable", "they cannot be read: the disk is gone")]
    public async Task CERT39_BadPair_IsRefusedWithOneAlarmAndTheOldStays(string fault, string expected)
    {
        await using var scene = Start();
        var before = await ShownAsync(scene);
        await LookAsync(scene, 2);

        switch (fault)
        {
            case "mismatch":
                source.PutBad("the key does not belong to the certificate — name the right one");
                break;
            case "expired":
                source.Put(scene.Authority.Issue(LeafRequest.For(Locals) with { NotBefore = TimeSpan.FromDays(-2), NotAfter = TimeSpan.FromMinutes(-1) }));
                break;
            case "missing domain":
                source.Put(scene.Authority.Issue("edge.example", "other.example"));
                break;
            case "weak":
                source.Put(WeakCertificate.For(scene, Locals));
                break;
            case "none":
                source.Put();
                break;
            default:
                source.Breaks = true;
                break;
        }

        await LookAsync(scene, 10);

        var alarm = Assert.Single(Events(scene, Refused));
        Assert.Equal(LogLevel.Error, alarm.Level);
        Assert.Contains(expected, (string)alarm.Values["Reasons"]!, StringComparison.Ordinal);
        Assert.Equal(before, await ShownAsync(scene));
        Assert.Contains(expected, Assert.Single(scene.Node.ReadCertificates().Refused!.Reasons), StringComparison.Ordinal);
        Assert.Empty(Events(scene, Replaced));
    }

    // Between the two renames of a pair the key is not the certificate's: that is no alarm.
    [Fact]
    public async Task CERT39_BadForOneLook_IsNoAlarm()
    {
        await using var scene = Start();
        await LookAsync(scene, 2);
        source.PutBad("the key does not belong to the certificate");
        await LookAsync(scene, 1);
        source.Put(scene.Authority.Issue(Locals));
        await LookAsync(scene, 2);

        Assert.Empty(Events(scene, Refused));
        Assert.Single(Events(scene, Replaced));
    }

    [Fact]
    public async Task CERT39_AfterARefusal_TheNextGoodPairIsTaken()
    {
        await using var scene = Start();
        source.PutBad("broken");
        await LookAsync(scene, 4);
        Assert.NotNull(scene.Node.ReadCertificates().Refused);

        var next = scene.Authority.Issue(Locals);
        source.Put(next);
        await LookAsync(scene, 2);

        Assert.Equal(next.Certificate.Thumbprint, await ShownAsync(scene));
        Assert.Null(scene.Node.ReadCertificates().Refused);
        source.PutBad("broken again");
        await LookAsync(scene, 4);
        Assert.Equal(2, Events(scene, Refused).Count);
    }

    // SIGHUP: an answer at once, whatever it is.
    [Fact]
    public async Task Reread_Asked_AnswersAtOnce()
    {
        await using var scene = Start();
        var time = scene.Time.Elapsed;
        scene.Node.RereadCertificates();
        await scene.UntilAsync(() => Events(scene, Unchanged).Count == 1, "an answer");
        source.PutBad("broken");
        scene.Node.RereadCertificates();
        await scene.UntilAsync(() => Events(scene, Refused).Count == 1, "a refusal");
        source.Put(scene.Authority.Issue(Locals));
        scene.Node.RereadCertificates();
        await scene.UntilAsync(() => Events(scene, Replaced).Count == 1, "a replacement");

        Assert.Equal(time, scene.Time.Elapsed);
    }

    // Handshakes share contexts from the start on, and anew after a replacement: seen by that nobody gets a ticket under TLS 1.3.
    [Fact]
    public async Task Handshakes_FromTheStartAndAfterAReplacement_ShareAContext()
    {
        await using var scene = Start();
        await scene.UntilAsync(() => !GivesTicket(scene), "a shared context");
        source.Put(scene.Authority.Issue(Locals));
        await LookAsync(scene, 2);
        await scene.UntilAsync(() => Events(scene, Replaced).Count == 1 && !GivesTicket(scene), "another");

        Assert.Empty(Events(scene, NoSharedContext));
    }

    // Outbound streams too: SASL EXTERNAL with the certificate of this moment.
    [Fact]
    public async Task CERT39_OutboundStream_ShowsTheNewCertificate()
    {
        await using var scene = Start();
        await using var component = await scene.ComponentAsync();
        var listener = scene.Serve("p2.example");
        var next = scene.Authority.Issue(Locals);
        source.Put(next);
        await LookAsync(scene, 2);

        await component.SendAsync("<message from='a@edge.example' to='b@p2.example'/>");
        await using var partner = await listener.AcceptAsync("p2.example");
        await partner.AuthenticateAsync(scene, "p2.example");

        Assert.Equal(next.Certificate.Thumbprint, ((SslStream)partner.Transport).RemoteCertificate!.GetCertHashString());
    }

    [Fact]
    public async Task Expiry_OfOurs_IsSaidOnceAtEachStage()
    {
        await using var scene = Start(source: null, LeafRequest.For(Locals) with { NotAfter = TimeSpan.FromDays(31) });
        Assert.True(Assert.Single(scene.Node.ReadCertificates().InForce) is { Expiry: CertificateExpiry.Far, DaysLeft: 30 or 31 });
        await scene.UntilAsync(() => scene.Time.Elapsed > TimeSpan.FromDays(32) && Events(scene, Expired).Count > 0, "the end", TimeSpan.FromHours(4));

        Assert.Equal(
            [(LogLevel.Warning, 29), (LogLevel.Warning, 13), (LogLevel.Error, 2)],
            Events(scene, Expires).Select(record => (record.Level, (int)record.Values["Days"]!)));
        Assert.Equal(LogLevel.Error, Assert.Single(Events(scene, Expired)).Level);
        Assert.True(Assert.Single(scene.Node.ReadCertificates().InForce) is { Expiry: CertificateExpiry.Expired, DaysLeft: < 0 });
    }

    [Fact]
    public async Task State_SaysWhatIsInForce()
    {
        await using var scene = Start();

        var state = scene.Node.ReadCertificates();

        var ours = Assert.Single(state.InForce);
        Assert.Equal(Locals, ours.Domains.Select(domain => domain.Ascii));
        Assert.Equal(64, ours.KeyHash.Length);
        Assert.Equal(("CN=edge.example", "CN=Test root"), (ours.Subject, ours.Issuer));
        Assert.Null(state.Refused);
    }

    private EdgeScene Start() => Start(source, LeafRequest.For(Locals));

    private static EdgeScene Start(FakeCertificateSource? source, LeafRequest request) => EdgeScene.Start((scene, options) =>
    {
        var first = scene.Authority.Issue(request);
        source?.Put(first);
        return options with
        {
            Certificates = [FakeCertificateSource.Own(first)],
            CertificateSource = source,
            Limits = new StreamLimits { StreamsPerPair = 2_000, UnauthenticatedPerAddress = 2_000 },
        };
    });

    private static List<CollectedEvent> Events(EdgeScene scene, int id) => [.. scene.Logs.Events.Where(record => record.Id.Id == id)];

    /// <summary>Lets the node look so many times.</summary>
    private async Task LookAsync(EdgeScene scene, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var looks = source.Looks;
            await scene.UntilAsync(() => source.Looks > looks, "a look", CertificateWatchActor.Interval / 4);
        }
    }

    private static bool GivesTicket(EdgeScene scene)
    {
        using var client = OpenSslClient.Connect(scene.Node.S2SEndPoints[0], "edge.example", "xmpp-server");
        client.Write("<?xml version='1.0'?><x/>");
        client.ReadUntil("</stream:stream>"); // a ticket would come with the first bytes
        return client.HasTicket;
    }

    /// <summary>The thumbprint of the certificate that a new connection is shown.</summary>
    private static async Task<string> ShownAsync(EdgeScene scene)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(scene.Node.S2SEndPoints[0]);
        await using var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(scene.Client("p2.example"));
        return stream.RemoteCertificate!.GetCertHashString();
    }
}
