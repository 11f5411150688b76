using System.CommandLine;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Cluster;

/// <summary><c>edgepool cluster leave</c>: a node gives away what it owns, and ends.</summary>
internal static class ClusterLeaveCommand
{
    private const string Notes = """
        Examples:
          edgepool cluster leave                          on the node that is to leave

        The node says that it drains, the others take over its shards, it delivers or answers what is in flight, and its process ends with exit code 0; the service
        is not started again by itself. 'systemctl disable edgepool' keeps it from coming back with the machine.

        Exit codes: 0 it has left, 1 it is in no pool, or nobody took over some shards in time, 2 usage, 69 no node answers, 77 not allowed.
        """;

    /// <summary>The command.</summary>
    public static Command Create() => NodeCommand.Create("leave", "Have a node leave its pool in order, and end.", Notes, async (context, cancellation) =>
    {
        var reply = await context.Node.PostAsync("/v1/cluster/leave", new EmptyRequest(), WireJson.Default.EmptyRequest, WireJson.Default.LeaveReply, cancellation);
        context.Output.WriteLine(FormattableString.Invariant($"{reply.Node} leaves pool {reply.Pool}: {reply.HandedOver} shards are others' now; the process ends when what is in flight is delivered or answered"));
        if (reply.Left > 0)
        {
            context.Output.WriteLine(FormattableString.Invariant($"{reply.Left} shards were not taken over in time: they are owned again within seconds of its end — see 'edgepool cluster status' at another node"));
        }

        return reply.Left == 0 ? ExitCode.Success : ExitCode.Failed;
    });
}
