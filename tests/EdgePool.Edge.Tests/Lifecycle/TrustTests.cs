using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Edge.Partners;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Logging;
using EdgePool.Testing.Peers;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// Trust per partner on live streams: POLICY.md section 2, ADVERSARIAL.md group CERT.
public sealed class TrustTests
{
    private const string Dialback = "<stream:features><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>";
    private const int KeyChanged = 3300;
    private const int KeyRefused = 3301;
    private const int IssuerChanged = 3302;
    private const int PinMismatch = 3303;

    private static readonly PartnerDocument P1 = new() { Domain = "p1.example" };
    private static readonly PartnerDocument P2 = new() { Domain = "p2.example" };
    private static readonly PartnerDocument Strict = P1 with { TlsMinVersion = TlsVersion.Tls13 };

    [Fact]
    public async Task TlsMinVersion_InboundBelowIt_IsAPolicyViolation()
    {
        await using var scene = Start(Strict);
        scene.Protocols = SslProtocols.Tls12;

        await using (var peer = await S2SDialogue.SecureAsync(scene, scene.Node.S2SEndPoints[0], "p1.example", "edge.example"))
            await peer.ExpectStreamErrorAsync("policy-violation");

        Assert.Contains(scene.Logs.Events, e => e.Id.Id == 1011 && "tls-version-too-low".Equals(e.Values["Reason"]));
        await using var other = await scene.PartnerAsync("p2.example");
        scene.Protocols = SslProtocols.Tls13;
        await using var better = await scene.PartnerAsync("p1.example");
    }

