using System.CommandLine;
using EdgePool.Server.Configuration;

namespace EdgePool.Server.Cli.Cluster;

/// <summary><c>edgepool cluster</c>: the pool of nodes that a node belongs to.</summary>
internal static class ClusterCommand
{
    private const string Notes = """
        Examples:
          edgepool cluster secrets init -c edgepool.yaml      the key file, once; bring it to every node
          edgepool cluster join -c edgepool.yaml              may this node join, and what is to be done?
          edgepool cluster status
          edgepool cluster secrets rotate
          edgepool cluster leave

        A node joins its pool by running with cluster: in its file, and leaves it by stopping.
        """;

    /// <summary>The command.</summary>
    public static Command Create(ConfigurationEnvironment environment) => new NotedCommand("cluster", "The pool of nodes: who is in it, and who owns what.", Notes)
    {
        ClusterStatusCommand.Create(environment.Time),
        ClusterJoinCommand.Create(environment),
        ClusterLeaveCommand.Create(),
        ClusterSecretsCommand.Create(environment),
    };
}
