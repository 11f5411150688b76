using EdgePool.Cluster.Entities;
using EdgePool.Testing.Pool;
using EdgePool.Testing.Time;

namespace EdgePool.Cluster.Tests.Entities;

// Issue 5, point 3: what must be one per pool. The simulation holds the same under faults.
public sealed class ShareOwnerTests
{
    private const string Partner = "partner.example";
    private static readonly string[] Nodes = ["node-a", "node-b", "node-c"];

    private readonly VirtualTimeProvider time = new();
    private readonly BooksOfAPool pool;

    private readonly List<(string Node, long Streams)> ended = [];

    public ShareOwnerTests()
    {
        pool = new BooksOfAPool(time, Nodes);
        foreach (var node in Nodes)
            pool[node].TooMany = (_, streams) => ended.Add((node, streams));
    }

    [Fact]
    public void Limit_PartnerOpensTwelveOverThreeNodes_ThreeStand()
    {
        pool.Rounds();
        Assert.Equal(3, Open(12));
        pool.Rounds();
        Assert.Equal(0, Open(12));
    }

    [Fact]
    public void Limit_PartnerOpensAllAtOneNode_ItHasAll()
    {
        pool.Rounds();
        Assert.True(pool["node-b"].TryTake(Partner, 3));
        Assert.False(pool["node-b"].TryTake(Partner, 3));
        pool["node-b"].TryTake(Partner, 3);
        pool.Rounds();
        Assert.True(pool["node-b"].TryTake(Partner, 3));
        Assert.True(pool["node-b"].TryTake(Partner, 3));
        Assert.Equal(0, Open(12));

        pool["node-b"].Return(Partner);
        pool.Rounds();
        Assert.Equal(1, Open(12));
    }

    [Fact]
    public void HandOver_WhilePartnersOpen_KeepsTheLimitAndSoonGivesAgain()
    {
        pool.Rounds();
        Assert.Equal(3, Open(12));
        pool.HandOver();
        Assert.Equal(0, Open(12));
        pool["node-a"].Return(Partner);
        Assert.Equal(1, Open(12)); // what it had, it has

        pool["node-c"].Return(Partner);
        time.Advance(ShareBook.Memory * 2);
        pool.Report("node-a")(); // the new owner has not heard of the others
        Assert.False(pool["node-a"].TryTake(Partner, 3));
        pool.Rounds();
        Assert.True(pool["node-a"].TryTake(Partner, 3) || pool["node-b"].TryTake(Partner, 3));
        Assert.Equal(0, Open(12));
    }

    [Fact]
    public void Answer_ToAnEarlierReport_CountsForNothing()
    {
        pool.Rounds();
        Want("node-a", 3);
        pool.Rounds(1); // the others are held to less
        var late = pool.Report("node-a"); // three
        pool.HandOver();
        pool.Rounds(2);
        late();
        Assert.InRange(Open(12), 1, 3);
    }

    [Fact]
    public void Join_WhileOneNodeHasAll_GetsNothingTooMuch()
    {
        pool.Rounds();
        Want("node-a", 3);
        pool.Rounds();
        Assert.Equal(3, Open(12));
        pool.Join("node-d");
        pool.Report("node-d")();
        Assert.False(pool["node-d"].TryTake(Partner, 3));
        pool.Rounds();
        Assert.False(pool["node-d"].TryTake(Partner, 3));
        pool["node-a"].Return(Partner);
        pool.Rounds();
        Assert.True(pool["node-d"].TryTake(Partner, 3));
    }

    [Fact]
    public void Leave_OfANode_FreesWhatItHadAfterASilence()
    {
        pool.Rounds();
        Want("node-a", 3);
        pool.Rounds();
        Assert.Equal(3, Open(12));
        pool.Leave("node-a");
        pool.Rounds();
        Assert.Equal(0, Open(12, "node-b", "node-c"));
        time.Advance(ShareOwner.Silence + TimeSpan.FromTicks(1));
        Want("node-b", 1);
        pool.Rounds();
        Open(12, "node-b", "node-c");
        Assert.Equal(3, pool["node-b"].HeldBy(Partner) + pool["node-c"].HeldBy(Partner));
    }

    [Fact]
    public void Word_OfNobody_LeavesTheLeastAfterAWhile()
    {
        var alone = new ShareBook("node-x", time);
        Assert.False(alone.TryTake(Partner, 20));
        time.Advance(ShareBook.Patience);
        Assert.False(alone.TryTake(Partner, 20));
        time.Advance(TimeSpan.FromTicks(1));
        Assert.True(alone.TryTake(Partner, 20));
        Assert.True(alone.TryTake(Partner, 20));
        Assert.False(alone.TryTake(Partner, 20));
        Assert.True(alone.TryTake("small.example", 1));
        Assert.False(alone.TryTake("small.example", 1));
        Assert.False(alone.TryTake("other.example", 0));
    }

