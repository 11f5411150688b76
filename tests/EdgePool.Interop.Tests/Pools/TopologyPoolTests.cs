using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Interop.Tests.Operators;
using EdgePool.Interop.Tests.Servers;

namespace EdgePool.Interop.Tests.Pools;

/// <summary>A topology in a pool of real processes: published at one node, in force at all, and the one that is not there is named.</summary>
public sealed class TopologyPoolTests
{
    private const string Topology = """
        kind: Topology
        spec:
          dns: { advertise: off }
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

    /// <summary>The internal view follows the topology: all nodes of the pool, each with the address that it told of itself, and without the one that was killed; etcd away, they stay.</summary>
    [Fact]
    public async Task View_OfATopology_HasTheNodesThatAreThere()
    {
        await using var pool = await PoolOfProcesses.StartAsync();
        Assert.Equal(0, (await PoolOfProcesses.RunAsync($"cluster secrets init -c {pool.FileOf(1)}")).Code);
        var at = new IPEndPoint(LoopbackAddresses.Next(), 53);
        await File.AppendAllTextAsync(pool.FileOf(1), $"internalView: {{ listen: [\"{at}\"] }}\n", TestContext.Current.CancellationToken);
        for (var node = 1; node <= 3; node++)
        {
            await pool.RunNodeAsync(node);
        }

        await pool.UntilAsync(1, whole => whole is { Nodes.Count: 3, Problems.Count: 0 });
        await pool.OperatorOf(1).DoAsync("policy set global --enable-federation-access --enable-xmpp-access");
        await pool.OperatorOf(1).DoAsync("partner add p1.example --partner-type Federated");
        Assert.Equal(["edge-1"], await HostsAsync(at));
        var file = Path.Combine(Path.GetDirectoryName(pool.FileOf(1))!, "topology.yaml");
        await File.WriteAllTextAsync(file, Topology, TestContext.Current.CancellationToken);

        await pool.OperatorOf(1).DoAsync($"topology publish -f {file}");

        Assert.Equal(["edge-1", "edge-2", "edge-3"], await HostsAsync(at, 3));
        await pool[2].KillAsync();
        Assert.Equal(["edge-1", "edge-3"], await HostsAsync(at, 2));
        await pool.StopEtcdAsync();
        await pool.UntilAsync(1, whole => whole.Problems.Any(problem => problem.StartsWith("the store does not answer", StringComparison.Ordinal)));
        Assert.Equal(["edge-1", "edge-3"], await HostsAsync(at, 2));
    }

    /// <summary>The nodes that a view leads to, when it leads to so many; each has an address there.</summary>
    private static async Task<IReadOnlyList<string>> HostsAsync(IPEndPoint view, int count = 1)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            await using var resolver = new StubResolver(new StubResolverOptions { Servers = [view] }, TimeProvider.System);
            var services = await resolver.QueryAsync(DnsName.Parse("_xmpp-server._tcp.p1.example"), DnsType.SRV, TestContext.Current.CancellationToken);
            var targets = services.Records.OfType<SrvRecord>().Where(srv => srv is { Priority: 10, Port: 23456 }).Select(srv => srv.Target).ToList();
            if (targets.Count == count)
            {
                foreach (var target in targets)
                {
                    Assert.Single((await resolver.QueryAsync(target, DnsType.A, TestContext.Current.CancellationToken)).Records);
                }

                return [.. targets.Select(target => target.ToString().Split('.')[0]).Order(StringComparer.Ordinal)];
            }

            Assert.True(TimeProvider.System.GetElapsedTime(since) < Patience, $"{services.Outcome}: {string.Join(", ", targets)}");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
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
            await Task.Delay(500, TestContext.Current.CancellationToken);
        }
    }
}
