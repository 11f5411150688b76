using EdgePool.Edge.Telemetry;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// XEP-0478, both ways.
public sealed class StreamLimitsTests
{
    private const string External = "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>";

    [Theory]
    [InlineData("", 262_144, 300)]
    [InlineData("\"maxStanzaBytes\": \"64KiB\"", 65_536, 300)]
    [InlineData("\"enableKeepAlive\": false", 262_144, 600)]
    public async Task Inbound_Features_SayThePartnersLimitsBehindSasl(string partner, int bytes, int seconds)
    {
        await using var scene = EdgeScene.Start((s, options) => options with { Policy = s.StorePolicy(p1: partner) });
        await using var peer = await S2SDialogue.SecureAsync(scene, scene.Node.S2SEndPoints[0], "p1.example", "edge.example");
        var before = await peer.ExpectAsync("stream:features/limits/max-bytes[.='8192']");
        Assert.DoesNotContain("idle-seconds", before.ToString(), StringComparison.Ordinal);
        await peer.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
        await peer.ExpectAsync("sasl:success");
        await peer.SendHeaderAsync("p1.example", "edge.example");
        await peer.ExpectHeaderAsync();

        var features = await peer.ExpectAsync($"stream:features/limits/max-bytes[.='{bytes}']");

        Assert.True(XmppNames.Matches(features, $"stream:features/limits/idle-seconds[.='{seconds}']"), features.ToString());
    }

    [Fact]
    public async Task Outbound_StanzaLargerThanThePeerTakes_IsAnsweredAndTheStreamStands()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var partner = await AcceptAsync(server, scene, "<max-bytes>20000</max-bytes>");
        await partner.ExpectAsync("server:message[@id='1']");

        await component.SendAsync(
            S2SDialogue.Message("a@edge.example", "b@p1.example", 2, bodyBytes: 20_000) + S2SDialogue.Message("a@edge.example", "b@p1.example", 3, bodyBytes: 19_000));

        await component.WaitForAsync("message[@id='2' and @type='error']/error[@type='modify']/stanzas:policy-violation");
        await partner.ExpectAsync("server:message[@id='3']");
        await scene.BalancedAsync();
        Assert.Equal((2, 1), (scene.Account.Delivered, scene.Account.BouncedBy[BounceReason.PeerLimit]));
    }

    // RFC 6120 section 13.12: no server may take less than 10000 bytes.
    [Fact]
    public async Task Outbound_PeerSaysNextToNothing_TenThousandBytesGo()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1, bodyBytes: 9_800));
        await using var partner = await AcceptAsync(server, scene, "<max-bytes>1</max-bytes>");

        await partner.ExpectAsync("server:message[@id='1']");
    }

    [Fact]
    public async Task Outbound_PeerIsIdleSoonerThanOurInterval_WeSpeakInTime()
    {
        await using var scene = EdgeScene.Start((s, options) => options with { Policy = s.StorePolicy() });
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var partner = await AcceptAsync(server, scene, "<idle-seconds>60</idle-seconds>");
        await partner.ExpectAsync("server:message[@id='1']");
        var stream = Assert.Single(scene.Node.Streams.All, s => s.Kind is StreamKind.PartnerOutbound);
        var before = stream.Counts.BytesOut;

        await scene.UntilAsync(() => stream.Counts.BytesOut > before, "a space", TimeSpan.FromMilliseconds(500));

        Assert.InRange(scene.Time.Elapsed, TimeSpan.FromSeconds(25), TimeSpan.FromSeconds(60)); // and not the half of 300
    }

    private static async Task<ScriptedPeer> AcceptAsync(ScriptedListener listener, EdgeScene scene, string limits)
    {
        var peer = await listener.AcceptAsync("p1.example");
        await peer.AcceptTlsAsync(scene, "p1.example", "edge.example");
        await peer.SendAsync($"<stream:features>{External}</stream:features>");
        await peer.ExpectAsync("sasl:auth[@mechanism='EXTERNAL']");
        await peer.SendAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        peer.Restart();
        await peer.AnswerHeaderAsync("p1.example", "edge.example", "s3");
        await peer.SendAsync($"<stream:features><limits xmlns='urn:xmpp:stream-limits:0'>{limits}</limits></stream:features>");
        return peer;
    }
}
