using System.Collections.Immutable;
using System.Globalization;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Sharding;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Server.Demo.Load;
using EdgePool.Server.Demo.Peers;

namespace EdgePool.Interop.Tests.Pools;

/// <summary>What a partner may have of a pool is one for all its nodes: with real processes, and while the owner that divides it goes.</summary>
public sealed class PoolLimitsTests(ITestOutputHelper output)
{
    private const int Limit = 3;
    private const int OfPair = 2; // what one pair of domains may have at one node
    private const int Budget = 300;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Stopped = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Hearing = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan GoingOn = TimeSpan.FromSeconds(20);

    // What a share needs to follow what is offered: it is measured for a second, and told to the owner twice in a second.
    private static readonly TimeSpan Following = TimeSpan.FromSeconds(6);

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
        await WithinLimitAsync(pool, streams);
        Assert.NotEqual(0, Standing(streams));
        await UntilFullAsync(pool, partner, streams, [1, 2, 3]);
        await OpenOnAsync(pool, partner, streams, [1, 2, 3], 30);

        // The owner goes in order, and comes back.
        var owner = OwnerAmong([1, 2, 3]);
        int[] others = [.. Enumerable.Range(1, 3).Where(node => node != owner)];
        var stopping = pool[owner].StopAsync(Patience);
        while (!stopping.IsCompleted)
        {
            await OpenOnAsync(pool, partner, streams, [1, 2, 3], 1);
        }

