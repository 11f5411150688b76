using System.Net;
using EdgePool.Interop.Tests.Nodes;
using EdgePool.Interop.Tests.Partners;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.BackEnds;

/// <summary>How the edge and an internal server can prove to each other who they are.</summary>
public enum InternalProof
{
    /// <summary>The internal server has a certificate; in the partner's name the edge has none, and dialback must carry it.</summary>
    Dialback,

    /// <summary>The internal authority vouches for the internal server, and for the edge in the partner's name; no dialback on either side.</summary>
    MutualTls,
}

/// <summary>
/// A partner's real server, the edge, and a real server behind it that knows nothing of the edge: the DNS that it asks, BIND's or the edge's
/// own view, sends it to port 23456 for the partner. The partner's user is alice, the internal server's bob.
/// </summary>
internal sealed class InternalScenario : IAsyncDisposable
{
    public const string LocalDomainName = "contoso.example";
    public const string PartnerDomain = "partner.example";

    private readonly List<IAsyncDisposable> parts = [];
    private readonly TestCertificateAuthority authority = new("Public authority");
    private readonly TestCertificateAuthority internalAuthority = new("Internal authority");

    private InternalScenario()
    {
    }

    public EdgeProcess Edge { get; private set; } = null!;

    public UserClient Alice { get; private set; } = null!;

    public UserClient Bob { get; private set; } = null!;

    /// <param name="outside">The partner's server.</param>
    /// <param name="inside">The internal server.</param>
    /// <param name="proof">How it and the edge know each other.</param>
    /// <param name="store">The directory of the node's store, which is empty then; null: the partner is in the node's file.</param>
    /// <param name="view">The internal server asks the edge itself for names, and nobody else.</param>
    /// <param name="gone">The view names a node first that is gone.</param>
    public static async Task<InternalScenario> StartAsync(ServerKind outside, ServerKind inside, InternalProof proof, string? store = null, bool view = false, bool gone = false)
    {
        var scenario = new InternalScenario();
        try
        {
            await scenario.StartAllAsync(outside, inside, proof, store, view, gone);
            return scenario;
        }
        catch
        {
            await scenario.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in Enumerable.Reverse(parts))
            await part.DisposeAsync();
        authority.Dispose();
        internalAuthority.Dispose();
    }

    private async Task StartAllAsync(ServerKind outside, ServerKind inside, InternalProof proof, string? store, bool view, bool gone)
    {
        var (partnerAt, edgeAt, internalAt) = (LoopbackAddresses.Next(), LoopbackAddresses.Next(), LoopbackAddresses.Next());
        var publicDns = Keep(await BindServer.StartAsync(
            [.. BindServer.Service(PartnerDomain, partnerAt), .. BindServer.Service(LocalDomainName, edgeAt)]));
        var edgeView = view ? new IPEndPoint(edgeAt, 53) : null;
        var internalDns = edgeView ?? Keep(await BindServer.StartAsync([.. BindServer.Service(PartnerDomain, edgeAt, 23456)])).EndPoint;
        var partner = Keep(await PartnerScenario.ServerAsync(outside, new XmppServerOptions
        {
            Domain = PartnerDomain,
            Address = partnerAt,
            Dns = publicDns.EndPoint,
            Certificate = authority.Issue(PartnerDomain),
            TrustedCa = authority.RootFile,
        }));
        var server = Keep(await PartnerScenario.ServerAsync(inside, new XmppServerOptions
        {
            Domain = LocalDomainName,
            Address = internalAt,
            Dns = internalDns,
            Certificate = internalAuthority.Issue(LocalDomainName),
            TrustedCa = internalAuthority.RootFile,
            Dialback = proof == InternalProof.Dialback,
            Users = ["bob"],
        }));
        Edge = Keep(await EdgeProcess.StartAsync(new EdgeSetup
        {
            Address = edgeAt,
            Dns = publicDns.EndPoint,
            Certificates = proof == InternalProof.MutualTls
                ? [authority.Issue(LocalDomainName), internalAuthority.Issue(PartnerDomain)]
                : [authority.Issue(LocalDomainName)],
            Domains = [new LocalDomain(LocalDomainName, server.ServerEndPoint) { ExternalOnly = proof == InternalProof.MutualTls }],
            Store = store,
            Partners = store is null ? [new PartnerSetup(PartnerDomain)] : [],
            TrustedCa = authority.RootFile,
            InternalCa = internalAuthority.RootFile,
            InternalView = edgeView,
            GoneNode = gone ? LoopbackAddresses.Next() : null,
            NamedByAddress = inside == ServerKind.Ejabberd,
        }));
        Alice = Keep(await partner.ConnectAsync("alice"));
        Bob = Keep(await server.ConnectAsync("bob"));
    }

    private T Keep<T>(T part)
        where T : IAsyncDisposable
    {
        parts.Add(part);
        return part;
    }
}
