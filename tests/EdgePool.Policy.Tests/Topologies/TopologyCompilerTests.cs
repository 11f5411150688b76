using System.Net;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Policy.Tests.Topologies;

/// <summary>What a topology means, and everything that is wrong with one at once.</summary>
public sealed class TopologyCompilerTests
{
    [Fact]
    public void Compile_TwoSites_HasDefaultsAndRoutesInOrder()
    {
        var topology = TopologyScene.Of();

        Assert.Equal(TimeSpan.FromMinutes(5), topology.RecordTtl);
        Assert.Equal(["contoso.example"], topology.Zones.Select(zone => zone.Name.Ascii));
        Assert.Equal(["edge-b", "edge-a"], topology.Sites[1].Route.Select(pool => pool.Name));
        var first = topology.Pools[0];
        Assert.Equal((5269, null, 10, 0, true), (first.Port, first.DirectTlsPort, first.Priority, first.Weight, first.XmppFederation));
        Assert.Equal([IPAddress.Parse("203.0.113.10"), IPAddress.Parse("2001:db8::10")], first.Addresses);
        Assert.Equal("berlin", topology.Domains[0].Site.Name);
    }

    [Fact]
    public void Zones_WhereNoneIsWritten_AreTheDomainsThatAreNotBelowAnother()
    {
        var topology = TopologyScene.Of(("'domains': [", "'domains': [{'name': 'chat.contoso.example', 'site': 'berlin', 'backEnds': ['edge-a']}, {'name': 'xcontoso.example', 'site': 'berlin', 'backEnds': ['edge-a']}, "));

        Assert.Equal(["xcontoso.example", "contoso.example"], topology.Zones.Select(zone => zone.Name.Ascii));
        Assert.Equal("contoso.example", topology.ZoneOf(DomainName.Parse("chat.contoso.example"))!.Name.Ascii);
        Assert.Null(topology.ZoneOf(DomainName.Parse("fabrikam.example")));
    }

    [Theory]
    [InlineData("192.0.2.53", "192.0.2.53:53")]
    [InlineData("192.0.2.53:5353", "192.0.2.53:5353")]
    [InlineData("2001:db8::53", "[2001:db8::53]:53")]
    [InlineData("[2001:db8::53]:5353", "[2001:db8::53]:5353")]
    public void Primary_IsAnAddressWithOrWithoutPort(string written, string expected)
        => Assert.Equal(expected, TopologyScene.Of(("{'sites'", $"{{'dns': {{'zones': [{{'name': 'contoso.example', 'primary': '{written}'}}]}}, 'sites'")).Zones[0].Primary!.ToString());

