using System.Globalization;
using System.Text;
using EdgePool.Edge.Partners;
using EdgePool.Testing.Time;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

/// <summary>Who is shown to whom, for how long, and how many are remembered.</summary>
public sealed class PresenceTableTests
{
    private const string User = "b@edge.example";
    private static readonly TimeSpan Interval = TimeSpan.FromHours(8);
    private readonly VirtualTimeProvider time = new();

    [Fact]
    public void Contact_NotHeardOf_IsAskedForOnceAndLapses()
    {
        var table = Table();
        Show(table, "a@p1.example/r");

        time.Advance(Interval * 0.59);
        Assert.Empty(table.ToAsk(Interval, 10));
        time.Advance(Interval * 0.32);
        Assert.Equal("a@p1.example/r", Contact(Assert.Single(table.ToAsk(Interval, 10))));
        Assert.Empty(table.ToAsk(Interval, 10));

        time.Advance((Interval * 0.09) - TimeSpan.FromMilliseconds(1));
        Assert.Empty(table.ToLeave(Interval, 10));
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("a@p1.example/r", Contact(Assert.Single(table.ToLeave(Interval, 10))));
        Assert.Equal(0, table.Count);
        Assert.Empty(table.ToLeave(Interval, 10));
    }

    // Jitter: contacts that came together are not asked for together.
    [Fact]
    public void Contacts_ShownTogether_AreAskedForOneAfterTheOther()
    {
        var table = Table();
        for (var number = 0; number < 1_000; number++)
            Show(table, Name(number));
        var slices = new List<int>();
        time.Advance(Interval * 0.6);
        for (var slice = 0; slice < 30; slice++)
        {
            time.Advance(Interval * 0.01);
            slices.Add(table.ToAsk(Interval, 10_000).Count);
        }

        Assert.Equal(1_000, slices.Sum());
        Assert.All(slices, s => Assert.InRange(s, 10, 70));
    }

    [Fact]
    public void Contact_HeardOfAgain_IsAsNew()
    {
        var table = Table();
        Show(table, "a@p1.example/r");
        Show(table, "b@p1.example/r");
        time.Advance(Interval * 0.95);
        Assert.Equal(2, table.ToAsk(Interval, 10).Count);

        Show(table, "a@p1.example/r");
        time.Advance(Interval * 0.1);

        Assert.Equal("b@p1.example/r", Contact(Assert.Single(table.ToLeave(Interval, 10))));
        time.Advance(Interval * 0.8);
        Assert.Single(table.ToAsk(Interval, 10));
    }

    [Fact]
    public void Contact_GoneByItself_IsForgotten()
    {
        var table = Table();
        Show(table, "a@p1.example/r");
        Hide(table, "a@p1.example/other");
        Assert.Equal(1, table.Count);

        Hide(table, "a@p1.example/r");

        Assert.Equal(0, table.Count);
        time.Advance(Interval * 2);
        Assert.Empty(table.ToLeave(Interval, 10));
    }

    // Our own users' back end is watched: their presence is neither asked for nor does it lapse.
    [Fact]
    public void OwnUser_ShownToAPartner_StaysAsLongAsItIsNotTakenBack()
    {
        var table = Table();
        Show(table, "a@p1.example", side: PresenceSide.Outward);
        time.Advance(Interval * 10);

        Assert.Empty(table.ToAsk(Interval, 10));
        Assert.Empty(table.ToLeave(Interval, 10));
        table.LeaveWhere("p1.example", _ => true);
        var shown = Assert.Single(table.ToLeave(Interval, 10));
        Assert.Equal((User, "a@p1.example"), (Contact(shown), Encoding.UTF8.GetString(shown.Viewer)));
    }

    [Fact]
    public void LeavingContact_ShownAgain_Stays()
    {
        var table = Table();
        Show(table, "a@p1.example/r");
        table.LeaveWhere(partner: null, _ => true);
        Show(table, "a@p1.example/r");

        Assert.Empty(table.ToLeave(Interval, 10));
        Assert.Equal(1, table.Count);
        time.Advance(Interval);
        Assert.Single(table.ToLeave(Interval, 10));
    }

