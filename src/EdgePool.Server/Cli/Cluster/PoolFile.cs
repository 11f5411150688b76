using System.CommandLine;
using EdgePool.Server.Configuration;

namespace EdgePool.Server.Cli.Cluster;

/// <summary>The file of a node that is to be in a pool, as the commands read it that speak to no node.</summary>
internal static class PoolFile
{
    /// <summary>Reads it, and says on the error stream what is wrong with it.</summary>
    /// <returns>The node's options, among them its pool's; null with the exit code where there are none.</returns>
    public static (ServerOptions Options, ClusterSettings Cluster)? Read(string file, ConfigurationEnvironment environment, InvocationConfiguration streams, out int exitCode)
    {
        var loaded = ConfigurationLoader.Load(file, environment);
        ConfigurationReport.Write(loaded, streams.Error);
        exitCode = loaded.Options is null ? ConfigurationReport.ExitCodeOf(loaded) : ExitCode.Configuration;
        if (loaded.Options is not { } options)
        {
            return null;
        }

        if (options.Cluster is { } cluster)
        {
            return (options, cluster);
        }

        streams.Error.WriteLine($"edgepool: {Shown.Of(file, 200)} names no pool — add cluster:, see cluster-config/pool");
        return null;
    }
}