    [Theory]
    [InlineData("'priority': 20", "'priority': 10", "pools[0].priority: edge-a and edge-b have the same priority 10, so that partners divide their streams among them")]
    [InlineData("'federationRoute': ['edge-a', 'edge-b']", "'federationRoute': []", "domains[0].site: contoso.example has no route: site berlin names no pool with XMPP federation")]
    [InlineData("'addresses': ['198.51.100.10'], ", "", "pools[1].addresses: host edge-b.contoso.example has no address")]
    [InlineData("'host': 'edge-b.contoso.example', ", "", "pools[1].host: pool edge-b has no public host name")]
    [InlineData("'host': 'edge-b.contoso.example'", "'host': 'edge-a.contoso.example'", "pools[1].host: edge-a.contoso.example is the host of pool edge-a")]
    [InlineData("'priority': 20, ", "", "pools[1].priority: pool edge-b has no priority")]
    [InlineData("'198.51.100.10'", "'198.51.100'", "pools[1].addresses[0]: '198.51.100' is no address of a host")]
    [InlineData("'198.51.100.10'", "'[2001:db8::1]'", "pools[1].addresses[0]: '[2001:db8::1]' is no address of a host")]
    [InlineData("'198.51.100.10'", "'224.0.0.1'", "pools[1].addresses[0]: '224.0.0.1' is no address of a host")]
    [InlineData("'198.51.100.10'", "'0.0.0.0'", "pools[1].addresses[0]: '0.0.0.0' is no address of a host")]
    [InlineData("'198.51.100.10'", "'fe80::1%1'", "pools[1].addresses[0]: 'fe80::1%1' is no address of a host")]
    [InlineData("'198.51.100.10'", "'198.51.100.10', '198.51.100.10'", "pools[1].addresses[1]: 198.51.100.10 is written twice")]
    [InlineData("'name': 'edge-b', 'site': 'dublin'", "'name': 'edge-b', 'site': 'dubling'", "pools[1].site: there is no site dubling")]
    [InlineData("'nodes': ['edge-b1']", "'nodes': ['edge-a1']", "pools[1].nodes[0]: node edge-a1 is already in pool edge-a")]
    [InlineData("'nodes': ['edge-b1']", "'nodes': ['edge b1']", "pools[1].nodes[0]: 'edge b1' is no name of a node")]
    [InlineData("'nodes': ['edge-b1']", "'nodes': ['edge-b1'], 'tlsa': ['3 1 1 00']", "pools[1].tlsa[0]: '3 1 1 00' is no TLSA record")]
    [InlineData("'nodes': ['edge-b1']", "'nodes': ['edge-b1'], 'directTlsPort': 5269", "pools[1].directTlsPort: it is the port for STARTTLS as well")]
    [InlineData("'backEnds': ['edge-a', 'edge-b']", "'backEnds': ['edge-c']", "domains[0].backEnds[0]: there is no pool edge-c")]
    [InlineData("'backEnds': ['edge-a', 'edge-b']", "'backEnds': []", "domains[0].backEnds: no pool has a back end for contoso.example")]
    [InlineData("'site': 'berlin', 'backEnds'", "'backEnds'", "domains[0].site: no site is named")]
    [InlineData("{'name': 'dublin', ", "{'name': 'berlin', ", "sites[1].name: there is another site berlin")]
    [InlineData("'federationRoute': ['edge-b', 'edge-a']", "'federationRoute': ['edge-b', 'edge-b']", "sites[1].federationRoute[1]: edge-b is written twice")]
    [InlineData("'domains': [", "'dns': {'zones': [{'name': 'fabrikam.example'}]}, 'domains': [", "dns.zones: no zone holds contoso.example")]
    [InlineData("'domains': [", "'dns': {'zones': [{'name': 'contoso.example', 'primary': 'ns.contoso.example'}]}, 'domains': [", "dns.zones[0].primary: 'ns.contoso.example' is no address")]
    [InlineData("'domains': [", "'dns': {'advertise': 'always'}, 'domains': [", "dns.advertise: 'always' is not understood")]
    [InlineData("'domains': [", "'dns': {'checkEvery': '9s'}, 'domains': [", "dns.checkEvery: checkEvery is out of range")]
    [InlineData("'domains': [", "'dns': {'ttl': '25h'}, 'domains': [", "dns.ttl: ttl is out of range")]
    [InlineData("'priority': 20", "'priority': 65536", "pools[1].priority: priority is out of range")]
    [InlineData("'priority': 20", "'priority': 20, 'colour': 1", "pools[1].colour: 'colour' is not known here")]
    public void Compile_Wrong_NamesThePathAndWhatIsWrong(string before, string after, string expected)
        => Assert.Contains(expected, TopologyScene.Problems(ProblemSeverity.Error, TopologyScene.Changed((before, after))));

    [Fact]
    public void Compile_SeveralErrors_TellsAllAtOnce()
    {
        var problems = TopologyScene.Problems(ProblemSeverity.Error, TopologyScene.Changed(
            ("'priority': 20", "'priority': 10"), ("'addresses': ['198.51.100.10'], ", ""), ("'backEnds': ['edge-a', 'edge-b']", "'backEnds': []")));

        Assert.Equal(4, problems.Count);
    }

    [Fact]
    public void Advertise_PublishWithoutAPrimary_IsWarnedOf()
        => Assert.Contains(
            "dns.advertise: no zone has a primary server, so that nothing is published",
            TopologyScene.Problems(ProblemSeverity.Warning, TopologyScene.Changed(("'domains': [", "'dns': {'advertise': 'publish'}, 'domains': ["))));

