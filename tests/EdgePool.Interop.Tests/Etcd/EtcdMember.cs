using System.Diagnostics;
using System.Net;
using EdgePool.Interop.Tests.Servers;

namespace EdgePool.Interop.Tests.Etcd;

/// <summary>One etcd process; it can be killed, stopped (SIGSTOP) and started again with its data.</summary>
internal sealed class EtcdMember(string name, IPEndPoint clients, Uri peers, string folder, string cluster, string[] further) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private ServerProcess? process;

    /// <summary>By name where it is encrypted: the test authority's certificates have names.</summary>
    public Uri Endpoint { get; } = new(further.Contains("--client-cert-auth") ? $"https://localhost:{clients.Port}" : $"http://{clients}");

    public string Name => name;

    public ServerProcess Process => process ?? throw new InvalidOperationException($"{name} was not started");

    /// <summary>Starts it; that it serves is another matter.</summary>
    public async Task StartAsync()
    {
        string[] arguments =
        [
            "--name", name, "--data-dir", Path.Combine(folder, name), "--log-level", "warn", "--logger", "zap",
            "--listen-client-urls", $"{Endpoint.Scheme}://{clients}", "--advertise-client-urls", Endpoint.GetLeftPart(UriPartial.Authority),
            "--listen-peer-urls", peers.GetLeftPart(UriPartial.Authority), "--initial-advertise-peer-urls", peers.GetLeftPart(UriPartial.Authority),
            "--initial-cluster", cluster, "--initial-cluster-token", folder,
        ];
        process = await ServerProcess.StartAsync($"etcd {name}", "etcd", arguments.Concat(further), folder);
        await process.WaitForPortAsync(clients);
    }

    public Task KillAsync() => Process.KillAsync();

    /// <summary>Stops it; when this ends, each of its threads stands.</summary>
    public async Task PauseAsync()
    {
        Process.Signal(ServerProcess.Sigstop);
        for (var since = Stopwatch.StartNew(); Directory.EnumerateDirectories($"/proc/{Process.Id}/task").Any(static task => !Stands(task));)
        {
            Assert.True(since.Elapsed < Patience, $"{name} does not stand still");
            await Task.Delay(1);
        }
    }

    public void Resume() => Process.Signal(ServerProcess.Sigcont);

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            if (!process.HasExited)
                Resume();
            await process.KillAsync();
            await process.DisposeAsync();
        }
    }

    private static bool Stands(string task)
    {
        try
        {
            return File.ReadAllText($"{task}/stat").Contains(") T ", StringComparison.Ordinal);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return true; // the thread has just ended
        }
    }
}
