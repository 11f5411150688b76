using System.Diagnostics;
using System.Globalization;
using EdgePool.Benchmarks.Relay;
using EdgePool.Server.Demo;

namespace EdgePool.Benchmarks.Pool;

/// <summary>How the cost of a pool grows with its nodes: stanzas per CPU-second, where they stay at the node and where they cross a peer link, and the messages to and from etcd.</summary>
internal static class PoolBenchmark
{
    private const int WarmUp = 200_000;
    private const int Count = 2_000_000;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(30);

    /// <param name="part"><c>idle</c>, <c>relay</c>, or both.</param>
    /// <param name="output">The table.</param>
    /// <param name="error">What went wrong.</param>
    public static async Task<int> RunAsync(string? part, TextWriter output, TextWriter error)
    {
        try
        {
            if (part is not "relay")
            {
                await IdleAsync(output);
            }

            return part is "idle" || await RelayAsync(output) == 0 ? 0 : 1;
        }
        catch (Exception fault) when (fault is DemoException or InvalidOperationException or IOException)
        {
            error.WriteLine($"pool: {fault.Message}");
            return 1;
        }
    }

    private static async Task IdleAsync(TextWriter output)
    {
        output.WriteLine("messages to and from etcd in a second; the pool is settled, and a stanza never asks etcd");
        output.WriteLine("nodes  partners   to etcd   from etcd   etcd's CPU   CPU of a node   memory of a node");
        foreach (var (nodes, partners) in new[] { (1, 10), (2, 10), (3, 10), (3, 10_000), (3, 50_000) })
        {
            await IdleAsync(nodes, partners, output);
        }
    }

    private static async Task<long> RelayAsync(TextWriter output)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Count} messages from a partner to a component, a stream to each node, as fast as they go; on {Environment.ProcessorCount} cores with the load itself"));
        output.WriteLine("nodes  component at     crossing   a second   per CPU-second of all nodes   lost or wrong");
        var wrong = 0L;
        foreach (var (nodes, at) in new[] { (1, 1), (2, 2), (3, 3), (2, 1), (3, 1) })
        {
            wrong += await RelayAsync(nodes, at, output);
        }

        return wrong;
    }

    private static async Task IdleAsync(int nodes, int partners, TextWriter output)
    {
        await using var scene = await PoolScene.StartAsync(nodes, partners);
        await Task.Delay(Settle);
        var (began, cpu, etcdCpu, since) = (await scene.Etcd.MessagesAsync(), Cpu(scene), scene.Etcd.Use().Cpu, Stopwatch.GetTimestamp());
        await Task.Delay(Watched);
        var (ended, seconds) = (await scene.Etcd.MessagesAsync(), Stopwatch.GetElapsedTime(since).TotalSeconds);
        var (mine, its) = ((Cpu(scene) - cpu).TotalSeconds / seconds / nodes, (scene.Etcd.Use().Cpu - etcdCpu).TotalSeconds / seconds);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{nodes,5} {partners,9} {(ended.FromNodes - began.FromNodes) / seconds,9:0.0} {(ended.ToNodes - began.ToNodes) / seconds,11:0.0} {its * 100,10:0.0} % {mine * 100,13:0.0} % {scene.Nodes.Max(static node => node.Use().ResidentBytes) / 1048576.0,14:0} MiB"));
    }

    private static async Task<long> RelayAsync(int nodes, int at, TextWriter output)
    {
        await using var scene = await PoolScene.StartAsync(nodes, partners: 10);
        await scene.ConnectAsync(at);
        await Task.Delay(Settle);
        var streams = await scene.OpenAsync();
        await scene.SendAsync(streams, WarmUp * nodes);
        var (cpu, since) = (Cpu(scene), Stopwatch.GetTimestamp());
        var flows = await scene.SendAsync(streams, Count);
        var (seconds, used) = (Stopwatch.GetElapsedTime(since).TotalSeconds, (Cpu(scene) - cpu).TotalSeconds);
        var (received, wrong) = (flows.Sum(static flow => flow.Received), RelayReport.Wrong(flows));
        var where = at == nodes ? "each node" : "one node";
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{nodes,5}  {where,-14} {100.0 * (nodes - at) / nodes,8:0} % {received / seconds,10:0} {received / used,29:0} {wrong,15}"));
        return wrong;
    }

    private static TimeSpan Cpu(PoolScene scene) => scene.Nodes.Aggregate(TimeSpan.Zero, static (sum, node) => sum + node.Use().Cpu);
}
