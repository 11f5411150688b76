using System.Collections.Concurrent;
using System.Net;
using EdgePool.Interop.Tests.Faults;
using EdgePool.Interop.Tests.Servers;

namespace EdgePool.Interop.Tests.Sites;

/// <summary>
/// Where everything is, and the lines to and from site A that can be interrupted. Each node has an address of its own, and a face in which others know it: a line, which refuses
/// connections while the node does.
/// </summary>
internal sealed class SiteLines : IAsyncDisposable
{
    /// <summary>What a Linux with net.ipv4.tcp_retries2 = 5 gives a connection on which nothing is acknowledged; by itself it is 15, and a quarter of an hour.</summary>
    private static readonly TimeSpan Retries = TimeSpan.FromSeconds(12.6);

    private readonly IPAddress[] nodes = Four();
    private readonly IPAddress[] faces = Four();
    private readonly Dictionary<string, IPAddress> servers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IPAddress> serversFromA = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(string From, int Node, long At)> calls = [];

    /// <param name="etcd">Where its members are.</param>
    public SiteLines(IEnumerable<Uri> etcd)
    {
        foreach (var server in (string[])[.. SiteNames.Partners, SiteNames.Distrustful, SiteNames.Inside])
        {
            servers.Add(server, LoopbackAddresses.Next());
            serversFromA.Add(server, LoopbackAddresses.Next());
            (server == SiteNames.Inside ? Inside : Partners).Add(Stand(serversFromA[server], servers[server], 5269));
        }

        for (var node = 1; node <= 4; node++)
        {
            var called = node;
            (SiteNames.IsA(node) ? Partners : PartnersToB).Add(Stand(faces[node - 1], nodes[node - 1], 5269, (at, header) => OnCall(called, at, header)));
            (SiteNames.IsA(node) ? Inside : InsideToB).Add(Stand(faces[node - 1], nodes[node - 1], SiteNames.ComponentPort));
            (SiteNames.IsA(node) ? Inside : InsideToB).Add(Stand(faces[node - 1], nodes[node - 1], SiteNames.InternalPort));
        }

        Etcd.AddRange(etcd.Select(static member => new CutProxy(new IPEndPoint(IPAddress.Loopback, member.Port))));
        B.AddRange(nodes[2..].Select(static node => new CutProxy(new IPEndPoint(node, SiteNames.PeerPort))));
    }

    /// <summary>Between partners and site A, in both directions.</summary>
    public List<CutProxy> Partners { get; } = [];

    /// <summary>From partners to site B.</summary>
    public List<CutProxy> PartnersToB { get; } = [];

    /// <summary>Between site A and what stands inside, in both directions.</summary>
    public List<CutProxy> Inside { get; } = [];

    /// <summary>From what stands inside to site B.</summary>
    public List<CutProxy> InsideToB { get; } = [];

    /// <summary>From site A to etcd.</summary>
    public List<CutProxy> Etcd { get; } = [];

    /// <summary>From site A to the nodes of B. A node has one address for all others, so the other node of B comes this way too.</summary>
    public List<CutProxy> B { get; } = [];

    public IEnumerable<CutProxy> All => [.. Partners, .. PartnersToB, .. Inside, .. InsideToB, .. Etcd, .. B];

    /// <summary>What partners' name server knows.</summary>
    public IEnumerable<string> Names => [.. PartnersAt(servers), .. Record(SiteNames.Distrustful, servers[SiteNames.Distrustful], 10, 5269), .. Prioritised(SiteNames.LocalDomains, 5269)];

    /// <summary>What that of site A knows: its way to partners goes over lines.</summary>
    public IEnumerable<string> NamesOfA => PartnersAt(serversFromA);

    /// <summary>What that of the internal server knows: partners are behind the sites.</summary>
    public IEnumerable<string> NamesInside => Prioritised(SiteNames.Partners.SelectMany(SiteNames.DomainsOf), SiteNames.InternalPort);

    /// <summary>A node's own address.</summary>
    public IPAddress NodeAt(int node) => nodes[node - 1];

    /// <summary>Where others know a node.</summary>
    public IPAddress FaceOf(int node) => faces[node - 1];

    /// <summary>A server's own address.</summary>
    public IPAddress ServerAt(string domain) => servers[domain];

    /// <summary>Where a node finds the internal server.</summary>
    public IPEndPoint InsideFor(int node) => new((SiteNames.IsA(node) ? serversFromA : servers)[SiteNames.Inside], 5269);

    /// <summary>Where components connect to a site.</summary>
    public IReadOnlyList<IPEndPoint> ComponentsAt(IEnumerable<int> site) => [.. site.Select(node => new IPEndPoint(faces[node - 1], SiteNames.ComponentPort))];

    /// <summary>When a domain of a partner first called a node since a moment; null: it has not.</summary>
    public long? FirstCall(string from, long since) => calls.Where(call => call.From == from && call.At >= since).Select(static call => (long?)call.At).Min();

    /// <summary>The nodes that a domain of a partner has called.</summary>
    public IEnumerable<int> CalledBy(string from) => calls.Where(call => call.From == from).Select(static call => call.Node).Distinct();

    public async ValueTask DisposeAsync()
    {
        foreach (var line in All)
            await line.DisposeAsync();
    }

    private static IPAddress[] Four() => [.. Enumerable.Range(0, 4).Select(static _ => LoopbackAddresses.Next())];

    private static CutProxy Stand(IPAddress at, IPAddress target, int port, Action<long, string>? taken = null)
        => new(new IPEndPoint(target, port), new IPEndPoint(at, port)) { Taken = taken, GivesUp = Retries };

    private static IEnumerable<string> PartnersAt(Dictionary<string, IPAddress> at)
        => SiteNames.Partners.SelectMany(partner => SiteNames.DomainsOf(partner).SelectMany(domain => Record(domain, at[partner], 10, 5269)));

    private static IEnumerable<string> Record(string domain, IPAddress at, int priority, int port)
        => [$"_xmpp-server._tcp.{domain}. 5 SRV {priority} 10 {port} {at}.", $"{at}. 5 A {at}"];

    private IEnumerable<string> Prioritised(IEnumerable<string> domains, int port)
        => domains.SelectMany(domain => Enumerable.Range(1, 4).SelectMany(node => Record(domain, FaceOf(node), SiteNames.IsA(node) ? 10 : 20, port)));

    private void OnCall(int node, long at, string header)
    {
        if (SiteNames.Partners.SelectMany(SiteNames.DomainsOf).Append(SiteNames.Distrustful).FirstOrDefault(domain => header.Contains($"'{domain}'", StringComparison.Ordinal) || header.Contains($"\"{domain}\"", StringComparison.Ordinal)) is { } from)
            calls.Enqueue((from, node, at));
    }
}
