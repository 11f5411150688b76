using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Membership;

namespace EdgePool.Cluster.Tests.Simulation;

/// <content>Nodes that end the membership of those they do not hear; some ask without reason, which must do no harm.</content>
internal sealed partial class PoolSimulation
{
    private static readonly TimeSpan Listen = TimeSpan.FromMilliseconds(250);

    /// <summary>How often a node was found dead.</summary>
    public int Deaths { get; private set; }

    /// <summary>How often it was not stopped, killed, or cut off then.</summary>
    public int FalseDeaths { get; private set; }

    /// <summary>
    /// A quiet pool, of which one node is stopped for half a minute as by SIGSTOP: how long until all shards have other owners. It comes back, and is a member again.
    /// </summary>
    public TimeSpan RunStopped()
    {
        (calm, simulator.Check) = (true, CheckNowAndThen);
        foreach (var node in nodes)
        {
            Start(node);
        }

        var stopped = TimeSpan.FromSeconds(10) + simulator.Between(0, 1000);
        simulator.RunUntil(stopped);
        EveryShardIsWhereItBelongs();
        nodes[0].Process!.StopFor(TimeSpan.FromSeconds(30));
        var took = TimeSpan.Zero;
        do
        {
            took += TimeSpan.FromMilliseconds(10);
            simulator.RunUntil(stopped + took);
        }
        while (nodes.Skip(1).Sum(static n => n.Keeper!.Count) < Shards);

        simulator.RunUntil(stopped + TimeSpan.FromSeconds(40));
        EveryShardIsWhereItBelongs();
        Assert.Equal((1, 0), (Deaths, FalseDeaths));
        return took;
    }

    /// <summary>A quiet pool, of which one node and all others do not hear each other for half a minute; all reach the store.</summary>
    public void RunApart()
    {
        (calm, simulator.Check) = (true, CheckNowAndThen);
        foreach (var node in nodes)
        {
            Start(node);
        }

        simulator.RunUntil(TimeSpan.FromSeconds(8));
        EveryShardIsWhereItBelongs();
        var before = (Gains, Fenced);
        nodes[0].Apart = true;
        simulator.RunUntil(Faulty - TimeSpan.FromSeconds(2));
        nodes[0].Apart = false;
        EveryShardIsWhereItBelongs();
        Assert.Equal(0, Deaths);
        Assert.Equal(before, (Gains, Fenced));
    }

    private async Task ListenAsync(Node node, SimulatedLink link, SimulatedProcess process)
    {
        var (silent, time) = (new SilentNodes(link, Options), process.Time);
        var heard = nodes.ToDictionary(static n => n, _ => time.GetTimestamp());
        while (!node.Stopping!.IsCancellationRequested)
        {
            await Task.Delay(Listen, time);
            foreach (var other in nodes.Where(n => n != node))
            {
                if (Passes(node, other))
                {
                    heard[other] = time.GetTimestamp();
                }

                if ((time.GetElapsedTime(heard[other]) > Options.Silent || (!calm && simulator.Now < Faulty.Ticks && simulator.Chance(0.02)))
                    && node.Keeper!.View.Nodes.GetValueOrDefault(other.Name) is { } record)
                {
                    await LookAsync(silent, other, record);
                }
            }
        }
    }

    private async Task LookAsync(SilentNodes silent, Node other, NodeRecord record)
    {
        try
        {
            if (await silent.EndAsync(record, default))
            {
                Deaths++;
                FalseDeaths += other is { Process.Still: false, CutOff: false, Apart: false } && !storeDown ? 1 : 0;
            }
        }
        catch (StoreException)
        {
            // done or not: the next look tells
        }
    }

    private bool Passes(Node node, Node other)
        => other.Process is { Still: false } && (simulator.Now >= Faulty.Ticks || !(node.Apart || other.Apart));
}
