using System.Globalization;
using System.Net;
using EdgePool.Interop.Tests.Etcd;
using EdgePool.Interop.Tests.Faults;
using EdgePool.Interop.Tests.Partners;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Testing.Certificates;

namespace EdgePool.Interop.Tests.Sites;

/// <summary>
/// Two sites: a pool of two <c>edgepool run</c> each, and one etcd of three members. Two partners, a real Prosody and a real ejabberd, find them by a real
/// BIND: site A by SRV priority 10, site B by 20. So does the internal server of two domains, a real Prosody; two more domains are components'.
/// </summary>
public sealed class TwoSites() : NodeProcesses("edge-a1", "edge-a2", "edge-b1", "edge-b2"), IAsyncLifetime
{
    internal const string Secret = "a secret of some length";

    /// <summary>How long each side waits for a connection that is neither taken nor refused.</summary>
    internal static readonly TimeSpan Impatience = TimeSpan.FromSeconds(3);

    /// <summary>How long the nodes wait for the acknowledgement of a stanza.</summary>
    private static readonly TimeSpan Acknowledgement = TimeSpan.FromSeconds(10);

    private readonly TestCertificateAuthority authority = new();
    private readonly List<IAsyncDisposable> parts = [];
    private IPEndPoint resolver = null!;

    internal SiteLines Lines { get; private set; } = null!;

    /// <summary>The partners' servers and the internal one.</summary>
    internal Dictionary<string, XmppServer> Servers { get; } = new(StringComparer.Ordinal);

    public async ValueTask InitializeAsync()
    {
        Programs.Require("etcd", "setpriv", "named", "prosody", "erl");
        var etcd = Keep(await EtcdServers.StartAsync(3));
        Lines = new SiteLines(etcd.Endpoints);
        resolver = Keep(await BindServer.StartAsync(Lines.Names)).EndPoint;
        var namesOfA = Keep(await BindServer.StartAsync(Lines.NamesOfA)).EndPoint;
        var namesInside = Keep(await BindServer.StartAsync(Lines.NamesInside)).EndPoint;
        WriteFiles(node => SiteNames.IsA(node) ? namesOfA : resolver, [.. etcd.Endpoints]);
        var nodes = RunFirstAsync(Path.Combine(Folder, "documents.yaml"));
        foreach (var server in await Task.WhenAll(
            RunServerAsync(ServerKind.Prosody, SiteNames.Prosody, resolver, SiteNames.DomainsOf(SiteNames.Prosody).Skip(1)),
            RunServerAsync(ServerKind.Ejabberd, SiteNames.Ejabberd, resolver, SiteNames.DomainsOf(SiteNames.Ejabberd).Skip(1)),
            RunServerAsync(ServerKind.Prosody, SiteNames.Inside, namesInside, SiteNames.Partners.Select(SiteNames.ChatFor))))
        {
            Servers.Add(server.Domain, server);
        }

        await nodes;
        await WholeAsync();
        await File.WriteAllTextAsync(Path.Combine(Folder, "topology.yaml"), Topology());
        await OperatorOf(1).DoAsync($"topology publish -f {Path.Combine(Folder, "topology.yaml")}");
    }

    /// <summary>Every line stands, every node runs and sees nothing wrong.</summary>
    internal async Task WholeAsync()
    {
        foreach (var line in Lines.All)
            line.Mend();
        await RunAllAsync();
        for (var node = 1; node <= 4; node++)
            await UntilAsync(node, view => view is { Nodes.Count: 2, Shards.Unowned: 0, Problems.Count: 0 });
    }

    /// <summary>Does the same at each node of a site, at once.</summary>
    internal static Task EachAsync(IEnumerable<int> site, Func<int, Task> act) => Task.WhenAll(site.Select(act));

    /// <summary>The streams at site B end: who has nothing else to go by calls anew, and finds site A first.</summary>
    internal void EndAllAtB()
    {
        foreach (var line in (CutProxy[])[.. Lines.PartnersToB, .. Lines.InsideToB])
            line.EndAll();
    }

    /// <summary>A Prosody that trusts no certificate, as a partner: dialback alone proves anything to it.</summary>
    internal async Task<XmppServer> RunDistrustfulAsync()
    {
        await OperatorOf(1).DoAsync($"partner add {SiteNames.Distrustful} --partner-type Federated --sasl-negotiation Optional --support-dialback true");
        return await PartnerScenario.ServerAsync(ServerKind.Prosody, new XmppServerOptions
        {
            Domain = SiteNames.Distrustful,
            Address = Lines.ServerAt(SiteNames.Distrustful),
            Dns = resolver,
            Certificate = authority.Issue(SiteNames.Distrustful),
            External = false,
        });
    }

