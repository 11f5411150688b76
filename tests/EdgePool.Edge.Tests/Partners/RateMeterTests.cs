using EdgePool.Edge.Partners;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Testing.Time;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

public sealed class RateMeterTests
{
    private static readonly TimeSpan Stanza = TimeSpan.FromMilliseconds(10);
    private readonly VirtualTimeProvider time = new();

    // POL-18: 100 a second, burst 200.
    [Fact]
    public void Take_POL18_BurstPassesAndThenEachStanzaWaitsItsTurn()
    {
        var meter = new RateMeter(new Rate(null, 0, 100, 200), time);
        for (var i = 1; i < 200; i++)
            Assert.Equal(TimeSpan.Zero, meter.Take(1, 1_000));

        Assert.Equal(Stanza, meter.Take(1, 1_000));
        time.Advance(Stanza - TimeSpan.FromTicks(1));
        Assert.Equal(TimeSpan.FromTicks(1), meter.Wait());
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(TimeSpan.Zero, meter.Wait());
        Assert.Equal(Stanza, meter.Take(1, 1_000));
        Assert.False(meter.IsFull);

        time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(meter.IsFull);
        time.Advance(TimeSpan.FromHours(1)); // no more than the burst is saved
        Assert.Equal(Stanza, meter.Take(200, 1_000));
    }

    [Fact]
    public void Take_BytesBeyondTheBucket_PassAndTheDebtIsPaid()
    {
        var meter = new RateMeter(new Rate(1_000, 2_000, null, 0), time);

        Assert.Equal(TimeSpan.FromMilliseconds(8_001), meter.Take(1, 10_000));
        time.Advance(TimeSpan.FromMilliseconds(8_001));
        Assert.Equal(TimeSpan.Zero, meter.Wait());
    }

    [Fact]
    public void Take_Both_TheSlowerCounts()
    {
        var meter = new RateMeter(new Rate(1_000, 1_000, 100, 100), time);

        Assert.Equal(TimeSpan.FromMilliseconds(1), meter.Take(1, 1_000));
        Assert.Equal(TimeSpan.FromMilliseconds(20), meter.Take(100, 0));
    }

    [Fact]
    public void Take_GreatRates_AreExact()
    {
        var meter = new RateMeter(new Rate(int.MaxValue, int.MaxValue, 3, 3), time);

        Assert.InRange(meter.Take(3, 1_000_000).Ticks, 3_333_333, 3_333_335);
    }

    [Fact]
    public async Task Take_ManyThreads_LosesNothing()
    {
        var meter = new RateMeter(new Rate(null, 0, 1_000, 1_000), time);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 5_000; i++)
                meter.Take(1, 1);
        })));

        Assert.Equal(TimeSpan.FromMilliseconds(19_001), meter.Wait());
    }

    [Fact]
    public void Table_UnrelatedChange_KeepsTheMeter_AnotherRate_BeginsAnew()
    {
        var table = new RateTable(time);
        var meter = table.Find(Policy(100), "p1.example"u8, Direction.FromPartner)!;

        Assert.Same(meter, table.Find(Policy(100), "p1.example"u8, Direction.FromPartner));
        Assert.Same(meter, table.Find(Policy(100), "more.example"u8, Direction.FromPartner));
        Assert.NotSame(meter, table.Find(Policy(100), "p1.example"u8, Direction.ToPartner));
        Assert.NotSame(meter, table.Find(Policy(101), "p1.example"u8, Direction.FromPartner));
        Assert.Null(table.Find(Policy(100), "p2.example"u8, Direction.FromPartner));
    }

    // Strangers' domains under an open federation.
    [Fact]
    public void Table_MoreThanItKeeps_ForgetsThoseThatSayNothing()
    {
        var table = new RateTable(time);
        var policy = Policy(100, domain: "*");
        var busy = table.Find(policy, "busy.example"u8, Direction.FromPartner)!;
        busy.Take(200, 1);
        for (var i = 1; i < RateTable.Tidy; i++)
            table.Find(policy, System.Text.Encoding.ASCII.GetBytes($"d{i}.example"), Direction.FromPartner);
        Assert.Equal(RateTable.Tidy, table.Count);

        table.Find(policy, "last.example"u8, Direction.FromPartner);

        Assert.Equal(1, table.Count);
        Assert.Same(busy, table.Find(policy, "busy.example"u8, Direction.FromPartner));
    }

    private static PolicySnapshot Policy(int stanzasPerSecond, string domain = "p1.example")
    {
        var more = domain == "*" ? "" : "\"additionalDomains\": [\"more.example\"], ";
        var compiled = PolicyCompiler.Compile(
            [
                new(EdgePool.Policy.Documents.DocumentKinds.Partner, domain, 1, $"{{{more}\"rate\": {{\"stanzasPerSecond\": {stanzasPerSecond}}}}}"),
                new(EdgePool.Policy.Documents.DocumentKinds.Partner, "p2.example", 1, "{}"),
            ],
            2,
            []);
        return compiled.Snapshot ?? throw new InvalidOperationException(string.Join('\n', compiled.Problems));
    }
}
