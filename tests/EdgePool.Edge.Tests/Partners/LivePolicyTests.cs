using EdgePool.Edge.Partners;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Tests.Routing;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

public sealed class LivePolicyTests
{
    private static readonly DomainName Edge = DomainName.Parse("edge.example");
    private static readonly DomainName P1 = DomainName.Parse("p1.example");

    [Fact]
    public async Task Publish_PartnerComesAndGoes_EveryDecisionFollows()
    {
        var live = new LivePolicy(PolicySnapshot.Closed);
        var table = new RouteTable(RoutingOptions.Create(), live, new VirtualTimeProvider(), new Ledger());
        var rules = new PartnerRules(table, live);
        var pair = new DomainPair(Edge, P1);
        Assert.Null(rules.TermsFor(pair));
        Assert.Null(table.Find(Edge.Utf8, P1.Utf8));

        await live.PublishAsync(RoutingOptions.Create().Policy);
        Assert.NotNull(rules.TermsFor(pair));
        Assert.NotNull(table.Find(Edge.Utf8, P1.Utf8));

        await live.PublishAsync(PolicySnapshot.Closed);
        Assert.Same(PolicySnapshot.Closed, live.Current);
        Assert.Null(rules.TermsFor(pair));
        Assert.Null(table.Find(Edge.Utf8, P1.Utf8));
    }
}