    // Two of one priority are meant where each says its weight.
    [Fact]
    public void SamePriority_WithWeights_IsMeant()
    {
        var topology = TopologyScene.Of(("'priority': 20", "'priority': 10, 'weight': 30"), ("'priority': 10, 'nodes': ['edge-a1'", "'priority': 10, 'weight': 70, 'nodes': ['edge-a1'"));

        Assert.Equal([70, 30], topology.Pools.Select(pool => pool.Weight));
    }

    [Fact]
    public void PoolWithoutFederation_NeedsNoHost_AndIsNoRoute()
    {
        var off = TopologyScene.Changed(("'host': 'edge-b.contoso.example', 'addresses': ['198.51.100.10'], 'priority': 20", "'xmppFederation': false"));

        Assert.Empty(TopologyScene.Problems(ProblemSeverity.Error, off));
        Assert.Contains("sites[0].federationRoute[1]: pool edge-b has XMPP federation switched off: it is passed over", TopologyScene.Problems(ProblemSeverity.Warning, off));
        Assert.Contains(
            "pools: no pool has XMPP federation, so that partners could reach no domain",
            TopologyScene.Problems(ProblemSeverity.Error, off.Replace("'name': 'edge-a',", "'name': 'edge-a', 'xmppFederation': false,", StringComparison.Ordinal)));
    }

    [Fact]
    public void Link_OrganisationWithAnotherSite_IsAnError()
    {
        var problems = TopologyScene.Problems(
            ProblemSeverity.Error, TopologyScene.TwoSites, ("Organisation/organisation", "{'sites': [{'name': 'dublin', 'localDomains': ['contoso.example']}]}"));

        Assert.Equal(["domains: contoso.example is at site berlin here, and at dublin in the Organisation document"], problems);
    }

    // The organisation's own domains are nobody's partner, whoever names them.
    [Fact]
    public void Link_PartnerWithADomainOfTheTopology_IsAnError()
        => Assert.Single(TopologyScene.Problems(ProblemSeverity.Error, TopologyScene.TwoSites, ("Partner/contoso.example", "{}")));

    [Theory]
    [InlineData(100, 0)]
    [InlineData(101, 1)]
    public void Pools_AtTheLimit(int count, int errors)
    {
        var pools = string.Join(", ", Enumerable.Range(0, count - 2).Select(i => $"{{'name': 'p{i}', 'site': 'berlin', 'xmppFederation': false, 'nodes': ['n{i}']}}"));

        Assert.Equal(errors, TopologyScene.Problems(ProblemSeverity.Error, TopologyScene.Changed(("'pools': [", $"'pools': [{pools}, "))).Count);
    }

    // What is written back reads as the same, in one spelling.
    [Fact]
    public void Read_CanonicalBody_IsItsOwnCanonicalBody()
    {
        var body = TopologyScene.Changed(
            ("'contoso.example'", "'CONTOSO.example'"),
            ("'2001:db8::10'", "'2001:DB8:0::10'"),
            ("'priority': 20", $"'priority': 20, 'directTlsPort': 5270, 'xmppFederation': true, 'weight': 5, 'tlsa': ['3 1 1  {new string('A', 64)}']"),
            ("{'sites'", "{'dns': {'ttl': '600s', 'advertise': 'Publish', 'checkEvery': '60s', 'zones': [{'name': 'contoso.example', 'primary': '192.0.2.53'}]}, 'sites'"),
            ("'site': 'berlin', 'backEnds'", "'site': 'berlin', 'caa': ['CA.example'], 'backEnds'"));

        var first = DocumentReader.Read("Topology", "topology", PolicyScene.Json(body));
        var second = DocumentReader.Read("Topology", "topology", first.Body!);

        Assert.Empty(first.Problems);
        Assert.Equal(first.Body, second.Body);
        Assert.Contains("\"name\":\"contoso.example\"", first.Body);
        Assert.Contains("\"2001:db8::10\"", first.Body);
        Assert.Contains("\"ttl\":\"10m\",\"advertise\":\"publish\",\"checkEvery\":\"1m\"", first.Body);
        Assert.Contains($"\"3 1 1 {new string('a', 64)}\"", first.Body);
    }

    [Fact]
    public void NoDocument_NoTopology() => Assert.Null(PolicyScene.Of().Snapshot.Topology);
}
