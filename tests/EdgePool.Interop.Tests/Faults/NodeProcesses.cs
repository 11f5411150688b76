using EdgePool.Interop.Tests.Operators;
using EdgePool.Interop.Tests.Pools;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Interop.Tests.Faults;

/// <summary>The <c>edgepool run</c> of a test, counted from 1: each has a file in one folder, a directory beside it, and what its log told.</summary>
public abstract class NodeProcesses(params string[] names)
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan LogDelay = TimeSpan.FromSeconds(10);

    private readonly ServerProcess?[] nodes = new ServerProcess?[names.Length];
    private readonly NodeAccount[] accounts = [.. names.Select(static _ => new NodeAccount())];

    internal string Folder { get; } = Directory.CreateTempSubdirectory("edgepool-faults-").FullName;

    internal IReadOnlyList<string> Names => names;

    internal NodeAccount this[int node] => accounts[node - 1];

    internal ServerProcess ProcessOf(int node) => nodes[node - 1] ?? throw new InvalidOperationException($"{names[node - 1]} does not run");

    /// <summary>Runs a node, and waits until it serves.</summary>
    internal async Task RunNodeAsync(int node)
    {
        var process = await ServerProcess.StartAsync(
            names[node - 1], Path.Combine(AppContext.BaseDirectory, "edgepool"), ["run", "--config", FileOf(node)], Folder, onLine: accounts[node - 1].Note);
        var before = nodes[node - 1];
        nodes[node - 1] = process;
        if (before is not null)
            await before.DisposeAsync();
        await process.WaitForLogAsync(" 3200 Listening ", Patience);
    }

    /// <summary>Makes the key that seals the pool's secrets, runs the first node, and gives it the documents and a policy that lets everybody federate.</summary>
    /// <param name="documents">What is applied.</param>
    internal async Task RunFirstAsync(string documents)
    {
        var (code, said) = await PoolOfProcesses.RunAsync($"cluster secrets init -c {FileOf(1)}");
        Assert.True(code == 0, said);
        await RunNodeAsync(1);
        await OperatorOf(1).DoAsync($"apply -f {documents}");
        await OperatorOf(1).DoAsync("policy set global --enable-federation-access --enable-xmpp-access");
    }

    /// <summary>Runs what does not run.</summary>
    internal Task RunAllAsync() => Task.WhenAll(Enumerable.Range(1, names.Length).Where(node => nodes[node - 1] is not { HasExited: false }).Select(RunNodeAsync));

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
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Patience, $"{names[node - 1]}: {ledger}");
            await pace.WaitForNextTickAsync();
        }
    }

    /// <summary>Each node's own account: of those that run, and of those that ended in order.</summary>
    internal async Task BalancesAsync()
    {
        for (var node = 1; node <= names.Length; node++)
        {
            Assert.All(this[node].Ended, static told => Assert.True(NodeAccount.Balances(told), told));
            await QuietAsync(node);
        }
    }

    /// <summary>Stanzas that nodes answered as lost although another one may have delivered them, as far as their logs, which come behind the answers, have told.</summary>
    internal long Uncertain() => accounts.Sum(static account => account.Uncertain);

    /// <summary>The same, when the logs have told of so many, or have had the time to.</summary>
    internal async Task<long> UncertainAsync(long least)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (var since = TimeProvider.System.GetTimestamp(); Uncertain() < least && TimeProvider.System.GetElapsedTime(since) < LogDelay;)
            await pace.WaitForNextTickAsync();
        return Uncertain();
    }

    /// <summary>Waits until a node sees its pool as it is wanted.</summary>
    internal async Task UntilAsync(int node, Func<ClusterView, bool> wanted)
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

    internal string FileOf(int node) => Path.Combine(Folder, names[node - 1] + ".yaml");

    /// <summary>Ends every node, and writes beside the table what they said.</summary>
    private protected async ValueTask EndNodesAsync()
    {
        if (FaultTable.File is { } file)
        {
            for (var node = 1; node <= names.Length; node++)
                await File.WriteAllLinesAsync($"{file}.{names[node - 1]}.log", this[node].Lines);
        }

        foreach (var node in nodes.OfType<ServerProcess>())
        {
            await node.KillAsync();
            await node.DisposeAsync();
        }
    }

    private string SocketOf(int node) => Path.Combine(Folder, names[node - 1], "edgepool.sock");
}
