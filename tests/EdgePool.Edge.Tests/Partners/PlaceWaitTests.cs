using EdgePool.Cluster.Entities;
using EdgePool.Edge.Partners;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Pool;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

// Issue 5: a limit over the pool, and never zero. A node that no owner has told its share yet does not know whether there is a place, and does not say that there is none.
public sealed class PlaceWaitTests : IDisposable
{
    private static readonly DomainName P1 = DomainName.Parse("p1.example");
    private static readonly DomainName P2 = DomainName.Parse("p2.example");

    private readonly VirtualTimeProvider time = new();
    private readonly BooksOfAPool pool;
    private readonly LivePolicy policy = new(PolicyCompiler.Compile(
        [
            new(DocumentKinds.Gateway, DocumentKinds.GatewayName, 1, """{"connectionLimit": 4}"""),
            new(DocumentKinds.Partner, "p1.example", 2, """{"connectionLimit": 3}"""),
            new(DocumentKinds.Partner, "p2.example", 2, """{"connectionLimit": 3}"""),
        ],
        2,
        []).Snapshot!);
    private readonly PartnerConnections edge;
    private int told;

    public PlaceWaitTests()
    {
        pool = new BooksOfAPool(time, "n", "o");
        edge = new PartnerConnections(policy, pool["n"]);
    }

    public void Dispose() => policy.Dispose();

    [Fact]
    public void Place_NobodyHasTold_WaitsAndIsThereWhenSomebodyHas()
    {
        Assert.Null(Enter(P1, out var wait));
        Assert.Equal((1, 0, 0), (edge.Waiting, edge.Total, told));
        Assert.InRange(wait!.AtMost, ShareBook.Patience, ShareBook.Patience + TimeSpan.FromMilliseconds(1));

        pool.Rounds();
        Assert.Equal((0, 1), (edge.Waiting, told));
        Assert.NotNull(Enter(P1, out wait));
        Assert.Null(wait);
    }

    [Fact]
    public void Place_AllAreAtAnotherNode_IsRefusedWhenThatIsKnown()
    {
        pool.Rounds();
        for (var held = 0; held < 3; pool.Rounds())
            held += pool["o"].TryTake("p1.example", 3) ? 1 : 0;
        pool.Join("n");
        var word = pool.Report("n");
        Assert.Null(Enter(P1, out var wait));
        Assert.NotNull(wait);
        word();
        pool.Rounds();
        Assert.Equal(1, told);
        Assert.Null(Enter(P1, out wait));
        Assert.Null(wait);
    }

    // A budget that was divided by demand: an owner that can give nothing yet, for others are not held to less, has not said all.
    [Fact]
    public void Place_ShareIsDividedByDemand_IsThereWhenOwnersHaveSaidAll()
    {
        pool.Rounds();
        for (var held = 0; held < 2; pool.Rounds())
            held += edge.TryEnter(P1) is not null ? 1 : 0;
        pool.Join("n");
        pool.HandOver();
        pool.Report("n")();
        Assert.Null(Enter(P1, out var wait));
        Assert.NotNull(wait);
        for (var rounds = 0; wait is not null; rounds++)
        {
            Assert.True(rounds < 6);
            wait.Dispose();
            pool.Rounds(1);
            if (Enter(P1, out wait) is null)
                Assert.NotNull(wait); // never refused
        }

        Assert.Equal(3, pool["n"].HeldBy("p1.example"));
    }

    [Fact]
    public void Waiting_CountsAsAPlace_AndNoMoreMayWaitThanThereAreOverThePool()
    {
        var waits = new List<PlaceWait>();
        for (var stream = 0; stream < 3; stream++)
        {
            Enter(P1, out var wait);
            waits.Add(wait!);
        }

        Assert.Null(Enter(P1, out var beyond)); // the partner's limit
        Assert.Null(beyond);
        Enter(P2, out var last);
        Assert.NotNull(last);
        Enter(P2, out beyond); // the gateway's
        Assert.Null(beyond);

        waits[0].Dispose();
        waits[0].Dispose();
        Enter(P1, out beyond);
        Assert.NotNull(beyond);
        Assert.Equal(4, edge.Waiting);
    }

    [Fact]
    public void Place_NobodyTellsForThePatience_TheLeastIsTaken()
    {
        Enter(P1, out var wait);
        time.Advance(wait!.AtMost);
        Assert.Equal(0, told);
        wait.Dispose();
        Assert.NotNull(Enter(P1, out wait));
        Assert.NotNull(Enter(P1, out wait));
        Assert.Null(Enter(P1, out wait));
        Assert.Null(wait);
    }

    [Fact]
    public void Place_OwnerSpeaksAndCannotSayAll_IsWaitedForThreeTimesAsLongAndNoLonger()
    {
        for (var since = time.GetTimestamp(); time.GetElapsedTime(since) < ShareBook.LongestPatience; time.Advance(TimeSpan.FromSeconds(1)))
        {
            pool.Report("n")(); // the other one never reports
            Assert.Null(Enter(P1, out var wait));
            Assert.NotNull(wait);
            wait.Dispose();
        }

        time.Advance(TimeSpan.FromTicks(1));
        pool.Report("n")();
        Assert.NotNull(Enter(P1, out _));
    }

    [Fact]
    public void Member_Anew_WaitsAgainHoweverLongItWasSilent()
    {
        pool.Rounds();
        time.Advance(TimeSpan.FromHours(1));
        pool.Join("n");
        pool.Report("n");
        Assert.Null(Enter(P1, out var wait));
        Assert.NotNull(wait);
    }

    [Fact]
    public void Stream_ThatDoesNotWait_IsAmongNobody()
    {
        Assert.Null(edge.TryEnter(P1));
        Assert.Equal(0, edge.Waiting);
    }

    private ConnectionPlace? Enter(DomainName partner, out PlaceWait? wait) => edge.TryEnter(partner, () => told++, out wait);
}
