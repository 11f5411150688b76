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
        for (var node = 1; node <= 3; node++)
        {
            // Who accepts partners has joined: else it would refuse those with limits.
            await pool[node].WaitForLogAsync($" 2000 Listening node=edge-{node} kind=s2s ");
            var joined = pool[node].Log.IndexOf(" 3500 Member ", StringComparison.Ordinal);
            Assert.InRange(joined, 0, pool[node].Log.IndexOf(" 2000 Listening node=edge-" + node + " kind=s2s ", StringComparison.Ordinal));
            Assert.DoesNotContain(" 3510 ", pool[node].Log, StringComparison.Ordinal);
        }

        said = await pool.OperatorOf(1).DoAsync("cluster status");
        Assert.Contains("1024 of 1024 have an owner", said, StringComparison.Ordinal);
        Assert.All(view.Nodes, node => Assert.Equal((2, 0L, true), (node.Links!.Count, node.UncertainStanzas, node.LeaseSeconds >= 4)));

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
        Assert.True(pool[3].Log.Contains(" 3508 Left node=edge-3 pool=site-a shards=0", StringComparison.Ordinal), pool[3].Log);
        await pool.UntilAsync(2, others => others is { Nodes.Count: 2, Problems.Count: 0 });
    }

    // Static stability: without etcd a node that was killed starts from its own disk, says so, refuses edits, and goes on when etcd is back.
    [Fact]
    public async Task Pool_EtcdGone_NodeStartsFromItsDiskAndGoesOn()
    {
        await using var pool = await PoolOfProcesses.StartAsync();
        var (code, said) = await PoolOfProcesses.RunAsync($"cluster secrets init -c {pool.FileOf(1)}");
        Assert.True(code == 0, said);
        await pool.RunNodeAsync(1);
        await pool.OperatorOf(1).DoAsync("partner add fabrikam.example");
        await pool.UntilAsync(1, whole => whole is { Problems.Count: 0, Kept.SavedAt: not null, Kept.Revision: 1 });

        await pool.StopEtcdAsync();
        await pool[1].KillAsync();
        await pool.RunNodeAsync(1);

        await pool[1].WaitForLogAsync(" 3521 SecretsFromDisk ");
        await pool[1].WaitForLogAsync(" 2030 PolicyInForce revision=1 partners=1");
        await pool.UntilAsync(1, static away => away.Problems.Any(static problem => problem.StartsWith("the store does not answer: ", StringComparison.Ordinal)));
        (code, said) = await pool.OperatorOf(1).AskAsync("cluster status");
        Assert.True(code == 1 && said.Contains("problem   the store does not answer: ", StringComparison.Ordinal), said);
        (code, said) = await pool.OperatorOf(1).AskAsync("partner add late.example");
        Assert.True(code is not 0 && said.Contains("is away since ", StringComparison.Ordinal), said);

        await pool.StartEtcdAsync();
        await pool.UntilAsync(1, whole => whole is { Nodes.Count: 1, Problems.Count: 0, Kept.AwaySince: null });
        await pool.OperatorOf(1).DoAsync("partner add late.example");
    }

    // A node that stood alone takes its partners and their history into the pool, and a second run changes nothing.
    [Fact]
    public async Task Migrate_NodeThatStoodAlone_ItsPartnersAreThePools()
    {
        await using var pool = await PoolOfProcesses.StartAsync();
        var (code, said) = await PoolOfProcesses.RunAsync($"cluster secrets init -c {pool.FileOf(1)}");
        Assert.True(code == 0, said);
        var file = await File.ReadAllTextAsync(pool.FileOf(1), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(pool.FileOf(1), file[..file.IndexOf("\ncluster:", StringComparison.Ordinal)] + "\n", TestContext.Current.CancellationToken);
        await pool.RunNodeAsync(1);
        await pool.OperatorOf(1).DoAsync("partner add fabrikam.example --why ticket-1");
        await pool.OperatorOf(1).DoAsync("partner set fabrikam.example --mode observe --why ticket-2");
        Assert.True(await pool[1].StopAsync());
        await File.WriteAllTextAsync(pool.FileOf(1), file, TestContext.Current.CancellationToken);

        (code, said) = await PoolOfProcesses.RunAsync($"cluster migrate -c {pool.FileOf(1)}");
        Assert.True(code == 0 && said.Contains("documents: 1 with 2 versions are in the pool, revision 2", StringComparison.Ordinal), said);
        (code, said) = await PoolOfProcesses.RunAsync($"cluster migrate -c {pool.FileOf(1)}");
        Assert.True(code == 0 && said.Contains("documents: all were in the pool, revision 2", StringComparison.Ordinal), said);

        await pool.RunNodeAsync(2);
        var history = await pool.OperatorOf(2).DoAsync("history partner fabrikam.example");
        Assert.Contains("ticket-1", history, StringComparison.Ordinal);
        Assert.Contains("ticket-2", history, StringComparison.Ordinal);
    }
}
