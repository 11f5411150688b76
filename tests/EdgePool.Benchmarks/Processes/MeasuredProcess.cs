using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace EdgePool.Benchmarks.Processes;

/// <summary>What a process has used so far.</summary>
/// <param name="Cpu">User and system time.</param>
/// <param name="ResidentBytes">Resident memory.</param>
internal sealed record ProcessUse(TimeSpan Cpu, long ResidentBytes);

/// <summary>A server under measurement: a process of its own, ended with the measurement.</summary>
internal sealed class MeasuredProcess : IAsyncDisposable
{
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(60);

    private readonly string name;
    private readonly Process process;
    private readonly Task<string> errors;

    private MeasuredProcess(string name, Process process)
    {
        (this.name, this.process) = (name, process);
        errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Starts a program and waits until it listens. Its standard output goes nowhere, its standard input stays open.</summary>
    /// <exception cref="InvalidOperationException">It does not listen; with what it said.</exception>
    public static async Task<MeasuredProcess> StartAsync(string name, string program, IEnumerable<string> arguments, IPEndPoint listening)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        var started = new MeasuredProcess(name, Process.Start(start)!);
        started.process.OutputDataReceived += static (_, _) => { };
        started.process.BeginOutputReadLine();
        try
        {
            await started.WaitUntilItListensAsync(listening);
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>Loopback endpoints that nobody listens on.</summary>
    public static IPEndPoint[] FreeEndPoints(int count)
    {
        Socket[] sockets = [.. Enumerable.Range(0, count).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))];
        foreach (var socket in sockets)
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        }

        IPEndPoint[] found = [.. sockets.Select(socket => (IPEndPoint)socket.LocalEndPoint!)];
        foreach (var socket in sockets)
        {
            socket.Dispose();
        }

        return found;
    }

    /// <summary>From /proc: CPU in steps of 10 ms.</summary>
    public ProcessUse Use()
    {
        process.Refresh();
        return new ProcessUse(process.TotalProcessorTime, process.WorkingSet64);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        await process.WaitForExitAsync();
        await errors;
        process.Dispose();
    }

    /// <summary>Waits until the process takes connections there.</summary>
    public async Task WaitUntilItListensAsync(IPEndPoint listening)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await probe.ConnectAsync(listening);
                return;
            }
            catch (SocketException) when (!process.HasExited && Stopwatch.GetElapsedTime(since) < LongestStart)
            {
                await Task.Delay(50);
            }
            catch (SocketException fault)
            {
                throw new InvalidOperationException($"{name} does not listen on {listening}: " + (process.HasExited ? await errors : "it took too long"), fault);
            }
        }
    }
}
