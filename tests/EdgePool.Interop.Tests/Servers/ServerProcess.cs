using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace EdgePool.Interop.Tests.Servers;

/// <summary>
/// A program started by a test and ended by it: politely first, then for certain, with its children. It dies with the test
/// host too, by the kernel's parent-death signal.
/// </summary>
/// <remarks>
/// The kernel ties that signal to the <em>thread</em> that forked, and pool threads retire; so one thread that lives as long as the host starts all of them.
/// </remarks>
internal sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>Goes on.</summary>
    public const int Sigcont = 18;

    /// <summary>Stops where it stands.</summary>
    public const int Sigstop = 19;

    private const int Sigterm = 15;
    private const int LogLimit = 4 * 1024 * 1024;

    /// <summary>What anything may take on a machine that is busy.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly Task output;
    private readonly StringBuilder log = new();
    private readonly Lock gate = new();
    private TaskCompletionSource changed = NewSignal();

    private ServerProcess(string name, Process process, Action<string>? onLine)
    {
        Name = name;
        this.process = process;
        process.OutputDataReceived += Receive;
        process.ErrorDataReceived += Receive;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        output = process.WaitForExitAsync();

        void Receive(object sender, DataReceivedEventArgs e)
        {
            if (e.Data is not { } line)
                return;
            Note(line);
            onLine?.Invoke(line);
        }
    }

    public string Name { get; }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    /// <summary>Only after its end.</summary>
    public int ExitCode => process.ExitCode;

    /// <summary>Standard output and standard error so far.</summary>
    public string Log
    {
        get
        {
            lock (gate)
                return log.ToString();
        }
    }

    /// <summary>Starts the program; standard input stays open for the caller, who may also see each line of output as it comes.</summary>
    public static async Task<ServerProcess> StartAsync(
        string name,
        string program,
        IEnumerable<string> arguments,
        string? folder = null,
        IReadOnlyDictionary<string, string>? environment = null,
        Action<string>? onLine = null)
    {
        var start = new ProcessStartInfo(Programs.PathOf("setpriv"))
        {
            WorkingDirectory = folder ?? Path.GetTempPath(),
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(false),
        };
        foreach (var argument in new[] { "--pdeathsig", "KILL", Programs.PathOf(program) }.Concat(arguments))
            start.ArgumentList.Add(argument);
        foreach (var (key, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
            start.Environment[key] = value;
        var started = await StarterThread.RunAsync(() => Process.Start(start) ?? throw new InvalidOperationException($"{name} did not start"));
        return new ServerProcess(name, started, onLine);
    }

    /// <summary>Writes one line to the program's standard input.</summary>
    public async Task WriteLineAsync(string line)
    {
        await process.StandardInput.WriteLineAsync(line);
        await process.StandardInput.FlushAsync();
    }

    /// <summary>Until the program accepts TCP connections at the address.</summary>
    public async Task WaitForPortAsync(IPEndPoint endPoint, TimeSpan? patience = null)
    {
        var deadline = Stopwatch.StartNew();
        while (deadline.Elapsed < (patience ?? Patience))
        {
            if (process.HasExited)
                throw Failure($"ended with {process.ExitCode} before it listened on {endPoint}");
            if (await AcceptsAsync(endPoint))
                return;
            await Task.Delay(50);
        }

        throw Failure($"does not listen on {endPoint}");
    }

    /// <summary>Until the log holds the text.</summary>
    public async Task WaitForLogAsync(string text, TimeSpan? patience = null, StringComparison comparison = StringComparison.Ordinal)
    {
        using var deadline = new CancellationTokenSource(patience ?? Patience);
        while (true)
        {
            var ended = output.IsCompleted; // looked at first: then nothing comes behind what the log holds
            Task signal;
            lock (gate)
            {
                signal = changed.Task;
                if (log.ToString().Contains(text, comparison))
                    return;
            }

            if (ended)
                throw Failure($"ended with {process.ExitCode} without saying “{text}”");
            try
            {
                await Task.WhenAny(signal, output).WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException e)
            {
                throw Failure($"never said “{text}”", e);
            }
        }
    }

    /// <summary>Waits until it ends by itself, with all of its output.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> WaitForExitAsync(TimeSpan? patience = null)
    {
        await output.WaitAsync(patience ?? Patience);
        return process.ExitCode;
    }

    /// <summary>Asks to end (SIGTERM), waits, then ends it and its children for certain.</summary>
    /// <returns>Whether it ended by itself in time.</returns>
    public async Task<bool> StopAsync(TimeSpan? patience = null)
    {
        if (process.HasExited)
            return true;
        _ = Kill(process.Id, Sigterm);
        try
        {
            await output.WaitAsync(patience ?? TimeSpan.FromSeconds(8));
            return true;
        }
        catch (TimeoutException)
        {
            await KillAsync();
            return false;
        }
    }

    /// <summary>Sends it a signal.</summary>
    public void Signal(int signal) => Assert.Equal(0, Kill(process.Id, signal));

    /// <summary>Ends it and its children at once (SIGKILL), as a crash would.</summary>
    public async Task KillAsync()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It was gone already.
        }

        await output.WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        process.Dispose();
    }

    /// <summary>An exception that shows the end of the log.</summary>
    public Exception Failure(string what, Exception? cause = null)
    {
        var text = Log;
        return new InvalidOperationException($"{Name} {what}\n--- the end of its log\n{(text.Length > 6000 ? text[^6000..] : text)}", cause);
    }

    internal static async Task<bool> AcceptsAsync(IPEndPoint endPoint)
    {
        using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Note(string line)
    {
        TaskCompletionSource signal;
        lock (gate)
        {
            log.AppendLine(line);
            if (log.Length > LogLimit)
                log.Remove(0, log.Length - LogLimit / 2);
            (signal, changed) = (changed, NewSignal());
        }

        signal.TrySetResult();
    }
}
