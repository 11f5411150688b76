using System.Security.Cryptography.X509Certificates;
using EdgePool.Edge.Partners;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Certificates;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// CERT-22 and CERT-41 on live streams: keys that change, and certificates that expire, between and under streams.
public sealed class PeerKeyTests
{
    private const string Dialback = "<stream:features><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>";
    private const int KeyChanged = 3300;
    private const int KeyRefused = 3301;
    private const int IssuerChanged = 3302;

    // CERT-22, with trust on first use and without.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CERT22_AnotherKey_IsTakenWithAnAlarmThatNamesBoth(bool firstUse)
    {
        await using var scene = TrustScene.Start(TrustScene.P1);
        using var elsewhere = new TestCertificateAuthority("Another root");
        var trust = new TrustAnchors(System: false, [scene.Authority.Root, elsewhere.Root]);
        await scene.Node.PublishAsync(EdgeScene.Policy(TrustScene.P1 with { Trust = trust, TrustText = new WrittenTrust { FirstUse = firstUse } }, TrustScene.P2));
        var (before, after) = (scene.Authority.Issue("p1.example").Certificate, elsewhere.Issue("p1.example").Certificate);
        foreach (var shown in new[] { before, before, after, before })
        {
            scene.Shown["p1.example"] = shown;
            await using var peer = await scene.ComesAsync();
        }

        var alarm = Assert.Single(scene.Logs.Events, e => e.Id.Id == KeyChanged);
        Assert.Equal((KeyHash.Of(after).Text, KeyHash.Of(before).Text), (alarm.Values["Shown"], alarm.Values["Before"]));
        Assert.Equal(("CN=Another root", "CN=Test root"), (alarm.Values["Issuer"], alarm.Values["IssuerBefore"]));
        Assert.StartsWith("peer-key-changed: p1.example", alarm.Message, StringComparison.Ordinal);
        var state = scene.Node.PeerKeys.Read("p1.example")!;
        Assert.Equal([KeyHash.Of(before), KeyHash.Of(after)], state.Keys.Select(k => k.Key));
        Assert.Equal((1, PeerKeyAlarmKind.KeyChanged), (state.Alarms, state.LastAlarm!.Kind));
    }

    [Fact]
    public async Task CERT22_AnotherIssuerForTheSameKey_IsAnAlarmToo()
    {
        await using var scene = TrustScene.Start(TrustScene.P1);
        var first = scene.Authority.Issue("p1.example").Certificate;
        scene.Shown["p1.example"] = first;
        await using var before = await scene.ComesAsync();
        scene.Shown["p1.example"] = Reissued(first, scene.Authority.Intermediate);
        await scene.Node.PublishAsync(EdgeScene.Policy(TrustScene.P1 with { Trust = new TrustAnchors(System: false, [scene.Authority.Root, scene.Authority.Intermediate]) }, TrustScene.P2));

        await using var again = await scene.ComesAsync();

        var alarm = Assert.Single(scene.Logs.Events, e => e.Id.Id == IssuerChanged);
        Assert.Equal(("CN=Test root intermediate", "CN=Test root"), (alarm.Values["Issuer"], alarm.Values["IssuerBefore"]));
        Assert.False(scene.Has(KeyChanged));
    }

    [Fact]
    public async Task CERT22_ChangesRefused_AnotherKeyProvesNothingUntilItIsForgotten()
    {
        await using var scene = TrustScene.Start(TrustScene.P1 with { TrustText = new WrittenTrust { FirstUse = true, OnChange = KeyChange.Refuse } });
        scene.Shown["p1.example"] = scene.Authority.Issue("p1.example").Certificate;
        await using var first = await scene.ComesAsync();
        scene.Shown["p1.example"] = scene.Authority.Issue("p1.example").Certificate;

        await scene.ExpectRefusedAsync("certificate-key-changed");

        Assert.True(scene.Has(KeyRefused));
        Assert.Single(scene.Node.PeerKeys.Read("p1.example")!.Keys);
        Assert.True(scene.Node.PeerKeys.Forget("p1.example"));
        await using var after = await scene.PartnerAsync("p1.example");
    }

