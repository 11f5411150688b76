using System.Diagnostics;

namespace EdgePool.Interop.Tests.Faults;

/// <summary>
/// What each fault costs a pool under load: three processes, an etcd of three members, 2,000 messages a second in each direction. The environment variable
/// EDGEPOOL_FAULT_TABLE names a file that the table is written to, with the nodes' logs beside it; EDGEPOOL_FAULT names those faults alone that are to be tried, by a part of their names.
/// </summary>
[Collection(nameof(MachineOfItsOwn))]
[Trait("run", "alone")]
public sealed class FaultTableTests(FaultPool pool, FaultTable table, ITestOutputHelper output) : IClassFixture<FaultPool>, IClassFixture<FaultTable>
{
    private const int Rate = 4_000;

    /// <summary>Longer than a lease stands, and what an owner needs to act on it.</summary>
    private static readonly TimeSpan BeyondALease = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private static readonly Scenario[] Scenarios =
    [
        new("kill -9 of a node", KilledAsync) { Kills = true },
        new("SIGSTOP of a node for 30 s, SIGCONT", StoppedAsync) { Kills = true },
        new("SIGTERM of a node", TerminatedAsync),
        new("rolling restart of all nodes", RolledAsync),
        new("leader of etcd killed", LeaderKilledAsync),
        new("etcd killed for 60 s", EtcdKilledAsync),
        new("node killed and started, then another one killed, while etcd is down", StartedWithoutEtcdAsync) { Kills = true },
        new("one node cut off from etcd", CutFromEtcdAsync),
        new("one node cut off from its peers", CutFromPeersAsync),
    ];

    public static TheoryData<string> Faults => [.. FaultTable.Wanted(Scenarios.Select(static scenario => scenario.Name))];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_UnderLoad_NothingIsLostInSilence(string fault)
    {
        var scenario = Array.Find(Scenarios, one => one.Name == fault)!;
        await pool.WholeAsync(serving: false);
        var uncertain = pool.Uncertain();
        await using var traffic = new PoolTraffic(pool, Rate);
        await traffic.StartAsync();
        await Task.Delay(TimeSpan.FromSeconds(2)); // the load itself

        traffic.Measure();
        var owned = await scenario.Run(pool, traffic);
        await traffic.FlowsAsync(Stopwatch.GetTimestamp());
        var (silence, direction) = traffic.Silence();
        await traffic.SettleAsync();
        await pool.WholeAsync();

        var count = traffic.Count();
        var row = new FaultRow(fault, count, await pool.UncertainAsync(uncertain + count.DeliveredAndBounced) - uncertain, traffic.Repeated, silence, direction, owned);
        table.Add(FaultRow.Head, row.ToString());
        output.WriteLine(FaultRow.Head);
        output.WriteLine(row.ToString());
        output.WriteLine($"streams that broke without a word: {traffic.Broken}");
        await pool.BalancesAsync();
        Assert.True(row.Count.Lost == 0, traffic.Missing());
        Assert.Equal(0, row.Count.Doubled);
        Assert.InRange(row.Count.DeliveredAndBounced, 0, row.Uncertain);
        Assert.False(traffic.Overcounted);
        Assert.Empty(pool.History.Faults);
        if (!scenario.Kills)
            Assert.Equal((0, 0), (row.Count.Taken, row.Count.Kept));
    }

    private static async Task<TimeSpan?> KilledAsync(FaultPool pool, PoolTraffic traffic)
    {
        var since = Stopwatch.GetTimestamp();
        await pool.KillAsync(1);
        var owned = await pool.History.OwnedAsync(since, Patience, "edge-2", "edge-3");
        await traffic.FlowsAsync(Stopwatch.GetTimestamp());
        return owned;
    }

    private static async Task<TimeSpan?> StoppedAsync(FaultPool pool, PoolTraffic traffic)
    {
        var since = Stopwatch.GetTimestamp();
        pool.Pause(2);
        var owned = await pool.History.OwnedAsync(since, Patience, "edge-1", "edge-3");
        await Task.Delay(TimeSpan.FromSeconds(30) - Stopwatch.GetElapsedTime(since));
        pool.Continue(2);
        await pool.WholeAsync();
        return owned;
    }

    private static async Task<TimeSpan?> TerminatedAsync(FaultPool pool, PoolTraffic traffic)
    {
        var since = Stopwatch.GetTimestamp();
        var stopping = pool.StopAsync(3);
        var owned = await pool.History.OwnedAsync(since, Patience, "edge-1", "edge-2");
        await stopping;
        return owned;
    }

    private static async Task<TimeSpan?> RolledAsync(FaultPool pool, PoolTraffic traffic)
    {
        var longest = TimeSpan.Zero;
        for (var node = 1; node <= 3; node++)
        {
            var since = Stopwatch.GetTimestamp();
            var stopping = pool.StopAsync(node);
            var owned = await pool.History.OwnedAsync(since, Patience, [.. pool.Names.Where((_, other) => other != node - 1)]);
            longest = owned > longest ? owned : longest;
            await stopping;
            await pool.WholeAsync();
        }

        return longest;
    }

    private static async Task<TimeSpan?> LeaderKilledAsync(FaultPool pool, PoolTraffic traffic)
    {
        var leader = pool.Etcd.Members[await pool.Etcd.LeaderAsync()];
        await leader.KillAsync();
        await Task.Delay(BeyondALease);
        await leader.StartAsync();
        return null;
    }

    private static async Task<TimeSpan?> EtcdKilledAsync(FaultPool pool, PoolTraffic traffic)
    {
        await Task.WhenAll(pool.Etcd.Members.Select(static member => member.KillAsync()));
        await Task.Delay(TimeSpan.FromSeconds(60));
        var since = Stopwatch.GetTimestamp();
        await Task.WhenAll(pool.Etcd.Members.Select(static member => member.StartAsync()));
        await pool.WholeAsync();
        return Stopwatch.GetElapsedTime(since);
    }

    // The node that was started is needed: what was at the other one comes to it.
    private static async Task<TimeSpan?> StartedWithoutEtcdAsync(FaultPool pool, PoolTraffic traffic)
    {
        await Task.WhenAll(pool.Etcd.Members.Select(static member => member.KillAsync()));
        await pool.KillAsync(1);
        await pool.RunNodeAsync(1);
        await pool.KillAsync(2);
        await Task.Delay(BeyondALease);
        var since = Stopwatch.GetTimestamp();
        await Task.WhenAll(pool.Etcd.Members.Select(static member => member.StartAsync()));
        return await pool.History.OwnedAsync(since, Patience, "edge-1", "edge-3");
    }

    private static async Task<TimeSpan?> CutFromEtcdAsync(FaultPool pool, PoolTraffic traffic)
    {
        var since = Stopwatch.GetTimestamp();
        pool.CutFromEtcd();
        var owned = await pool.History.OwnedAsync(since, Patience, "edge-1", "edge-2");
        await Task.Delay(BeyondALease);
        await pool.WholeAsync();
        return owned;
    }

    private static async Task<TimeSpan?> CutFromPeersAsync(FaultPool pool, PoolTraffic traffic)
    {
        pool.CutFromPeers();
        await Task.Delay(BeyondALease * 1.5);
        await pool.WholeAsync();
        return null;
    }

    private sealed record Scenario(string Name, Func<FaultPool, PoolTraffic, Task<TimeSpan?>> Run)
    {
        /// <summary>A process ends or stops without a word: what it had taken and nobody had acknowledged may be gone with it.</summary>
        public bool Kills { get; init; }
    }
}
