using System.Net;
using System.Net.Sockets;
using EdgePool.Edge.Readiness;
using EdgePool.Edge.Tests.Lifecycle;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Readiness;

/// <summary>A port that refuses TCP sends partners to the next SRV target (RFC 2782); one that answers with an error does not.</summary>
public sealed class ReadinessTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Partners_UntilAComponentIsThere_AreRefusedByTcp()
    {
        await using var scene = Start(static domain => domain.BackEnd is BackEndOptions.Component);
        await scene.UntilAsync(() => scene.Node.Readiness.Domains.Count > 0, "a verdict", Step);
        Assert.Equal(SocketError.ConnectionRefused, Try(scene.Node.S2SEndPoints[0]));
        Assert.Equal(
            "no back end: edge.example: its component is not connected; other.example: its component is not connected", Assert.Single(scene.Node.Readiness.Reasons));

        await using var component = await scene.ComponentAsync();

        await OpenAsync(scene);
        Assert.True(scene.Node.Readiness.IsReady);
        Assert.Equal([BackEndPlace.Here, BackEndPlace.Nowhere], scene.Node.Readiness.Domains.Select(domain => domain.Place));
        await using var partner = await scene.WhileAdvancingAsync(PartnerAsync(scene), TimeSpan.Zero);
    }

    [Fact]
    public async Task Partners_WhenTheLastBackEndStaysAway_AreSentElsewhere()
    {
        await using var scene = Start(static domain => domain.BackEnd is BackEndOptions.Component);
        var component = await scene.ComponentAsync();
        await OpenAsync(scene);
        await using var partner = await PartnerAsync(scene);

        await component.DisposeAsync();
        await scene.UntilAsync(() => !scene.Node.Readiness.IsReady, "the component's absence", TimeSpan.FromMilliseconds(1));
        var gone = scene.Time.Elapsed;
        Assert.True(scene.Node.Readiness.TakesPartners);
        await scene.UntilAsync(() => !scene.Node.Readiness.TakesPartners, "a shut port", Step);

        Assert.InRange(scene.Time.Elapsed - gone, Grace - TimeSpan.FromSeconds(2), Grace + TimeSpan.FromSeconds(2));
        await partner.ExpectAsync("stream:error/streams:system-shutdown");
        Assert.Equal(SocketError.ConnectionRefused, Try(scene.Node.S2SEndPoints[0]));
        await scene.UntilAsync(() => scene.Logs.Events.Select(static e => e.Id.Id).Where(static id => id is 2012 or 2013).TakeLast(2).SequenceEqual([2012, 2013]), "what the log says of it");
    }

    [Fact]
    public async Task Partners_WhenAComponentIsRestarted_AreNotRefused()
    {
        await using var scene = Start(static domain => domain.BackEnd is BackEndOptions.Component);
        var component = await scene.ComponentAsync();
        await OpenAsync(scene);
        await using var partner = await PartnerAsync(scene);
        for (var times = 0; times < 3; times++)
        {
            await component.DisposeAsync();
            await scene.UntilAsync(() => !scene.Node.Readiness.IsReady, "the component's absence", TimeSpan.FromMilliseconds(1));
            scene.Time.Advance(Grace / 2);
            component = await scene.ComponentAsync();
            await scene.UntilAsync(() => scene.Node.Readiness.IsReady, "readiness", TimeSpan.FromMilliseconds(1));
        }

        await partner.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 1));
        Assert.Equal("1", (await component.ReceiveAsync()).Attribute("id")?.Value);
        Assert.Equal(SocketError.Success, Try(scene.Node.S2SEndPoints[0]));
        await component.DisposeAsync();
    }

    [Fact]
    public async Task Port_ThatWasShut_OpensAgainUnderTheSameAddress()
    {
        await using var scene = Start(static domain => domain.BackEnd is BackEndOptions.Component);
        for (var times = 0; times < 3; times++)
        {
            await using (await scene.ComponentAsync())
            {
                await OpenAsync(scene);
                await using var partner = await PartnerAsync(scene);
            }

            await scene.UntilAsync(() => !scene.Node.Readiness.TakesPartners, "a shut port", Step);
        }
    }

    [Fact]
    public async Task InternalServer_ThatTakesConnections_IsABackEnd()
    {
        await using var scene = Start(static domain => domain.BackEnd is BackEndOptions.Server);

        var port = scene.Inside.EndPoint.Port;
        await OpenAsync(scene);
        scene.Inside.Dispose();
        await scene.UntilAsync(() => !scene.Node.Readiness.TakesPartners, "a shut port", Step);

        Assert.Equal($"no back end: inside.example: its internal server 127.0.0.1:{port} does not answer", Assert.Single(scene.Node.Readiness.Reasons));
    }

    [Theory]
    [InlineData(BackEndPlace.Here, true)]
    [InlineData(BackEndPlace.Elsewhere, true)]
    [InlineData(BackEndPlace.OtherPool, false)]
    [InlineData(BackEndPlace.Nowhere, false)]
    public void Judge_BackEndOfTheOnlyDomain_MustBeInThisPool(BackEndPlace place, bool ready)
        => Assert.Equal(ready, NodeReadiness.Judge([new(EdgePool.Xmpp.Addressing.DomainName.Parse("edge.example"), place, "away")], [], default).IsReady);

    [Fact]
    public void Judge_CertificatesThatHaveEnded_AreAReason()
    {
        using var authority = new EdgePool.Testing.Certificates.TestCertificateAuthority();
        var ours = new EdgeCertificate(authority.Issue("edge.example").Certificate, []);
        DomainStanding[] domains = [new(EdgePool.Xmpp.Addressing.DomainName.Parse("edge.example"), BackEndPlace.Elsewhere, "")];

        Assert.True(NodeReadiness.Judge(domains, [ours], ours.ValidFrom).IsReady);
        Assert.True(NodeReadiness.Judge(domains, [], ours.ValidUntil).IsReady);
        Assert.False(NodeReadiness.Judge(domains, [ours], ours.ValidFrom.AddSeconds(-1)).IsReady);
        Assert.StartsWith("no valid certificate: ", Assert.Single(NodeReadiness.Judge(domains, [ours], ours.ValidUntil).Reasons), StringComparison.Ordinal);
    }

    private static EdgeScene Start(Func<LocalDomain, bool> which)
        => EdgeScene.Start(options => options with { LocalDomains = [.. options.LocalDomains.Where(which)], Readiness = new ReadinessOptions { Grace = Grace } });

    private static Task<ScriptedPeer> PartnerAsync(EdgeScene scene) => scene.PartnerAsync("p1.example");

    private static Task OpenAsync(EdgeScene scene)
        => scene.UntilAsync(() => scene.Node.Readiness.TakesPartners && Try(scene.Node.S2SEndPoints[0]) is SocketError.Success, "an open port", Step);

    private static SocketError Try(IPEndPoint port)
    {
        using var socket = new Socket(port.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(port);
            return SocketError.Success;
        }
        catch (SocketException refused)
        {
            return refused.SocketErrorCode;
        }
    }
}
