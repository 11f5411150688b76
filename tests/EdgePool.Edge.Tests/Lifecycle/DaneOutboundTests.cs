using EdgePool.Testing.Certificates;
using EdgePool.Testing.Peers;
using Xunit;
using static EdgePool.Edge.Tests.Lifecycle.DaneScene;

namespace EdgePool.Edge.Tests.Lifecycle;

// DANE for those whom we call (RFC 6698, RFC 7671, RFC 7673).
public sealed class DaneOutboundTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(2)]
    [InlineData(1)]
    [InlineData(0)]
    public async Task Outbound_RecordMatches_IsDelivered(int usage)
    {
        using var foreign = new TestCertificateAuthority("Foreign root");
        await using var scene = Start(Required);
        await using var component = await scene.ComponentAsync();
        using var server = new ScriptedListener();
        Show(scene, foreign, usage, server.EndPoint.Port);
        scene.Publish("p1.example", server.EndPoint.Port);

        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var peer = await server.AcceptAsync(scene, "p1.example");

        await peer.ExpectAsync("message[@id='1']");
        Assert.True(scene.Has(TlsaVouches));
        await scene.BalancedAsync();
    }

    // Where nothing could vouch for it, the server does not get a byte.
    [Theory]
    [MemberData(nameof(DaneScene.Refusals), MemberType = typeof(DaneScene))]
    public async Task Outbound_NothingVouches_TheTargetHasFailed(string dns, string reason, int said)
    {
        await using var scene = Start(Required, validating: dns is not "resolver does not validate");
        using var server = new ScriptedListener();
        Say(scene, dns, server.EndPoint.Port);
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));

        // A host that is bogus has no address either.
        if (dns is not "bogus host")
        {
            await using var peer = await server.AcceptAsync("p1.example");
            if (said == TlsaMismatch)
                await peer.StartTlsAsync(scene);
            else
                await peer.ExpectConnectionEndAsync();
        }

        await scene.UntilAsync(() => scene.Has(TargetFailed), "the failure");
        var failed = scene.Logs.Events.First(e => e.Id.Id == TargetFailed);
        Assert.Equal(dns is "bogus host" ? "connect-failed" : reason, failed.Values["Reason"]);
        Assert.Equal(said == TlsaMismatch, scene.Has(TlsaMismatch));
    }

    [Theory]
    [InlineData("none", true)]
    [InlineData("bogus TLSA", true)]
    [InlineData("none", false)]
    public async Task Outbound_Allowed_TheRootsStillSuffice(string dns, bool trusted)
    {
        await using var scene = Start(Allowed);
        using var server = new ScriptedListener();
        scene.Shown["p1.example"] = trusted ? scene.Authority.Issue("p1.example").Certificate : SelfSigned(scene);
        Say(scene, dns, server.EndPoint.Port);
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));

        if (trusted)
        {
            await using var peer = await server.AcceptAsync(scene, "p1.example");
            await peer.ExpectAsync("message[@id='1']");
            return;
        }

        await using var refused = await server.AcceptAsync("p1.example");
        await refused.StartTlsAsync(scene);
        await scene.UntilAsync(() => scene.Has(TargetFailed), "the failure");
        Assert.Equal("certificate-untrusted", scene.Logs.Events.First(e => e.Id.Id == TargetFailed).Values["Reason"]);
    }

    [Fact]
    public async Task Outbound_FirstTargetsRecordsDoNotMatch_TheNextIsTried()
    {
        await using var scene = Start(Required);
        using var first = new ScriptedListener();
        using var second = new ScriptedListener();
        var shown = scene.Shown["p1.example"] = SelfSigned(scene);
        scene.Vouch("p1.example", first.EndPoint.Port, 3, 1, 1, scene.Authority.Root);
        scene.Vouch("p1.example", second.EndPoint.Port, 3, 1, 1, shown);
        scene.Publish("p1.example", first.EndPoint.Port, second.EndPoint.Port);
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));

        await using (var refused = await first.AcceptAsync("p1.example"))
        {
            await refused.StartTlsAsync(scene);
            await refused.ExpectConnectionEndAsync();
        }

        await using var peer = await second.AcceptAsync(scene, "p1.example");
        await peer.ExpectAsync("message[@id='1']");
    }

    // The operator's own word leads to the host: no SRV record is needed.
    [Fact]
    public async Task Outbound_ProxyFqdn_HasItsRecordsBelowItsName()
    {
        using var server = new ScriptedListener();
        await using var scene = Start(Required with { ProxyFqdn = $"{Host}:{server.EndPoint.Port}" });
        Show(scene, scene.Authority, usage: 3, server.EndPoint.Port);
        scene.Publish("p1.example", 1);
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));

        await using var peer = await server.AcceptAsync(scene, "p1.example");

        await peer.ExpectAsync("message[@id='1']");
    }
}
