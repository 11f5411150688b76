using System.CommandLine;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd;
using EdgePool.Server.Configuration;
using EdgePool.Server.Pool;

namespace EdgePool.Server.Cli.Cluster;

/// <summary><c>edgepool cluster join</c>: whether a node may join its pool, before it runs.</summary>
internal static class ClusterJoinCommand
{
    private const string Notes = """
        Examples:
          edgepool cluster join -c edgepool.yaml

        A node joins by running. This looks, without changing anything, at what would keep it from it: its file and the files that it names, etcd, whether its name and
        address are free, whether its key file opens the pool's secrets, and whether this clock is behind that of a node which is there.

        Exit codes: 0 it may join, 1 it may not (each line says why), 2 usage, 66 no such file, 77 not allowed, 78 the configuration is wrong.
        """;

    /// <summary>The command.</summary>
    public static Command Create(ConfigurationEnvironment environment)
    {
        var config = ConfigOption.Create();
        var command = new NotedCommand("join", "Say whether a node may join its pool, and what to do.", Notes) { config };
        command.SetAction((result, cancellation) => JoinAsync(result.GetRequiredValue(config), environment, result.InvocationConfiguration, cancellation));
        return command;
    }

    private static async Task<int> JoinAsync(string file, ConfigurationEnvironment environment, InvocationConfiguration streams, CancellationToken cancellation)
    {
        if (PoolFile.Read(file, environment, streams, out var exitCode) is not var (options, cluster))
        {
            return exitCode;
        }

        var good = true;
        foreach (var (name, problem) in await LookAsync(options, cluster, environment, cancellation))
        {
            streams.Output.WriteLine(problem is null ? $"ok        {name}" : $"problem   {name}: {Shown.Of(problem, 1_000)}");
            good &= problem is null;
        }

        streams.Output.WriteLine(good
            ? $"{options.Edge.NodeName} may join pool {cluster.Pool}: run it — systemctl enable --now edgepool, or edgepool run -c {Shown.Of(file, 200)} — and see 'edgepool cluster status'"
            : $"{options.Edge.NodeName} may not join pool {cluster.Pool} yet");
        return good ? ExitCode.Success : ExitCode.Failed;
    }

    private static async Task<IReadOnlyList<JoinFinding>> LookAsync(ServerOptions options, ClusterSettings cluster, ConfigurationEnvironment environment, CancellationToken cancellation)
    {
        try
        {
            await using var store = new EtcdCoordinator(cluster.Etcd, environment.Time);
            return await new JoinCheck(store, options.Edge.NodeName, cluster, environment.Time).RunAsync(cancellation);
        }
        catch (StoreException fault)
        {
            return [new JoinFinding("etcd", fault.Message)];
        }
    }
}
