using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using EdgePool.Interop.Tests.Operators;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Management.Wire;
using EdgePool.Testing.Certificates;

namespace EdgePool.Interop.Tests.Pools;

/// <summary>
/// The pool that cluster-config/pool ships, on loopback addresses: etcd with the file of the trial, and three <c>edgepool run</c> with the files of the nodes, in which names of
/// addresses, folders and endpoints alone are others.
/// </summary>
internal sealed class PoolOfProcesses : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string folder;
    private readonly TestCertificateAuthority authority;
    private ServerProcess etcd;
    private readonly IPEndPoint clients;
    private readonly ServerProcess?[] nodes = new ServerProcess?[3];

    private PoolOfProcesses(string folder, TestCertificateAuthority authority, ServerProcess etcd, IPEndPoint clients)
        => (this.folder, this.authority, this.etcd, this.clients) = (folder, authority, etcd, clients);

    public static async Task<PoolOfProcesses> StartAsync()
    {
        Programs.Require("etcd", "setpriv");
        var place = Directory.CreateTempSubdirectory("edgepool-pool-").FullName;
        var (clients, peers) = (LoopbackAddresses.FreePort(), LoopbackAddresses.FreePort());
        var file = Path.Combine(place, "trial.yaml");
        var trial = Shipped("etcd/trial.yaml").Replace(":2379", $":{clients}", StringComparison.Ordinal).Replace(":2380", $":{peers}", StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, trial.Replace("/var/lib/etcd/edgepool-trial", Path.Combine(place, "etcd"), StringComparison.Ordinal));
        var endpoint = new IPEndPoint(IPAddress.Loopback, clients);
        var pool = new PoolOfProcesses(place, new TestCertificateAuthority(), await EtcdAsync(place, endpoint), endpoint);
        pool.WriteFiles();
        return pool;
    }

    /// <summary>Node 1, 2 or 3, once it runs.</summary>
    public ServerProcess this[int node] => nodes[node - 1] ?? throw new InvalidOperationException($"edge-{node} does not run");

    public string FileOf(int node) => Path.Combine(folder, $"edge-{node}.yaml");

    public EdgeOperator OperatorOf(int node) => new(SocketOf(node));

    /// <summary>Runs a command that speaks to no node.</summary>
    public static async Task<CommandResult> RunAsync(string command)
    {
        await using var process = await ServerProcess.StartAsync("edgepool " + command, Path.Combine(AppContext.BaseDirectory, "edgepool"), command.Split(' '));
        return new CommandResult(await process.WaitForExitAsync(), process.Log);
    }

    public async Task RunNodeAsync(int node)
    {
        nodes[node - 1] = await ServerProcess.StartAsync($"edge-{node}", Path.Combine(AppContext.BaseDirectory, "edgepool"), ["run", "--config", FileOf(node)], folder);
        await this[node].WaitForLogAsync(" 3200 Listening ", Patience);
    }

    public Task StopEtcdAsync() => etcd.KillAsync();

    public async Task StartEtcdAsync() => etcd = await EtcdAsync(folder, clients);

    /// <summary>The pool as a node sees it, when it is as wanted; and how long that took.</summary>
    public async Task<(ClusterView View, TimeSpan Took)> UntilAsync(int node, Func<ClusterView, bool> wanted)
    {
        var since = TimeProvider.System.GetTimestamp();
        using var client = new NodeClient(SocketOf(node));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var view = await client.GetAsync("/v1/cluster", WireJson.Default.ClusterView, TestContext.Current.CancellationToken);
            var took = TimeProvider.System.GetElapsedTime(since);
            if (wanted(view))
            {
                return (view, took);
            }

            Assert.True(took < Patience, $"the pool never was as wanted: {string.Join("; ", view.Problems)} {string.Join(", ", view.Nodes)}");
            await pace.WaitForNextTickAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes.OfType<ServerProcess>())
        {
            await node.KillAsync();
            await node.DisposeAsync();
        }

        await etcd.KillAsync();
        await etcd.DisposeAsync();
        authority.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<ServerProcess> EtcdAsync(string place, IPEndPoint at)
    {
        var started = await ServerProcess.StartAsync("etcd", "etcd", ["--config-file", Path.Combine(place, "trial.yaml")], place);
        await started.WaitForPortAsync(at);
        return started;
    }

    private string SocketOf(int node) => Path.Combine(folder, $"n{node}", "edgepool.sock");

    private void WriteFiles()
    {
        var certificate = authority.Issue("contoso.example");
        File.Copy(certificate.CertificateFile, Path.Combine(folder, "edge.pem"));
        PrivateFile.Write(Path.Combine(folder, "edge.key"), File.ReadAllText(certificate.KeyFile));
        File.Copy(authority.RootFile, Path.Combine(folder, "internal-ca.pem"));
        PrivateFile.Write(Path.Combine(folder, "contoso.secret"), "a secret of some length\n");
        for (var node = 1; node <= 3; node++)
        {
            var address = LoopbackAddresses.Next().ToString();
            var text = Regex.Replace(Shipped($"edge-{node}.yaml"), @"(?:203\.0\.113|10\.0\.0)\.1[123]:", address + ":", RegexOptions.None, Patience)
                .Replace("\"https://10.0.1.1:2379\", \"https://10.0.1.2:2379\", \"https://10.0.1.3:2379\"", $"\"http://{clients}\"", StringComparison.Ordinal)
                .Replace("/var/lib/edgepool", Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"n{node}")), StringComparison.Ordinal);
            // Its tests ask for a pool whose back ends come later, or not at all.
            File.WriteAllText(FileOf(node), Regex.Replace(text, "^    (?:ca|certificate|key): etcd-.*\n", "", RegexOptions.Multiline, Patience) + "readiness: { refuse: false }\n");
        }
    }

    private static string Shipped(string name, [CallerFilePath] string here = "")
        => File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../../cluster-config/pool", name));
}
