using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Dns;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// DANE on live streams (RFC 6698, RFC 7671, RFC 7673; inbound RFC 7712 section 5), over a DNS that answers as a validating resolver does.
public sealed class DaneTests
{
    private const int Port = 5269;
    private const int TargetFailed = 1020;
    private const int TlsaVouches = 3305;
    private const int TlsaMismatch = 3306;
    private const int TlsaMissing = 3307;
    private const int TlsaUnavailable = 3308;

    private const string Host = "xmpp.p1.example";

    private static readonly PartnerDocument Required = With(DaneUse.Require);
    private static readonly PartnerDocument Allowed = With(DaneUse.Allow);

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
    [InlineData(3)]
    [InlineData(2)]
    [InlineData(1)]
    [InlineData(0)]
    public async Task Outbound_RecordMatches_IsDelivered(int usage)
    {
        using var foreign = new TestCertificateAuthority("Foreign root");
        await using var scene = Start(Required);
        await using var component = await scene.ComponentAsync();
        using var server = new Testing.Peers.ScriptedListener();
        Show(scene, foreign, usage, server.EndPoint.Port);
        scene.Publish("p1.example", server.EndPoint.Port);

        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var peer = await server.AcceptAsync(scene, "p1.example");

        await peer.ExpectAsync("message[@id='1']");
        Assert.True(scene.Has(TlsaVouches));
        await scene.BalancedAsync();
    }

