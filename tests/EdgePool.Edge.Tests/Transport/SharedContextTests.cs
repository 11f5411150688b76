using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using EdgePool.Edge.Certificates;
using EdgePool.Edge.Tests.Hostile;
using EdgePool.Edge.Transport;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Transport;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Transport;

/// <summary>Handshakes that share a context are as strict as those that make their own, and know nothing of each other.</summary>
public sealed class SharedContextTests : IDisposable
{
    private static readonly DomainName P1 = DomainName.Parse("p1.example");
    private static readonly DomainName P2 = DomainName.Parse("p2.example");

    private readonly TestCertificateAuthority authority = new();
    private readonly EdgeCertificates certificates;

    public SharedContextTests()
        => certificates = new EdgeCertificates([Own("edge.example"), Own("other.example")]);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private HandshakeCertificate First => certificates.Prepared[0];

    public void Dispose() => authority.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Share_HandshakesOfBothSides_TakeTheContextsWithTheSuitesOfAlways(bool direct)
    {
        var (serverBefore, clientBefore) = await BothAsync(direct);
        var suites = (Server: SharedContext.SuitesOf(serverBefore), Client: SharedContext.SuitesOf(clientBefore));

        await ShareAsync();
        var (server, client) = await BothAsync(direct);

        var shared = First.Shared!;
        Assert.True((direct ? shared.DirectServer : shared.Server).Took(server));
        Assert.False((direct ? shared.Server : shared.DirectServer).Took(server));
        Assert.False(shared.Server.Took(serverBefore));
        Assert.True(shared.Client.Took(client));
        Assert.False(shared.Client.Took(clientBefore));
        Assert.Equal(9, suites.Server.Count);
        Assert.Equal(suites.Server, SharedContext.SuitesOf(server));
        Assert.Equal(suites.Client, SharedContext.SuitesOf(client));
        Assert.Equal(serverBefore.NegotiatedCipherSuite, server.NegotiatedCipherSuite);
        Assert.Equal(direct ? "xmpp-server" : "", server.NegotiatedApplicationProtocol.ToString());
        foreach (var stream in new[] { serverBefore, clientBefore, server, client })
            await stream.DisposeAsync();
    }

    // TLS-24. The control: a context as the platform shares it does resume. Made strict, it takes up neither what it gave out before nor anything since.
    [Theory]
    [InlineData("TLSv1.3", true)]
    [InlineData("TLSv1.2", true)]
    [InlineData("TLSv1.2", false)]
    public async Task Session_OfWhateverKind_IsNeverResumed(string version, bool tickets)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var kept = await AcceptSoftAsync(listener, () => Connect(listener, version, tickets, session: null)); // holds the context
        using var session = kept.Client.KeepSession();
        await using (var control = await AcceptSoftAsync(listener, () => Connect(listener, version, tickets, session)))
            Assert.True(control.Client.Resumed);

