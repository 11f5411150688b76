using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Edge.Partners;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Certificates;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// Trust per partner on live streams: POLICY.md section 2, ADVERSARIAL.md group CERT.
public sealed class TrustTests
{
    private const int PinMismatch = 3303;

    private static readonly PartnerDocument Strict = TrustScene.P1 with { TlsMinVersion = TlsVersion.Tls13 };

    [Fact]
    public async Task TlsMinVersion_InboundBelowIt_IsAPolicyViolation()
    {
        await using var scene = TrustScene.Start(Strict);
        scene.Protocols = SslProtocols.Tls12;

        await using (var peer = await S2SDialogue.SecureAsync(scene, scene.Node.S2SEndPoints[0], "p1.example", "edge.example"))
            await peer.ExpectStreamErrorAsync("policy-violation");

        await scene.EndedAsync("tls-version-too-low");
        await using var other = await scene.PartnerAsync("p2.example");
        scene.Protocols = SslProtocols.Tls13;
        await using var better = await scene.PartnerAsync("p1.example");
    }

    [Fact]
    public async Task TlsMinVersion_OutboundBelowIt_TheTargetHasFailed()
    {
        await using var scene = TrustScene.Start(Strict);
        scene.Protocols = SslProtocols.Tls12;
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));

        await using var peer = await server.AcceptAsync("p1.example");
        await peer.StartTlsAsync(scene);
        await scene.UntilAsync(() => scene.Has(1020), "the failure");

        Assert.Equal("tls-version-too-low", scene.Logs.Events.First(e => e.Id.Id == 1020).Values["Reason"]);
    }

    [Fact]
    public async Task TlsMinVersion_Raised_StreamsBelowItAreReset()
    {
        await using var scene = TrustScene.Start(TrustScene.P1);
        await using var newer = await scene.PartnerAsync("p1.example");
        scene.Protocols = SslProtocols.Tls12;
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await using var inbound = await scene.PartnerAsync("p1.example", "other.example");
        await using var other = await scene.PartnerAsync("p2.example");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var outbound = await server.AcceptAsync(scene, "p1.example");
        await outbound.ExpectAsync("message[@id='1']");

        await scene.Node.PublishAsync(EdgeScene.Policy(Strict, TrustScene.P2));

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
        await using var scene = TrustScene.Start(TrustScene.P1);
        scene.Shown["p1.example"] = scene.Authority.Issue(LeafRequest.For("p1.example") with { Usage = LeafUsage.ClientOnly }).Certificate;
        await scene.Node.PublishAsync(EdgeScene.Policy(TrustScene.P1 with { Trust = scene.Trust, AllowClientAuthOnly = allowed }, TrustScene.P2));

        if (allowed)
        {
            await using var peer = await scene.PartnerAsync("p1.example");
            return;
        }

        await scene.ExpectRefusedAsync("certificate-untrusted");
    }

    [Fact]
    public async Task CERT01_ForServersAlone_CountsUnlessPolicySaysNo()
    {
        await using var scene = TrustScene.Start(TrustScene.P1);
        scene.Shown["p1.example"] = scene.Authority.Issue(LeafRequest.For("p1.example") with { Usage = LeafUsage.ServerOnly }).Certificate;
        await using var peer = await scene.PartnerAsync("p1.example");

        await scene.Node.PublishAsync(EdgeScene.Policy(TrustScene.P1 with { AllowServerAuthOnly = false }, TrustScene.P2));

        await peer.ExpectStreamErrorAsync("reset");
        await scene.ExpectRefusedAsync("certificate-untrusted");
    }

    [Fact]
    public async Task CERT21_TrustedAndNotPinned_NotAuthorizedAndAnAlarm()
    {
        await using var scene = TrustScene.Start(TrustScene.P1);
        var (pinned, other) = (scene.Authority.Issue("p1.example").Certificate, scene.Authority.Issue("p1.example").Certificate);
        await scene.Node.PublishAsync(EdgeScene.Policy(Pinned(pinned) with { SaslNegotiation = NegotiationMode.Optional }, TrustScene.P2));
        scene.Shown["p1.example"] = pinned;
        await using var good = await scene.PartnerAsync("p1.example");
        scene.Shown["p1.example"] = other;

        await using var peer = await S2SDialogue.SecureAsync(scene, scene.Node.S2SEndPoints[0], "p1.example", "edge.example");
        await peer.ExpectAsync("stream:features[not(sasl:mechanisms)]");
        await peer.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
        await peer.ExpectAsync("sasl:failure/sasl:not-authorized");

        await scene.UntilAsync(() => scene.Has(PinMismatch), "the alarm");
        var alarm = Assert.Single(scene.Logs.Events, e => e.Id.Id == PinMismatch);
        Assert.Equal((KeyHash.Of(other).Text, KeyHash.Of(pinned).Text), (alarm.Values["Shown"], alarm.Values["Pinned"]));
        Assert.StartsWith("pin-mismatch: p1.example", alarm.Message, StringComparison.Ordinal);
        var state = scene.Node.PeerKeys.Read("p1.example")!;
        Assert.Equal((1, PeerKeyAlarmKind.PinMismatch, KeyHash.Of(other)), (state.Alarms, state.LastAlarm!.Kind, state.LastAlarm.Shown));
    }

    [Fact]
    public async Task CERT21_OutboundAndSaslRequired_EndsAsPinMismatch()
    {
        await using var scene = TrustScene.Start(TrustScene.P1);
        await scene.Node.PublishAsync(EdgeScene.Policy(Pinned(scene.Authority.Issue("p1.example").Certificate), TrustScene.P2));
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));

        await using var peer = await server.AcceptAsync("p1.example");
        await peer.StartTlsAsync(scene);
        await scene.UntilAsync(() => scene.Has(1020) && scene.Has(PinMismatch), "the failure and the alarm");

        Assert.Equal("certificate-pin-mismatch", scene.Logs.Events.First(e => e.Id.Id == 1020).Values["Reason"]);
    }

    [Fact]
    public async Task CERT21_PinsChanged_StreamsWithOtherKeysAreReset()
    {
        await using var scene = TrustScene.Start(TrustScene.P1);
        await using var peer = await scene.PartnerAsync("p1.example");

        await scene.Node.PublishAsync(EdgeScene.Policy(Pinned(scene.Authority.Issue("p1.example").Certificate), TrustScene.P2));

        await peer.ExpectStreamErrorAsync("reset");
        Assert.True(scene.Has(PinMismatch));
    }

    private static PartnerDocument Pinned(X509Certificate2 certificate) => TrustScene.P1 with { TrustText = new WrittenTrust { Pins = [KeyHash.Of(certificate).Text] } };
}