    [Fact]
    public async Task TlsMinVersion_OutboundBelowIt_TheTargetHasFailed()
    {
        await using var scene = Start(Strict);
        scene.Protocols = SslProtocols.Tls12;
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));

        await using var peer = await server.AcceptAsync("p1.example");
        await StartTlsAsync(peer, scene);
        await scene.UntilAsync(() => Has(scene, 1020), "the failure");

        Assert.Equal("tls-version-too-low", scene.Logs.Events.First(e => e.Id.Id == 1020).Values["Reason"]);
    }

    [Fact]
    public async Task TlsMinVersion_Raised_StreamsBelowItAreReset()
    {
        await using var scene = Start(P1);
        await using var newer = await scene.PartnerAsync("p1.example");
        scene.Protocols = SslProtocols.Tls12;
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await using var inbound = await scene.PartnerAsync("p1.example", "other.example");
        await using var other = await scene.PartnerAsync("p2.example");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var outbound = await server.AcceptAsync(scene, "p1.example");
        await outbound.ExpectAsync("message[@id='1']");

        await scene.Node.PublishAsync(EdgeScene.Policy(Strict, P2));

        await inbound.ExpectStreamErrorAsync("reset");
        await outbound.ExpectStreamErrorAsync("reset");
        await newer.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 2));
        await component.WaitForAsync("message[@id='2']");
        await other.SendAsync(S2SDialogue.Message("a@p2.example", "b@edge.example", 3));
        await component.WaitForAsync("message[@id='3']");
    }

    // CERT-02, CERT-03
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CERT03_ForClientsAlone_FromThePartnersAuthority_CountsWherePolicySaysSo(bool allowed)
    {
        await using var scene = Start(P1);
        scene.Shown["p1.example"] = scene.Authority.Issue(LeafRequest.For("p1.example") with { Usage = LeafUsage.ClientOnly }).Certificate;
        await scene.Node.PublishAsync(EdgeScene.Policy(P1 with { Trust = scene.Trust, AllowClientAuthOnly = allowed }, P2));

        if (allowed)
        {
            await using var peer = await scene.PartnerAsync("p1.example");
            return;
        }

        await ExpectRefusedAsync(scene, "certificate-untrusted");
    }

    [Fact]
    public async Task CERT01_ForServersAlone_CountsUnlessPolicySaysNo()
    {
        await using var scene = Start(P1);
        scene.Shown["p1.example"] = scene.Authority.Issue(LeafRequest.For("p1.example") with { Usage = LeafUsage.ServerOnly }).Certificate;
        await using var peer = await scene.PartnerAsync("p1.example");

        await scene.Node.PublishAsync(EdgeScene.Policy(P1 with { AllowServerAuthOnly = false }, P2));

        await peer.ExpectStreamErrorAsync("reset");
        await ExpectRefusedAsync(scene, "certificate-untrusted");
    }

    [Fact]
    public async Task CERT21_TrustedAndNotPinned_NotAuthorizedAndAnAlarm()
    {
        await using var scene = Start(P1);
        var (pinned, other) = (scene.Authority.Issue("p1.example").Certificate, scene.Authority.Issue("p1.example").Certificate);
        await scene.Node.PublishAsync(EdgeScene.Policy(Pinned(pinned) with { SaslNegotiation = NegotiationMode.Optional }, P2));
        scene.Shown["p1.example"] = pinned;
        await using var good = await scene.PartnerAsync("p1.example");
        scene.Shown["p1.example"] = other;

        await using var peer = await S2SDialogue.SecureAsync(scene, scene.Node.S2SEndPoints[0], "p1.example", "edge.example");
        await peer.ExpectAsync("stream:features[not(sasl:mechanisms)]");
        await peer.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
        await peer.ExpectAsync("sasl:failure/sasl:not-authorized");

        var alarm = Assert.Single(scene.Logs.Events, e => e.Id.Id == PinMismatch);
        Assert.Equal((KeyHash.Of(other).Text, KeyHash.Of(pinned).Text), (alarm.Values["Shown"], alarm.Values["Pinned"]));
        Assert.StartsWith("pin-mismatch: p1.example", alarm.Message, StringComparison.Ordinal);
        var state = scene.Node.PeerKeys.Read("p1.example")!;
        Assert.Equal((1, PeerKeyAlarmKind.PinMismatch, KeyHash.Of(other)), (state.Alarms, state.LastAlarm!.Kind, state.LastAlarm.Shown));
    }

    [Fact]
    public async Task CERT21_OutboundAndSaslRequired_EndsAsPinMismatch()
    {
        await using var scene = Start(P1);
        await scene.Node.PublishAsync(EdgeScene.Policy(Pinned(scene.Authority.Issue("p1.example").Certificate), P2));
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));

        await using var peer = await server.AcceptAsync("p1.example");
        await StartTlsAsync(peer, scene);
        await scene.UntilAsync(() => Has(scene, 1020) && Has(scene, PinMismatch), "the failure and the alarm");

        Assert.Equal("certificate-pin-mismatch", scene.Logs.Events.First(e => e.Id.Id == 1020).Values["Reason"]);
    }

    [Fact]
    public async Task CERT21_PinsChanged_StreamsWithOtherKeysAreReset()
    {
        await using var scene = Start(P1);
        await using var peer = await scene.PartnerAsync("p1.example");

        await scene.Node.PublishAsync(EdgeScene.Policy(Pinned(scene.Authority.Issue("p1.example").Certificate), P2));

        await peer.ExpectStreamErrorAsync("reset");
        Assert.True(Has(scene, PinMismatch));
    }

    // CERT-22, with trust on first use and without.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CERT22_AnotherKey_IsTakenWithAnAlarmThatNamesBoth(bool firstUse)
    {
        await using var scene = Start(P1);
        using var elsewhere = new TestCertificateAuthority("Another root");
        var trust = new TrustAnchors(System: false, [scene.Authority.Root, elsewhere.Root]);
        await scene.Node.PublishAsync(EdgeScene.Policy(P1 with { Trust = trust, TrustText = new WrittenTrust { FirstUse = firstUse } }, P2));
        var (before, after) = (scene.Authority.Issue("p1.example").Certificate, elsewhere.Issue("p1.example").Certificate);
        foreach (var shown in new[] { before, before, after, before })
        {
            scene.Shown["p1.example"] = shown;
            await using var peer = await ComesAsync(scene);
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
        await using var scene = Start(P1);
        var first = scene.Authority.Issue("p1.example").Certificate;
        scene.Shown["p1.example"] = first;
        await using var before = await ComesAsync(scene);
        scene.Shown["p1.example"] = Reissued(first, scene.Authority.Intermediate);
        await scene.Node.PublishAsync(EdgeScene.Policy(P1 with { Trust = new TrustAnchors(System: false, [scene.Authority.Root, scene.Authority.Intermediate]) }, P2));

        await using var again = await ComesAsync(scene);

        var alarm = Assert.Single(scene.Logs.Events, e => e.Id.Id == IssuerChanged);
        Assert.Equal(("CN=Test root intermediate", "CN=Test root"), (alarm.Values["Issuer"], alarm.Values["IssuerBefore"]));
        Assert.False(Has(scene, KeyChanged));
    }

    [Fact]
    public async Task CERT22_ChangesRefused_AnotherKeyProvesNothingUntilItIsForgotten()
    {
        await using var scene = Start(P1 with { TrustText = new WrittenTrust { FirstUse = true, OnChange = KeyChange.Refuse } });
        scene.Shown["p1.example"] = scene.Authority.Issue("p1.example").Certificate;
        await using var first = await ComesAsync(scene);
        scene.Shown["p1.example"] = scene.Authority.Issue("p1.example").Certificate;

        await ExpectRefusedAsync(scene, "certificate-key-changed");

        Assert.True(Has(scene, KeyRefused));
        Assert.Single(scene.Node.PeerKeys.Read("p1.example")!.Keys);
        Assert.True(scene.Node.PeerKeys.Forget("p1.example"));
        await using var after = await scene.PartnerAsync("p1.example");
    }

    // Who gets in by dialback shows a key all the same.
    [Fact]
    public async Task CERT22_ChangesRefused_DialbackWithAnotherKeyIsRefusedToo()
    {
        await using var scene = Start(P1 with { SaslNegotiation = NegotiationMode.Optional, TrustText = new WrittenTrust { FirstUse = true, OnChange = KeyChange.Refuse } });
        scene.Shown["p1.example"] = scene.Authority.Issue("p1.example").Certificate;
        await using var inbound = await ComesAsync(scene);
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
        Assert.Equal("certificate-key-changed", scene.Logs.Events.First(e => e.Id.Id == 1020).Values["Reason"]);
    }

    [Fact]
    public async Task CERT41_ExpiresWhileTheStreamIsUp_ResetAndNoNewOne()
    {
        await using var scene = Start(P1);
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
        Assert.Equal(2, scene.Logs.Events.Count(e => e.Id.Id == 1011 && "certificate-expired".Equals(e.Values["Reason"])));
        await ExpectRefusedAsync(scene, "certificate-untrusted");
    }

    [Fact]
    public async Task CERT41_ExpiresWhereDialbackProvedTheName_StreamStands()
    {
        await using var scene = Start(P1 with { SaslNegotiation = NegotiationMode.NotSupported });
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

    private static EdgeScene Start(PartnerDocument p1) => EdgeScene.Start(options => options with { Policy = EdgeScene.Policy(p1, P2) });

    private static PartnerDocument Pinned(X509Certificate2 certificate) => P1 with { TrustText = new WrittenTrust { Pins = [KeyHash.Of(certificate).Text] } };

    private static bool Has(EdgeScene scene, int eventId) => scene.Logs.Events.Any(e => e.Id.Id == eventId);

    /// <summary>A stream of p1.example's that the node has authenticated: the peer is told before.</summary>
    private static async Task<ScriptedPeer> ComesAsync(EdgeScene scene)
    {
        var before = scene.Logs.Events.Count(e => e.Id.Id == 1003);
        var peer = await scene.PartnerAsync("p1.example");
        await scene.UntilAsync(() => scene.Logs.Events.Count(e => e.Id.Id == 1003) > before, "the stream");
        return peer;
    }

    /// <summary>p1.example, which may authenticate by SASL alone, comes with what it shows and is sent away.</summary>
    private static async Task ExpectRefusedAsync(EdgeScene scene, string reason)
    {
        await using var peer = await S2SDialogue.SecureAsync(scene, scene.Node.S2SEndPoints[0], "p1.example", "edge.example");
        await peer.ExpectAsync("stream:features[not(sasl:mechanisms)]");
        await peer.ExpectStreamErrorAsync("policy-violation");
        Assert.Contains(scene.Logs.Events, e => e.Id.Id == 1011 && reason.Equals(e.Values["Reason"]));
    }

    private static async Task StartTlsAsync(ScriptedPeer peer, EdgeScene scene)
    {
        await peer.AnswerHeaderAsync("p1.example", "edge.example", "s1");
        await peer.SendAsync("<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>");
        await peer.ExpectAsync("tls:starttls");
        await peer.SendAsync("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        await peer.UpgradeTlsAsync(scene.Server("p1.example"));
    }

    /// <summary>The same key and names, vouched for by another authority.</summary>
    private static X509Certificate2 Reissued(X509Certificate2 certificate, X509Certificate2 issuer)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        var request = new CertificateRequest(certificate.SubjectName, key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        foreach (var extension in certificate.Extensions.Where(e => e.Oid?.Value is not "2.5.29.35"))
            request.CertificateExtensions.Add(extension);
        using var bare = request.Create(issuer, certificate.NotBefore, certificate.NotAfter, [1, 2, 3]);
        return bare.CopyWithPrivateKey(key);
    }
}
