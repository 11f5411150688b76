using System.Diagnostics;
using EdgePool.Interop.Tests.Faults;

namespace EdgePool.Interop.Tests.Sites;

/// <summary>
/// What the failure of a site costs under load, with partners that know nothing of it but our SRV records: 500 messages a second each way with each of them. The environment
/// variables are those of <see cref="FaultTableTests"/>.
/// </summary>
[Collection(nameof(MachineOfItsOwn))]
[Trait("run", "alone")]
public sealed class SiteTableTests(TwoSites sites, FaultTable table, ITestOutputHelper output) : IClassFixture<TwoSites>, IClassFixture<FaultTable>
{
    private const int Rate = 500;
    private const int UnderWay = 2;

    /// <summary>What a supervisor allows a process that says nothing, before it kills it. Without one, neither partner had given its streams up after 170 s.</summary>
    private static readonly TimeSpan Watchdog = TimeSpan.FromSeconds(20);

    /// <summary>Longer than a lease stands.</summary>
    private static readonly TimeSpan BeyondALease = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // The drained one first: from then on B's nodes have carried traffic, as those of a site in use have, and their code is compiled.
    private static readonly Scenario[] Scenarios =
    [
        new("A drained (SIGTERM)", static tests => tests.DrainedAsync),
        new("A killed (kill -9, both nodes at once)", static tests => tests.KilledAsync) { Takeover = TimeSpan.FromSeconds(2) },
        new("A stopped (SIGSTOP), and killed after 20 s", static tests => tests.StoppedAsync),
        new("A cut off from B and etcd", static tests => tests.CutFromBAndEtcdAsync),
        new("A cut off from its back ends", static tests => tests.CutFromInsideAsync) { CutsComponents = true },
        new("A cut off from the partners", static tests => tests.CutFromPartnersAsync),
        new("A restored, and B's nodes restarted in order", static tests => tests.RestoredAsync) { AwayBefore = true },
    ];

    public static TheoryData<string> Faults => [.. FaultTable.Wanted(Scenarios.Select(static scenario => scenario.Name))];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task SiteFault_UnderLoad_TheOtherSiteTakesOverAndNothingIsLostInSilence(string fault)
    {
        var scenario = Array.Find(Scenarios, one => one.Name == fault)!;
        await sites.WholeAsync();
        sites.EndAllAtB();
        await using var traffic = new SiteTraffic(sites, Rate);
        await traffic.StartAsync();
        if (scenario.AwayBefore)
            await DrainedAsync(traffic);
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken); // the load itself

        traffic.Measure();
        var since = Stopwatch.GetTimestamp();
        var sent = traffic.Flows.Select(static flow => flow.Fates.Sent).ToArray();
        var back = await scenario.Run(this)(traffic);
        await traffic.FlowsAsync(Stopwatch.GetTimestamp());
        var (silences, takeovers) = Times(traffic, since);
        await traffic.SettleAsync(scenario.IsBare);
        await sites.WholeAsync();
        await sites.BalancesAsync();
        await traffic.StandStillAsync();

        var row = new SiteRow(fault, silences, takeovers, Sum(traffic, flow => !scenario.IsBare(flow)), Sum(traffic, scenario.IsBare), back);
        table.Add(SiteRow.Head, row.ToString());
        output.WriteLine(SiteRow.Head);
        output.WriteLine(row.ToString());
        output.WriteLine(traffic.ToString());
        Assert.Equal((0, 0), (row.Count.Lost, row.Count.Doubled + row.Bare.Doubled));
        Assert.All(takeovers, took => Assert.True(!(took > scenario.Takeover), $"taken over {took} after the partner's call"));