        await ShareAsync();
        await using var again = await AcceptAsync(listener, () => Connect(listener, version, tickets, session));
        Assert.False(again.Client.Resumed);
        Assert.False(again.Client.HasTicket);
        Assert.True(First.Shared!.DirectServer.Took(again.Server));
        using var fresh = again.Client.KeepSession();
        await using var last = await AcceptAsync(listener, () => Connect(listener, version, tickets, fresh));
        Assert.False(last.Client.Resumed);
    }

    // The other side: a server that would resume is never asked to.
    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Outbound_ServerThatResumes_GetsFullHandshakes(SslProtocols version)
    {
        await ShareAsync();
        using var partner = authority.Issue("p1.example");
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(partner.Certificate, [], offline: true),
            EnabledSslProtocols = version,
        };
        var streams = new List<SslStream>(); // kept: the server's context lives by them
        for (var i = 0; i < 3; i++)
        {
            var (server, client) = DuplexPipe.CreatePair();
            var accepting = new SslStream(server);
            var handshake = accepting.AuthenticateAsServerAsync(options, Stop);
            var (session, failure) = await Client(P1).AuthenticateAsync(client, new TlsStart(Direct: false, Addressed: null), Stop);
            await handshake;
            Assert.True(session is not null, failure);
            await accepting.WriteAsync("x"u8.ToArray(), Stop);
            Assert.Equal(1, await session.Stream.ReadAsync(new byte[1], Stop)); // tickets come with the first bytes
            Assert.True(First.Shared!.Client.Took(session.Stream));
            Assert.Equal(CertificateVerdict.Valid, session.Certificate.Proves(P1));
            streams.AddRange([accepting, session.Stream]);
        }

        foreach (var stream in streams)
            await stream.DisposeAsync();
    }

    // What one peer showed, or did not, is nothing to the next; nor are the names that they ask for.
    [Fact]
    public async Task Peers_InTurnAndAtOnce_AreJudgedEachByItsOwn()
    {
        await ShareAsync();
        using var foreign = new TestCertificateAuthority("Foreign root");
        using IssuedCertificate p1 = authority.Issue("p1.example"), p2 = authority.Issue("p2.example"), stranger = foreign.Issue("p1.example");
        (IssuedCertificate? Shown, string Name, CertificateVerdict OfP1, CertificateVerdict OfP2)[] cases =
        [
            (p1, "edge.example", CertificateVerdict.Valid, CertificateVerdict.WrongName),
            (null, "other.example", CertificateVerdict.None, CertificateVerdict.None),
            (p2, "other.example", CertificateVerdict.WrongName, CertificateVerdict.Valid),
            (stranger, "edge.example", CertificateVerdict.Untrusted, CertificateVerdict.Untrusted),
            (null, "edge.example", CertificateVerdict.None, CertificateVerdict.None),
            (p1, "other.example", CertificateVerdict.Valid, CertificateVerdict.WrongName),
        ];
        foreach (var one in cases)
            Assert.Equal(one, await JudgedAsync(one));
        Assert.Equal(
            Enumerable.Repeat(cases, 10).SelectMany(all => all),
            await Task.WhenAll(Enumerable.Repeat(cases, 10).SelectMany(all => all).Select(one => Task.Run(() => JudgedAsync(one), Stop))));

        async Task<(IssuedCertificate? Shown, string Name, CertificateVerdict OfP1, CertificateVerdict OfP2)> JudgedAsync(
            (IssuedCertificate? Shown, string Name, CertificateVerdict OfP1, CertificateVerdict OfP2) one)
        {
            var (session, stream) = await ToServerAsync(one.Shown, one.Name);
            Assert.Equal("CN=" + one.Name, stream.RemoteCertificate!.Subject);
            var judged = one with { OfP1 = session.Certificate.Proves(P1), OfP2 = session.Certificate.Proves(P2) };
            await session.Stream.DisposeAsync();
            await stream.DisposeAsync();
            return judged;
        }
    }

    [Fact]
    public async Task Replaced_TheNewCertificateIsShown_BeforeAndWhenItIsShared()
    {
        await ShareAsync();
        var next = Own("edge.example");
        certificates.Replace([next], DateTimeOffset.UnixEpoch);
        Assert.Null(First.Shared);
        Assert.Equal(next.Certificate.Thumbprint, await ShownAsync());
        await ShareAsync();
        Assert.Equal(next.Certificate.Thumbprint, await ShownAsync());

        async Task<string> ShownAsync()
        {
            var (session, stream) = await ToServerAsync(shown: null, "edge.example");
            var thumbprint = stream.RemoteCertificate!.GetCertHashString();
            await session.Stream.DisposeAsync();
            await stream.DisposeAsync();
            return thumbprint;
        }
    }

    // Fails closed, and heals: a handshake that took another context than it was to share is not taken, and the next makes its own.
    [Fact]
    public async Task Context_NotThePreparedOne_EndsTheHandshakeAndSharing()
    {
        await ShareAsync();
        First.Share(certificates.Prepared[1].Shared!);

        var (server, client) = DuplexPipe.CreatePair();
        await using var stream = new SslStream(client);
        var connecting = stream.AuthenticateAsClientAsync(ClientOptions(shown: null, "edge.example"), Stop);
        var (session, failure) = await Server().AuthenticateAsync(server, new TlsStart(Direct: false, Addressed: null), Stop);
        await connecting;

        Assert.Null(session);
        Assert.Contains("another context than the one that was prepared", failure, StringComparison.Ordinal);
        Assert.Null(First.Shared);
        var (next, after) = await ToServerAsync(shown: null, "edge.example");
        await next.Stream.DisposeAsync();
        await after.DisposeAsync();
    }

    // Of two nodes in one process, or of a certificate that comes back, the context is strict already.
    [Fact]
    public async Task Share_TheSameCertificateAtOnce_IsOneContext()
    {
        var again = new EdgeCertificates(certificates.InForce);
        var all = certificates.Prepared.Concat(again.Prepared).ToList();
        Assert.All(await Task.WhenAll(all.Select(ours => Task.Run(() => ContextRehearsal.ShareAsync(ours, TimeProvider.System), Stop))), Assert.True);

        var (server, client) = await BothAsync(direct: false);
        Assert.True(again.Prepared[0].Shared!.Server.Took(server));
        Assert.True(again.Prepared[0].Shared!.Client.Took(client));
        await server.DisposeAsync();
        await client.DisposeAsync();
    }

    private EdgeCertificate Own(string name) => new(authority.Issue(name).Certificate, []);

    private async Task ShareAsync()
    {
        foreach (var ours in certificates.Prepared)
            Assert.True(await ContextRehearsal.ShareAsync(ours, TimeProvider.System));
    }

    private ServerTls Server()
        => new(certificates, DirectTls.Sniff, new TrustAnchors(System: false, [authority.Root]), _ => Demand(), TimeProvider.System);

    private ClientTls Client(DomainName wanted)
        => new(certificates, DomainName.Parse("edge.example"), wanted, direct: false, _ => Demand(), TimeProvider.System);

    private CertificateDemand Demand() => new(new TrustAnchors(System: false, [authority.Root]));

    private static SslClientAuthenticationOptions ClientOptions(IssuedCertificate? shown, string name) => new()
    {
        TargetHost = name,
        ClientCertificateContext = shown is null ? null : SslStreamCertificateContext.Create(shown.Certificate, [], offline: true),
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
    };

    /// <summary>Our server under a client of the platform's, that resumes where it can.</summary>
    private async Task<(TlsSession Session, SslStream Client)> ToServerAsync(IssuedCertificate? shown, string name)
    {
        var (server, client) = DuplexPipe.CreatePair();
        var stream = new SslStream(client);
        var connecting = stream.AuthenticateAsClientAsync(ClientOptions(shown, name), Stop);
        var (session, failure) = await Server().AuthenticateAsync(server, new TlsStart(Direct: false, Addressed: null), Stop);
        await connecting;
        Assert.True(session is not null, failure);
        return (session, stream);
    }

    /// <summary>Our server and our client with each other.</summary>
    private async Task<(SslStream Server, SslStream Client)> BothAsync(bool direct)
    {
        var (left, right) = DuplexPipe.CreatePair();
        var start = new TlsStart(direct, Addressed: null);
        var accepting = Server().AuthenticateAsync(left, start, Stop);
        var (client, clientFailure) = await Client(DomainName.Parse("edge.example")).AuthenticateAsync(right, start, Stop);
        var (server, serverFailure) = await accepting;
        Assert.True(client is not null && server is not null, clientFailure + serverFailure);
        return (server.Stream, client.Stream);
    }

    private static OpenSslClient Connect(TcpListener listener, string version, bool tickets, OpenSslClient.KeptSession? session)
        => OpenSslClient.Connect((IPEndPoint)listener.LocalEndpoint, "edge.example", "xmpp-server", version, session, tickets);

    /// <summary>The platform's shared context as it comes.</summary>
    private Task<Accepted> AcceptSoftAsync(TcpListener listener, Func<OpenSslClient> connect) => AcceptAsync(
        listener,
        connect,
        async transport =>
        {
            var stream = new SslStream(transport);
            await stream.AuthenticateAsServerAsync(TlsOptions.ForServer(First.Context, shared: true, TlsUpgrade.S2SProtocols), Stop);
            return stream;
        });

    private Task<Accepted> AcceptAsync(TcpListener listener, Func<OpenSslClient> connect) => AcceptAsync(
        listener,
        connect,
        async transport =>
        {
            var (session, failure) = await Server().AuthenticateAsync(transport, new TlsStart(Direct: true, Addressed: null), Stop);
            Assert.True(session is not null, failure);
            return session.Stream;
        });

    private static async Task<Accepted> AcceptAsync(TcpListener listener, Func<OpenSslClient> connect, Func<Stream, Task<SslStream>> take)
    {
        var connecting = Task.Run(connect, Stop);
        var socket = await listener.AcceptSocketAsync(Stop);
        var server = await take(new NetworkStream(socket, ownsSocket: true));
        var client = await connecting;
        await server.WriteAsync("x"u8.ToArray(), Stop);
        await Task.Run(() => client.ReadUntil("x"), Stop); // tickets come with the first bytes
        return new Accepted(server, client);
    }

    private sealed record Accepted(SslStream Server, OpenSslClient Client) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await Server.DisposeAsync();
        }
    }
}
