using EdgePool.Interop.Tests.Operators;

namespace EdgePool.Interop.Tests.Pools;

/// <summary>A topology in a pool of real processes: published at one node, in force at all, and the one that is not there is named.</summary>
public sealed class TopologyPoolTests
{
    private const string Topology = """
        kind: Topology
        spec:
          sites: [ { name: berlin, federationRoute: [site-a] } ]
          pools: [ { name: site-a, site: berlin, host: edge.contoso.example, addresses: [203.0.113.11], priority: 10, nodes: [edge-1, edge-2, edge-3] } ]
          domains: [ { name: contoso.example, site: berlin, backEnds: [site-a] } ]
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Publish_AtOneNode_IsInForceAtAllAndADeadNodeIsNamed()
    {
        await using var pool = await PoolOfProcesses.StartAsync();
        Assert.Equal(0, (await PoolOfProcesses.RunAsync($"cluster secrets init -c {pool.FileOf(1)}")).Code);
        for (var node = 1; node <= 3; node++)
        {
            await pool.RunNodeAsync(node);
        }

        await pool.UntilAsync(1, whole => whole is { Nodes.Count: 3, Problems.Count: 0 });
        var file = Path.Combine(Path.GetDirectoryName(pool.FileOf(1))!, "topology.yaml");
        await File.WriteAllTextAsync(file, Topology, TestContext.Current.CancellationToken);

        await pool.OperatorOf(1).DoAsync($"topology publish -f {file}");
        var said = await UntilAsync(pool.OperatorOf(3), status => status.Code == 0);
        Assert.Equal(3, said.Split("up to date  1").Length - 1);

        await File.WriteAllTextAsync(file, Topology.Replace("priority: 10", "priority: 20", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await pool[2].KillAsync();
        await pool.OperatorOf(3).DoAsync($"topology publish -f {file}");
        said = await UntilAsync(pool.OperatorOf(1), status => status.Said.Contains("edge-2 is not there", StringComparison.Ordinal) && status.Said.Split("up to date  2").Length == 3);
        Assert.Contains("edge-2 is not there — start it, or take it out of pool site-a", said, StringComparison.Ordinal);
    }

    /// <summary>Asks for the status until it is as wanted: nodes tell of themselves once a second, and one that was killed is there until its lease ends.</summary>
    private static async Task<string> UntilAsync(EdgeOperator node, Func<CommandResult, bool> wanted)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var status = await node.AskAsync("topology status");
            if (wanted(status))
            {
                return status.Said;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(since) < Patience, status.Said);
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }
    }
}
