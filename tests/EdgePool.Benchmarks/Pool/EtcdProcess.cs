using System.Globalization;
using System.Net;
using EdgePool.Benchmarks.Processes;
using EdgePool.Cluster.Etcd;

namespace EdgePool.Benchmarks.Pool;

/// <summary>The system's etcd, one member on loopback with its data in a temporary folder, and what it has been asked.</summary>
internal sealed class EtcdProcess : IAsyncDisposable
{
    /// <summary>Debian's.</summary>
    public const string Program = "/usr/bin/etcd";

    private const string Received = "grpc_server_msg_received_total{";
    private const string Sent = "grpc_server_msg_sent_total{";

    private readonly MeasuredProcess process;
    private readonly string folder;

    private EtcdProcess(MeasuredProcess process, string folder, IPEndPoint clients)
        => (this.process, this.folder, Options) = (process, folder, new EtcdOptions { Endpoints = [new Uri($"http://{clients}")], Deadline = TimeSpan.FromSeconds(30) });

    /// <summary>How to reach it.</summary>
    public EtcdOptions Options { get; }

    public static async Task<EtcdProcess> StartAsync()
    {
        if (!File.Exists(Program))
        {
            throw new InvalidOperationException($"{Program} is not here: apt install etcd-server");
        }

        var data = Directory.CreateTempSubdirectory("edgepool-etcd-").FullName;
        var free = MeasuredProcess.FreeEndPoints(2);
        string[] arguments =
        [
            "--name", "m", "--data-dir", Path.Combine(data, "data"), "--log-level", "error", "--listen-client-urls", $"http://{free[0]}", "--advertise-client-urls", $"http://{free[0]}",
            "--listen-peer-urls", $"http://{free[1]}", "--initial-advertise-peer-urls", $"http://{free[1]}", "--initial-cluster", $"m=http://{free[1]}",
        ];
        return new EtcdProcess(await MeasuredProcess.StartAsync("etcd", Program, arguments, free[0]), data, free[0]);
    }

    /// <summary>CPU and memory.</summary>
    public ProcessUse Use() => process.Use();

    /// <summary>Bytes of its database.</summary>
    public long DatabaseBytes() => new FileInfo(Path.Combine(folder, "data/member/snap/db")).Length;

    /// <summary>Messages so far that nodes sent it, and that it sent them: each request, each answer, and each message of a watch.</summary>
    public async Task<(double FromNodes, double ToNodes)> MessagesAsync()
    {
        using var http = new HttpClient();
        var lines = (await http.GetStringAsync(new Uri(Options.Endpoints[0], "metrics"))).Split('\n');
        return (Sum(lines, Received), Sum(lines, Sent));
    }

    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static double Sum(IEnumerable<string> lines, string counter)
        => lines.Where(line => line.StartsWith(counter, StringComparison.Ordinal)).Sum(static line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));
}
