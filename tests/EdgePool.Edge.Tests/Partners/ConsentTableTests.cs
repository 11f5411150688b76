using System.Globalization;
using System.Text;
using EdgePool.Cluster.Consents;
using EdgePool.Edge.Partners;
using EdgePool.Testing.Time;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

/// <summary>POLICY.md section 4: consents in memory, their limits, and what waits for the journal.</summary>
public sealed class ConsentTableTests
{
    private const string Partner = "public.example";
    private readonly VirtualTimeProvider time = new();
    private int changes;

    [Fact]
    public void Consent_GivenAndRevoked_StandsInBetween()
    {
        var table = Table();
        Assert.False(Has(table, "b@edge.example", "a@public.example"));

        Assert.Equal(ConsentGift.Given, Give(table, "b@edge.example", "a@public.example"));
        Assert.Equal(ConsentGift.Known, Give(table, "b@edge.example", "a@public.example"));
        Assert.True(Has(table, "b@edge.example", "a@public.example"));
        Assert.False(Has(table, "a@public.example", "b@edge.example"));
        Assert.False(Has(table, "b@edge.examplea", "@public.example"));
        Assert.Equal((1, 1), (table.Count, changes));

        Assert.True(Revoke(table, "b@edge.example", "a@public.example"));
        Assert.False(Revoke(table, "b@edge.example", "a@public.example"));
        Assert.False(Has(table, "b@edge.example", "a@public.example"));
        Assert.Equal((0, 2), (table.Count, changes));
    }

    [Fact]
    public void Changes_UntilWritten_WaitInTheirOrder()
    {
        var table = Table();
        Give(table, "b@edge.example", "ä@public.example");
        Revoke(table, "b@edge.example", "ä@public.example");
        Give(table, "b@edge.example", "ä@public.example");

        ConsentChange[] expected =
        [
            new ConsentChange.Given(new Consent("b@edge.example", "ä@public.example", Partner, time.GetUtcNow())),
            new ConsentChange.Revoked("b@edge.example", "ä@public.example", time.GetUtcNow()),
            new ConsentChange.Given(new Consent("b@edge.example", "ä@public.example", Partner, time.GetUtcNow().AddMilliseconds(1))), // later than what it follows, in one moment
        ];
        Assert.Equal(expected[..2], table.Oldest(2));
        Assert.Equal(expected, table.Oldest(10));
        table.Written(2);
        Assert.Equal(expected[2..], table.Oldest(10));
        Assert.Equal(1, table.Pending);
    }

    [Fact]
    public void Consents_AtAPartnersLimit_AreFullForItAlone()
    {
        var table = Table(new ConsentLimits(PerPartner: 2, Total: 10));
        Give(table, "b@edge.example", "a1@public.example");
        Give(table, "b@edge.example", "a2@public.example");

        Assert.Equal(ConsentGift.Full, Give(table, "b@edge.example", "a3@public.example"));
        Assert.Equal(ConsentGift.Known, Give(table, "b@edge.example", "a2@public.example"));
        Assert.Equal(ConsentGift.Given, Give(table, "b@edge.example", "a@other.example", "other.example"));
        Assert.False(Has(table, "b@edge.example", "a3@public.example"));
        Assert.Equal(3, table.Pending);

        Revoke(table, "b@edge.example", "a1@public.example");
        Assert.Equal(ConsentGift.Given, Give(table, "b@edge.example", "a3@public.example"));
    }

    [Fact]
    public void Consents_AtTheLimitOfAll_AreFull()
    {
        var table = Table(new ConsentLimits(PerPartner: 10, Total: 2));
        Give(table, "b@edge.example", "a@public.example");
        Give(table, "b@edge.example", "a@other.example", "other.example");

        Assert.Equal(ConsentGift.Full, Give(table, "b@edge.example", "a@third.example", "third.example"));
        Assert.Equal(2, table.Count);
    }

    // A journal that takes nothing: new consents stop, revocations never.
    [Fact]
    public void Consents_WithTooManyChangesWaiting_AreFullButRevocable()
    {
        var table = Table(new ConsentLimits(Pending: 2));
        Give(table, "b@edge.example", "a1@public.example");
        Give(table, "b@edge.example", "a2@public.example");

        Assert.Equal(ConsentGift.Full, Give(table, "b@edge.example", "a3@public.example"));
        Assert.True(Revoke(table, "b@edge.example", "a1@public.example"));
        Assert.Equal(3, table.Pending);

        table.Written(2);
        Assert.Equal(ConsentGift.Given, Give(table, "b@edge.example", "a3@public.example"));
    }

    [Fact]
    public void List_InPages_GivesEveryOneOnceInOrder()
    {
        var table = Table();
        var all = new List<(string, string)>();
        for (var user = 0; user < 7; user++)
        {
            for (var contact = 0; contact < 9; contact++)
            {
                var pair = (string.Create(CultureInfo.InvariantCulture, $"u{user}@edge.example"), string.Create(CultureInfo.InvariantCulture, $"c{contact}@public.example"));
                all.Add(pair);
                Give(table, pair.Item1, pair.Item2);
                Give(table, pair.Item1, pair.Item2.Replace("public", "other", StringComparison.Ordinal), "other.example");
            }
        }

        Assert.Equal(all, Pages(table, Partner, 10));
        Assert.Equal(all, Pages(table, Partner, 63));
        Assert.Equal(126, Pages(table, partner: null, 50).Count);
        Assert.Empty(Pages(table, "nobody.example", 5));
    }

