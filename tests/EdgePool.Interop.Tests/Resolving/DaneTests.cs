using System.Net;
using EdgePool.Interop.Tests.Nodes;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Resolving;

/// <summary>
/// DANE with a zone that a real BIND has signed and another one validates (RFC 4035, RFC 6698, RFC 7673): the partner is a Prosody whose certificate nobody
/// but its TLSA record vouches for.
/// </summary>
public sealed class DaneTests
{
    private const string Pair = "contoso.example-partner.example";

    [Fact]
    public async Task SelfSignedCertificate_ItsTlsaRecordIsSigned_ExternalBothWays()
    {
        await using var scene = await SceneAsync(Signatures.Good);
        await using var alice = await scene.Partner.ConnectAsync();

        await alice.SendAsync("<message to='bot@contoso.example' id='in'><body>in</body></message>");
        await scene.Bot.WaitForAsync("message[@id='in']");
        await scene.Bot.SendAsync($"<message from='bot@contoso.example' to='{alice.Jid}' id='out'><body>out</body></message>");
        await alice.WaitForAsync("message[@id='out']");

        var account = await scene.Edge.StopAsync();
        Assert.True(account is { Balances: true, Bounced: 0, Dropped: 0, InFlight: 0 }, account.ToString());
        Assert.Equal(["SaslExternal"], scene.Edge.MethodsOf(Pair, inbound: true).Distinct());
        Assert.Equal(["SaslExternal"], scene.Edge.MethodsOf(Pair, inbound: false).Distinct());
    }

    // The edge's own connection says why; so does what it tells of the partner's.
    [Theory]
    [InlineData(Signatures.Good, true, "certificate-tlsa-mismatch", "certificate-tlsa-mismatch")]
    [InlineData(Signatures.Tampered, false, "certificate-tlsa-unavailable", "certificate-tlsa-unavailable")]
    [InlineData(Signatures.Expired, false, "certificate-tlsa-unavailable", "the DNS does not say where: ServerFailure")]
    public async Task SelfSignedCertificate_ItsTlsaRecordIsNotToBeHad_IsRefusedBothWays(Signatures signatures, bool wrong, string inbound, string outbound)
    {
        await using var scene = await SceneAsync(signatures, wrong);
        await using var alice = await scene.Partner.ConnectAsync();

        await alice.SendAsync("<message to='bot@contoso.example' id='in'><body>in</body></message>");
        await scene.Edge.FindAsync(e => e["reason"] == inbound && scene.Edge.IsInbound(e), inbound);
        await scene.Bot.SendAsync($"<message from='bot@contoso.example' to='{alice.Jid}' id='out'><body>out</body></message>");
        await scene.Edge.FindAsync(e => e.Message.Contains(outbound, StringComparison.Ordinal) && !scene.Edge.IsInbound(e) && e.Id is 1020 or 1021, outbound);
        await scene.Bot.WaitForAsync("message[@id='out']/error/stanzas:remote-server-timeout");

        var account = await scene.Edge.StopAsync();
        Assert.True(account is { Balances: true, Delivered: 0, InFlight: 0 }, account.ToString());
        Assert.Empty(scene.Edge.MethodsOf(Pair, inbound: true));
        Assert.Empty(scene.Edge.MethodsOf(Pair, inbound: false));
    }

    private static async Task<Scene> SceneAsync(Signatures signatures, bool wrong = false)
    {
        var scene = new Scene();
        try
        {
            await scene.StartAsync(signatures, wrong);
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    private sealed class Scene : IAsyncDisposable
    {
        private readonly TestCertificateAuthority authority = new();
        private readonly List<IAsyncDisposable> parts = [];

        public ProsodyServer Partner { get; private set; } = null!;

        public EdgeProcess Edge { get; private set; } = null!;

        public ComponentClient Bot { get; private set; } = null!;

        public async Task StartAsync(Signatures signatures, bool wrong)
        {
            var (partnerAt, edgeAt) = (LoopbackAddresses.Next(), LoopbackAddresses.Next());
            var shown = authority.Issue(LeafRequest.For("partner.example") with { SelfSigned = true });
            var dns = Keep(await ValidatingBind.StartAsync(signatures, Records(partnerAt, edgeAt, wrong ? authority.Root.Tlsa("p", 3) : shown.Certificate.Tlsa("p", 3))));
            Edge = Keep(await EdgeProcess.StartAsync(new EdgeSetup
            {
                Address = edgeAt,
                Dns = dns.EndPoint,
                Validating = true,
                Certificates = [authority.Issue("contoso.example")],
                Domains = [new LocalDomain("contoso.example")],
                Partners = [new PartnerSetup("partner.example") { Sasl = "Required", Dialback = false, Dane = "require" }],
                TrustedCa = authority.RootFile,
                Pending = TimeSpan.FromSeconds(3),
            }));
            Partner = Keep(await ProsodyServer.StartAsync(new XmppServerOptions
            {
                Domain = "partner.example",
                Address = partnerAt,
                Dns = dns.Unvalidated,
                Certificate = shown,
                TrustedCa = authority.RootFile,
                Dialback = false,
                Users = ["alice"],
            }));
            Bot = Keep(await ComponentClient.ConnectAsync(Edge.Setup.Internal, "contoso.example", EdgeSetup.ComponentSecret));
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var part in Enumerable.Reverse(parts))
                await part.DisposeAsync();
            authority.Dispose();
        }

        private static IEnumerable<string> Records(IPAddress partner, IPAddress edge, EdgePool.Dns.Messages.TlsaRecord tlsa) =>
        [
            "_xmpp-server._tcp.partner.example. SRV 10 0 5269 xmpp.partner.example.",
            $"xmpp.partner.example. A {partner}",
            $"_5269._tcp.xmpp.partner.example. TLSA {tlsa.Usage} {tlsa.Selector} {tlsa.MatchingType} {Convert.ToHexString(tlsa.Data.Span)}",
            .. BindServer.Service("contoso.example", edge),
        ];

        private T Keep<T>(T part)
            where T : IAsyncDisposable
        {
            parts.Add(part);
            return part;
        }
    }
}
