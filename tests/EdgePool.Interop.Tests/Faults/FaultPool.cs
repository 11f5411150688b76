using System.Globalization;
using System.Net;
using EdgePool.Interop.Tests.Etcd;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Testing.Certificates;

namespace EdgePool.Interop.Tests.Faults;

/// <summary>
/// Three <c>edgepool run</c> and an etcd of three members, with the settings that ship. Node 3 reaches etcd, and is reached by its peers, over lines that can be interrupted.
/// </summary>
public sealed class FaultPool() : NodeProcesses("edge-1", "edge-2", "edge-3"), IAsyncLifetime
{
    internal const string Secret = "a secret of some length";
    internal static readonly string[] Partners = ["north.example", "south.example", "east.example"];
    internal static readonly string[] Components = ["one.contoso.example", "two.contoso.example", "three.contoso.example"];
    internal const string Inside = "chat.contoso.example";

    private readonly List<CutProxy> toEtcd = [];
    private readonly Dictionary<string, IssuedCertificate> certificates = new(StringComparer.Ordinal);
    private CutProxy? toPeer;

    internal TestCertificateAuthority Authority { get; } = new();

    /// <summary>Addresses of the nodes: 5269 for partners, 23456 for components, 23457 for internal servers, 23458 among them.</summary>
    internal IPAddress[] Addresses { get; } = [LoopbackAddresses.Next(), LoopbackAddresses.Next(), LoopbackAddresses.Next()];

    /// <summary>Where the partners' servers, and the internal one, take streams.</summary>
    internal Dictionary<string, IPEndPoint> Servers { get; } = new(StringComparer.Ordinal);

    internal EtcdServers Etcd { get; private set; } = null!;

    internal ShardHistory History { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Programs.Require("etcd", "setpriv");
        Etcd = await EtcdServers.StartAsync(3);
        History = new ShardHistory(Etcd.Endpoints);
        toEtcd.AddRange(Etcd.Endpoints.Select(static member => new CutProxy(new IPEndPoint(IPAddress.Loopback, member.Port))));
        toPeer = new CutProxy(new IPEndPoint(Addresses[2], 23458));
        foreach (var domain in (string[])[.. Partners, Inside])
        {
            Servers.Add(domain, new IPEndPoint(LoopbackAddresses.Next(), 5269));
            certificates.Add(domain, Authority.Issue(domain));
        }

        WriteFiles();
        await RunFirstAsync(Path.Combine(Folder, "partners.yaml"));
        await WholeAsync(serving: false);
    }

    internal ServerIdentity IdentityOf(string domain) => new(domain, certificates[domain]);

    /// <summary>Every node runs, every shard has an owner, and no node sees anything wrong.</summary>
    /// <param name="serving">Something stands inside, so that the nodes take partners' connections.</param>
    internal async Task WholeAsync(bool serving = true)
    {
        Mend();
        await RunAllAsync();
        for (var node = 1; node <= 3; node++)
            await UntilAsync(node, view => view is { Nodes.Count: 3, Shards.Unowned: 0 } && view.Problems.All(problem => !serving && problem.Contains(" is not ready ", StringComparison.Ordinal)));
    }

    /// <summary>Node 3 reaches no etcd.</summary>
    internal void CutFromEtcd() => toEtcd.ForEach(static line => line.Interrupt());

    /// <summary>No other node reaches node 3, nor is it reached by it: of two nodes the one with the lower name calls.</summary>
    internal void CutFromPeers() => toPeer!.Interrupt();

    /// <summary>All lines stand.</summary>
    internal void Mend()
    {
        toEtcd.ForEach(static line => line.Mend());
        toPeer!.Mend();
    }

    public async ValueTask DisposeAsync()
    {
        await EndNodesAsync();
        if (Etcd is not null)
        {
            await History.DisposeAsync();
            await Etcd.DisposeAsync();
        }

        foreach (var line in toEtcd.Append(toPeer).OfType<CutProxy>())
            await line.DisposeAsync();
        foreach (var certificate in certificates.Values)
            certificate.Dispose();
        Authority.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private void WriteFiles()
    {
        var certificate = Authority.Issue([.. Components, Inside]);
        var inName = Authority.Issue(Partners); // of the partners, for the internal server
        PrivateFile.Write(Path.Combine(Folder, "component.secret"), Secret + "\n");
        for (var node = 1; node <= 3; node++)
        {
            var (address, third) = (Addresses[node - 1], node == 3);
            var etcd = third ? toEtcd.Select(static line => $"http://{line.EndPoint}") : Etcd.Endpoints.Select(static member => member.GetLeftPart(UriPartial.Authority));
            var components = string.Concat(Components.Select(static name => $"  - {{ name: {name}, backEnd: {{ component: {{ secretFile: component.secret }} }} }}\n"));
            File.WriteAllText(FileOf(node), string.Create(CultureInfo.InvariantCulture, $$"""
                node: { name: edge-{{node}} }
                domains:
                {{components}}  - { name: {{Inside}}, backEnd: { server: { address: "{{Servers[Inside]}}", supportDialback: false, trust: { ca: ["{{Authority.RootFile}}"] } } } }
                listeners:
                  s2s: [ { address: "{{address}}:5269" } ]
                  internal:
                    - { address: "{{address}}:23456", allowPlain: loopback }
                    - { address: "{{address}}:23457", clients: { ca: ["{{Authority.RootFile}}"] } }
                certificates:
                  - { certificate: "{{certificate.CertificateFile}}", key: "{{certificate.KeyFile}}" }
                  - { certificate: "{{inName.CertificateFile}}", key: "{{inName.KeyFile}}" }
                trust: { ca: ["{{Authority.RootFile}}"] }
                dns: { servers: ["127.0.0.1:9"] }
                store: { directory: edge-{{node}} }
                cluster:
                  pool: site-a
                  peer: "{{address}}:23458"
                  {{(third ? $"advertise: \"{toPeer!.EndPoint}\"" : "# advertised as it is")}}
                  secretKeyFile: cluster.key
                  etcd: { endpoints: [{{string.Join(", ", etcd.Select(static endpoint => $"\"{endpoint}\""))}}] }

                """));
        }

        File.WriteAllText(Path.Combine(Folder, "partners.yaml"), string.Join("---\n", Partners.Select(partner => $$"""
            kind: Partner
            name: {{partner}}
            spec: { partnerType: Federated, proxyFqdn: "{{Servers[partner]}}" }

            """)));
    }
}
