using System.Globalization;

namespace EdgePool.Cluster.Tests.Simulation;

/// <summary>Takes every core there is: nothing that waits for processes or clocks runs beside it.</summary>
[CollectionDefinition(nameof(AloneOnTheMachine), DisableParallelization = true)]
public sealed class AloneOnTheMachine;

/// <summary>Seeds of <see cref="PoolSimulation"/>. EDGEPOOL_SEED runs one alone; EDGEPOOL_SEEDS says how many.</summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class PoolSimulationTests(ITestOutputHelper output)
{
    private const int Seeds = 10_000;

    [Fact]
    public void Pool_UnderFaults_HasNeverTwoOwnersNorMoreThanTheWholeAndSoonAllAgain()
    {
        if (Number("EDGEPOOL_SEED") is { } one)
        {
            new PoolSimulation(one).Run();
            return;
        }

        var (writes, fenced, gains, places, excused) = (0L, 0L, 0L, 0L, 0L);
        Parallel.For(0, Number("EDGEPOOL_SEEDS") ?? Seeds, new ParallelOptions { MaxDegreeOfParallelism = 2 }, seed =>
        {
            var run = new PoolSimulation(seed);
            run.Run();
            Interlocked.Add(ref writes, run.Writes);
            Interlocked.Add(ref fenced, run.Fenced);
            Interlocked.Add(ref gains, run.Gains);
            Interlocked.Add(ref places, run.Places);
            Interlocked.Add(ref excused, run.Excused);
        });
        output.WriteLine($"owners wrote {writes} times, were fenced off {fenced} times; {gains} times a shard came to a node; {places} streams got a place; {excused} times a node was taken for dead and lived");
        Assert.True(writes > 0 && gains > 0 && places > 0);
    }

    [Fact]
    public void Seed_RunTwice_IsTheSameToTheLastStep()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var (first, second) = (new PoolSimulation(seed), new PoolSimulation(seed));
            first.Run();
            second.Run();
            Assert.Equal(first.Trace, second.Trace);
        }
    }

    private static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
