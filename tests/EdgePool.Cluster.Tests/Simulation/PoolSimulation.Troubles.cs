using EdgePool.Cluster.Entities;

namespace EdgePool.Cluster.Tests.Simulation;

/// <content>A partner that is dead for most of the time, and to whom every node has something to send.</content>
internal sealed partial class PoolSimulation
{
    private static readonly OutboundPair Dead = new("l.example", Names().ElementAt(4));
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(54);
    private static readonly TimeSpan Alive = TimeSpan.FromSeconds(60);

    /// <summary>Attempts of the one node that was to try, when all could reach the owner.</summary>
    public int InTurn { get; private set; }

    /// <summary>Attempts of others then.</summary>
    public int OutOfTurn { get; private set; }

    /// <summary>Tries to reach the partner as a route does that has stanzas waiting.</summary>
    private async Task ReachAsync(Node node, SimulatedProcess process)
    {
        var (book, failures) = (node.Shares!.Troubles, 0);
        node.HasReached = false;
        while (!node.Stopping!.IsCancellationRequested)
        {
            await Task.Delay(simulator.Between(200, 900), process.Time);
            book.Waits(Dead);
            if (node.HasReached || book.Wait(Dead) > TimeSpan.Zero)
            {
                continue;
            }

            NeverTwoProbers();
            if (simulator.Now >= Settled.Ticks && simulator.Now < Alive.Ticks)
            {
                _ = book.IsProbing(Dead) ? InTurn++ : OutOfTurn++;
            }

            await Task.Delay(simulator.Between(5, 200), process.Time);
            if (simulator.Now >= Alive.Ticks)
            {
                book.Reached(Dead);
                node.HasReached = true;
                continue;
            }

            failures = Math.Max(failures, book.FailuresOf(Dead)) + 1;
            book.Failed(Dead, failures, TimeSpan.FromSeconds(Math.Min(3, 0.5 * failures)) * (0.5 + (simulator.Random.NextDouble() / 2)));
        }
    }

    private void NeverTwoProbers()
    {
        if (Sharing)
        {
            var probers = nodes.Where(static n => n is { Process.Dead: false, Shares: not null } && n.Shares.Troubles.IsProbing(Dead)).Select(static n => n.Name).ToArray();
            if (probers.Length > 1)
            {
                Assert.Fail($"seed {seed}, {TimeSpan.FromTicks(simulator.Now)}: {string.Join(" and ", probers)} are both to try");
            }
        }
    }

    private void EveryNodeHasReachedThePartner()
    {
        if (Sharing)
        {
            Assert.All(nodes, n => Assert.True(n.HasReached, $"seed {seed}: {n.Name} waits to the end for a partner that is there"));
        }
    }
}