    // What the DNS is made to say, and how the stream ends for it; the certificate would do by its roots.
    public static TheoryData<string, string, int> Refusals => new()
    {
        { "wrong", "certificate-tlsa-mismatch", TlsaMismatch },
        { "none", "certificate-tlsa-missing", TlsaMissing },
        { "DNS-17 unsigned SRV", "certificate-tlsa-missing", TlsaMissing },
        { "unsigned host", "certificate-tlsa-missing", TlsaMissing },
        { "unsigned TLSA", "certificate-tlsa-missing", TlsaMissing },
        { "not understood", "certificate-tlsa-missing", TlsaMissing },
        { "resolver does not validate", "certificate-tlsa-missing", TlsaMissing },
        { "bogus host", "certificate-tlsa-unavailable", TlsaUnavailable },
        { "bogus TLSA", "certificate-tlsa-unavailable", TlsaUnavailable },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
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

    // Where nothing could vouch for it, the server does not get a byte.
    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Outbound_NothingVouches_TheTargetHasFailed(string dns, string reason, int said)
    {
        await using var scene = Start(Required, validating: dns is not "resolver does not validate");
        using var server = new Testing.Peers.ScriptedListener();
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

    [Theory]
    [InlineData("none", true)]
    [InlineData("bogus TLSA", true)]
    [InlineData("none", false)]
    public async Task Outbound_Allowed_TheRootsStillSuffice(string dns, bool trusted)
    {
        await using var scene = Start(Allowed);
        using var server = new Testing.Peers.ScriptedListener();
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
        using var first = new Testing.Peers.ScriptedListener();
        using var second = new Testing.Peers.ScriptedListener();
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
        using var server = new Testing.Peers.ScriptedListener();
        await using var scene = Start(Required with { ProxyFqdn = $"{Host}:{server.EndPoint.Port}" });
        Show(scene, scene.Authority, usage: 3, server.EndPoint.Port);
        scene.Publish("p1.example", 1);
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));

        await using var peer = await server.AcceptAsync(scene, "p1.example");

        await peer.ExpectAsync("message[@id='1']");
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

    [Fact]
    public async Task PolicyChanges_RecordsAreDemanded_TheStreamComesAnew()
    {
        await using var scene = Start(With(DaneUse.Off));
        scene.Shown["p1.example"] = scene.Authority.Issue("p1.example").Certificate;
        scene.Vouch("p1.example", Port, 3, 1, 1, scene.Shown["p1.example"]);
        scene.Publish("p1.example", Port);
        await using var byRoots = await scene.ComesAsync();

        await scene.Node.PublishAsync(EdgeScene.Policy(Required, TrustScene.P2));

        await byRoots.ExpectStreamErrorAsync("reset");
        await using var byRecords = await scene.ComesAsync();
        Assert.True(scene.Has(TlsaVouches));
    }

    // The record's time has run out, and the zone says something else by now: the stream ends, unless it says the same, or does not say.
    [Theory]
    [InlineData("the same", null)]
    [InlineData("wrong", "certificate-tlsa-mismatch")]
    [InlineData("none", "certificate-tlsa-missing")]
    [InlineData("bogus TLSA", null)]
    public async Task RecordsRunOut_StreamIsJudgedAgain(string later, string? reason)
    {
        await using var scene = Start(Required);
        Show(scene, scene.Authority, usage: 3);
        scene.Publish("p1.example", Port);
        await using var component = await scene.ComponentAsync();
        await using var peer = await scene.ComesAsync();
        var asked = scene.Names.Asked($"_{Port}._tcp.{Host}", DnsType.TLSA);
        scene.Withdraw();
        if (later is "the same")
            scene.Vouch("p1.example", Port, 3, 1, 1, scene.Shown["p1.example"]);
        else if (later is "wrong")
            scene.Vouch("p1.example", Port, 3, 1, 1, scene.Authority.Root);
        else if (later is "bogus TLSA")
            scene.Names.Bogus($"_{Port}._tcp.{Host}");
        scene.Publish("p1.example", Port);

        scene.Time.Advance(TimeSpan.FromSeconds(54)); // a minute is up at the tick behind it
        Assert.Equal(asked, scene.Names.Asked($"_{Port}._tcp.{Host}", DnsType.TLSA));
        scene.Time.Advance(TimeSpan.FromSeconds(11));
        await scene.UntilAsync(() => scene.Names.Asked($"_{Port}._tcp.{Host}", DnsType.TLSA) > asked, "another question");

        if (reason is null)
        {
            if (later is "bogus TLSA")
                await scene.UntilAsync(() => scene.Has(TlsaUnavailable), "what the log says");
            await peer.SendAsync(S2SDialogue.Message("a@p1.example", "b@edge.example", 1));
            await component.WaitForAsync("message[@id='1']");
            return;
        }

        await peer.ExpectStreamErrorAsync("reset");
        await scene.EndedAsync(reason);
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

    [Fact]
    public async Task PolicyChanges_RecordsCountNoMore_TheStreamEnds()
    {
        await using var scene = Start(Allowed);
        Show(scene, scene.Authority, usage: 3);
        scene.Publish("p1.example", Port);
        await using var peer = await scene.ComesAsync();

        await scene.Node.PublishAsync(EdgeScene.Policy(With(DaneUse.Off), TrustScene.P2));

        await peer.ExpectStreamErrorAsync("reset");
        await scene.ExpectRefusedAsync("certificate-untrusted");
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

    private static PartnerDocument With(DaneUse use) => TrustScene.P1 with { TrustText = new WrittenTrust { Dane = use } };

    private static EdgeScene Start(PartnerDocument p1, bool validating = true, Func<EdgeOptions, EdgeOptions>? change = null)
        => EdgeScene.Start(options => (change?.Invoke(options) ?? options) with
        {
            Policy = EdgeScene.Policy(p1, TrustScene.P2),
            ValidatingDns = validating ? new ValidatingServers([]) : null,
        });

    private static X509Certificate2 SelfSigned(EdgeScene scene)
        => scene.Authority.Issue(new LeafRequest { DnsNames = ["p1.example"], SelfSigned = true }).Certificate;

    /// <summary>p1.example shows a certificate that needs a record of this usage, and has it.</summary>
    private static void Show(EdgeScene scene, TestCertificateAuthority foreign, int usage, int port = Port)
    {
        var shown = scene.Shown["p1.example"] = usage switch
        {
            3 => foreign.Issue(new LeafRequest { DnsNames = ["elsewhere.example"], SelfSigned = true, NotBefore = TimeSpan.FromDays(-3), NotAfter = TimeSpan.FromDays(-1) }).Certificate,
            2 => foreign.Issue(Host).Certificate,
            _ => scene.Authority.Issue("p1.example").Certificate,
        };
        var (selector, matchingType) = usage == 2 ? (0, 0) : (1, 1);
        scene.Vouch("p1.example", port, usage, selector, matchingType, usage switch { 2 => foreign.Root, 0 => scene.Authority.Root, _ => shown });
    }

    /// <summary>The DNS of p1.example, wrong in this way.</summary>
    private static void Say(EdgeScene scene, string dns, int port)
    {
        var shown = scene.Shown.GetValueOrDefault("p1.example") ?? (scene.Shown["p1.example"] = scene.Authority.Issue("p1.example").Certificate);
        if (dns is not "none")
            scene.Vouch("p1.example", port, dns is "not understood" ? 9 : 3, 1, 1, dns is "wrong" ? scene.Authority.Root : shown);
        scene.Publish("p1.example", port);
        switch (dns)
        {
            case "DNS-17 unsigned SRV":
                scene.Names.Unsigned("_xmpp-server._tcp.p1.example");
                break;
            case "unsigned host":
                scene.Names.Unsigned(Host);
                break;
            case "unsigned TLSA":
                scene.Names.Unsigned($"_tcp.{Host}");
                break;
            case "bogus host":
                scene.Names.Bogus(Host);
                break;
            case "bogus TLSA":
                scene.Names.Bogus($"_tcp.{Host}");
                break;
            default:
                break;
        }
    }
}
