using System.Collections.Immutable;
using System.Globalization;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Sharding;
using EdgePool.Server.Demo.Load;
using EdgePool.Server.Demo.Peers;

namespace EdgePool.Interop.Tests.Pools;

/// <summary>What a partner may have of a pool is one for all its nodes: with real processes, and while the owner that divides it goes.</summary>
public sealed class PoolLimitsTests(ITestOutputHelper output)
{
    private const int Limit = 3;
    private const int Budget = 300;
    private const int Burst = Budget;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(15);

    // Opens go on all the time, at all nodes; how many stand is looked at after each.
    [Fact]
    public async Task Streams_LimitOfThree_ThreeStandAlwaysAndAfterEachHandOver()
    {
        await using var pool = await PoolOfProcesses.StartAsync();
        await using var partner = await PoolPartner.StartAsync(pool, $"--connection-limit {Limit}");
        var streams = new List<PeerStream>();

        // Twelve at once: four at each node.
        var opened = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => partner.TryOpenAsync(1 + (i % 3))));
        streams.AddRange(opened.OfType<PeerStream>());
        Assert.InRange(Standing(streams), 1, Limit);
        await UntilFullAsync(partner, streams, [1, 2, 3]);
        await OpenOnAsync(partner, streams, [1, 2, 3], 30);

        // The owner goes in order, and comes back.
        var owner = OwnerAmong([1, 2, 3]);
        int[] others = [.. Enumerable.Range(1, 3).Where(node => node != owner)];
        var stopping = pool[owner].StopAsync(Patience);
        while (!stopping.IsCompleted)
        {
            await OpenOnAsync(partner, streams, [1, 2, 3], 1);
        }

        Assert.True(await stopping, pool[owner].Log);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"edge-{owner} owned the partner and left in order; {Standing(streams)} stand"));
        await UntilFullAsync(partner, streams, others);
        await pool.RunNodeAsync(owner);
        await partner.ConnectAsync(owner);
        await pool.UntilAsync(owner, whole => whole is { Nodes.Count: 3, Problems.Count: 0 });
        await OpenOnAsync(partner, streams, [1, 2, 3], 30);
        Assert.Equal(Limit, Standing(streams));

        // It dies.
        await pool[owner].KillAsync();
        var since = TimeProvider.System.GetTimestamp();
        await UntilFullAsync(partner, streams, others);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"edge-{owner} was killed; {Limit} stand again at the others, {TimeProvider.System.GetElapsedTime(since).TotalSeconds:0.0} s later"));
        await OpenOnAsync(partner, streams, others, 30);
        Assert.Equal(Limit, Standing(streams));
        Assert.All(Enumerable.Range(1, 3).Where(node => node != owner), node => Assert.False(pool[node].HasExited));
    }

    // More is offered all the time than may come, now here and now there, and what came in a second of the whole pool is counted behind it.
    [Fact]
    public async Task Stanzas_BudgetOfThreeHundred_TheSumStaysWithinTenPercentWhereverTheyCome()
    {
        await using var pool = await PoolOfProcesses.StartAsync();
        await using var partner = await PoolPartner.StartAsync(pool, $"--stanzas-per-second {Budget} --burst {Burst} --connection-limit 3");
        var flows = partner.NewFlows(3);
        var senders = new List<LoadSender>();
        for (var node = 1; node <= 3; node++)
        {
            senders.Add(new LoadSender(await OpenedAsync(partner, node), [flows[node - 1]], static () => 0, TimeProvider.System));
        }

        var (last, at) = (0L, 0L);
        foreach (var offered in new[] { new[] { 400, 0, 0 }, [20, 60, 400], [0, 450, 20], [200, 200, 200] })
        {
            using var stop = new CancellationTokenSource();
            var sending = Task.WhenAll(senders.Select((sender, i) => offered[i] == 0 ? Task.CompletedTask : sender.RunAsync(new LoadPlan(offered[i], Window: int.MaxValue), stop.Token)));
            await Task.Delay(TimeSpan.FromSeconds(3)); // until the shares follow what is offered; counted in the whole below, not in this window
            var (begin, since) = (Received(flows), TimeProvider.System.GetTimestamp());
            (last, at) = at == 0 ? (begin, since) : (last, at);
            await Task.Delay(Window);
            var seconds = TimeProvider.System.GetElapsedTime(since).TotalSeconds;
            Check(string.Create(CultureInfo.InvariantCulture, $"offered {offered[0]}, {offered[1]}, {offered[2]} a second"), Received(flows) - begin, seconds);
            await stop.CancelAsync();
            await sending;
        }

        Check("from the first window to the last", Received(flows) - last, TimeProvider.System.GetElapsedTime(at).TotalSeconds);
        Assert.All(flows, flow => Assert.Equal((0, 0, 0), (flow.Duplicated, flow.Misordered, flow.Damaged)));
    }

    private static int Standing(List<PeerStream> streams) => streams.Count(static stream => !stream.Ended.IsCompleted);

    private static long Received(NumberedFlow[] flows) => flows.Sum(static flow => flow.Received);

    private static int OwnerAmong(int[] nodes)
    {
        var records = nodes.Select(static node => string.Create(CultureInfo.InvariantCulture, $"edge-{node}")).Select(static name => new NodeRecord(name, "site-a", "", "", ""));
        var view = new PoolView(1, records.ToImmutableSortedDictionary(static record => record.Name, static record => record, StringComparer.Ordinal));
        return Placement.OwnerOf(Placement.ShardOf(PoolPartner.Domain), view)![^1] - '0';
    }

    // The share of a node may be with another when the partner comes to it first.
    private static async Task<PeerStream> OpenedAsync(PoolPartner partner, int node)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (await partner.TryOpenAsync(node) is { } stream)
            {
                return stream;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(since) < Patience, $"node {node} takes no stream");
        }
    }

    private static async Task OpenOnAsync(PoolPartner partner, List<PeerStream> streams, int[] nodes, int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            foreach (var opened in await Task.WhenAll(nodes.Select(partner.TryOpenAsync)))
            {
                if (opened is not null)
                {
                    streams.Add(opened);
                }
            }

            Assert.InRange(Standing(streams), 0, Limit);
        }
    }

    private static async Task UntilFullAsync(PoolPartner partner, List<PeerStream> streams, int[] nodes)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (Standing(streams) < Limit)
        {
            await OpenOnAsync(partner, streams, nodes, 1);
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Patience, $"{Standing(streams)} stand");
        }
    }

    private void Check(string when, long count, double seconds)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{when}: {count} in {seconds:0.00} s, {count / seconds:0.0} a second"));
        Assert.InRange(count, 0.9 * Budget * seconds, (1.1 * Budget * seconds) + Burst);
    }
}
