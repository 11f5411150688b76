using System.Globalization;
using System.Text;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using Xunit;

namespace EdgePool.Edge.Tests.Routing;

public sealed class RouteTableTests
{
    private readonly Ledger ledger = new();
    private readonly List<string> demanded = [];
    private readonly StanzaReading reading = new();

    [Theory]
    [InlineData("p1.example", "edge.example", "edge.example-edge.example")]
    [InlineData("p2.example", "edge.example", "edge.example-edge.example")]
    [InlineData("other.example", "edge.example", "edge.example-edge.example")]
    [InlineData("p1.example", "inside.example", "p1.example-inside.example")]
    [InlineData("edge.example", "inside.example", "edge.example-inside.example")]
    [InlineData("edge.example", "p1.example", "edge.example-p1.example")]
    [InlineData("inside.example", "p1.example", "inside.example-p1.example")]
    [InlineData("edge.example", "bücher.example", "edge.example-xn--bcher-kva.example")]
    [InlineData("edge.example", "off.example", null)]
    [InlineData("edge.example", "nobody.example", null)]
    [InlineData("edge.example", "sub.p1.example", null)]
    [InlineData("p1.example", "p2.example", null)]
    [InlineData("p1.example", "nobody.example", null)]
    public void Find_ByTheTwoDomains(string from, string to, string? route)
        => Assert.Equal(route, Find(Table(), from, to)?.ToString());

    [Fact]
    public void Find_OpenFederation_HasARouteToAnyDomainButTheOnesSwitchedOff()
    {
        var table = Table(open: true);

        Assert.NotNull(Find(table, "edge.example", "anybody.example"));
        Assert.Null(Find(table, "edge.example", "off.example"));
        Assert.Null(Find(table, "p1.example", "anybody.example"));
    }

    [Fact]
    public void Find_SamePair_IsTheSameRoute()
    {
        var table = Table();

        Assert.Same(Find(table, "edge.example", "p1.example"), Find(table, "edge.example", "p1.example"));
        Assert.NotSame(Find(table, "edge.example", "p1.example"), Find(table, "other.example", "p1.example"));
        Assert.Equal(2, table.Pairs.Count());
    }

    // DNS-22: a closed federation asks nobody about domains that it does not know.
    [Fact]
    public void Find_DNS22_TenThousandUnknownDomains_NoRouteAndNoDemand()
    {
        var table = Table();
        for (var i = 0; i < 10_000; i++)
            Assert.Null(Find(table, "edge.example", string.Create(CultureInfo.InvariantCulture, $"random{i}.example")));

        Assert.Empty(table.Pairs);
        Assert.Empty(demanded);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Find_AtTheLimitOfRoutes_MakesNoFurther(int limit)
    {
        var table = Table(new StreamLimits { Routes = limit }, open: true);

        var found = Enumerable.Range(0, 5).Count(i => Find(table, "edge.example", string.Create(CultureInfo.InvariantCulture, $"d{i}.example")) is not null);

        Assert.Equal((limit, limit), (found, table.Pairs.Count()));
        Assert.NotNull(Find(table, "edge.example", "d0.example"));
    }

    // COMP-11: an internal server is answered in the name of a domain of nobody, but never of many at once.
    [Fact]
    public void Find_COMP11_AnswersInTheNameOfNobody_AreBounded()
    {
        var table = Table();
        var found = Enumerable.Range(0, 1_000).Select(i => Find(table, string.Create(CultureInfo.InvariantCulture, $"random{i}.example"), "inside.example")).OfType<Route>().ToList();
        Assert.Equal(RouteTable.MostUnserved, found.Count);
        Assert.NotNull(Find(table, "p1.example", "inside.example"));

        Assert.True(table.TryRetire(found[0]));

        Assert.NotNull(Find(table, "another.example", "inside.example"));
        Assert.Null(Find(table, "further.example", "inside.example"));
    }

    [Fact]
    public void Component_BeforeItIsConnected_RefusesAsUnavailableAndRaisesNoDemand()
    {
        var table = Table();
        var route = Find(table, "p1.example", "edge.example")!;

        Assert.Equal(Enqueued.Refused, Add(route));

        Assert.Equal(BounceReason.BackEndUnavailable, route.Queue.RefusedWith);
        Assert.Equal(ContentNamespace.Component, route.Namespace);
        Assert.Empty(demanded);
    }

    [Fact]
    public void Pair_FirstStanza_DemandsItsOwnRoute()
    {
        var table = Table();
        Add(Find(table, "edge.example", "p1.example")!);
        Add(Find(table, "edge.example", "p2.example")!);
        Add(Find(table, "edge.example", "p1.example")!);

        Assert.Equal(["edge.example-p1.example", "edge.example-p2.example"], demanded);
        Assert.Equal(3, ledger.Read().InFlight);
    }

    [Fact]
    public void Retire_IdleRoute_IsLookedUpAnew()
    {
        var table = Table();
        var route = Find(table, "edge.example", "p1.example")!;
        Add(route);
        Assert.False(table.TryRetire(route));
        route.Queue.Release(route.Queue.Take()!);

        Assert.True(table.TryRetire(route));

        Assert.Empty(table.Pairs);
        Assert.NotSame(route, Find(table, "edge.example", "p1.example"));
    }

    [Fact]
    public void Find_ManyThreads_OneRouteAPair()
    {
        var table = Table();
        var found = new Route?[64];

        Parallel.For(0, found.Length, i => found[i] = Find(table, "edge.example", "p1.example"));

        Assert.Single(found.Distinct());
        Add(found[0]!);
        Assert.Equal(1, ledger.Read().InFlight);
    }

    [Fact]
    public void Local_ByName()
    {
        var table = Table();

        Assert.True(table.IsLocal(DomainName.Parse("EDGE.example")));
        Assert.False(table.IsLocal(DomainName.Parse("p1.example")));
        Assert.Null(table.Component(DomainName.Parse("inside.example")));
        Assert.Equal(["edge.example", "other.example"], table.Components.Select(r => r.Pair.Remote.Ascii).Order(StringComparer.Ordinal));
    }

    private RouteTable Table(StreamLimits? limits = null, bool open = false)
    {
        var table = RoutingOptions.Table(new VirtualTimeProvider(), ledger, limits, open);
        table.Demanded = route => demanded.Add(route.ToString());
        return table;
    }

    private static Route? Find(RouteTable table, string from, string to) => table.Find(Encoding.UTF8.GetBytes(from), Encoding.UTF8.GetBytes(to));

    private Enqueued Add(Route route)
        => route.Queue.Enqueue(reading.Read(StanzaReading.Message("a@edge.example", "b@p1.example", "1")), route.Namespace, "a@edge.example"u8, "b@p1.example"u8);
}
