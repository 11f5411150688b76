using System.Globalization;
using System.Net;
using EdgePool.Interop.Tests.Etcd;
using EdgePool.Interop.Tests.Operators;
using EdgePool.Interop.Tests.Pools;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Management.Wire;
using EdgePool.Testing.Certificates;

namespace EdgePool.Interop.Tests.Faults;

/// <summary>
/// Three <c>edgepool run</c> and an etcd of three members, with the settings that ship. Node 3 reaches etcd, and is reached by its peers, over lines that can be interrupted.
/// </summary>
public sealed class FaultPool : IAsyncLifetime
{
    internal const string Secret = "a secret of some length";
    internal static readonly string[] Partners = ["north.example", "south.example", "east.example"];
    internal static readonly string[] Components = ["one.contoso.example", "two.contoso.example", "three.contoso.example"];
    internal const string Inside = "chat.contoso.example";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string folder = Directory.CreateTempSubdirectory("edgepool-faults-").FullName;
    private readonly ServerProcess?[] nodes = new ServerProcess?[3];
    private readonly NodeAccount[] accounts = [new(), new(), new()];
    private readonly List<CutProxy> toEtcd = [];
    private readonly Dictionary<string, IssuedCertificate> certificates = new(StringComparer.Ordinal);
    private CutProxy? toPeer;

    internal TestCertificateAuthority Authority { get; } = new();

    /// <summary>Addresses of the nodes: 5269 for partners, 23456 for components, 23457 for internal servers, 23458 among them.</summary>
    internal IPAddress[] Addresses { get; } = [LoopbackAddresses.Next(), LoopbackAddresses.Next(), LoopbackAddresses.Next()];

    /// <summary>Where the partners' servers, and the internal one, take streams.</summary>
    internal Dictionary<string, IPEndPoint> Servers { get; } = new(StringComparer.Ordinal);

    internal EtcdServers Etcd { get; private set; } = null!;

    internal ShardHistory History { get; private set; } = null!;

    internal static string[] Names { get; } = ["edge-1", "edge-2", "edge-3"];

    internal NodeAccount this[int node] => accounts[node - 1];

    public async ValueTask InitializeAsync()
    {
        Programs.Require("etcd", "setpriv");
        Etcd = await EtcdServers.StartAsync(3);
        History = new ShardHistory(Etcd.Endpoints);
        toEtcd.AddRange(Etcd.Endpoints.Select(static member => new CutProxy(new IPEndPoint(IPAddress.Loopback, member.Port))));
        toPeer = new CutProxy(new IPEndPoint(Addresses[2], 23458));
        foreach (var domain in (string[])[.. Partners, Inside])
        {
            Servers.Add(domain, new IPEndPoint(LoopbackAddresses.Next(), 5269));
            certificates.Add(domain, Authority.Issue(domain));
        }

        WriteFiles();
        var (code, said) = await PoolOfProcesses.RunAsync($"cluster secrets init -c {FileOf(1)}");
        Assert.True(code == 0, said);
        await RunNodeAsync(1);
        await OperatorOf(1).DoAsync($"apply -f {Path.Combine(folder, "partners.yaml")}");
        await OperatorOf(1).DoAsync("policy set global --enable-federation-access --enable-xmpp-access");
        await WholeAsync(serving: false);
    }

    internal ServerIdentity IdentityOf(string domain) => new(domain, certificates[domain]);

    internal ServerProcess ProcessOf(int node) => nodes[node - 1] ?? throw new InvalidOperationException($"edge-{node} does not run");

    /// <summary>Runs a node, and waits until it serves.</summary>
    internal async Task RunNodeAsync(int node)
    {
        var process = await ServerProcess.StartAsync(
            $"edge-{node}", Path.Combine(AppContext.BaseDirectory, "edgepool"), ["run", "--config", FileOf(node)], folder, onLine: accounts[node - 1].Note);
        var before = nodes[node - 1];
        nodes[node - 1] = process;
        if (before is not null)
            await before.DisposeAsync();
        await process.WaitForLogAsync(" 3200 Listening ", Patience);
    }

