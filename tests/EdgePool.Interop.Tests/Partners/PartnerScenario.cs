using System.Net;
using EdgePool.Interop.Tests.Nodes;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Partners;

public enum ServerKind
{
    Prosody,
    Ejabberd,

    /// <summary>Dialback over STARTTLS alone: it knows neither SASL for servers nor direct TLS.</summary>
    Jabberd2,
}

/// <summary>How the edge and a partner can prove to each other who they are.</summary>
public enum Proof
{
    /// <summary>Good certificates on both sides and no dialback: SASL EXTERNAL or nothing.</summary>
    External,

    /// <summary>Certificates of authorities that the other side does not know: dialback or nothing.</summary>
    Dialback,

    /// <summary>Known authorities, but certificates for serverAuth only, as public authorities issue them; dialback may help out.</summary>
    ServerAuthOnly,
}

/// <summary>What a scenario does otherwise than the usual one.</summary>
internal sealed record Variation
{
    /// <summary>The certificate that the partner shows.</summary>
    public Func<LeafRequest, LeafRequest> Certificate { get; init; } = request => request;

    public Func<XmppServerOptions, XmppServerOptions> Partner { get; init; } = options => options;

    public Func<EdgeSetup, EdgeSetup> Edge { get; init; } = setup => setup;

    /// <summary>The DNS records, given the partner's and the edge's address.</summary>
    public Func<IPAddress, IPAddress, IEnumerable<string>> Records { get; init; } = (partner, edge) =>
        [.. BindServer.Service(PartnerScenario.PartnerDomain, partner), .. BindServer.Service(PartnerScenario.LocalDomainName, edge)];
}

/// <summary>A partner's real server, the edge, and a component of ours behind it, all on loopback with a BIND between them.</summary>
internal sealed class PartnerScenario : IAsyncDisposable
{
    public const string LocalDomainName = "contoso.example";
    public const string PartnerDomain = "partner.example";
    public const string Bot = "bot@" + LocalDomainName;

    private readonly List<IAsyncDisposable> parts = [];
    private readonly TestCertificateAuthority ours = new("Authority of the edge");
    private readonly TestCertificateAuthority theirs = new("Authority of partners");

    private PartnerScenario()
    {
    }

    public BindServer Dns { get; private set; } = null!;

    public XmppServer Partner { get; private set; } = null!;

    public EdgeProcess Edge { get; private set; } = null!;

    /// <summary>The file of the partners' authority.</summary>
    public string PartnersAuthorityFile => theirs.RootFile;

    /// <summary>The component behind the edge; it is connected by <see cref="ConnectComponentAsync"/>.</summary>
    public ComponentClient Component { get; private set; } = null!;

    /// <summary>A user of the partner's server.</summary>
    public UserClient Alice { get; private set; } = null!;

    /// <summary>Everything up, the component connected and alice logged in.</summary>
    public static async Task<PartnerScenario> StartAsync(ServerKind kind, Proof proof, Variation? variation = null)
    {
        var scenario = await StartWithoutBackEndAsync(kind, proof, variation);
        try
        {
            await scenario.ConnectComponentAsync();
            await scenario.ConnectAliceAsync();
            return scenario;
        }
        catch
        {
            await scenario.DisposeAsync();
            throw;
        }
    }

    /// <summary>Partner and edge, with nothing behind the edge.</summary>
    public static async Task<PartnerScenario> StartWithoutBackEndAsync(ServerKind kind, Proof proof, Variation? variation = null)
    {
        variation ??= new Variation();
        var scenario = new PartnerScenario();
        try
        {
            var (partnerAt, edgeAt) = (LoopbackAddresses.Next(), LoopbackAddresses.Next());
            scenario.Dns = scenario.Keep(await BindServer.StartAsync(variation.Records(partnerAt, edgeAt)));
            scenario.Edge = scenario.Keep(await EdgeProcess.StartAsync(variation.Edge(scenario.EdgeOf(proof, edgeAt))));
            var options = scenario.PartnerOf(proof, partnerAt, variation.Certificate(Certificate(proof, PartnerDomain)));
            scenario.Partner = scenario.Keep(await ServerAsync(kind, variation.Partner(options)));
            return scenario;
        }
        catch
        {
            await scenario.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a server of the kind.</summary>
    public static async Task<XmppServer> ServerAsync(ServerKind kind, XmppServerOptions options) => kind switch
    {
        ServerKind.Prosody => await ProsodyServer.StartAsync(options),
        ServerKind.Ejabberd => await EjabberdServer.StartAsync(options),
        _ => await Jabberd2Server.StartAsync(options),
    };

    public async Task ConnectComponentAsync() =>
        Component = Keep(await ComponentClient.ConnectAsync(Edge.Setup.Internal, LocalDomainName, EdgeSetup.ComponentSecret));

    /// <summary>Logs alice in, again after a restart.</summary>
    public async Task ConnectAliceAsync() => Alice = Keep(await Partner.ConnectAsync());

    /// <summary>Starts another node in the place of the one that ended, and connects the component to it.</summary>
    public async Task StartEdgeAgainAsync()
    {
        Edge = Keep(await EdgeProcess.StartAsync(Edge.Setup));
        await ConnectComponentAsync();
    }

    /// <summary>One message each way, so that the streams are there.</summary>
    /// <remarks>
    /// COMPAT: Prosody 0.12 sends what comes right after SASL EXTERNAL succeeded before what it queued until then (mod_s2s: the queue goes out only with
    /// the features of the restarted stream). Order can be demanded of an established stream only.
    /// </remarks>
    public async Task EstablishAsync()
    {
        await Alice.SendAsync($"<message to='{Bot}' id='established'><body>in</body></message>");
        await Component.WaitForAsync("message[@id='established']");
        await Component.SendAsync($"<message from='{Bot}' to='{Alice.Jid}' id='established'><body>out</body></message>");
        await Alice.WaitForAsync("message[@id='established']");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in Enumerable.Reverse(parts))
            await part.DisposeAsync();
        ours.Dispose();
        theirs.Dispose();
    }

    private T Keep<T>(T part)
        where T : IAsyncDisposable
    {
        parts.Add(part);
        return part;
    }

    private static LeafRequest Certificate(Proof proof, string domain) =>
        LeafRequest.For(domain) with { Usage = proof == Proof.ServerAuthOnly ? LeafUsage.ServerOnly : LeafUsage.Both };

    private EdgeSetup EdgeOf(Proof proof, IPAddress address) => new()
    {
        Address = address,
        Dns = Dns.EndPoint,
        Certificates = [ours.Issue(Certificate(proof, LocalDomainName))],
        Domains = [new LocalDomain(LocalDomainName)],
        Partners = [new PartnerSetup(PartnerDomain) { Sasl = proof == Proof.External ? "Required" : "Optional", Dialback = proof != Proof.External }],
        TrustedCa = proof == Proof.Dialback ? ours.RootFile : theirs.RootFile,
    };

    private XmppServerOptions PartnerOf(Proof proof, IPAddress address, LeafRequest certificate) => new()
    {
        Domain = PartnerDomain,
        Address = address,
        Dns = Dns.EndPoint,
        Certificate = theirs.Issue(certificate),
        TrustedCa = proof == Proof.Dialback ? null : ours.RootFile,
        External = proof != Proof.Dialback,
        Dialback = proof != Proof.External,
        Users = ["alice"],
    };
}