        Assert.True(await stopping, pool[owner].Log);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"edge-{owner} owned the partner and left in order; {Standing(streams)} stand"));
        await UntilFullAsync(pool, partner, streams, others);
        await pool.RunNodeAsync(owner);
        await partner.ConnectAsync(owner);
        await pool.UntilAsync(owner, whole => whole is { Nodes.Count: 3, Problems.Count: 0 });
        await OpenOnAsync(pool, partner, streams, [1, 2, 3], 30);
        Assert.Equal(Limit, Standing(streams));

        // It dies.
        await pool[owner].KillAsync();
        await UntilFullAsync(pool, partner, streams, others);
        var since = TimeProvider.System.GetTimestamp();
        var ending = streams.First(static stream => !stream.Ended.IsCompleted);
        await ending.DisposeAsync();
        await ending.Ended;
        await UntilFullAsync(pool, partner, streams, others);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"edge-{owner} was killed and a stream ended; {Limit} stand again {TimeProvider.System.GetElapsedTime(since).TotalSeconds:0.0} s later"));
        await OpenOnAsync(pool, partner, streams, others, 30);
        Assert.Equal(Limit, Standing(streams));
        Assert.All(Enumerable.Range(1, 3).Where(node => node != owner), node => Assert.False(pool[node].HasExited));
    }

    // MGT-03: a node that is paused for 30 s is given up, and others get its places; when it goes on, what is too many ends, at that node alone.
    [Fact]
    public async Task Streams_HolderStopped_OthersTakeItsPlaces_AndThreeStandSoonAfterItGoesOn()
    {
        await using var pool = await PoolOfProcesses.StartAsync();
        await using var partner = await PoolPartner.StartAsync(pool, $"--connection-limit {Limit}");
        var (before, since) = (new List<PeerStream>(), new List<PeerStream>());
        var holder = OwnerAmong([1, 2, 3]); // of the partner too: two hand-overs
        int[] others = [.. Enumerable.Range(1, 3).Where(node => node != holder)];
        await UntilFullAsync(pool, partner, before, [holder], OfPair);

        var stopped = TimeProvider.System.GetTimestamp();
        pool[holder].Signal(ServerProcess.Sigstop);
        await UntilFullAsync(pool, partner, since, others);
        Assert.Equal(OfPair, Standing(before));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"edge-{holder} held {OfPair} and was stopped: {Limit} stand at others {TimeProvider.System.GetElapsedTime(stopped).TotalSeconds:0.0} s later"));
        await Task.Delay(Stopped - TimeProvider.System.GetElapsedTime(stopped));

        var gone = Task.WhenAll(before.Select(static stream => stream.Ended));
        var on = TimeProvider.System.GetTimestamp();
        pool[holder].Signal(ServerProcess.Sigcont);
        await gone.WaitAsync(Patience);
        var took = TimeProvider.System.GetElapsedTime(on);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"edge-{holder} went on: {Limit} stand {took.TotalSeconds:0.0} s later"));
        await pool[holder].WaitForLogAsync(" 1015 TooManyOverThePool streams=2 holder=fabrikam.example");
        Assert.Equal(Limit, Standing(since));
        await OpenOnAsync(pool, partner, since, [1, 2, 3], 30);
        Assert.Equal(Limit, Standing(since));
        Assert.True(took < TimeSpan.FromSeconds(20), $"it took {took}"); // about five, on a machine that is not busy
    }

    // More is offered all the time than may come, now here and now there, and what came in a second of the whole pool is counted behind it.
    [Fact]
    public async Task Stanzas_BudgetOfThreeHundred_TheSumStaysWithinTenPercentWhereverTheyCome()
    {
        await using var pool = await PoolOfProcesses.StartAsync();
        await using var partner = await PoolPartner.StartAsync(pool, $"--stanzas-per-second {Budget}");
        int[][] phases = [[400, 0, 0], [20, 60, 400], [0, 450, 20], [200, 200, 200]];
        var flows = partner.NewFlows(phases.Length * 3);
        var (first, at) = (0L, 0L);
        for (var phase = 0; phase < phases.Length; phase++)
        {
            // On streams of its own: one that is over the rate for half a minute on end is ended.
            using var stop = new CancellationTokenSource();
            var (streams, sending) = (new List<PeerStream>(), new List<Task>());
            for (var node = 1; node <= 3; node++)
            {
                streams.Add(await OpenedAsync(partner, node));
                var sender = new LoadSender(streams[^1], [flows[(phase * 3) + node - 1]], static () => 0, TimeProvider.System);
                sending.Add(phases[phase][node - 1] == 0 ? Task.CompletedTask : sender.RunAsync(new LoadPlan(phases[phase][node - 1], Window: int.MaxValue), stop.Token));
            }

            await Task.Delay(Following); // counted in the whole below, not in this window
            var (begin, since) = (Received(flows), TimeProvider.System.GetTimestamp());
            (first, at) = at == 0 ? (begin, since) : (first, at);
            await Task.Delay(Window);
            var seconds = TimeProvider.System.GetElapsedTime(since).TotalSeconds;
            Check($"offered {string.Join(", ", phases[phase])} a second", Received(flows) - begin, seconds, 0.9);
            await stop.CancelAsync();
            await Task.WhenAll(streams.Select(static stream => stream.DisposeAsync().AsTask()));
            await Task.WhenAll(sending).ContinueWith(static ended => ended.Exception, TaskScheduler.Default); // a write that was under way
        }

        Check("from the first window to the last, moves and all", Received(flows) - first, TimeProvider.System.GetElapsedTime(at).TotalSeconds, 0.8);
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

    private static async Task OpenOnAsync(PoolOfProcesses pool, PoolPartner partner, List<PeerStream> streams, int[] nodes, int rounds)
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

            await WithinLimitAsync(pool, streams);
        }
    }

    /// <summary>
    /// No more stand than may: a stream that was ended in favour of another one may be heard to end a moment behind the other's beginning. A node that the machine let stand for so
    /// long that others found it dead ends what is too many when it goes on.
    /// </summary>
    private static async Task WithinLimitAsync(PoolOfProcesses pool, List<PeerStream> streams)
    {
        for (var since = TimeProvider.System.GetTimestamp(); Standing(streams) > Limit; await Task.Delay(50))
        {
            var stood = Enumerable.Range(1, 3).Any(node => !pool[node].HasExited && FoundDead(pool, node));
            Assert.True(TimeProvider.System.GetElapsedTime(since) < (stood ? GoingOn : Hearing), $"{Standing(streams)} stand");
        }
    }

    /// <summary>Others have said that a node is dead, or the node that it is a member no more.</summary>
    private static bool FoundDead(PoolOfProcesses pool, int node)
        => Enumerable.Range(1, 3).Any(other => pool[other].Log.Contains($" 2304 Dead peer=edge-{node} ", StringComparison.Ordinal)) || pool[node].Log.Contains($" 3501 Lost node=edge-{node} ", StringComparison.Ordinal);

    private static async Task UntilFullAsync(PoolOfProcesses pool, PoolPartner partner, List<PeerStream> streams, int[] nodes, int full = Limit)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (Standing(streams) < full)
        {
            await OpenOnAsync(pool, partner, streams, nodes, 1);
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Patience, $"{Standing(streams)} stand");
        }
    }

    private void Check(string when, long count, double seconds, double least)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{when}: {count} in {seconds:0.00} s, {count / seconds:0.0} a second"));
        Assert.InRange(count, least * Budget * seconds, (1.1 * Budget * seconds) + Budget); // a second's worth may come at once
    }
}