    public async ValueTask DisposeAsync()
    {
        await EndNodesAsync();
        foreach (var part in Enumerable.Reverse(parts))
            await part.DisposeAsync();
        if (Lines is not null)
            await Lines.DisposeAsync();
        authority.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private T Keep<T>(T part)
        where T : IAsyncDisposable
    {
        parts.Add(part);
        return part;
    }

    private async Task<XmppServer> RunServerAsync(ServerKind kind, string domain, IPEndPoint names, IEnumerable<string> components)
    {
        string[] further = [.. components];
        return Keep(await PartnerScenario.ServerAsync(kind, new XmppServerOptions
        {
            Domain = domain,
            Address = Lines.ServerAt(domain),
            Dns = names,
            Certificate = authority.Issue([domain, .. further]),
            TrustedCa = authority.RootFile,
            Dialback = false,
            Components = further,
            StreamManagement = true,
            Impatience = Impatience,
        }));
    }

    private void WriteFiles(Func<int, IPEndPoint> names, IReadOnlyList<Uri> etcd)
    {
        var ours = authority.Issue([.. SiteNames.LocalDomains]);
        var inName = authority.Issue([.. SiteNames.Partners.SelectMany(SiteNames.DomainsOf)]); // of the partners, for the internal server
        PrivateFile.Write(Path.Combine(Folder, "component.secret"), Secret + "\n");
        for (var node = 1; node <= 4; node++)
        {
            var (address, a) = (Lines.NodeAt(node), SiteNames.IsA(node));
            var members = a ? Lines.Etcd.Select(static line => $"http://{line.EndPoint}") : etcd.Select(static member => member.GetLeftPart(UriPartial.Authority));
            File.WriteAllText(FileOf(node), string.Create(CultureInfo.InvariantCulture, $$"""
                node: { name: {{Names[node - 1]}} }
                domains:
                {{string.Concat(SiteNames.Partners.Select(partner => Domains(partner, Lines.InsideFor(node))))}}{{ComponentOf(SiteNames.OfB)}}
                listeners:
                  s2s: [ { address: "{{address}}:5269" } ]
                  internal:
                    - { address: "{{address}}:{{SiteNames.ComponentPort}}", allowPlain: loopback }
                    - { address: "{{address}}:{{SiteNames.InternalPort}}", clients: { ca: ["{{authority.RootFile}}"] } }
                certificates:
                  - { certificate: "{{ours.CertificateFile}}", key: "{{ours.KeyFile}}" }
                  - { certificate: "{{inName.CertificateFile}}", key: "{{inName.KeyFile}}" }
                trust: { ca: ["{{authority.RootFile}}"] }
                dns: { servers: ["{{names(node)}}"] }
                timeouts: { connect: {{Impatience.TotalSeconds}}s, acknowledgement: {{Acknowledgement.TotalSeconds}}s }
                store: { directory: {{Names[node - 1]}} }
                cluster:
                  pool: {{(a ? "a" : "b")}}
                  peer: "{{address}}:{{SiteNames.PeerPort}}"
                  {{(a ? "# advertised as it is" : $"advertise: \"{Lines.B[node - 3].EndPoint}\"")}}
                  secretKeyFile: cluster.key
                  etcd: { endpoints: [{{string.Join(", ", members.Select(static member => $"\"{member}\""))}}] }

                """));
        }

        File.WriteAllText(Path.Combine(Folder, "documents.yaml"), string.Join("---\n", SiteNames.Partners.Select(static partner => $$"""
            kind: Partner
            name: {{partner}}
            spec: { partnerType: Federated, additionalDomains: [{{string.Join(", ", SiteNames.DomainsOf(partner).Skip(1))}}] }

            """)));
    }

    private string Domains(string partner, IPEndPoint inside)
        => $$"""
            {{ComponentOf(SiteNames.GateFor(partner))}}  - { name: {{SiteNames.ChatFor(partner)}}, backEnd: { server: { address: "{{inside}}", supportDialback: false, trust: { ca: ["{{authority.RootFile}}"] } } } }

            """;

    private static string ComponentOf(string domain) => $"  - {{ name: {domain}, backEnd: {{ component: {{ secretFile: component.secret }} }} }}\n";

    private string Topology()
        => $$"""
            kind: Topology
            spec:
              sites:
                - { name: a, federationRoute: [a, b] }
                - { name: b, federationRoute: [b, a] }
              pools:
                - { name: a, site: a, host: edge-a.contoso.example, addresses: [{{Lines.FaceOf(1)}}, {{Lines.FaceOf(2)}}], priority: 10, nodes: [{{Names[0]}}, {{Names[1]}}] }
                - { name: b, site: b, host: edge-b.contoso.example, addresses: [{{Lines.FaceOf(3)}}, {{Lines.FaceOf(4)}}], priority: 20, nodes: [{{Names[2]}}, {{Names[3]}}] }
              domains:
            {{string.Concat(SiteNames.LocalDomains.Select(static domain => $"    - {{ name: {domain}, site: {(domain == SiteNames.OfB ? "b" : "a")}, backEnds: [a, b] }}\n"))}}
            """;
}
