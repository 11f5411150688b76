using EdgePool.Interop.Tests.Nodes;
using EdgePool.Interop.Tests.Partners;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Negotiation;

/// <summary>
/// One edge whose partners are every row of the matrix times every <see cref="PeerAbility"/>, and two real servers of one kind that serve all their domains:
/// one that insists on nothing, one that insists on SASL EXTERNAL. Started by the first test that needs it, ended with the test class.
/// </summary>
public abstract class MatrixScene : IAsyncDisposable
{
    public const string LocalDomainName = "contoso.example";
    public const string Bot = "bot@" + LocalDomainName;

    private readonly List<IAsyncDisposable> parts = [];
    private readonly Lazy<Task> started;
    private readonly TestCertificateAuthority ours = new("Authority of the edge");
    private readonly TestCertificateAuthority theirs = new("Authority of partners");
    private readonly TestCertificateAuthority strangers = new("Authority that the edge does not know");
    private XmppServer? lenient;
    private XmppServer? strict;

    protected MatrixScene(ServerKind kind) => (Kind, started) = (kind, new(StartAllAsync));

    /// <summary>What the partners run.</summary>
    public ServerKind Kind { get; }

    internal EdgeProcess Edge { get; private set; } = null!;

    internal ComponentClient Component { get; private set; } = null!;

    /// <summary>Starts everything, once.</summary>
    public Task StartAsync() => started.Value;

    /// <summary>The server that can do this.</summary>
    internal XmppServer ServerOf(PeerAbility peer) => (peer is PeerAbility.ExternalOnly ? strict : lenient)!;

    /// <summary>Logs alice in at a partner, or the component that speaks for her.</summary>
    internal async Task<StanzaClient> ConnectAsync(string row, PeerAbility peer)
    {
        var (server, domain) = (ServerOf(peer), MatrixRow.DomainOf(row, peer));
        return peer is PeerAbility.DialbackOnly ? await server.ConnectComponentAsync(domain) : await server.ConnectAsync(domain: domain);
    }

    public async ValueTask DisposeAsync()
    {
        if (Component is not null)
        {
            var account = await Edge.StopAsync();
            Assert.True(account is { Balances: true, InFlight: 0 }, account.ToString());
        }

        foreach (var part in Enumerable.Reverse(parts))
            await part.DisposeAsync();
        ours.Dispose();
        theirs.Dispose();
        strangers.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task StartAllAsync()
    {
        var (lenientAt, strictAt, edgeAt) = (LoopbackAddresses.Next(), LoopbackAddresses.Next(), LoopbackAddresses.Next());
        var dns = Keep(await BindServer.StartAsync(
        [
            $"{lenientAt}. A {lenientAt}",
            $"{strictAt}. A {strictAt}",
            .. BindServer.Service(LocalDomainName, edgeAt),
            .. Domains().Select(d => $"_xmpp-server._tcp.{d.Name}. SRV 10 10 5269 {(d.Peer is PeerAbility.ExternalOnly ? strictAt : lenientAt)}."),
        ]));
        var known = theirs.Issue([.. Domains().Where(d => d.Peer is not PeerAbility.Unproven).Select(d => d.Name)]);
        var unknown = strangers.Issue([.. Domains().Where(d => d.Peer is PeerAbility.Unproven).Select(d => d.Name)]);
        XmppServerOptions Options(bool insists) => new()
        {
            Domain = insists ? "strict.example" : "lenient.example",
            Address = insists ? strictAt : lenientAt,
            Dns = dns.EndPoint,
            Certificate = known,
            TrustedCa = ours.RootFile,
            External = true,
            Dialback = !insists,
            RequireTls = insists,
            WireLog = true,
            FurtherDomains =
            [
                .. Domains().Where(d => d.Peer is PeerAbility.ExternalOnly == insists)
                    .Select(d => new ServedDomain(d.Name, d.Peer is PeerAbility.Unproven ? unknown : known) 
                    {
                        Tls = d.Peer is not PeerAbility.Plain,
                        External = d.Peer is not PeerAbility.DialbackOnly,
                    }),
            ],
        };
        var servers = new[] { false, true }.Select(insists => PartnerScenario.ServerAsync(Kind, Options(insists))).ToArray();
        Edge = Keep(await EdgeProcess.StartAsync(new EdgeSetup
        {
            Address = edgeAt,
            Dns = dns.EndPoint,
            Certificates = [ours.Issue(LocalDomainName)],
            Domains = [new LocalDomain(LocalDomainName)],
            Partners = [.. MatrixRow.All.SelectMany(row => row.Partners())],
            TrustedCa = theirs.RootFile,
            Pending = TimeSpan.FromSeconds(2),
        }));
        lenient = Keep(await servers[0]);
        strict = Keep(await servers[1]);
        Component = Keep(await ComponentClient.ConnectAsync(Edge.Setup.Internal, LocalDomainName, EdgeSetup.ComponentSecret));
    }

    private IEnumerable<(string Name, PeerAbility Peer)> Domains() =>
        from row in MatrixRow.All
        from peer in Kind is ServerKind.Prosody ? Enum.GetValues<PeerAbility>() : MatrixRow.AnyServer
        select (MatrixRow.DomainOf(row.Id, peer), peer);

    private T Keep<T>(T part)
        where T : IAsyncDisposable
    {
        parts.Add(part);
        return part;
    }
}

/// <summary>The scene with Prosody 0.12.</summary>
public sealed class ProsodyMatrixScene() : MatrixScene(ServerKind.Prosody);

/// <summary>The scene with ejabberd 23.01.</summary>
public sealed class EjabberdMatrixScene() : MatrixScene(ServerKind.Ejabberd);