    // What is given and revoked between two pages neither hides nor doubles what stands all the time.
    [Fact]
    public void List_WhileItChanges_GivesWhatStandsOnceInOrder()
    {
        var table = Table();
        var random = new Random(4);
        string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"u{number:D4}@edge.example");
        for (var number = 0; number < 1_000; number += 2)
            Give(table, Name(number), "c@public.example", number % 4 == 0 ? Partner : "other.example");
        foreach (var partner in (string?[])[null, Partner])
        {
            var seen = new List<string>();
            (string, string)? last = null;
            while (true)
            {
                var page = table.List(partner, last, 7);
                seen.AddRange(page.Consents.Select(c => c.Local));
                for (var change = 0; change < 10; change++)
                {
                    var odd = Name((2 * random.Next(500)) + 1);
                    if (!table.Revoke(Encoding.UTF8.GetBytes(odd), "c@public.example"u8))
                        Give(table, odd, "c@public.example");
                }

                if (!page.More)
                    break;
                last = (page.Consents[^1].Local, page.Consents[^1].Remote);
            }

            Assert.Equal(seen.Order(StringComparer.Ordinal).Distinct(), seen);
            var standing = Enumerable.Range(0, 500).Where(n => partner is null || n % 2 == 0).Select(n => Name(2 * n));
            Assert.Equal(standing, seen.Where(name => (name[4] - '0') % 2 == 0));
        }
    }

    [Fact]
    public async Task Load_MoreThanTheLimit_TakesTheFirstAndSaysSo()
    {
        var journal = new FakeJournal();
        for (var contact = 0; contact < 3; contact++)
            journal.Standing.Add(new Consent("b@edge.example", string.Create(CultureInfo.InvariantCulture, $"c{contact}@public.example"), Partner, time.GetUtcNow()));

        var table = Table(new ConsentLimits(PerPartner: 2));
        Assert.False(await table.LoadAsync(journal, TestContext.Current.CancellationToken));
        Assert.Equal((2, 0, 0), (table.Count, table.Pending, changes));
        Assert.True(Has(table, "b@edge.example", "c1@public.example"));

        Assert.True(await Table().LoadAsync(journal, TestContext.Current.CancellationToken));
    }

    // DESIGN.md section 5, 3: a question costs no memory.
    [Fact]
    public void Has_OnTheStanzaPath_AllocatesNothing()
    {
        var table = Table();
        Give(table, "b@edge.example", "a@public.example");
        Ask(table);

        Assert.Equal(0, Enumerable.Range(0, 10).Min(_ => Ask(table)));
    }

    // Sources on several threads: what stands is what the last change of each pair said, and the journal hears the same.
    [Fact]
    public async Task Changes_FromSeveralThreads_AreOneOrder()
    {
        var table = Table(new ConsentLimits(Pending: 1_000_000));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(
            () =>
            {
                var random = new Random(seed);
                for (var step = 0; step < 20_000; step++)
                {
                    var contact = string.Create(CultureInfo.InvariantCulture, $"c{random.Next(20)}@public.example");
                    if (random.Next(2) == 0)
                        Give(table, "b@edge.example", contact);
                    else
                        Revoke(table, "b@edge.example", contact);
                }
            },
            TestContext.Current.CancellationToken)));

        var journal = new FakeJournal();
        await journal.AppendAsync(table.Oldest(int.MaxValue), TestContext.Current.CancellationToken);
        Assert.Equal(table.Count, journal.Standing.Count);
        Assert.Equal(table.List(null, after: null, 100).Consents.Select(c => c.Remote), journal.Standing.Select(c => c.Remote).Order(StringComparer.Ordinal));
    }

    private static long Ask(ConsentTable table)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 1_000; round++)
        {
            if (!table.Has("b@edge.example"u8, "a@public.example"u8) || table.Has("b@edge.example"u8, "c@public.example"u8))
                throw new InvalidOperationException("a wrong answer");
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static List<(string Local, string Remote)> Pages(ConsentTable table, string? partner, int length)
    {
        var all = new List<(string Local, string Remote)>();
        while (true)
        {
            var page = table.List(partner, all.Count == 0 ? null : all[^1], length);
            Assert.InRange(page.Consents.Count, 0, length);
            all.AddRange(page.Consents.Select(c => (c.Local, c.Remote)));
            if (!page.More)
                return all;
        }
    }

    private ConsentTable Table(ConsentLimits? limits = null) => new(limits ?? new ConsentLimits(), time) { Changed = () => Interlocked.Increment(ref changes) };

    private static bool Has(ConsentTable table, string local, string remote) => table.Has(Encoding.UTF8.GetBytes(local), Encoding.UTF8.GetBytes(remote));

    private static ConsentGift Give(ConsentTable table, string local, string remote, string partner = Partner)
        => table.Give(Encoding.UTF8.GetBytes(local), Encoding.UTF8.GetBytes(remote), partner);

    private static bool Revoke(ConsentTable table, string local, string remote) => table.Revoke(Encoding.UTF8.GetBytes(local), Encoding.UTF8.GetBytes(remote));
}
