using System.Collections.Immutable;
using System.Net;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Membership;
using EdgePool.Dns.Messages;
using EdgePool.Edge.InternalDns;
using EdgePool.Edge.Peers;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Edge.Tests.InternalDns;

/// <summary>Where internal servers are sent by the topology. JSON is written with ' for ".</summary>
public sealed class TopologyHostsTests : IAsyncDisposable
{
    private const string ThreeSites = """
        {'sites': [{'name': 'berlin', 'federationRoute': ['b', 'a', 'off', 'c']}, {'name': 'dublin', 'federationRoute': ['b']}, {'name': 'cork'}],
         'pools': [{'name': 'a', 'site': 'berlin', 'host': 'a.contoso.example', 'addresses': ['203.0.113.1'], 'priority': 10},
                   {'name': 'a-too', 'site': 'berlin', 'xmppFederation': false},
                   {'name': 'b', 'site': 'dublin', 'host': 'b.contoso.example', 'addresses': ['203.0.113.2'], 'priority': 20},
                   {'name': 'c', 'site': 'cork', 'host': 'c.contoso.example', 'addresses': ['203.0.113.3'], 'priority': 30},
                   {'name': 'off', 'site': 'cork', 'xmppFederation': false}],
         'domains': [{'name': 'contoso.example', 'site': 'berlin', 'backEnds': ['a']}]}
        """;

    private static readonly InternalViewOptions Own = new([], [new ViewHost(DnsName.Parse("own.edgepool.internal"), [IPAddress.Loopback])]) { FollowsTopology = true };

    private readonly EmbeddedCoordinator store = new(new VirtualTimeProvider());
    private readonly string folder = Directory.CreateTempSubdirectory("edgepool-hosts-").FullName;
    private readonly PeerIdentity identity;
    private PoolView nodes = View(
        Node("a2", "a", "10.0.0.2:23456"),
        Node("a1", "a", "10.0.0.1:23456"),
        Node("x", "a-too", "10.0.0.9:23456"),
        Node("b1", "b", "10.1.0.1:23457 [fd00::b]:23457"),
        Node("c1", "c", "10.2.0.1:23456 10.2.0.1:23460"),
        Node("o1", "off", "10.3.0.1:23456"),
        Node("stranger", "elsewhere", "10.9.0.1:23456"));

    public TopologyHostsTests() => identity = PeerIdentity.LoadOrCreate(folder);

    public ValueTask DisposeAsync()
    {
        identity.Dispose();
        Directory.Delete(folder, recursive: true);
        return store.DisposeAsync();
    }

    /// <summary>All nodes of the site's own pools first, wherever the route has them; then the other pools that federate, in the route's order.</summary>
    [Theory]
    [InlineData("a", "10 a1 10.0.0.1:23456 | 10 a2 10.0.0.2:23456 | 10 x 10.0.0.9:23456 | 20 b1 10.1.0.1,fd00::b:23457 | 30 c1 10.2.0.1:23456 | 30 c1-23460 10.2.0.1:23460")]
    [InlineData("a-too", "10 a1 10.0.0.1:23456 | 10 a2 10.0.0.2:23456 | 10 x 10.0.0.9:23456 | 20 b1 10.1.0.1,fd00::b:23457 | 30 c1 10.2.0.1:23456 | 30 c1-23460 10.2.0.1:23460")]
    [InlineData("b", "10 b1 10.1.0.1,fd00::b:23457")]
    [InlineData("c", "10 c1 10.2.0.1:23456 | 10 c1-23460 10.2.0.1:23460 | 10 o1 10.3.0.1:23456")]
    [InlineData("elsewhere", "")] // no pool of the topology
    public void Of_APool_IsThisSitesNodesThenTheRoutes(string pool, string expected)
        => Assert.Equal(expected, Text(TopologyHosts.Of(Policy(ThreeSites).Topology!, pool, nodes)));

    [Fact]
    public void Of_NodesThatDrainOrNameNoAddress_AreLeftOut()
    {
        nodes = View(Node("a1", "a", "10.0.0.1:23456") with { Draining = true }, Node("a2", "a", null), Node("a3", "a", "nowhere"), Node("a..4", "a", "10.0.0.4:23456"), Node("b1", "b", "10.1.0.1:23456"));

        Assert.Equal("20 b1 10.1.0.1:23456", Text(TopologyHosts.Of(Policy(ThreeSites).Topology!, "a", nodes)));
    }

    /// <summary>A node that is not ready is one that an internal server may make ready.</summary>
    [Fact]
    public void Of_ANodeThatIsNotReady_IsThere()
        => Assert.Equal("10 a1 10.0.0.1:23456", Text(TopologyHosts.Of(Policy(ThreeSites).Topology!, "a", View(Node("a1", "a", "10.0.0.1:23456") with { Ready = false }))));

