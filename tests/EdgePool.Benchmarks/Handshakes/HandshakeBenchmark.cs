using System.Diagnostics;
using System.Net;
using EdgePool.Benchmarks.Processes;
using EdgePool.Benchmarks.Relay;
using EdgePool.Server.Demo;

namespace EdgePool.Benchmarks.Handshakes;

/// <summary>The handshake benchmark: how many handshakes the edge takes and what one costs, beside TLS alone and beside Prosody.</summary>
internal static class HandshakeBenchmark
{
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        if (arguments.Contains("--help") || arguments.Contains("-h"))
        {
            output.WriteLine(HandshakeOptions.Usage);
            return 0;
        }

        if (HandshakeOptions.Parse(arguments, out var problem) is not { } options)
        {
            error.WriteLine(problem);
            error.WriteLine(HandshakeOptions.Usage);
            return 2;
        }

        try
        {
            var report = await MeasureAsync(options, error);
            if (options.Json)
            {
                output.WriteLine(report.ToJson());
            }
            else
            {
                report.Write(output);
            }

            return 0;
        }
        catch (Exception fault) when (fault is DemoException or InvalidOperationException or IOException)
        {
            error.WriteLine($"handshake: {fault.Message}");
            return 1;
        }
    }

    private static async Task<HandshakeReport> MeasureAsync(HandshakeOptions options, TextWriter progress)
    {
        progress.WriteLine("handshake: starting the edge …");
        await using var scene = await RelayScene.StartAsync(RelayDirection.In, HandshakeOptions.WarmUp + options.Count);
        progress.WriteLine($"handshake: {options.Count} handshakes with the edge …");
        var edge = await DriveAsync(options, scene, scene.Edge.S2S, scene.Edge.Use);
        return new HandshakeReport(options.Parallel, edge, await OpenSslAsync(scene, progress), await ProsodyAsync(options, scene, progress));
    }

    private static async Task<HandshakeFigures?> OpenSslAsync(RelayScene scene, TextWriter progress)
    {
        if (!File.Exists(OpenSslHandshakes.Program))
        {
            return null;
        }

        progress.WriteLine($"handshake: openssl s_time, {HandshakeOptions.OpenSslSeconds} s …");
        return await OpenSslHandshakes.MeasureAsync(scene.Edge.Files);
    }

    private static async Task<HandshakeFigures?> ProsodyAsync(HandshakeOptions options, RelayScene scene, TextWriter progress)
    {
        if (!File.Exists(ProsodyProcess.Program))
        {
            return null;
        }

        progress.WriteLine($"handshake: {options.Count} handshakes with Prosody …");
        var place = MeasuredProcess.FreeEndPoints(1)[0];
        await using var prosody = await ProsodyProcess.StartAsync(scene.Edge.Files, place);
        return await DriveAsync(options, scene, place, prosody.Use);
    }

    private static async Task<HandshakeFigures> DriveAsync(HandshakeOptions options, RelayScene scene, IPEndPoint server, Func<ProcessUse> use)
    {
        var fresh = use();
        await OpenAsync(scene, server, 0, HandshakeOptions.WarmUp, options.Parallel);
        var (before, start) = (use(), Stopwatch.GetTimestamp());
        await OpenAsync(scene, server, HandshakeOptions.WarmUp, options.Count, options.Parallel);
        var (cpu, seconds) = (use().Cpu - before.Cpu, Stopwatch.GetElapsedTime(start).TotalSeconds);
        return new HandshakeFigures(
            options.Count,
            options.Count / seconds,
            cpu.TotalMilliseconds / options.Count,
            (before.Cpu - fresh.Cpu).TotalMilliseconds / HandshakeOptions.WarmUp);
    }

    /// <summary>
    /// Opens so many streams, each of a partner of its own: beside others of the same pair a stream makes the edge probe those. They stay open until the scene ends:
    /// what it costs to close them is no handshake.
    /// </summary>
    private static async Task OpenAsync(RelayScene scene, IPEndPoint server, int first, int count, int parallel)
    {
        var opened = -1;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(parallel, count)).Select(_ => OpenInTurnAsync()));

        async Task OpenInTurnAsync()
        {
            while (Interlocked.Increment(ref opened) is var number && number < count)
            {
                await scene.OpenAsync(first + number, server);
            }
        }
    }
}
