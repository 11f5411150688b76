using EdgePool.Dns.Zones;
using EdgePool.Edge.Advertising;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Topologies;
using Xunit;

namespace EdgePool.Edge.Tests.Advertising;

/// <summary>The records that follow from a topology. JSON is written with ' for ".</summary>
public sealed class TopologyRecordsTests
{
    private const string TwoSites = """
        {'dns': {'ttl': '2m', 'zones': [{'name': 'contoso.example'}, {'name': 'other.example'}]},
         'sites': [{'name': 'a', 'federationRoute': ['pa', 'pb']}],
         'pools': [{'name': 'pb', 'site': 'a', 'host': 'b.contoso.example', 'addresses': ['198.51.100.1'], 'priority': 20, 'weight': 5},
                   {'name': 'pa', 'site': 'a', 'host': 'a.contoso.example', 'addresses': ['2001:db8::1', '203.0.113.1'], 'priority': 10, 'directTlsPort': 5270, 'tlsa': ['3 1 1 0000000000000000000000000000000000000000000000000000000000000001']},
                   {'name': 'off', 'site': 'a', 'xmppFederation': false}],
         'domains': [{'name': 'contoso.example', 'site': 'a', 'backEnds': ['pa'], 'caa': ['ca.example']}, {'name': 'im.other.example', 'site': 'a', 'backEnds': ['pa']}]}
        """;

    [Fact]
    public void Of_TwoSites_AreAllRecordsByZoneInOrder()
    {
        var zones = TopologyRecords.Of(Topology(TwoSites));

        Assert.Equal(["contoso.example", "other.example"], zones.Select(zone => zone.Zone!.Name.Ascii));
        Assert.Equal(
            """
            _xmpp-server._tcp.contoso.example. 120 IN SRV 10 0 5269 a.contoso.example.
            _xmpp-server._tcp.contoso.example. 120 IN SRV 20 5 5269 b.contoso.example.
            _xmpps-server._tcp.contoso.example. 120 IN SRV 10 0 5270 a.contoso.example.
            contoso.example. 120 IN CAA 0 issue "ca.example"
            a.contoso.example. 120 IN A 203.0.113.1
            a.contoso.example. 120 IN AAAA 2001:db8::1
            _5269._tcp.a.contoso.example. 120 IN TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000001
            _5270._tcp.a.contoso.example. 120 IN TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000001
            b.contoso.example. 120 IN A 198.51.100.1
            """,
            Text(zones[0]));
        Assert.Equal(
            """
            _xmpp-server._tcp.im.other.example. 120 IN SRV 10 0 5269 a.contoso.example.
            _xmpp-server._tcp.im.other.example. 120 IN SRV 20 5 5269 b.contoso.example.
            _xmpps-server._tcp.im.other.example. 120 IN SRV 10 0 5270 a.contoso.example.
            """,
            Text(zones[1]));
    }

    // A host in somebody else's zone is told of, behind our own zones.
    [Fact]
    public void Of_HostElsewhere_IsInNoZoneOfOurs()
    {
        var zones = TopologyRecords.Of(Topology(TwoSites.Replace("b.contoso.example", "b.hoster.example", StringComparison.Ordinal)));

        Assert.Null(zones[^1].Zone);
        Assert.Equal("b.hoster.example. 120 IN A 198.51.100.1", Text(zones[^1]));
    }

    // The longest names that the topology takes have records; see TopologyCompiler.
    [Fact]
    public void Of_LongestDomain_HasRecords()
    {
        var label = new string('x', 63);
        var longest = $"{label}.{label}.{label}.{new string('x', 42)}";

        Assert.Equal(234, longest.Length);
        Assert.Equal(2, TopologyRecords.Of(Topology(TwoSites.Replace("'other.example'", $"'{longest}'", StringComparison.Ordinal).Replace("im.other.example", longest, StringComparison.Ordinal))).Count);
        Assert.Null(Compile(TwoSites.Replace("'other.example'", $"'{longest}x'", StringComparison.Ordinal).Replace("im.other.example", longest + "x", StringComparison.Ordinal)).Snapshot);
    }

    private static string Text(ZoneRecords zone) => string.Join('\n', zone.Records.Select(ZoneText.Of));

    private static Topology Topology(string body)
    {
        var compilation = Compile(body);
        Assert.DoesNotContain(compilation.Problems, problem => problem.Severity is ProblemSeverity.Error);
        return compilation.Snapshot!.Topology!;
    }

    private static PolicyCompilation Compile(string body)
        => PolicyCompiler.Compile([new PolicyDocument("Topology", "topology", 1, body.Replace('\'', '"'))], 1, []);
}