    /// <summary>Ends a node at once (kill -9).</summary>
    internal Task KillAsync(int node) => ProcessOf(node).KillAsync();

    /// <summary>Ends a node in order (SIGTERM), within the time that it gives itself and a little more.</summary>
    internal async Task StopAsync(int node)
    {
        Assert.True(await ProcessOf(node).StopAsync(TimeSpan.FromSeconds(25)), ProcessOf(node).Failure("did not end").Message);
        Assert.Equal(0, ProcessOf(node).ExitCode);
    }

    /// <summary>Stops a node where it stands (SIGSTOP).</summary>
    internal void Pause(int node) => ProcessOf(node).Signal(ServerProcess.Sigstop);

    /// <summary>Lets it go on (SIGCONT).</summary>
    internal void Continue(int node) => ProcessOf(node).Signal(ServerProcess.Sigcont);

    /// <summary>Every node runs, every shard has an owner, and no node sees anything wrong.</summary>
    /// <param name="serving">Something stands inside, so that the nodes take partners' connections.</param>
    internal async Task WholeAsync(bool serving = true)
    {
        Mend();
        for (var node = 1; node <= 3; node++)
        {
            if (nodes[node - 1] is not { HasExited: false })
                await RunNodeAsync(node);
        }

        for (var node = 1; node <= 3; node++)
            await UntilAsync(node, view => view is { Nodes.Count: 3, Shards.Unowned: 0 } && view.Problems.All(problem => !serving && problem.Contains(" is not ready ", StringComparison.Ordinal)));
    }

    /// <summary>Node 3 reaches no etcd.</summary>
    internal void CutFromEtcd() => toEtcd.ForEach(static line => line.Interrupt());

    /// <summary>No other node reaches node 3, nor is it reached by it: of two nodes the one with the lower name calls.</summary>
    internal void CutFromPeers() => toPeer!.Interrupt();

    /// <summary>All lines stand.</summary>
    internal void Mend()
    {
        toEtcd.ForEach(static line => line.Mend());
        toPeer!.Mend();
    }

    internal EdgeOperator OperatorOf(int node) => new(SocketOf(node));

    /// <summary>A node at a glance.</summary>
    internal async Task<StatusView> StatusAsync(int node)
    {
        using var client = new NodeClient(SocketOf(node));
        return await client.GetAsync("/v1/status", WireJson.Default.StatusView, TestContext.Current.CancellationToken);
    }

