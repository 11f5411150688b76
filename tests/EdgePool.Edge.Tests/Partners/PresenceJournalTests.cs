using System.Globalization;
using System.Text;
using EdgePool.Cluster.Presences;
using EdgePool.Edge.Partners;
using EdgePool.Testing.Time;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

/// <summary>What a table of presence has for its journal, and what it makes of what the journal held.</summary>
public sealed class PresenceJournalTests
{
    private const string User = "b@edge.example";
    private const string Partner = "p1.example";
    private static readonly TimeSpan Interval = TimeSpan.FromHours(8);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly VirtualTimeProvider time = new();

    [Fact]
    public void Changes_OfWhoComesAndGoesBetweenTwoBatches_AreNone()
    {
        var table = Table();
        Show(table, "a@p1.example/r");
        Show(table, "b@p1.example/r");
        Hide(table, "a@p1.example/r");

        Assert.Equal(["+b@p1.example/r"], Write(table));
        Assert.Equal(0, table.Pending);
        Hide(table, "b@p1.example/r");
        Show(table, "b@p1.example/r");
        Assert.Equal(["-b@p1.example/r", "+b@p1.example/r"], Write(table));
        Show(table, "b@p1.example/r");
        Assert.Empty(Write(table));
    }

    // A batch that fails is given again as it was, whatever happens meanwhile.
    [Fact]
    public void Batch_ThatFails_IsTheSameAgainAndWhatFollowsComesBehindIt()
    {
        var table = Table();
        Show(table, "a@p1.example/r");
        var first = table.Oldest(10);
        Hide(table, "a@p1.example/r");
        Show(table, "c@p1.example/r");

        Assert.Same(first, table.Oldest(10));
        Assert.Equal(3, table.Pending);
        table.Written(first.Count);

        Assert.Equal(["-a@p1.example/r", "+c@p1.example/r"], Write(table));
    }

    [Fact]
    public void Farewell_ThatNobodyTook_IsWrittenOnlyWhenItIsGivenUp()
    {
        var table = Table();
        Show(table, "a@p1.example/r");
        Write(table);
        table.LeaveWhere(partner: null, _ => true);
        for (var attempt = 1; attempt <= PresenceTable.MostFarewells; attempt++)
        {
            var unsent = Assert.Single(table.ToLeave(Interval, 10));
            table.Return(unsent);
            if (attempt < PresenceTable.MostFarewells)
                Assert.Equal(0, table.Pending);
        }

        Assert.Equal(["-a@p1.example/r"], Write(table));
    }

    [Fact]
    public void Restored_WhoDoesNotAnswer_LeavesWhenItIsTime()
    {
        var table = Table();
        Restore(table, "a@p1.example/r");
        Restore(table, "c@p1.example/r");
        Restore(table, "d@p1.example/r");
        Assert.Empty(Write(table));

        foreach (var shown in table.ToConfirm(2))
            table.Asked(shown, sent: true);
        time.Advance(Patience - TimeSpan.FromMilliseconds(1));
        Show(table, "c@p1.example/r");
        table.LeaveUnconfirmed(Patience);
        Assert.Empty(table.ToLeave(Interval, 10));
        time.Advance(TimeSpan.FromMilliseconds(1));
        table.LeaveUnconfirmed(Patience);

        Assert.Equal("a@p1.example/r", Contact(Assert.Single(table.ToLeave(Interval, 10))));
        Assert.Equal(["-a@p1.example/r"], Write(table));
        Assert.Equal("d@p1.example/r", Contact(Assert.Single(table.ToConfirm(2))));
    }

    [Fact]
    public void Restored_WhoCouldNotBeAsked_IsAskedLater()
    {
        var table = Table();
        Restore(table, "a@p1.example/r");
        table.Asked(Assert.Single(table.ToConfirm(10)), sent: false);
        time.Advance(Patience * 2);
        table.LeaveUnconfirmed(Patience);

        Assert.Empty(table.ToLeave(Interval, 10));
        table.Asked(Assert.Single(table.ToConfirm(10)), sent: true);
        Assert.Empty(table.ToConfirm(10));
        time.Advance(Patience);
        table.LeaveUnconfirmed(Patience);
        Assert.Single(table.ToLeave(Interval, 10));
    }

    [Fact]
    public void Restored_ThatNeedNotAnswer_Stays()
    {
        var table = Table();
        Restore(table, "a@p1.example", PresenceSide.Outward, ask: false);

        Assert.Empty(table.ToConfirm(10));
        time.Advance(Interval * 3);
        table.LeaveUnconfirmed(Patience);
        Assert.Empty(table.ToLeave(Interval, 10));
        Hide(table, "a@p1.example", PresenceSide.Outward);
        Assert.Equal(["-a@p1.example"], Write(table));
    }