        // What is missing was under way when it happened, and not before: a stream's buffers, and what the load delays.
        Assert.All(traffic.Flows.Zip(sent), static flow => Assert.All(flow.First.Fates.Missing(), number => Assert.InRange(number, flow.Second - UnderWay * Rate, int.MaxValue)));
    }

    private async Task<TimeSpan?> KilledAsync(SiteTraffic traffic)
    {
        await TwoSites.EachAsync(SiteNames.A, sites.KillAsync);
        await traffic.FlowsAsync(Stopwatch.GetTimestamp());
        return null;
    }

    private async Task<TimeSpan?> StoppedAsync(SiteTraffic traffic)
    {
        foreach (var node in SiteNames.A)
            sites.Pause(node);
        await Task.Delay(Watchdog);
        return await KilledAsync(traffic);
    }

    private async Task<TimeSpan?> DrainedAsync(SiteTraffic traffic)
    {
        await TwoSites.EachAsync(SiteNames.A, sites.StopAsync);
        await traffic.FlowsAsync(Stopwatch.GetTimestamp());
        return null;
    }

    private async Task<TimeSpan?> RestoredAsync(SiteTraffic traffic)
    {
        var since = Stopwatch.GetTimestamp();
        await sites.WholeAsync();
        foreach (var node in SiteNames.B) // partners stay where they are until their streams end
        {
            await sites.StopAsync(node);
            await sites.RunNodeAsync(node);
        }

        await UntilAtAAsync();
        return Stopwatch.GetElapsedTime(since);
    }

    private async Task<TimeSpan?> CutFromBAndEtcdAsync(SiteTraffic traffic)
    {
        Interrupt([.. sites.Lines.B, .. sites.Lines.Etcd]);
        await Task.Delay(BeyondALease);
        await sites.WholeAsync();
        return null;
    }

    private Task<TimeSpan?> CutFromInsideAsync(SiteTraffic traffic) => CutAsync(traffic, sites.Lines.Inside);

    private Task<TimeSpan?> CutFromPartnersAsync(SiteTraffic traffic) => CutAsync(traffic, sites.Lines.Partners);

    private async Task<TimeSpan?> CutAsync(SiteTraffic traffic, IReadOnlyList<CutProxy> lines)
    {
        Interrupt(lines);
        await Task.Delay(TimeSpan.FromSeconds(1));
        await traffic.FlowsAsync(Stopwatch.GetTimestamp());
        await sites.WholeAsync();
        return null;
    }

    private static void Interrupt(IReadOnlyList<CutProxy> lines)
    {
        foreach (var line in lines)
            line.Interrupt();
    }

    private async Task UntilAtAAsync()
    {
        var since = Stopwatch.GetTimestamp();
        while (await ShareOfAAsync() is var share && share < 0.99)
            Assert.True(Stopwatch.GetElapsedTime(since) < Patience, $"A carries {share:P0}");
    }

    /// <summary>How much of the stanzas of half a second site A takes.</summary>
    private async Task<double> ShareOfAAsync()
    {
        var before = await AcceptedAsync();
        await Task.Delay(TimeSpan.FromSeconds(0.5));
        var after = await AcceptedAsync();
        var (a, b) = (after.A - before.A, after.B - before.B);
        return a / (double)Math.Max(1, a + b);
    }

    private async Task<(long A, long B)> AcceptedAsync()
    {
        async Task<long> Of(IReadOnlyList<int> site) => (await Task.WhenAll(site.Select(sites.StatusAsync))).Sum(static status => status.Ledger.Accepted);
        return (await Of(SiteNames.A), await Of(SiteNames.B));
    }

    private (IReadOnlyList<TimeSpan> Silences, IReadOnlyList<TimeSpan?> Takeovers) Times(SiteTraffic traffic, long since)
    {
        var told = traffic.Flows.Select(static flow => (Flow: flow, Silence: flow.Fates.Silence())).ToList();
        foreach (var (flow, (longest, ended)) in told)
            output.WriteLine($"{flow.Fates.Name}: {longest.TotalSeconds:0.00} s, until {Stopwatch.GetElapsedTime(since, ended).TotalSeconds:0.00} s");
        var silences = SiteNames.Partners.SelectMany(partner => new[] { true, false }.Select(inwards =>
            told.Where(one => (one.Flow.Partner, one.Flow.Inwards) == (partner, inwards)).Max(static one => one.Silence.Longest)));
        var takeovers = SiteNames.Partners.Select(partner => told.Where(one => one.Flow.Inwards && one.Flow.Partner == partner)
            .Max(one => sites.Lines.FirstCall(one.Flow.From, since) is { } call && call < one.Silence.Ended ? Stopwatch.GetElapsedTime(call, one.Silence.Ended) : (TimeSpan?)null));
        return ([.. silences], [.. takeovers]);
    }

    private static FateCount Sum(SiteTraffic traffic, Func<SiteFlow, bool> which)
    {
        var sum = new FateCount();
        foreach (var flow in traffic.Flows.Where(which))
            sum.Add(flow.Fates.Count());
        return sum;
    }

    private sealed record Scenario(string Name, Func<SiteTableTests, Func<SiteTraffic, Task<TimeSpan?>>> Run)
    {
        /// <summary>Site A does not run when it begins.</summary>
        public bool AwayBefore { get; init; }

        /// <summary>The longest that may lie between a partner's call and its messages.</summary>
        public TimeSpan Takeover { get; init; } = TimeSpan.MaxValue;

        /// <summary>Connections with components break without a word.</summary>
        public bool CutsComponents { get; init; }

        /// <summary>Nobody acknowledges all of its messages: with ejabberd, or to a component whose connection breaks without a word. What is in flight then is gone.</summary>
        public bool IsBare(SiteFlow flow)
            => flow.Partner == SiteNames.Ejabberd || (CutsComponents && flow is { Inwards: true } && flow.From == SiteNames.ToGateOf(flow.Partner));
    }
}
