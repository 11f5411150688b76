using System.Globalization;
using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Service;
using EdgePool.Dns.Serving;
using EdgePool.Edge.InternalDns;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Dns;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Edge.Tests.InternalDns;

// RFC 2782, RFC 2308 section 2.2, RFC 8020.
public sealed class InternalViewTests
{
    private PolicySnapshot policy = Compile(
        new PartnerDocument { Domain = "p1.example", AdditionalDomains = ["b\u00fccher.example"] },
        new PartnerDocument { Domain = "off.example", Enabled = false });

    [Theory]
    [InlineData("_xmpp-server._tcp.p1.example", DnsType.SRV, "10 1 23456 a1.edge.internal, 10 1 23456 a2.edge.internal, 20 1 23457 b1.edge.internal")]
    [InlineData("_XMPP-Server._TCP.P1.example", DnsType.SRV, "10 1 23456 a1.edge.internal, 10 1 23456 a2.edge.internal, 20 1 23457 b1.edge.internal")]
    [InlineData("_xmpp-server._tcp.xn--bcher-kva.example", DnsType.SRV, "10 1 23456 a1.edge.internal, 10 1 23456 a2.edge.internal, 20 1 23457 b1.edge.internal")]
    [InlineData("p1.example", DnsType.A, "10.0.0.1, 10.0.0.2")]
    [InlineData("p1.example", DnsType.AAAA, "fd00::2")]
    [InlineData("a2.edge.internal", DnsType.A, "10.0.0.2")]
    [InlineData("A2.Edge.Internal", DnsType.AAAA, "fd00::2")]
    [InlineData("b1.edge.internal", DnsType.A, "10.1.0.1")]
    public void Lookup_OfAnAllowedPartner_LeadsToOurNodes(string name, DnsType type, string expected)
    {
        var answer = View().Lookup(DnsName.Parse(name), type);

        Assert.Equal(AuthorityOutcome.Records, answer.Outcome);
        Assert.Equal(expected, string.Join(", ", answer.Answers.Select(Text)));
        Assert.All(answer.Answers, record => Assert.Equal(InternalView.Ttl, record.Ttl));
    }

    [Theory]
    [InlineData("_xmpps-server._tcp.p1.example", DnsType.SRV)] // the inner port begins with STARTTLS
    [InlineData("_xmpp-server._tcp.p1.example", DnsType.TXT)]
    [InlineData("_tcp.p1.example", DnsType.SRV)]
    [InlineData("p1.example", DnsType.TXT)]
    [InlineData("b1.edge.internal", DnsType.AAAA)]
    public void Lookup_OfWhatAPartnerHasNot_IsAnEmptyAnswer(string name, DnsType type)
    {
        var answer = View().Lookup(DnsName.Parse(name), type);

        Assert.Equal((AuthorityOutcome.NoData, 0), (answer.Outcome, answer.Answers.Length));
        Assert.Equal(InternalView.Ttl, answer.Soa!.Minimum);
    }

    [Theory]
    [InlineData("_xmpp-server._tcp.elsewhere.example", DnsType.SRV)]
    [InlineData("_xmpps-server._tcp.elsewhere.example", DnsType.SRV)]
    [InlineData("elsewhere.example", DnsType.A)]
    [InlineData("sub.p1.example", DnsType.A)]
    [InlineData("_xmpp-server._tcp.off.example", DnsType.SRV)]
    [InlineData("off.example", DnsType.A)]
    [InlineData("_xmpp-server._tcp.contoso.example", DnsType.SRV)] // our own is no partner
    [InlineData("_xmpp-client._tcp.p1.example", DnsType.SRV)]
    [InlineData("_xmpp-server._tcp", DnsType.SRV)]
    [InlineData("edge.internal", DnsType.A)]
    [InlineData("10.0.0.9", DnsType.A)]
    [InlineData("example", DnsType.A)]
    [InlineData("a\\000b.p1.example", DnsType.A)]
    [InlineData(".", DnsType.A)]
    public void Lookup_OfAnythingElse_IsRefused(string name, DnsType type) => Assert.Equal(AuthorityOutcome.NotOurs, View().Lookup(DnsName.Parse(name), type).Outcome);