    [Fact]
    public void Restored_BeyondTheLimits_AreForgottenInTheJournalToo()
    {
        var table = new PresenceTable(new PresenceLimits(PerPartner: 2, Total: 3), time, new Random(1), journalled: true);
        for (var number = 0; number < 3; number++)
            Restore(table, Name(number));
        Restore(table, "x@p2.example/r", partner: "p2.example");
        Restore(table, "y@p3.example/r", partner: "p3.example");

        Assert.Equal(3, table.Count);
        Assert.Equal(["-" + Name(2), "-y@p3.example/r"], Write(table));
    }

    // Whatever happens, and however often the journal fails: in the end it holds what the table holds, and never more waits than both together.
    [Fact]
    public void Events_AtRandom_TheJournalFollowsTheTable()
    {
        var table = new PresenceTable(new PresenceLimits(PerPartner: 8, Total: 12), time, new Random(1), journalled: true);
        var journal = new HashSet<string>(StringComparer.Ordinal);
        var random = new Random(7711);
        var unsent = new List<ShownPresence>();
        for (var step = 0; step < 20_000; step++)
        {
            time.Advance(TimeSpan.FromMinutes(random.Next(20)));
            var side = random.Next(2) == 0 ? PresenceSide.Inward : PresenceSide.Outward;
            var partner = random.Next(2) == 0 ? "p1.example" : "p2.example";
            var remote = string.Create(CultureInfo.InvariantCulture, $"c{random.Next(12)}@{partner}/r");
            switch (random.Next(7))
            {
                case 0 or 1:
                    Show(table, remote, side, partner);
                    break;
                case 2:
                    Hide(table, remote, side);
                    break;
                case 3:
                    table.LeaveWhere(partner, _ => random.Next(4) == 0);
                    break;
                case 4:
                    unsent.AddRange(table.ToLeave(Interval, random.Next(1, 4)));
                    break;
                case 5:
                    unsent.ForEach(table.Return);
                    unsent.Clear();
                    break;
                default:
                    var batch = table.Oldest(random.Next(1, 5));
                    if (random.Next(2) == 0)
                        Apply(table, batch, journal);
                    break;
            }

            Assert.InRange(table.Pending, 0, 12 + journal.Count + (2 * 4)); // shown, written, and both ways for the batch under way
        }

        while (table.Oldest(100) is { Count: > 0 } rest)
            Apply(table, rest, journal);
        var leaving = table.ToLeave(TimeSpan.MaxValue, 100);
        leaving.ForEach(table.Return);
        Assert.Equal(table.All(partner: null).Concat(leaving).Select(Key).Order(StringComparer.Ordinal), journal.Order(StringComparer.Ordinal));
    }

    private static void Apply(PresenceTable table, IReadOnlyList<PresenceChange> batch, HashSet<string> journal)
    {
        foreach (var (presence, shown) in batch)
        {
            var key = $"{presence.Outward} {presence.Local} {presence.Remote}";
            Assert.True(shown ? journal.Add(key) : journal.Remove(key), key);
        }

        table.Written(batch.Count);
    }

    private static string Key(ShownPresence shown) => $"{shown.Side == PresenceSide.Outward} {shown.Addresses.Local} {shown.Addresses.Remote}";

    private static List<string> Write(PresenceTable table)
    {
        var batch = table.Oldest(1_000);
        table.Written(batch.Count);
        return [.. batch.Select(change => (change.Shown ? "+" : "-") + change.Presence.Remote)];
    }

    private PresenceTable Table() => new(new PresenceLimits(), time, new Random(1), journalled: true);

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"c{number}@p1.example/r");

    private static string Contact(ShownPresence shown) => Encoding.UTF8.GetString(shown.Contact);

    private static void Restore(PresenceTable table, string remote, PresenceSide side = PresenceSide.Inward, bool ask = true, string partner = Partner)
        => table.Restore(side, new AddressPairKey(new AddressPair(Encoding.UTF8.GetBytes(User), Encoding.UTF8.GetBytes(remote))), partner, ask);

    private static void Show(PresenceTable table, string remote, PresenceSide side = PresenceSide.Inward, string partner = Partner)
        => table.Show(side, new AddressPair(Encoding.UTF8.GetBytes(User), Encoding.UTF8.GetBytes(remote)), partner);

    private static void Hide(PresenceTable table, string remote, PresenceSide side = PresenceSide.Inward)
        => table.Hide(side, new AddressPair(Encoding.UTF8.GetBytes(User), Encoding.UTF8.GetBytes(remote)));
}
