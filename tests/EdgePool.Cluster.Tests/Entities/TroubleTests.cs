using EdgePool.Cluster.Entities;
using EdgePool.Cluster.Sharding;
using EdgePool.Testing.Time;

namespace EdgePool.Cluster.Tests.Entities;

/// <summary>One node tries a dead partner, the others wait and hear what comes of it.</summary>
public sealed class TroubleTests
{
    private static readonly OutboundPair Dead = new("edge.example", "dead.example");
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(500);

    private readonly VirtualTimeProvider time = new();
    private readonly Dictionary<string, TroubleBook> books = [];
    private readonly Dictionary<string, List<OutboundPair>> reachable = [];
    private TroubleOwner owner;
    private long token = 1;
    private long sequence;

    public TroubleTests()
    {
        owner = new TroubleOwner(time);
        foreach (var name in new[] { "a", "b", "c" })
        {
            var heard = reachable[name] = [];
            books[name] = new TroubleBook(time) { Reachable = heard.Add };
        }
    }

    [Fact]
    public void Failed_AtOneNode_TheOthersWaitAndKnowHowOften()
    {
        Settle("a", "b", "c");
        books["a"].Failed(Dead, 3, TimeSpan.FromSeconds(10));

        Turn("a", "b", "c");

        Assert.Equal(TimeSpan.Zero, books["c"].Wait(Dead with { Local = "other.example" }));
        Assert.Equal((3, 3), (books["b"].FailuresOf(Dead), books["c"].FailuresOf(Dead)));
        Assert.Equal(TroubleBook.AskAgain, books["b"].Wait(Dead));
        Assert.True(books["a"].IsProbing(Dead));
        Assert.False(books["b"].IsProbing(Dead));
    }

    [Fact]
    public void Wait_OfTheOneThatTries_EndsWhenTheAttemptIsDue()
    {
        Settle("a", "b");
        books["a"].Failed(Dead, 1, TimeSpan.FromSeconds(2));
        Turn("a", "b");

        Assert.Equal(TroubleBook.AskAgain, books["a"].Wait(Dead));
        Pass(TimeSpan.FromSeconds(1.5), "a", "b");
        Assert.InRange(books["a"].Wait(Dead), TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(0.5));
        Pass(TimeSpan.FromSeconds(0.5), "a", "b");
        Assert.Equal(TimeSpan.Zero, books["a"].Wait(Dead));
        Assert.Equal(TroubleBook.AskAgain, books["b"].Wait(Dead));
    }

    [Fact]
    public void Reached_ByTheOneThatTries_IsHeardByThoseThatWait()
    {
        Settle("a", "b", "c");
        books["a"].Failed(Dead, 5, TimeSpan.FromMinutes(4));
        Turn("a", "b");
        books["b"].Wait(Dead);

        books["a"].Reached(Dead);
        Assert.Equal(TimeSpan.Zero, books["a"].Wait(Dead));
        Turn("a", "b");

        Assert.Equal([Dead], reachable["b"]);
        Assert.Empty(reachable["a"]);
        Assert.Equal(TimeSpan.Zero, books["b"].Wait(Dead));
        Assert.Equal((0, 0), (books["a"].Count, books["b"].Count));
    }

    [Fact]
    public void Failed_AfterItWasReached_IsATroubleOfItsOwn()
    {
        Settle("a", "b");
        books["a"].Failed(Dead, 5, TimeSpan.FromMinutes(4));
        Turn("a", "b");
        books["a"].Reached(Dead);
        Turn("a", "b");

        books["b"].Failed(Dead, 1, TimeSpan.FromSeconds(1));
        Turn("b", "a");

        Assert.True(books["b"].IsProbing(Dead));
        Assert.Equal(1, books["a"].FailuresOf(Dead));
        Assert.Equal(TroubleBook.AskAgain, books["a"].Wait(Dead));
    }