    // Who gets in by dialback shows a key all the same.
    [Fact]
    public async Task CERT22_ChangesRefused_DialbackWithAnotherKeyIsRefusedToo()
    {
        await using var scene = TrustScene.Start(TrustScene.P1 with { SaslNegotiation = NegotiationMode.Optional, TrustText = new WrittenTrust { FirstUse = true, OnChange = KeyChange.Refuse } });
        scene.Shown["p1.example"] = scene.Authority.Issue("p1.example").Certificate;
        await using var inbound = await scene.ComesAsync();
        scene.Shown["p1.example"] = scene.Authority.Issue(LeafRequest.For("p1.example") with { SelfSigned = true }).Certificate;
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));

        await using var peer = await server.AcceptAsync("p1.example");
        await peer.AcceptTlsAsync(scene, "p1.example", "edge.example");
        await peer.SendAsync(Dialback);
        await peer.ExpectAsync("db:result");
        await peer.SendAsync("<db:result from='p1.example' to='edge.example' type='valid'/>");

        await peer.ExpectStreamErrorAsync("policy-violation");
        await scene.UntilAsync(() => scene.Has(1020), "the failure");
        Assert.Equal("certificate-key-changed", scene.Logs.Events.First(e => e.Id.Id == 1020).Values["Reason"]);
    }

    // Issue 4: warnings at 30, 14 and 3 days, once each, as streams are authenticated.
    [Fact]
    public async Task Expiry_ComesNear_IsSaidOnceAStage()
    {
        await using var scene = TrustScene.Start(TrustScene.P1);
        scene.Shown["p1.example"] = scene.Authority.Issue(LeafRequest.For("p1.example") with { NotAfter = TimeSpan.FromDays(31.5) }).Certificate;
        foreach (var days in new[] { 0, 2, 1, 16, 1, 9 })
        {
            scene.Time.Advance(TimeSpan.FromDays(days));
            await using var peer = await scene.ComesAsync();
        }

        Assert.Equal(
            [(LogLevel.Information, 29), (LogLevel.Warning, 12), (LogLevel.Warning, 2)],
            scene.Logs.Events.Where(e => e.Id.Id == 3304).Select(e => (e.Level, (int)e.Values["Days"]!)));
        Assert.DoesNotContain(scene.Logs.Events, e => e.Id.Id is >= 3300 and <= 3303);
    }

    [Fact]
    public async Task CERT41_ExpiresWhileTheStreamIsUp_ResetAndNoNewOne()
    {
        await using var scene = TrustScene.Start(TrustScene.P1);
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        var shortLived = scene.Authority.Issue(LeafRequest.For("p1.example") with { NotAfter = TimeSpan.FromMinutes(5) }).Certificate;
        scene.Shown["p1.example"] = shortLived;
        await using var inbound = await scene.PartnerAsync("p1.example");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var outbound = await server.AcceptAsync(scene, "p1.example");
        await outbound.ExpectAsync("message[@id='1']");

        scene.Time.Advance(shortLived.NotAfter.ToUniversalTime() - scene.Time.GetUtcNow().UtcDateTime);
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 2));
        await outbound.ExpectAsync("message[@id='2']");
        await inbound.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 3));
        await component.WaitForAsync("message[@id='3']");
        scene.Time.Advance(TimeSpan.FromSeconds(6));

        await inbound.ExpectStreamErrorAsync("reset");
        await outbound.ExpectStreamErrorAsync("reset");
        await scene.EndedAsync("certificate-expired", streams: 2);
        await scene.ExpectRefusedAsync("certificate-untrusted");
    }

    [Fact]
    public async Task CERT41_ExpiresWhereDialbackProvedTheName_StreamStands()
    {
        await using var scene = TrustScene.Start(TrustScene.P1 with { SaslNegotiation = NegotiationMode.NotSupported });
        scene.Shown["p1.example"] = scene.Authority.Issue(LeafRequest.For("p1.example") with { NotAfter = TimeSpan.FromMinutes(5) }).Certificate;
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var peer = await server.AcceptAsync("p1.example");
        await peer.AcceptTlsAsync(scene, "p1.example", "edge.example");
        await peer.SendAsync(Dialback);
        await peer.ExpectAsync("db:result");
        await peer.SendAsync("<db:result from='p1.example' to='edge.example' type='valid'/>");
        await peer.ExpectAsync("message[@id='1']");

        scene.Time.Advance(TimeSpan.FromMinutes(6));
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 2));

        await peer.ExpectAsync("message[@id='2']");
    }

    /// <summary>The same key and names, vouched for by another authority.</summary>
    private static X509Certificate2 Reissued(X509Certificate2 certificate, X509Certificate2 issuer)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        var request = new CertificateRequest(certificate.SubjectName, key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        foreach (var extension in certificate.Extensions.Where(e => e.Oid?.Value is not "2.5.29.35"))
            request.CertificateExtensions.Add(extension);
        using var bare = request.Create(issuer, new DateTimeOffset(certificate.NotBefore), new DateTimeOffset(certificate.NotAfter), [1, 2, 3]);
        return bare.CopyWithPrivateKey(key);
    }
}
