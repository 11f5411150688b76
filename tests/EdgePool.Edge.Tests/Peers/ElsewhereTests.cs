using System.Globalization;
using System.Text;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Tests.Routing;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Edge.Tests.Peers;

public sealed class ElsewhereTests
{
    private static readonly DomainName Domain = DomainName.Parse("edge.example");

    private readonly RouteTable routes = RoutingOptions.Table(new VirtualTimeProvider(), new Ledger());

    [Fact]
    public void Find_PairsSpread_AndEachKeepsItsNode()
    {
        var nodes = Add("b", "c", "d");
        var pairs = Enumerable.Range(0, 3_000).Select(n => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"p{n}.example"))).ToList();
        var first = pairs.ConvertAll(from => routes.Elsewhere.Find(from, Domain)!);

        Assert.All(nodes, node => Assert.InRange(first.Count(route => ReferenceEquals(route, node)), 850, 1_150));
        routes.Elsewhere.Remove(nodes[1]);
        for (var i = 0; i < pairs.Count; i++)
        {
            if (!ReferenceEquals(first[i], nodes[1]))
                Assert.Same(first[i], routes.Elsewhere.Find(pairs[i], Domain));
        }
    }

    [Fact]
    public void Find_NoNodeHasIt_IsNone()
    {
        var nodes = Add("b");
        Assert.Null(routes.Elsewhere.Find("p1.example"u8, DomainName.Parse("other.example")));

        routes.Elsewhere.Remove(nodes[0]);

        Assert.Null(routes.Elsewhere.Find("p1.example"u8, Domain));
        Assert.Empty(routes.Elsewhere.All);
    }

    [Fact]
    public void Find_AnotherPool_IsTheLastResort()
    {
        var far = routes.ToPeer(Domain);
        routes.Elsewhere.Add("site-b-1", far, far: true);
        Assert.True(routes.Elsewhere.Has(Domain));
        Assert.False(routes.Elsewhere.HasNear(Domain));
        Assert.Same(far, routes.Elsewhere.Find("p1.example"u8, Domain));

        var near = Assert.Single(Add("b"));
        for (var n = 0; n < 100; n++)
            Assert.Same(near, routes.Elsewhere.Find(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"p{n}.example")), Domain));
        Assert.Same(far, routes.Elsewhere.Find("p1.example"u8, Domain, except: near));

        routes.Elsewhere.Remove(near);
        Assert.Same(far, routes.Elsewhere.Find("p1.example"u8, Domain));
    }

    [Fact]
    public void Route_ConnectedHere_GoesHere()
    {
        var nodes = Add("b");
        Assert.Same(nodes[0], routes.Find("p1.example"u8, Domain.Utf8));

        routes.Component(Domain)!.Queue.Attach(static () => { });
        Assert.Same(nodes[0], routes.Find("p1.example"u8, Domain.Utf8)); // as long as something may wait there
        nodes[0].Queue.Rest(static (_, _) => false, static () => { });

        Assert.Same(routes.Component(Domain), routes.Find("p1.example"u8, Domain.Utf8));
    }

    private Route[] Add(params string[] nodes) => Array.ConvertAll(nodes, node =>
    {
        var route = routes.ToPeer(Domain);
        routes.Elsewhere.Add(node, route);
        return route;
    });
}
