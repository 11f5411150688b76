using System.Globalization;

namespace EdgePool.Interop.Tests.Pools;

/// <summary>A pool as operators run it: a real etcd, three real processes, and their commands.</summary>
public sealed class RunningPoolTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Pool_ThreeProcesses_JoinShareLoseOneAndTakeItBack()
    {
        await using var pool = await PoolOfProcesses.StartAsync();

        // The key file, and a look at each node before it joins.
        var (code, said) = await PoolOfProcesses.RunAsync($"cluster secrets init -c {pool.FileOf(1)}");
        Assert.True(code == 0, said);
        (code, said) = await PoolOfProcesses.RunAsync($"cluster join -c {pool.FileOf(1)}");
        Assert.True(code == 0 && said.Contains("edge-1 may join pool site-a: run it", StringComparison.Ordinal), said);

        for (var node = 1; node <= 3; node++)
        {
            await pool.RunNodeAsync(node);
        }

        var (view, _) = await pool.UntilAsync(2, whole => whole is { Nodes.Count: 3, Problems.Count: 0 });
        Assert.Equal((1024, "etcd"), (view.Nodes.Sum(node => node.Shards), view.Store.Kind));
        said = await pool.OperatorOf(1).DoAsync("cluster status");
        Assert.Contains("1024 of 1024 have an owner", said, StringComparison.Ordinal);

        // A name that is taken is told before it does harm.
        (code, said) = await PoolOfProcesses.RunAsync($"cluster join -c {pool.FileOf(1)}");
        Assert.True(code == 1 && said.Contains("problem   the name: edge-1 is in pool site-a now", StringComparison.Ordinal), said);

        // What is written at one node is in force at all.
        await pool.OperatorOf(1).DoAsync("partner add fabrikam.example");
        await pool[3].WaitForLogAsync(" 2030 PolicyInForce revision=1 partners=1");
        Assert.Contains("fabrikam.example", await pool.OperatorOf(3).DoAsync("get partner"), StringComparison.Ordinal);

        // So is a new dialback secret, and no listing shows it.
        said = await pool.OperatorOf(2).DoAsync("cluster secrets rotate");
        Assert.Contains("of the 1 before, 1 still verify", said, StringComparison.Ordinal);
        await pool[3].WaitForLogAsync(" 2040 DialbackSecretsReplaced secrets=2 kept=2 before=2");

        // Killed: its shards have owners again; started: it is back.
        var owned = view.Nodes.Single(node => node.Name == "edge-1").Shards;
        await pool[1].KillAsync();
        var (_, took) = await pool.UntilAsync(2, others => others is { Nodes.Count: 2, Shards.Unowned: 0 });
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"kill -9 of a node with {owned} shards: owned again after {took.TotalSeconds:0.00} s"));
        Assert.True(took < TimeSpan.FromSeconds(15), $"it took {took}"); // the lease alone takes 5 s to 6 s; this machine may be busy
        await pool.RunNodeAsync(1);
        (_, took) = await pool.UntilAsync(2, whole => whole is { Nodes.Count: 3, Problems.Count: 0 });
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"it is back, and every shard has an owner, {took.TotalSeconds:0.00} s after it serves"));

        // In order: what it owns is others' before it is gone, and its process ends well.
        said = await pool.OperatorOf(3).DoAsync("cluster leave");
        Assert.Contains("edge-3 leaves pool site-a: ", said, StringComparison.Ordinal);
        Assert.Equal(0, await pool[3].WaitForExitAsync());
        Assert.Contains(" 3508 Left node=edge-3 pool=site-a shards=0", pool[3].Log, StringComparison.Ordinal);
        await pool.UntilAsync(2, others => others is { Nodes.Count: 2, Problems.Count: 0 });
    }
}