    // It failed here just before another node came through, and the news of both cross.
    [Fact]
    public void Failed_OldNewsAfterItWasReached_DoesNotBringTheTroubleBack()
    {
        Settle("a", "b");
        books["a"].Failed(Dead, 5, TimeSpan.FromMinutes(4));
        Turn("a", "b");
        books["b"].Failed(Dead, 6, TimeSpan.FromMinutes(4));
        books["a"].Reached(Dead);

        Turn("a", "b", "a");

        Assert.Equal(TimeSpan.Zero, books["b"].Wait(Dead));
        Assert.Equal(0, books["a"].Count);
    }

    [Fact]
    public void Prober_WithoutStanzasThatWait_IsFollowedByOneWithSome()
    {
        Settle("a", "b");
        books["a"].Failed(Dead, 5, TimeSpan.FromSeconds(30));
        Turn("a", "b");

        Pass(TimeSpan.FromSeconds(4), waiting: "b", "a", "b");

        Assert.False(books["a"].IsProbing(Dead));
        Assert.True(books["b"].IsProbing(Dead));
        Assert.Equal(TroubleBook.AskAgain, books["b"].Wait(Dead));
        Pass(TimeSpan.FromSeconds(26), waiting: "b", "a", "b");
        Assert.Equal(TimeSpan.Zero, books["b"].Wait(Dead));
    }

    // The word of the one that fell silent has run out before another one has it.
    [Fact]
    public void Prober_Silent_IsFollowedWhenItsWordHasRunOut()
    {
        Settle("a", "b");
        books["a"].Failed(Dead, 5, TimeSpan.FromSeconds(1));
        Turn("a", "b");

        for (var i = 0; i < 12; i++)
        {
            Assert.False(books["a"].IsProbing(Dead) && books["b"].IsProbing(Dead));
            Pass(Round, waiting: "b", "b");
        }

        Assert.True(books["b"].IsProbing(Dead));
        Assert.Equal(TimeSpan.Zero, books["a"].Wait(Dead)); // with nobody to ask, it tries for itself
    }

    [Fact]
    public void Owner_ThatIsNew_KnowsFromTheNodesAndKeepsTheOneThatTries()
    {
        Settle("a", "b", "c");
        books["a"].Failed(Dead, 7, TimeSpan.FromMinutes(4));
        Turn("a", "b", "c");

        (owner, token) = (new TroubleOwner(time), 2);
        books["b"].Wait(Dead);
        Turn("b", "a", "b", "c");

        Assert.True(books["a"].IsProbing(Dead));
        Assert.False(books["b"].IsProbing(Dead));
        Assert.Equal(7, books["c"].FailuresOf(Dead));
        Assert.Equal(1, owner.Count);
        books["a"].Reached(Dead);
        Turn("a", "b");
        Assert.Equal([Dead], reachable["b"]);
    }

    // The former owner may have named somebody who does not reach the new one.
    [Fact]
    public void Owner_ThatIsNew_NamesNobodyBeforeFormerWordsHaveRunOut()
    {
        Settle("a", "b");
        books["a"].Failed(Dead, 7, TimeSpan.FromSeconds(1));
        Turn("a", "b");

        (owner, token) = (new TroubleOwner(time), 2);
        for (var i = 0; i < 8; i++)
        {
            Pass(Round, waiting: "b", "b");
            Assert.False(books["a"].IsProbing(Dead) && books["b"].IsProbing(Dead));
        }

        Assert.True(books["b"].IsProbing(Dead));
        Assert.Equal(7, books["b"].FailuresOf(Dead));
    }

