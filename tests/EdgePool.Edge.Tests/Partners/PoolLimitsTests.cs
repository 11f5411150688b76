using EdgePool.Edge.Partners;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Testing.Pool;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

// POLICY.md section 2: streams at one time, over the pool. Issue 5, point 3.
public sealed class PoolLimitsTests : IDisposable
{
    private static readonly string[] Nodes = ["node-a", "node-b", "node-c"];
    private static readonly DomainName P1 = DomainName.Parse("p1.example");

    private readonly VirtualTimeProvider time = new();
    private readonly BooksOfAPool pool;
    private readonly LivePolicy policy = new(PolicyCompiler.Compile(
        [
            new(DocumentKinds.Gateway, DocumentKinds.GatewayName, 1, """{"connectionLimit": 5}"""),
            new(DocumentKinds.Partner, "p1.example", 2, """{"connectionLimit": 3, "rate": {"stanzasPerSecond": 300, "burst": 300}}"""),
            new(DocumentKinds.Partner, "p2.example", 2, "{}"),
        ],
        2,
        []).Snapshot!);

    public PoolLimitsTests() => pool = new BooksOfAPool(time, Nodes);

    public void Dispose() => policy.Dispose();

    [Fact]
    public void Streams_TwelveOverThreeNodes_ThreeStandAlsoDuringAHandOver()
    {
        var edges = Array.ConvertAll(Nodes, node => new PartnerConnections(policy, pool[node]));
        pool.Rounds();
        var places = Enter(edges, P1, 12);
        Assert.Equal(3, places.Count);
        pool.HandOver();
        Assert.Empty(Enter(edges, P1, 12));
        pool.Rounds();
        Assert.Empty(Enter(edges, P1, 12));

        places[0].Dispose();
        places[0].Dispose();
        pool.Rounds();
        Assert.Single(Enter(edges, P1, 12));
    }

    [Fact]
    public void Streams_OfAllPartners_AreNotMoreThanTheGatewaysLimit()
    {
        var edges = Array.ConvertAll(Nodes, node => new PartnerConnections(policy, pool[node]));
        pool.Rounds();
        Assert.Equal(3, Enter(edges, P1, 12).Count);
        Assert.Equal(2, Enter(edges, DomainName.Parse("p2.example"), 12).Count);
        Assert.Equal(5, edges.Sum(static e => e.Total));
        Assert.All(Nodes, node => Assert.Equal(pool[node].HeldBy(""), edges[Array.IndexOf(Nodes, node)].Total));
    }

    [Fact]
    public void Rate_OverThreeNodes_TheSumStaysWithinTenPercent()
    {
        var meters = Array.ConvertAll(Nodes, node => new RateTable(time, pool[node]).Find(policy.Current, P1.Utf8, Direction.FromPartner)!);
        pool.Rounds();
        var step = TimeSpan.FromMilliseconds(1);
        var passed = new int[3];
        for (var millisecond = 0; millisecond < 20_000; millisecond++)
        {
            if (millisecond == 10_000)
                Array.Clear(passed);
            for (var node = 0; node < 2; node++)
            {
                while (meters[node].Wait() == TimeSpan.Zero)
                {
                    meters[node].Take(1, 100);
                    passed[node]++;
                }
            }

            if (millisecond % 500 == 0)
                pool.Rounds(1);
            time.Advance(step);
        }

        Assert.InRange(passed.Sum(), 2_700, 3_010); // ten seconds, with both at work and the third idle
    }

    // MGT-03: what is too much where a node comes back ends, the newest first, and what is ending already is not counted again.
    [Fact]
    public void Streams_TooManyOfTheReturningNode_EndFromTheNewestOn()
    {
        var edge = new PartnerConnections(policy, pool["node-a"]);
        pool.Rounds();
        var ended = new List<int>();
        var places = new List<ConnectionPlace>();
        while (places.Count < 3)
        {
            if (edge.TryEnter(P1) is { } place)
            {
                var number = places.Count;
                place.End = order =>
                {
                    Assert.Equal(StreamEndReason.ConnectionLimit, order.Reason);
                    ended.Add(number);
                };
                places.Add(place);
            }

            pool.Rounds();
        }

        var tooMany = pool["node-a"].TooMany!;
        tooMany("p2.example", 1);
        Assert.Empty(ended);
        tooMany("p1.example", 1);
        tooMany("p1.example", 1);
        Assert.Equal([2], ended);
        tooMany("p1.example", 2);
        tooMany("", 2);
        Assert.Equal([2, 1], ended);
        places[2].Dispose();
        tooMany("p1.example", 1);
        Assert.Equal([2, 1], ended);
        tooMany("", 2);
        tooMany("", 9);
        Assert.Equal([2, 1, 0], ended);
    }

    private static List<ConnectionPlace> Enter(PartnerConnections[] edges, DomainName partner, int attempts)
        => [.. Enumerable.Range(0, attempts).Select(attempt => edges[attempt % edges.Length].TryEnter(partner)).OfType<ConnectionPlace>()];
}
