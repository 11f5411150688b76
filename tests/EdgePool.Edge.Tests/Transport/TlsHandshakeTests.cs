using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Edge.Tests.Hostile;
using EdgePool.Edge.Transport;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Transport;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Transport;

/// <summary>What a certificate proves when it comes by a handshake: for the roots that the handshake judged, and for those of the partner's own.</summary>
public sealed class TlsHandshakeTests : IDisposable
{
    private static readonly DomainName Partner = DomainName.Parse("p1.example");

    private readonly TestCertificateAuthority authority = new();
    private readonly CertificateChain chain = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        authority.Dispose();
        chain.Dispose();
    }

    [Theory]
    [InlineData("CERT-01 serverAuth alone", CertificateVerdict.Valid)]
    [InlineData("CERT-02 clientAuth alone", CertificateVerdict.Untrusted)]
    [InlineData("CERT-04 any purpose alone", CertificateVerdict.Untrusted)]
    [InlineData("CERT-04 no purpose named", CertificateVerdict.Valid)]
    [InlineData("CERT-06 intermediate for servers", CertificateVerdict.Valid)]
    [InlineData("CERT-33 name constraints", CertificateVerdict.Untrusted)]
    [InlineData("CERT-34 leaf that issues", CertificateVerdict.Untrusted)]
    [InlineData("foreign root", CertificateVerdict.Untrusted)]
    [InlineData("no certificate", CertificateVerdict.None)]
    public async Task Server_ClientShows_IsJudgedAlikeInAndBehindTheHandshake(string id, CertificateVerdict verdict)
    {
        var root = chain.Root();
        var sent = Sent(id, root);

        var shared = new TrustAnchors(System: false, [root]);
        Assert.True(verdict == await ProvesAsync(sent, shared, shared), id);
        Assert.True(verdict == await ProvesAsync(sent, new TrustAnchors(System: false, []), new TrustAnchors(System: false, [root])), id);
        Assert.True(verdict == await ProvesAsync(sent, new TrustAnchors(System: true, [root]), new TrustAnchors(System: true, [root])), id);
        Assert.NotEqual(CertificateVerdict.Valid, await ProvesAsync(sent, shared, new TrustAnchors(System: false, [])));
    }

    private X509Certificate2[] Sent(string id, X509Certificate2 root)
    {
        string[] both = [CertificateChain.ServerAuth, CertificateChain.ClientAuth];
        switch (id[..7])
        {
            case "CERT-01":
                return [chain.Below(root, "p1.example", usages: CertificateChain.ServerAuth)];
            case "CERT-02":
                return [chain.Below(root, "p1.example", usages: CertificateChain.ClientAuth)];
            case "CERT-04":
                return [chain.Below(root, "p1.example", usages: id.Contains("any", StringComparison.Ordinal) ? [CertificateChain.AnyUsage] : [])];
            case "CERT-06":
                var forServers = chain.Below(root, "Intermediate", authority: true, usages: CertificateChain.ServerAuth);
                return [chain.Below(forServers, "p1.example", usages: both), forServers];
            case "CERT-33":
                var constrained = chain.Below(root, "Intermediate", authority: true, permittedSubtree: "p2.example");
                return [chain.Below(constrained, "p1.example"), constrained];
            case "CERT-34":
                var leaf = chain.Below(root, "evil.example");
                return [chain.Below(leaf, "p1.example"), leaf];
            case "foreign":
                return [chain.Below(chain.Root("Foreign root"), "p1.example")];
            default:
                return [];
        }
    }

    // TLS-20: who names nobody in TLS is answered in the name that its stream header asked for; who names somebody, in that name.
    [Theory]
    [Trait("compat", "no-server-name")]
    [InlineData("", null, "edge.example")]
    [InlineData("", "other.example", "other.example")]
    [InlineData("", "OTHER.example", "other.example")]
    [InlineData("", "nobody.example", "edge.example")]
    [InlineData("", "not a name", "edge.example")]
    [InlineData("edge.example", "other.example", "edge.example")]
    [InlineData("other.example", "edge.example", "other.example")]
    public async Task ServerName_Missing_TheStreamHeaderTakesItsPlace(string serverName, string? addressed, string shown)
    {
        var (server, client) = DuplexPipe.CreatePair();
        var certificates = new[] { "edge.example", "other.example" }.Select(name => new EdgeCertificate(authority.Issue(name).Certificate, []));
        var tls = new ServerTls(new EdgeCertificates([.. certificates]), DirectTls.Sniff, TrustAnchors.SystemOnly, static _ => new(TrustAnchors.SystemOnly), TimeProvider.System);
        await using var stream = new SslStream(client);
        var connecting = stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = serverName, RemoteCertificateValidationCallback = static (_, _, _, _) => true },
            Stop);
        var (session, failure) = await tls.AuthenticateAsync(server, new TlsStart(Direct: false, addressed), Stop);
        await connecting;
        Assert.True(session is not null, failure);
        await session.Stream.DisposeAsync();

        Assert.Equal("CN=" + shown, stream.RemoteCertificate!.Subject);
    }

    // CERT-37, the other way round: the server that we connect to shows a certificate that names places to fetch from. TLS 1.2 is told from 1.3.
    [Theory]
    [InlineData(SslProtocols.Tls12, TlsVersion.Tls12)]
    [InlineData(SslProtocols.Tls13, TlsVersion.Tls13)]
    public async Task Client_CERT37_ServerShowsPointers_NothingIsFetched(SslProtocols protocols, TlsVersion version)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var uri = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/";
        using var unsent = HostileCertificates.IssueAuthority(authority.Root, isAuthority: true);
        using var shown = HostileCertificates.Issue(unsent, HostileCertificates.DnsNames("p1.example"), "CN=x", HostileCertificates.Pointers(uri));
        var (server, client) = DuplexPipe.CreatePair();
        var own = new EdgeCertificates([new EdgeCertificate(authority.Issue("edge.example").Certificate, [])]);
        var demand = new CertificateDemand(new TrustAnchors(System: false, [authority.Root]));
        var tls = new ClientTls(own, DomainName.Parse("edge.example"), Partner, direct: false, _ => demand, TimeProvider.System);
        await using var stream = new SslStream(server);
        var accepting = stream.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(shown, [], offline: true), EnabledSslProtocols = protocols },
            Stop);

        var (session, failure) = await tls.AuthenticateAsync(client, new TlsStart(Direct: false, Addressed: null), Stop);
        await accepting;

        Assert.True(session is not null, failure);
        Assert.Equal((CertificateVerdict.Untrusted, version), (session.Certificate.Proves(Partner), session.Certificate.Version));
        Assert.False(session.Certificate.OfClient);
        Assert.False(listener.Pending());
        await session.Stream.DisposeAsync();
    }

    private async Task<CertificateVerdict> ProvesAsync(X509Certificate2[] sent, TrustAnchors shared, TrustAnchors ofPartner)
    {
        var (server, client) = DuplexPipe.CreatePair();
        var own = authority.Issue("edge.example");
        var tls = new ServerTls(new EdgeCertificates([new EdgeCertificate(own.Certificate, [])]), DirectTls.Sniff, shared, _ => new(ofPartner), TimeProvider.System);
        await using var stream = new SslStream(client);
        var connecting = stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "edge.example",
                ClientCertificateContext = sent.Length == 0 ? null : SslStreamCertificateContext.Create(sent[0], [.. sent.Skip(1)], offline: true),
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
                EnabledSslProtocols = SslProtocols.Tls13,
            },
            Stop);
        var (session, failure) = await tls.AuthenticateAsync(server, new TlsStart(Direct: false, Addressed: null), Stop);
        await connecting;
        Assert.True(session is not null, failure);
        var verdict = session.Certificate.Proves(Partner);
        await session.Stream.DisposeAsync();
        return verdict;
    }
}
