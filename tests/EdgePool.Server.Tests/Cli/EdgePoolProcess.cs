using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace EdgePool.Server.Tests.Cli;

/// <summary>The real executable, started by a test and gone with it.</summary>
internal sealed class EdgePoolProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly StringBuilder lines = new();
    private readonly List<(string Text, TaskCompletionSource<string> Found)> waits = [];

    public EdgePoolProcess(params string[] arguments)
        : this([], arguments)
    {
    }

    /// <summary>Starts it by way of another program, such as setpriv.</summary>
    public EdgePoolProcess(IReadOnlyList<string> by, IReadOnlyList<string> arguments)
    {
        // The apphost looks for a runtime where it is installed; the host that runs the tests has found one already.
        var runtime = Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet";
        string[] words = [.. by, runtime, Path.Combine(AppContext.BaseDirectory, "edgepool.dll"), .. arguments];
        var start = new ProcessStartInfo(words[0])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (var word in words.Skip(1))
        {
            start.ArgumentList.Add(word);
        }

        process = new Process { StartInfo = start };
        process.ErrorDataReceived += (_, line) => OnLine(line.Data);
        process.OutputDataReceived += (_, line) => OnLine(line.Data);
        process.Start();
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    /// <summary>What it has written so far.</summary>
    public string Text
    {
        get
        {
            lock (lines)
            {
                return lines.ToString();
            }
        }
    }

    /// <summary>Waits for a line that holds a text.</summary>
    public async Task<string> LineAsync(string text)
    {
        var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (lines)
        {
            waits.Add((text, found));
            if (lines.ToString().Split('\n').FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) is { } already)
            {
                found.TrySetResult(already);
            }
        }

        var ended = process.WaitForExitAsync();
        if (await Task.WhenAny(found.Task, ended).WaitAsync(Patience) == ended && !found.Task.IsCompleted)
        {
            throw new InvalidOperationException($"it ended without '{text}':\n{Text}");
        }

        return await found.Task;
    }

    /// <summary>Waits for its end and gives the exit code.</summary>
    public async Task<int> ExitAsync()
    {
        await process.WaitForExitAsync().WaitAsync(Patience);
        return process.ExitCode;
    }

    /// <summary>Sends a signal by its name.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start(new ProcessStartInfo("kill", ["-" + name, process.Id.ToString(CultureInfo.InvariantCulture)]) { UseShellExecute = false })!;
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }

        process.Dispose();
    }

    private void OnLine(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (lines)
        {
            lines.Append(line).Append('\n');
            foreach (var (text, found) in waits)
            {
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    found.TrySetResult(line);
                }
            }
        }
    }
}
