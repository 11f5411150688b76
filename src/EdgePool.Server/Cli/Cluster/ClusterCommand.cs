using System.CommandLine;

namespace EdgePool.Server.Cli.Cluster;

/// <summary><c>edgepool cluster</c>: the pool of nodes that a node belongs to.</summary>
internal static class ClusterCommand
{
    private const string Notes = """
        Examples:
          edgepool cluster status
        """;

    /// <summary>The command.</summary>
    public static Command Create() => new NotedCommand("cluster", "The pool of nodes: who is in it, and who owns what.", Notes) { ClusterStatusCommand.Create(TimeProvider.System) };
}