    // MGT-03: a node that was paused, and whose places others have got meanwhile, ends what is too much as soon as all have said to one owner what they have.
    [Fact]
    public void Return_OfANodeThatWasGivenUp_EndsTheStreamsThatAreTooManyAndNoOther()
    {
        pool.Rounds();
        Fill("node-a");
        pool.Leave("node-a");
        time.Advance(ShareOwner.Silence + TimeSpan.FromTicks(1));
        Fill("node-b", "node-c");

        pool.Join("node-a");
        pool.HandOver();
        pool.Report("node-a")();
        pool.Report("node-b")(); // the owner has not heard of the third
        Assert.Empty(ended);
        pool["node-b"].Return(Partner);
        pool.Rounds();
        Assert.Equal([("node-a", 2L)], ended.Distinct());
        pool["node-a"].Return(Partner);
        pool["node-a"].Return(Partner);
        ended.Clear();
        pool.Rounds();
        Assert.Empty(ended);
        Assert.Equal(3, Nodes.Sum(node => pool[node].HeldBy(Partner)));
        Assert.Equal(0, Open(12));
    }

    // A limit that is lowered ends no stream, and a node that comes back in time neither.
    [Fact]
    public void Limit_Lowered_EndsNoStreamAlsoOfANodeThatJoinedAnew()
    {
        pool.Rounds();
        Assert.Equal(6, Open(12, limit: 6));
        pool.Join("node-a");
        pool.Rounds();
        Assert.Equal(0, Open(12));
        pool.HandOver();
        pool.Rounds();
        Assert.Empty(ended);
        Assert.Equal(6, Nodes.Sum(node => pool[node].HeldBy(Partner)));
    }

    // Seed 9515 of the simulation.
    [Fact]
    public void Word_AfterTheLeastWasTaken_DoesNotConfirmIt()
    {
        pool.Rounds();
        Assert.Equal(3, Open(12));
        pool.Join("node-d");
        time.Advance(ShareBook.Patience + TimeSpan.FromTicks(1));
        pool.Report("node-d")(); // it could have one by now
        Assert.False(pool["node-d"].TryTake(Partner, 3));
        Assert.Equal(0, pool["node-d"].HeldBy(Partner));
    }

    [Fact]
    public void Owner_OutOfReach_LeavesEachNodeItsFairShare()
    {
        pool.Rounds(); // and never again
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(20, Open(100, limit: 20));
        Assert.All(Nodes, node => Assert.InRange(pool[node].HeldBy(Partner), 6, 7));
    }

    [Fact]
    public void Rate_UsedAtOneNode_GoesThereAndTheSumIsTheWhole()
    {
        pool.Rounds();
        using var a = pool["node-a"].Measure(new BudgetKey(Partner, BudgetKind.StanzasIn), 300);
        using var b = pool["node-b"].Measure(new BudgetKey(Partner, BudgetKind.StanzasIn), 300);
        using var c = pool["node-c"].Measure(new BudgetKey(Partner, BudgetKind.StanzasIn), 300);
        Assert.Equal((100, 100, 100), (a.Now, b.Now, c.Now));
        for (var second = 0; second < 10; second++)
        {
            a.Use(a.Now);
            a.HoldBack();
            pool.Rounds(2);
            Assert.True(a.Now + b.Now + c.Now <= 300);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal((280, 10, 10), (a.Now, b.Now, c.Now));
        for (var second = 0; second < 20; second++)
        {
            foreach (var share in new[] { a, b, c })
            {
                share.Use(share.Now);
                share.HoldBack();
            }

            pool.Rounds(2);
            Assert.InRange(a.Now + b.Now + c.Now, second < 10 ? 0 : 270, 300);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(a.Now, 90, 110);
        Assert.InRange(b.Now, 90, 110);
    }

    [Fact]
    public void Rest_AfterAWhile_IsSharedEvenlyAgainAndForgotten()
    {
        pool.Rounds();
        Want("node-a", 3);
        pool.Rounds();
        time.Advance(ShareBook.Memory * 2);
        pool.Rounds();
        Assert.All(Nodes, node => Assert.Equal(1, pool[node].Count));
        time.Advance(ShareOwner.Rest);
        pool.Rounds();
        Assert.All(Nodes, node => Assert.Equal(0, pool[node].Count));
        Assert.Equal(3, Open(12));
        Assert.All(Nodes, node => Assert.Equal(1, pool[node].HeldBy(Partner)));
    }

    /// <summary>A partner asks for so many streams at a node, and has none of them yet.</summary>
    private void Want(string node, int streams)
    {
        var held = Enumerable.Range(0, streams).Count(_ => pool[node].TryTake(Partner, 3));
        for (; held > 0; held--)
            pool[node].Return(Partner);
    }

    /// <summary>A partner takes all places at some nodes, as it gets them.</summary>
    private void Fill(params string[] at)
    {
        for (var standing = 0; standing < 3; pool.Rounds())
            standing += Open(12, at);
    }

    private int Open(int attempts, params string[] at) => Open(attempts, 3, at);

    private int Open(int attempts, int limit, params string[] at)
    {
        var nodes = at.Length > 0 ? at : Nodes;
        return Enumerable.Range(0, attempts).Count(attempt => pool[nodes[attempt % nodes.Length]].TryTake(Partner, limit));
    }
}
