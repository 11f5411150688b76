using System.Diagnostics;
using EdgePool.Server.Demo;
using EdgePool.Server.Demo.Load;

namespace EdgePool.Benchmarks.Relay;

/// <summary>The relay benchmark: what one stanza, one handshake and one idle stream cost the edge, and how long a stanza takes.</summary>
internal static class RelayBenchmark
{
    // The just-in-time compiler is done with the stanza path before it is measured.
    private const int WarmUpStanzas = 200_000;
    private const int WarmUpHandshakes = 50;
    private const int StreamsPerPartner = 500;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        if (arguments.Contains("--help") || arguments.Contains("-h"))
        {
            output.WriteLine(RelayOptions.Usage);
            return 0;
        }

        if (RelayOptions.Parse(arguments, out var problem) is not { } options)
        {
            error.WriteLine(problem);
            error.WriteLine(RelayOptions.Usage);
            return 2;
        }

        try
        {
            return await MeasureAsync(options, output);
        }
        catch (Exception fault) when (fault is DemoException or InvalidOperationException or IOException)
        {
            error.WriteLine($"relay: {fault.Message}");
            return 1;
        }
    }

    private static async Task<int> MeasureAsync(RelayOptions options, TextWriter output)
    {
        var report = new RelayReport(
            options.Direction == RelayDirection.In ? "in" : "out",
            options.Streams,
            options.Count > 0 ? await ThroughputAsync(options) : null,
            options.Rate > 0 ? await LatencyAsync(options) : null,
            options.Idle > 0 ? await IdleAsync(options.Idle) : null);
        if (options.Json)
        {
            output.WriteLine(report.ToJson());
        }
        else
        {
            report.Write(output);
        }

        return report.IsGood ? 0 : 1;
    }

    private static async Task<ThroughputFigures> ThroughputAsync(RelayOptions options)
    {
        await using var scene = await RelayScene.StartAsync(options.Direction, options.Streams);
        var senders = await scene.OpenSendersAsync();
        await scene.SendAsync(senders, WarmUpStanzas, rate: 0);

        var before = scene.Edge.Use();
        var start = Stopwatch.GetTimestamp();
        var flows = await scene.SendAsync(senders, options.Count, rate: 0);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var cpu = (scene.Edge.Use().Cpu - before.Cpu).TotalSeconds;
        var received = flows.Sum(flow => flow.Received);
        return new ThroughputFigures(received, seconds, received / seconds, cpu, cpu > 0 ? received / cpu : 0, cpu * 1e6 / received, RelayReport.Wrong(flows));
    }

    private static async Task<LatencyFigures> LatencyAsync(RelayOptions options)
    {
        await using var scene = await RelayScene.StartAsync(options.Direction, options.Streams);
        var senders = await scene.OpenSendersAsync();
        await scene.SendAsync(senders, WarmUpStanzas, rate: 0);

        var before = scene.Edge.Use();
        var flows = await scene.SendAsync(senders, options.Rate * RelayOptions.RateSeconds, options.Rate);
        var cpu = (scene.Edge.Use().Cpu - before.Cpu).TotalSeconds;
        var received = flows.Sum(flow => flow.Received);
        LatencyHistogram[] latencies = [.. flows.Select(flow => flow.Latency)];
        return new LatencyFigures(
            options.Rate,
            received,
            LatencyHistogram.Percentile(0.50, latencies),
            LatencyHistogram.Percentile(0.90, latencies),
            LatencyHistogram.Percentile(0.99, latencies),
            LatencyHistogram.Percentile(0.999, latencies),
            cpu * 1e6 / received,
            RelayReport.Wrong(flows));
    }

    private static async Task<IdleFigures> IdleAsync(int count)
    {
        await using var scene = await RelayScene.StartAsync(RelayDirection.In, 1 + (count / StreamsPerPartner));
        for (var i = 0; i < WarmUpHandshakes; i++)
        {
            await scene.OpenAsync(0);
        }

        await Task.Delay(Settle);
        var before = scene.Edge.Use();
        for (var i = 0; i < count; i++)
        {
            await scene.OpenAsync(i / StreamsPerPartner);
        }

        var cpu = scene.Edge.Use().Cpu - before.Cpu;
        await Task.Delay(Settle);
        var after = scene.Edge.Use();
        return new IdleFigures(count, (after.ResidentBytes - before.ResidentBytes) / count, cpu.TotalMilliseconds / count, before.ResidentBytes, after.ResidentBytes);
    }
}