    [Fact]
    public void Farewell_ThatNobodyTakes_IsTriedForAMinute()
    {
        var table = Table();
        Show(table, "a@p1.example/r");
        table.Leave(PresenceSide.Inward, new AddressPair(Encoding.UTF8.GetBytes(User), "a@p1.example/r"u8));
        for (var attempt = 1; attempt <= PresenceTable.MostFarewells; attempt++)
            table.Return(Assert.Single(table.ToLeave(Interval, 10)));

        Assert.Empty(table.ToLeave(Interval, 10));
        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void Farewell_ThatCameTooLate_IsForgotten()
    {
        var table = Table();
        Show(table, "a@p1.example/r");
        table.LeaveWhere(partner: null, _ => true);
        var unsent = Assert.Single(table.ToLeave(Interval, 10));
        Show(table, "a@p1.example/r");

        table.Return(unsent);

        Assert.Empty(table.ToLeave(Interval, 10));
        Assert.Equal(1, table.Count);
    }

    [Fact]
    public void Contacts_AtAPartnersLimit_TheLongestQuietGoes()
    {
        var table = Table(new PresenceLimits(PerPartner: 3, Total: 100));
        for (var number = 0; number < 3; number++)
        {
            Assert.Null(Show(table, Name(number)));
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Show(table, Name(0));
        Assert.Null(Show(table, "a@p2.example/r", "p2.example"));

        Assert.Equal(Name(1), Contact(Show(table, Name(3))!));
        Assert.Equal(4, table.Count);
        Assert.Null(Show(table, Name(0)));
    }

    [Fact]
    public void Contacts_AtTheLimitOfAll_TheLongestQuietGoes()
    {
        var table = Table(new PresenceLimits(PerPartner: 100, Total: 3));
        Show(table, "a@p2.example", "p2.example", PresenceSide.Outward);
        time.Advance(TimeSpan.FromSeconds(1));
        Show(table, Name(1));
        Show(table, Name(2));

        Assert.Equal(User, Contact(Show(table, Name(3))!));
        Assert.Equal(Name(1), Contact(Show(table, Name(4))!));
        table.LeaveWhere(partner: null, shown => Contact(shown) == Name(4));
        Assert.Equal(Name(4), Contact(Show(table, Name(5))!));
        Assert.Equal(3, table.Count);
    }

    // A presence of a known contact costs no memory.
    [Fact]
    public void KnownContact_SeenAgain_AllocatesNothing()
    {
        var table = Table();
        Show(table, Name(1));
        Show(table, "a@p1.example/r");
        Assert.Equal(0, Enumerable.Range(0, 10).Min(_ => Refresh(table)));
    }

    // Any order of events leaves a table whose lists agree.
    [Fact]
    public void Events_AtRandom_LeaveNothingBehind()
    {
        var table = Table(new PresenceLimits(PerPartner: 8, Total: 12));
        var random = new Random(3921);
        var unsent = new List<ShownPresence>();
        for (var step = 0; step < 20_000; step++)
        {
            time.Advance(TimeSpan.FromMinutes(random.Next(20)));
            var side = random.Next(2) == 0 ? PresenceSide.Inward : PresenceSide.Outward;
            var partner = random.Next(2) == 0 ? "p1.example" : "p2.example";
            var remote = string.Create(CultureInfo.InvariantCulture, $"c{random.Next(12)}@{partner}/r");
            switch (random.Next(6))
            {
                case 0 or 1:
                    Show(table, remote, partner, side);
                    break;
                case 2:
                    Hide(table, remote, side);
                    break;
                case 3:
                    table.LeaveWhere(random.Next(2) == 0 ? partner : null, _ => random.Next(4) == 0);
                    break;
                case 4:
                    unsent.AddRange(table.ToLeave(Interval, random.Next(1, 4)));
                    break;
                default:
                    unsent.ForEach(table.Return);
                    unsent.Clear();
                    table.ToAsk(Interval, 3);
                    break;
            }

            Assert.InRange(table.Count, 0, 12);
        }

        table.LeaveWhere(partner: null, _ => true);
        while (table.ToLeave(Interval, 100).Count > 0)
        {
            // until all are gone
        }

        Assert.Equal(0, table.Count);
        Assert.Empty(table.All(partner: null));
    }

    // RFC 6121 section 4.3.2: for a contact that has no resource any more its server says so by the bare address.
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Contact_UnavailableFromItsBareAddress_GoesWithAllItsResources(bool outward, bool refused)
    {
        var table = Table();
        var side = outward ? PresenceSide.Outward : PresenceSide.Inward;
        foreach (var contact in (string[])["a@p1.example/1", "b@p1.example/1", "a@p1.example/2", "ab@p1.example/1", "a@p1.example", "a@p1.example/3"])
            ShowEither(contact, User);
        ShowEither("a@p1.example/1", "c@edge.example");
        HideEither("a@p1.example/2");

        if (refused)
            table.LeaveAll(side, Pair("a@p1.example", User));
        else
            table.HideAll(side, Pair("a@p1.example", User));

        Assert.Equal(["b@p1.example/1", "ab@p1.example/1", "a@p1.example/1"], table.All(partner: null).Select(Contact));
        Assert.Equal(refused ? 3 : 0, table.ToLeave(Interval, 100).Count);
        Assert.Equal(3, table.Count);
        ShowEither("a@p1.example/1", User);
        Assert.Equal(4, table.Count);

        AddressPair Pair(string contact, string viewer)
            => outward ? new AddressPair(Encoding.UTF8.GetBytes(contact), Encoding.UTF8.GetBytes(viewer)) : new AddressPair(Encoding.UTF8.GetBytes(viewer), Encoding.UTF8.GetBytes(contact));
        void ShowEither(string contact, string viewer) => table.Show(side, Pair(contact, viewer), "p1.example");
        void HideEither(string contact) => table.Hide(side, Pair(contact, User));
    }

    // Resources that come and go in any order: by their bare address exactly those are found that are shown.
    [Fact]
    public void Contacts_InAnyOrder_AreFoundByTheirBareAddress()
    {
        var random = new Random(20261121);
        var table = Table(new PresenceLimits(PerPartner: 20));
        for (var round = 0; round < 5_000; round++)
        {
            var contact = $"{(char)('a' + random.Next(3))}@p1.example";
            switch (random.Next(8))
            {
                case 0:
                    table.HideAll(PresenceSide.Inward, new AddressPair(Encoding.UTF8.GetBytes(User), Encoding.UTF8.GetBytes(contact)));
                    Assert.DoesNotContain(table.All(partner: null), shown => Contact(shown).StartsWith(contact, StringComparison.Ordinal));
                    break;
                case 1 or 2:
                    Hide(table, $"{contact}/{random.Next(10)}");
                    break;
                default:
                    Show(table, $"{contact}/{random.Next(10)}");
                    break;
            }
        }
    }

    private static long Refresh(PresenceTable table)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 1_000; round++)
            table.Show(PresenceSide.Inward, new AddressPair("b@edge.example"u8, "a@p1.example/r"u8), "p1.example");
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private PresenceTable Table(PresenceLimits? limits = null) => new(limits ?? new PresenceLimits(), time, new Random(1));

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"c{number}@p1.example/r");

    private static string Contact(ShownPresence shown) => Encoding.UTF8.GetString(shown.Contact);

    private static ShownPresence? Show(PresenceTable table, string remote, string partner = "p1.example", PresenceSide side = PresenceSide.Inward)
        => table.Show(side, new AddressPair(Encoding.UTF8.GetBytes(User), Encoding.UTF8.GetBytes(remote)), partner);

    private static void Hide(PresenceTable table, string remote, PresenceSide side = PresenceSide.Inward)
        => table.Hide(side, new AddressPair(Encoding.UTF8.GetBytes(User), Encoding.UTF8.GetBytes(remote)));
}