    [Fact]
    public void Owner_OutOfReach_LeavesEachNodeToItsOwnRhythm()
    {
        Settle("a", "b");
        books["a"].Failed(Dead, 5, TimeSpan.FromSeconds(6));
        Turn("a", "b");

        time.Advance(Troubles.Patience);
        Assert.InRange(books["b"].Wait(Dead), TimeSpan.FromMilliseconds(1), TroubleBook.AskAgain);
        time.Advance(TimeSpan.FromSeconds(6) - Troubles.Patience);

        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (books["a"].Wait(Dead), books["b"].Wait(Dead)));
        Assert.Equal(5, books["b"].FailuresOf(Dead));
    }

    [Fact]
    public void Forgotten_WhenNobodyHasTriedForLong()
    {
        Settle("a", "b");
        books["a"].Failed(Dead, 5, TimeSpan.FromSeconds(10));
        Turn("a", "b");

        Pass(TimeSpan.FromSeconds(10) + Troubles.Rest + TimeSpan.FromSeconds(5), waiting: "c", "a", "b");

        Assert.Equal((0, 0, 0), (books["a"].Count, books["b"].Count, owner.Count));
    }

    [Fact]
    public void Owner_AtItsLimit_LeavesTheRestToTheNodes()
    {
        Settle("a", "b");
        OutboundPair[] pairs = [.. Enumerable.Range(0, Troubles.MostOfShard + 1).Select(i => Dead with { Local = $"l{i}.example" })];
        foreach (var pair in pairs)
        {
            books["a"].Failed(pair, 1, TimeSpan.FromMinutes(1));
        }

        Turn("a", "b", "a", "b");

        Assert.Equal(Troubles.MostOfShard, owner.Count);
        Assert.Equal(Troubles.MostOfShard, books["b"].Count);
        Assert.Equal(pairs.Length, books["a"].Count);
        Assert.Equal(Troubles.MostOfShard, pairs.Count(books["a"].IsProbing));
    }

    [Fact]
    public void Book_AtItsLimit_TakesNoMore()
    {
        for (var i = 0; i <= TroubleBook.Most; i++)
        {
            books["a"].Failed(new OutboundPair("edge.example", $"r{i}.example"), 1, TimeSpan.FromMinutes(1));
        }

        Assert.Equal(TroubleBook.Most, books["a"].Count);
        Assert.Equal(TimeSpan.Zero, books["a"].Wait(new OutboundPair("edge.example", $"r{TroubleBook.Most}.example")));
    }

    [Fact]
    public void Answer_ToAnOlderReport_CountsNoMore()
    {
        Settle("a", "b");
        books["a"].Failed(Dead, 1, TimeSpan.FromMinutes(1));
        Turn("a");
        var late = ReportOf("b");
        var answer = owner.Hear("b", late, Owned);
        ReportOf("b");

        books["b"].Take(late, answer);

        Assert.Equal(0, books["b"].Count);
    }

    [Fact]
    public void Forget_AfterAChangeOfPolicy_LetsTheNodeTry()
    {
        Settle("a", "b");
        books["a"].Failed(Dead, 1, TimeSpan.FromMinutes(1));
        Turn("a", "b");

        books["b"].Forget(Dead);

        Assert.Equal(TimeSpan.Zero, books["b"].Wait(Dead));
    }

    /// <summary>So much time passes that a new owner names whom it likes.</summary>
    private void Settle(params string[] nodes)
    {
        Turn("c");
        Pass(Troubles.Silence + Round, nodes);
    }

    private void Pass(TimeSpan span, params string[] nodes) => Pass(span, waiting: nodes[0], nodes);

    private void Pass(TimeSpan span, string waiting, params string[] nodes)
    {
        for (var passed = TimeSpan.Zero; passed < span; passed += Round)
        {
            time.Advance(Round);
            books[waiting].Waits(Dead);
            Turn(nodes);
        }
    }

    /// <summary>Each reports and hears, in this order.</summary>
    private void Turn(params string[] nodes)
    {
        foreach (var node in nodes)
        {
            var report = ReportOf(node);
            var read = ShareCodec.ReadReport(ShareCodec.Write(report))!;
            var answer = new ShareAnswer(new System.Collections.BitArray(Placement.Shards), []) { Advices = owner.Hear(node, read, Owned) };
            books[node].Take(report, ShareCodec.ReadAnswer(ShareCodec.Write(answer))!.Advices);
        }
    }

    private ShareReport ReportOf(string node)
    {
        var report = new ShareReport(1, ++sequence, Roster.Empty, new Dictionary<int, long> { [Dead.Shard] = token }, []);
        return report with { Troubles = books[node].Report(report.Shards, report.Sequence) };
    }

    private long? Owned(int shard) => shard == Dead.Shard ? token : null;
}
