using System.Security.Cryptography;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Dns;
using Xunit;
using static EdgePool.Edge.Tests.Lifecycle.DaneScene;

namespace EdgePool.Edge.Tests.Lifecycle;

// DANE for those who come (RFC 7712 section 5): the records of the host that the DNS names for their domain.
public sealed class DaneInboundTests
{
    // Each usage with a certificate that only it would take, beside the names that PKIX demands.
    [Theory]
    [InlineData(3)]
    [InlineData(2)]
    [InlineData(1)]
    [InlineData(0)]
    public async Task Inbound_RecordMatches_ComesInByExternal(int usage)
    {
        using var foreign = new TestCertificateAuthority("Foreign root");
        await using var scene = Start(Required);
        Show(scene, foreign, usage);
        scene.Publish("p1.example", Port);
        await using var component = await scene.ComponentAsync();

        await using var peer = await scene.PartnerAsync("p1.example");
        await peer.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 1));

        await component.WaitForAsync("message[@id='1']");
        Assert.Contains($"{usage} {(usage == 2 ? "0 0" : "1 1")}", (string)scene.Logs.Events.Single(e => e.Id.Id == TlsaVouches).Values["Found"]!, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(DaneScene.Refusals), MemberType = typeof(DaneScene))]
    public async Task Inbound_NothingVouches_IsRefusedAndSaysWhy(string dns, string reason, int said)
    {
        await using var scene = Start(Required, validating: dns is not "resolver does not validate");
        var shown = scene.Shown["p1.example"] = scene.Authority.Issue("p1.example").Certificate;
        Say(scene, dns, Port);

        await scene.ExpectRefusedAsync(reason);

        var log = scene.Logs.Events.Single(e => e.Id.Id == said);
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(shown.PublicKey.ExportSubjectPublicKeyInfo())), log.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(scene.Logs.Events, e => e.Id.Id == 1003);
    }

    [Fact]
    public async Task Inbound_BogusSrv_IsRefused()
    {
        await using var scene = Start(Required);
        scene.Publish("p1.example", Port);
        scene.Names.Bogus("p1.example");

        await scene.ExpectRefusedAsync("certificate-tlsa-unavailable");
    }

    [Fact]
    public async Task Inbound_AllowedAndNoRootVouches_TheRecordsDo()
    {
        await using var scene = Start(Allowed);
        Show(scene, scene.Authority, usage: 3);
        scene.Publish("p1.example", Port);

        await using var peer = await scene.ComesAsync();

        Assert.True(scene.Has(TlsaVouches));
    }

    // The roots suffice: nothing is asked for, so that nothing waits.
    [Theory]
    [InlineData(DaneUse.Allow)]
    [InlineData(DaneUse.Off)]
    public async Task Inbound_TheRootsVouch_NobodyAsks(DaneUse use)
    {
        await using var scene = Start(With(use));
        scene.Publish("p1.example", Port);

        await using var peer = await scene.ComesAsync();

        Assert.Equal(0, scene.Names.Asked("_xmpp-server._tcp.p1.example", DnsType.SRV));
    }

    [Theory]
    [InlineData("none", "certificate-untrusted")]
    [InlineData("unsigned host", "certificate-untrusted")]
    [InlineData("wrong", "certificate-tlsa-mismatch")]
    [InlineData("bogus TLSA", "certificate-tlsa-unavailable")]
    public async Task Inbound_AllowedAndNobodyVouches_IsRefused(string dns, string reason)
    {
        await using var scene = Start(Allowed);
        scene.Shown["p1.example"] = SelfSigned(scene);
        Say(scene, dns, Port);

        await scene.ExpectRefusedAsync(reason);
    }

    [Fact]
    public async Task Inbound_Off_IsRefusedAndNobodyAsks()
    {
        await using var scene = Start(With(DaneUse.Off));
        Show(scene, scene.Authority, usage: 3);
        scene.Publish("p1.example", Port);

        await scene.ExpectRefusedAsync("certificate-untrusted");

        Assert.Equal(0, scene.Names.Asked($"_{Port}._tcp.{Host}", DnsType.TLSA));
    }

    // Where records must vouch, dialback is no way round them; where they do, it needs no lookup if policy says so.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Inbound_Dialback_DemandsTheRecordsToo(bool matches)
    {
        await using var scene = Start(Required with { SaslNegotiation = NegotiationMode.Optional, DialbackWithoutDialback = true });
        scene.Shown["p1.example"] = SelfSigned(scene);
        scene.Vouch("p1.example", Port, 3, 1, 1, matches ? scene.Shown["p1.example"] : scene.Authority.Root);
        scene.Publish("p1.example", Port);

        await using var peer = await S2SDialogue.SecureAsync(scene, scene.Node.S2SEndPoints[0], "p1.example", "edge.example");
        await peer.ExpectAsync("stream:features");
        await peer.SendAsync("<db:result from='p1.example' to='edge.example'>KEY</db:result>");

        await peer.ExpectAsync(matches ? "db:result[@type='valid']" : "db:result[@type='error']/error/stanzas:policy-violation");
    }

    // A second domain on the same stream has records of its own.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Inbound_SecondDomainByDialback_IsLookedUpByItself(bool matches)
    {
        var second = TrustScene.P2 with { SaslNegotiation = NegotiationMode.Optional, DialbackWithoutDialback = true, TrustText = new WrittenTrust { Dane = DaneUse.Require } };
        await using var scene = EdgeScene.Start(options => options with { Policy = EdgeScene.Policy(Required with { SaslNegotiation = NegotiationMode.Optional }, second), ValidatingDns = new ValidatingServers([]) });
        Show(scene, scene.Authority, usage: 3);
        scene.Publish("p1.example", Port);
        scene.Vouch("p2.example", Port, 3, 1, 1, matches ? scene.Shown["p1.example"] : scene.Authority.Root);
        scene.Publish("p2.example", Port);

        await using var peer = await scene.ComesAsync();
        await peer.SendAsync("<db:result from='p2.example' to='edge.example'>KEY</db:result>");

        await peer.ExpectAsync(matches ? "db:result[@from='edge.example'][@to='p2.example'][@type='valid']" : "db:result[@type='error']/error/stanzas:policy-violation");
    }

    // A signed zone without a record is another matter than one that is not signed.
    [Theory]
    [InlineData("none", "has none, in a signed zone")]
    [InlineData("unsigned TLSA", "is not secured by DNSSEC")]
    public async Task Inbound_NoRecords_SaysWhetherTheZoneIsSigned(string dns, string said)
    {
        await using var scene = Start(Required);
        scene.Shown["p1.example"] = scene.Authority.Issue("p1.example").Certificate;
        Say(scene, dns, Port);

        await scene.ExpectRefusedAsync("certificate-tlsa-missing");

        Assert.Contains(said, (string)scene.Logs.Events.Single(e => e.Id.Id == TlsaMissing).Values["Found"]!, StringComparison.Ordinal);
    }

    // A DNS that does not answer holds the stream up for its time and no longer; more such streams from one address than may wait are judged at once.
    [Fact]
    public async Task Inbound_DnsThatDoesNotAnswer_IsRefusedInItsTime()
    {
        await using var dead = new ScriptedDnsServer();
        await using var scene = Start(Required, change: options => options with { DnsServers = [dead.EndPoint], Limits = options.Limits with { VerificationsPerAddress = 1 } });
        await using var waiting = await S2SDialogue.SecureToTlsAsync(scene, scene.Node.S2SEndPoints[0], "p1.example", "edge.example");
        await scene.UntilAsync(() => dead.UdpQueries.Count > 0, "a question");

        await scene.ExpectRefusedAsync("certificate-tlsa-unavailable");
        Assert.Equal(TimeSpan.Zero, scene.Time.Elapsed);
        Assert.Contains("QueueFull", scene.Logs.Events.Single(e => e.Id.Id == TlsaUnavailable).Message, StringComparison.Ordinal);

        await scene.UntilAsync(() => scene.Logs.Events.Count(e => e.Id.Id == TlsaUnavailable) == 2, "the end of the lookup", TimeSpan.FromMilliseconds(50));
        Assert.InRange(scene.Time.Elapsed, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(11));
        await waiting.ExpectHeaderAsync();
        await waiting.ExpectAsync("stream:features[not(sasl:mechanisms)]");
        await waiting.ExpectStreamErrorAsync("policy-violation");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Inbound_EndsWhileTheDnsIsAsked_LeavesNothing(bool byNode)
    {
        await using var dead = new ScriptedDnsServer();
        await using var scene = Start(Required, change: options => options with { DnsServers = [dead.EndPoint], Limits = options.Limits with { VerificationsPerAddress = 1 } });
        await using (var waiting = await S2SDialogue.SecureToTlsAsync(scene, scene.Node.S2SEndPoints[0], "p1.example", "edge.example"))
        {
            await scene.UntilAsync(() => dead.UdpQueries.Count > 0, "a question");
            if (byNode)
                await scene.StopAsync();
        }

        await scene.UntilAsync(() => scene.Node.Streams.Count == 0, "the end of the stream", TimeSpan.FromMilliseconds(50));
    }
}