    // DNS-22, at the view: whatever inside asks for, nobody is asked, and what is no partner's is refused.
    [Fact]
    public void Lookup_DNS22_TenThousandRandomDomains_AreRefused()
    {
        var view = View();
        for (var i = 0; i < 10_000; i++)
        {
            var name = DnsName.Parse(string.Create(CultureInfo.InvariantCulture, $"_xmpp-server._tcp.random{i}.example"));
            Assert.Equal(AuthorityOutcome.NotOurs, view.Lookup(name, DnsType.SRV).Outcome);
        }
    }

    // DNS-13, RFC 2782: internal servers that draw by weight divide among the nodes of the nearest priority, and go farther only behind them.
    [Fact]
    public void Services_DNS13_DrawnByWeight_AreDividedEvenlyWithinThreeSigma()
    {
        const int Draws = 100_000;
        var targets = View().Lookup(DnsName.Parse("_xmpp-server._tcp.p1.example"), DnsType.SRV).Answers.OfType<SrvRecord>()
            .Select(srv => new SrvTarget(srv.Target, srv.Port, DirectTls: false, srv.Priority, srv.Weight)).ToList();
        var random = new SeededRandomSource(2782);

        var first = Enumerable.Range(0, Draws).Count(_ => SrvOrder.Arrange(targets, 3, random) is var order && order[2].Priority == 20 && order[0].Host.Equals(targets[0].Host));

        Assert.InRange(Math.Abs(first - (Draws / 2)), 0, 3 * Math.Sqrt(Draws * 0.25));
    }

    [Fact]
    public void Lookup_AfterAChangeOfPolicy_FollowsIt()
    {
        var (view, service) = (View(), DnsName.Parse("_xmpp-server._tcp.new.example"));
        Assert.Equal(AuthorityOutcome.NotOurs, view.Lookup(service, DnsType.SRV).Outcome);

        policy = Compile(new PartnerDocument { Domain = "new.example" });

        Assert.Equal(AuthorityOutcome.Records, view.Lookup(service, DnsType.SRV).Outcome);
        Assert.Equal(AuthorityOutcome.NotOurs, view.Lookup(DnsName.Parse("p1.example"), DnsType.A).Outcome);
    }

    [Fact]
    public void Lookup_WhereFederationIsOpen_LeadsEveryDomainButOursToOurNodes()
    {
        policy = Compile(new PartnerDocument { Domain = PartnerDocument.AnyDomain });

        Assert.Equal(AuthorityOutcome.Records, View().Lookup(DnsName.Parse("_xmpp-server._tcp.anyone.example"), DnsType.SRV).Outcome);
        Assert.Equal(AuthorityOutcome.NotOurs, View().Lookup(DnsName.Parse("_xmpp-server._tcp.contoso.example"), DnsType.SRV).Outcome);
    }

    [Fact]
    public void Answer_OfTheMostHosts_FitsADatagram()
    {
        var hosts = Enumerable.Range(1, InternalViewOptions.MaxHosts).Select(i => new ViewHost(DnsName.Parse($"edge-{i:D2}.a-site-with-a-rather-long-name.edge.internal"), [IPAddress.Loopback]));
        var service = new DnsQuestion(DnsName.Parse("_xmpp-server._tcp.p1.example"), DnsType.SRV);

        var answer = new InternalView(() => policy, [.. hosts]).Lookup(service.Name, service.Type);

        Assert.Equal(InternalViewOptions.MaxHosts, answer.Answers.Length);
        Assert.True(new DnsMessage { Questions = [service], Answers = answer.Answers, Edns = new DnsEdns(1232) }.TryWrite(new byte[1232], out _));
    }

    private static PolicySnapshot Compile(params IReadOnlyList<PartnerDocument> partners) => PolicyCompiler.Compile(partners, [DomainName.Parse("contoso.example")]).Snapshot!;

    private static string Text(DnsRecord record) => record switch
    {
        SrvRecord srv => $"{srv.Priority} {srv.Weight} {srv.Port} {srv.Target}",
        AddressRecord address => address.Address.ToString(),
        _ => record.ToString(),
    };

    private InternalView View() => new(
        () => policy,
        [
            new ViewHost(DnsName.Parse("a1.edge.internal"), [IPAddress.Parse("10.0.0.1")]),
            new ViewHost(DnsName.Parse("a2.edge.internal"), [IPAddress.Parse("10.0.0.2"), IPAddress.Parse("fd00::2")]),
            new ViewHost(DnsName.Parse("b1.edge.internal"), [IPAddress.Parse("10.1.0.1")], Port: 23457, Priority: 20),
        ]);
}
