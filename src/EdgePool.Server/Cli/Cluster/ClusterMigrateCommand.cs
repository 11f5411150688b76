using System.CommandLine;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Etcd;
using EdgePool.Cluster.Migration;
using EdgePool.Server.Configuration;
using EdgePool.Server.Running;

namespace EdgePool.Server.Cli.Cluster;

/// <summary><c>edgepool cluster migrate</c>: the documents and consents of a node that stood alone go into its pool's store.</summary>
internal static class ClusterMigrateCommand
{
    private const string Notes = """
        Examples:
          edgepool cluster migrate -c edgepool.yaml

        Stop the node, add cluster: to its file, and run this before the node runs again. Documents come over with their history, as one revision or not at all, and so do
        consents; who is shown as available and the keys that partners have shown stay with the node. It may be run again: what is there is not written twice, and
        nothing that was edited in the pool is overwritten. The node's own store is only read.

        Exit codes: 0 all is in the pool, 1 refused (the message says why), 2 usage, 66 no such file, 69 a store does not answer, 77 not allowed, 78 the configuration is wrong.
        """;

    /// <summary>The command.</summary>
    public static Command Create(ConfigurationEnvironment environment)
    {
        var config = ConfigOption.Create();
        var command = new NotedCommand("migrate", "Carry the documents and consents of a node that stood alone into its pool.", Notes) { config };
        command.SetAction((result, cancellation) => MigrateAsync(result.GetRequiredValue(config), environment, result.InvocationConfiguration, cancellation));
        return command;
    }

    private static async Task<int> MigrateAsync(string file, ConfigurationEnvironment environment, InvocationConfiguration streams, CancellationToken cancellation)
    {
        if (PoolFile.Read(file, environment, streams, out var exitCode) is not var (options, cluster))
        {
            return exitCode;
        }

        var path = Path.Combine(options.Management.StoreDirectory!, RunningNode.StoreFile);
        if (!File.Exists(path))
        {
            streams.Error.WriteLine($"edgepool: there is no store {Shown.Of(path, 200)}, so there is nothing to carry over — correct store: {{ directory: … }}, or just run the node");
            return ExitCode.NoConfiguration;
        }

        try
        {
            await using var from = await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = path }, environment.Time);
            await using var to = new EtcdStore(new EtcdStoreOptions { Etcd = cluster.Etcd }, environment.Time);
            var outcome = await StoreMigration.RunAsync(from, to, new Told(streams.Error), cancellation);
            Write(outcome, streams.Output);
            return ExitCode.Success;
        }
        catch (StoreException fault)
        {
            streams.Error.WriteLine($"edgepool: {Shown.Of(fault.Message, 1_000)}");
            return fault.Fault switch
            {
                StoreFault.Foreign => ExitCode.Failed,
                StoreFault.Permission => ExitCode.Permission,
                _ => ExitCode.Unavailable,
            };
        }
    }

    private static void Write(MigrationOutcome outcome, TextWriter output)
    {
        output.WriteLine(outcome.Documents == 0
            ? FormattableString.Invariant($"documents: all were in the pool, revision {outcome.Revision}")
            : FormattableString.Invariant($"documents: {outcome.Documents} with {outcome.Versions} versions are in the pool, revision {outcome.Revision}"));
        output.WriteLine(outcome.ConsentsLeft
            ? "consents: the pool's users have given or revoked some since, so the pool's were left as they are"
            : FormattableString.Invariant($"consents: {outcome.Consents} are in the pool"));
    }

    /// <summary>Says each step at once, on the migration's own path.</summary>
    private sealed class Told(TextWriter target) : IProgress<MigrationProgress>
    {
        public void Report(MigrationProgress value)
        {
            if (value.Done % 1_000 == 0)
            {
                target.WriteLine(FormattableString.Invariant($"edgepool: {value.Done} {value.What}{(value.Total is { } total ? FormattableString.Invariant($" of {total}") : "")}"));
            }
        }
    }
}