    /// <summary>Nothing is in flight at a node, and each stanza that it accepted has ended one way.</summary>
    internal async Task QuietAsync(int node)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var since = TimeProvider.System.GetTimestamp();
        while (await StatusAsync(node) is { Ledger: var ledger } && ledger is not { Balances: true, InFlight: 0 })
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Patience, $"edge-{node}: {ledger}");
            await pace.WaitForNextTickAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (FaultTable.File is { } file)
        {
            for (var node = 1; node <= 3; node++)
                await File.WriteAllLinesAsync($"{file}.edge-{node}.log", this[node].Lines);
        }

        foreach (var node in nodes.OfType<ServerProcess>())
        {
            await node.KillAsync();
            await node.DisposeAsync();
        }

        if (Etcd is not null)
        {
            await History.DisposeAsync();
            await Etcd.DisposeAsync();
        }

        foreach (var line in toEtcd.Append(toPeer).OfType<CutProxy>())
            await line.DisposeAsync();
        foreach (var certificate in certificates.Values)
            certificate.Dispose();
        Authority.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private string FileOf(int node) => Path.Combine(folder, $"edge-{node}.yaml");

    private string SocketOf(int node) => Path.Combine(folder, $"n{node}", "edgepool.sock");

    private async Task UntilAsync(int node, Func<ClusterView, bool> wanted)
    {
        using var client = new NodeClient(SocketOf(node));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var since = TimeProvider.System.GetTimestamp();
        while (await client.GetAsync("/v1/cluster", WireJson.Default.ClusterView, TestContext.Current.CancellationToken) is var view && !wanted(view))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Patience, $"the pool never was as wanted: {string.Join("; ", view.Problems)} {string.Join(", ", view.Nodes)}");
            await pace.WaitForNextTickAsync();
        }
    }

    private void WriteFiles()
    {
        var certificate = Authority.Issue([.. Components, Inside]);
        var inName = Authority.Issue(Partners); // of the partners, for the internal server
        PrivateFile.Write(Path.Combine(folder, "component.secret"), Secret + "\n");
        for (var node = 1; node <= 3; node++)
        {
            var (address, third) = (Addresses[node - 1], node == 3);
            var etcd = third ? toEtcd.Select(static line => $"http://{line.EndPoint}") : Etcd.Endpoints.Select(static member => member.GetLeftPart(UriPartial.Authority));
            var components = string.Concat(Components.Select(static name => $"  - {{ name: {name}, backEnd: {{ component: {{ secretFile: component.secret }} }} }}\n"));
            File.WriteAllText(FileOf(node), string.Create(CultureInfo.InvariantCulture, $$"""
                node: { name: edge-{{node}} }
                domains:
                {{components}}  - { name: {{Inside}}, backEnd: { server: { address: "{{Servers[Inside]}}", supportDialback: false, trust: { ca: ["{{Authority.RootFile}}"] } } } }
                listeners:
                  s2s: [ { address: "{{address}}:5269" } ]
                  internal:
                    - { address: "{{address}}:23456", allowPlain: loopback }
                    - { address: "{{address}}:23457", clients: { ca: ["{{Authority.RootFile}}"] } }
                certificates:
                  - { certificate: "{{certificate.CertificateFile}}", key: "{{certificate.KeyFile}}" }
                  - { certificate: "{{inName.CertificateFile}}", key: "{{inName.KeyFile}}" }
                trust: { ca: ["{{Authority.RootFile}}"] }
                dns: { servers: ["127.0.0.1:9"] }
                store: { directory: n{{node}} }
                cluster:
                  pool: site-a
                  peer: "{{address}}:23458"
                  {{(third ? $"advertise: \"{toPeer!.EndPoint}\"" : "# advertised as it is")}}
                  secretKeyFile: cluster.key
                  etcd: { endpoints: [{{string.Join(", ", etcd.Select(static endpoint => $"\"{endpoint}\""))}}] }

                """));
        }

        File.WriteAllText(Path.Combine(folder, "partners.yaml"), string.Join("---\n", Partners.Select(partner => $$"""
            kind: Partner
            name: {{partner}}
            spec: { partnerType: Federated, proxyFqdn: "{{Servers[partner]}}" }

            """)));
    }
}

/// <summary>What a node's log tells of its accounts, over all its processes.</summary>
internal sealed class NodeAccount
{
    private readonly Lock gate = new();
    private readonly List<string> lines = [];
    private long uncertain;

    /// <summary>Stanzas that it answered as lost although another node may have delivered them.</summary>
    public long Uncertain => Interlocked.Read(ref uncertain);

    /// <summary>Everything that it said.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (gate)
                return [.. lines];
        }
    }

    /// <summary>What it said when it ended in order.</summary>
    public IReadOnlyList<string> Ended
    {
        get
        {
            lock (gate)
                return [.. lines.Where(static line => line.Contains(" 2003 ", StringComparison.Ordinal))];
        }
    }

    /// <summary>Reads a line.</summary>
    public void Note(string line)
    {
        if (line.Contains(" 2306 ", StringComparison.Ordinal) && Value(line, "stanzas=") is { } stanzas)
            Interlocked.Add(ref uncertain, stanzas);
        lock (gate)
            lines.Add(line);
    }

    /// <summary>A node that ended in order had nothing in flight, and each stanza had ended one way.</summary>
    public static bool Balances(string told)
        => Value(told, "inFlight=") == 0 && Value(told, "accepted=") == Value(told, "delivered=") + Value(told, "bounced=") + Value(told, "dropped=");

    private static long? Value(string line, string name)
    {
        var at = line.IndexOf(" " + name, StringComparison.Ordinal);
        if (at < 0)
            return null;
        var digits = line.AsSpan(at + 1 + name.Length);
        var end = digits.IndexOf(' ');
        return long.Parse(end < 0 ? digits : digits[..end], NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