    [Fact]
    public void Of_MoreNodesThanFitAnAnswer_AreTheNearest()
    {
        nodes = View([.. Enumerable.Range(1, 12).SelectMany(i => (NodeRecord[])[Node($"a{i:D2}", "a", "10.0.0.1:23456"), Node($"b{i:D2}", "b", "10.1.0.1:23456")])]);

        var hosts = TopologyHosts.Of(Policy(ThreeSites).Topology!, "a", nodes);

        Assert.Equal((InternalViewOptions.MaxHosts, 12), (hosts.Count, hosts.Count(host => host.Priority == 10)));
    }

    /// <summary>What is answered follows topology and nodes from one question to the next; askers keep an answer for <see cref="InternalView.Ttl"/>.</summary>
    [Fact]
    public void View_OfATopology_FollowsTheNodes()
    {
        var view = new InternalView(() => Policy(ThreeSites), Followed("a").Of);
        Assert.Equal("10 a1, 10 a2, 10 x, 20 b1, 30 c1, 30 c1-23460", Asked(view));
        Assert.Equal("10.0.0.1, 10.0.0.2, 10.0.0.9", Asked(view, "p1.example", DnsType.A));

        nodes = View(Node("a2", "a", "10.0.0.2:23456"), Node("b1", "b", "10.1.0.1:23456"));

        Assert.Equal("10 a2, 20 b1", Asked(view));
        Assert.Equal("10.0.0.2", Asked(view, "a2.edgepool.internal", DnsType.A));
        Assert.Equal(EdgePool.Dns.Serving.AuthorityOutcome.NotOurs, view.Lookup(DnsName.Parse("a1.edgepool.internal"), DnsType.A).Outcome);
    }

    [Fact]
    public void Hosts_WhereNobodyIsKnown_AreThisNode()
    {
        nodes = PoolView.Empty;

        Assert.Same(Own.Hosts, Followed("a").Of(Policy(ThreeSites)));
        Assert.Same(Own.Hosts, new FollowedHosts(Own, pool: null).Of(Policy(ThreeSites)));
    }

    [Fact]
    public void Hosts_WithoutATopologyOrWithHostsOfTheFile_AreThoseOfTheFile()
    {
        Assert.Same(Own.Hosts, Followed("a").Of(PolicySnapshot.Closed));
        Assert.Same(Own.Hosts, new FollowedHosts(Own with { FollowsTopology = false }, Pool("a")).Of(Policy(ThreeSites)));
    }

    [Fact]
    public void Hosts_WhileNothingChanges_AreOneList()
    {
        var (followed, policy) = (Followed("a"), Policy(ThreeSites));

        Assert.Same(followed.Of(policy), followed.Of(policy));
    }

    private static string Asked(InternalView view, string name = "_xmpp-server._tcp.p1.example", DnsType type = DnsType.SRV)
    {
        var answers = view.Lookup(DnsName.Parse(name), type).Answers;
        Assert.All(answers, record => Assert.Equal(60u, record.Ttl));
        return string.Join(", ", answers.Select(record => record switch
        {
            SrvRecord srv => $"{srv.Priority} {srv.Target.ToString().Replace(".edgepool.internal", "", StringComparison.Ordinal)}",
            AddressRecord address => address.Address.ToString(),
            _ => record.ToString(),
        }));
    }

    private static string Text(IReadOnlyList<ViewHost> hosts)
        => string.Join(" | ", hosts.Select(host => $"{host.Priority} {host.Name.ToString().Replace(".edgepool.internal", "", StringComparison.Ordinal)} {string.Join(',', host.Addresses)}:{host.Port}"));

    private static NodeRecord Node(string name, string pool, string? inner) => new(name, pool, name, "1", "") { Inner = inner };

    private static PoolView View(params NodeRecord[] nodes)
        => new(1, nodes.ToImmutableSortedDictionary(static node => node.Name, static node => node, StringComparer.Ordinal));

    private static PolicySnapshot Policy(string body)
    {
        PolicyDocument[] documents =
        [
            new("Topology", "topology", 1, body.Replace('\'', '"')),
            new("AccessPolicy", "global", 1, """{"enableFederationAccess": true, "enableXmppAccess": true}"""),
            new("Partner", "p1.example", 1, """{"partnerType": "Federated"}"""),
        ];
        var compilation = PolicyCompiler.Compile(documents, 1, [DomainName.Parse("contoso.example")]);
        Assert.DoesNotContain(compilation.Problems, problem => problem.Severity is ProblemSeverity.Error);
        return compilation.Snapshot!;
    }

    private FollowedHosts Followed(string pool) => new(Own, Pool(pool));

    private PoolOptions Pool(string pool) => new(pool, "instance", new IPEndPoint(IPAddress.Loopback, 0), identity, () => nodes, store);
}
