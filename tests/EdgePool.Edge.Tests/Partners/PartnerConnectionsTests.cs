using EdgePool.Edge.Partners;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

// POLICY.md section 2: this, else the gateway's per-partner limit, always capped by the total.
public sealed class PartnerConnectionsTests
{
    private static readonly DomainName P1 = DomainName.Parse("p1.example");
    private static readonly DomainName More = DomainName.Parse("more.example");
    private static readonly DomainName Stranger = DomainName.Parse("stranger.example");

    [Theory]
    [InlineData("{\"partnerConnectionLimit\": 3}", "", 3)]
    [InlineData("{\"partnerConnectionLimit\": 3}", ", \"connectionLimit\": 5", 5)]
    [InlineData("{\"partnerConnectionLimit\": 3}", ", \"connectionLimit\": 2", 2)]
    [InlineData("{\"connectionLimit\": 4, \"partnerConnectionLimit\": 3}", ", \"connectionLimit\": 5", 4)]
    [InlineData("{}", "", 20)]
    public void TryEnter_AtThePartnersLimit_EndsThere(string gateway, string partner, int limit)
    {
        using var live = new LivePolicy(Policy(gateway, partner));
        var connections = new PartnerConnections(live);
        var places = Enumerable.Range(0, limit).Select(i => connections.TryEnter(i % 2 == 0 ? P1 : More)!).ToList(); // two domains, one partner

        Assert.Null(connections.TryEnter(P1));
        Assert.Null(connections.TryEnter(More));
        places[0].Dispose();
        places[0].Dispose(); // once counts

        Assert.NotNull(connections.TryEnter(More));
        Assert.Null(connections.TryEnter(P1));
        Assert.Equal(limit, connections.Total);
    }

    [Fact]
    public void TryEnter_OpenFederation_EachDomainHasALimitOfItsOwnWithinTheTotal()
    {
        using var live = new LivePolicy(Policy("{\"connectionLimit\": 3, \"partnerConnectionLimit\": 1}", "", "*"));
        var connections = new PartnerConnections(live);

        Assert.NotNull(connections.TryEnter(P1));
        Assert.Null(connections.TryEnter(P1));
        Assert.NotNull(connections.TryEnter(More));
        Assert.NotNull(connections.TryEnter(Stranger));
        Assert.Null(connections.TryEnter(DomainName.Parse("another.example"))); // the total
    }

    [Fact]
    public async Task TryEnter_LimitLowered_CountsWhatIsThere()
    {
        using var live = new LivePolicy(Policy("{\"partnerConnectionLimit\": 3}", ""));
        var connections = new PartnerConnections(live);
        var places = new[] { connections.TryEnter(P1)!, connections.TryEnter(P1)! };

        await live.PublishAsync(Policy("{\"partnerConnectionLimit\": 1}", ""));
        Assert.Null(connections.TryEnter(P1));
        places[0].Dispose();
        Assert.Null(connections.TryEnter(P1));
        places[1].Dispose();
        Assert.NotNull(connections.TryEnter(P1));
    }

    [Fact]
    public void TryEnter_NodesOwnFile_HasNoLimit()
    {
        using var live = new LivePolicy(PolicySnapshot.Closed);
        var connections = new PartnerConnections(live);

        Assert.All(Enumerable.Range(0, 2_000), _ => Assert.NotNull(connections.TryEnter(P1)));
    }

    [Fact]
    public void TryEnter_PartnerOfTheNodesOwnFile_HasTheLimitThatItNames()
    {
        using var live = new LivePolicy(PolicyCompiler.Compile([new PartnerDocument { Domain = "p1.example", ConnectionLimit = 2 }], []).Snapshot!);
        var connections = new PartnerConnections(live);
        var places = new[] { connections.TryEnter(P1)!, connections.TryEnter(P1)! };

        Assert.Null(connections.TryEnter(P1));
        places[0].Dispose();
        Assert.NotNull(connections.TryEnter(P1));
    }

    private static PolicySnapshot Policy(string gateway, string partner, string domain = "p1.example")
    {
        var more = domain == "*" ? "\"description\": \"\"" : "\"additionalDomains\": [\"more.example\"]";
        var compiled = PolicyCompiler.Compile(
            [
                new(DocumentKinds.Gateway, DocumentKinds.GatewayName, 1, gateway),
                new(DocumentKinds.Partner, domain, 2, $"{{{more}{partner}}}"),
            ],
            2,
            []);
        return compiled.Snapshot ?? throw new InvalidOperationException(string.Join('\n', compiled.Problems));
    }
}
