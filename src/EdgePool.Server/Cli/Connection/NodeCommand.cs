using System.CommandLine;
using EdgePool.Server.Cli.Documents;
using EdgePool.Server.Configuration;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Connection;

/// <summary>What a command that speaks to a node works with.</summary>
/// <param name="Node">The node.</param>
/// <param name="Arguments">The command line.</param>
/// <param name="Output">For what was asked for.</param>
/// <param name="Error">For all else.</param>
internal sealed record NodeContext(NodeClient Node, ParseResult Arguments, TextWriter Output, TextWriter Error);

/// <summary>Makes commands that speak to a node: the options that find it, and one way to tell what went wrong.</summary>
internal static class NodeCommand
{
    /// <summary>Who called sudo (sudo(8)).</summary>
    private const string SudoUser = "SUDO_USER";

    /// <summary>Makes a command whose options and arguments the caller adds.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">One line.</param>
    /// <param name="notes">The end of its help: examples and exit codes.</param>
    /// <param name="run">What it does; gives the exit code.</param>
    public static NotedCommand Create(string name, string description, string notes, Func<NodeContext, CancellationToken, Task<int>> run)
    {
        var command = new NotedCommand(name, description, notes);
        var socket = new SocketOptions();
        socket.AddTo(command);
        command.SetAction((result, cancellation) => RunAsync(result, socket, run, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, SocketOptions options, Func<NodeContext, CancellationToken, Task<int>> run, CancellationToken cancellation)
    {
        var (output, error) = (result.InvocationConfiguration.Output, result.InvocationConfiguration.Error);
        if (options.Find(result, Environment.GetEnvironmentVariable, out var code) is not { } socket)
        {
            return code;
        }

        try
        {
            using var client = new NodeClient(socket, Environment.GetEnvironmentVariable(SudoUser));
            return await run(new NodeContext(client, result, output, error), cancellation);
        }
        catch (CommandFailure failure)
        {
            error.WriteLine($"edgepool: {failure.Message}");
            return failure.ExitCode;
        }
        catch (NodeFailure refused)
        {
            return Tell(refused.Failure, error);
        }
    }

    /// <summary>Tells an answer that is no success, and gives its exit code.</summary>
    public static int Tell(Failure failure, TextWriter error)
    {
        foreach (var problem in failure.Problems)
        {
            error.WriteLine(EditReport.Shown(problem));
        }

        error.WriteLine($"edgepool: {Shown.Of(failure.What, 1_000)} — {Shown.Of(failure.Remedy, 1_000)}");
        return failure.Code switch
        {
            FailureCode.Forbidden => ExitCode.Permission,
            FailureCode.Internal => ExitCode.Internal,
            FailureCode.Unavailable or FailureCode.StoreRefused => ExitCode.Unavailable,
            FailureCode.BadRequest => ExitCode.Usage,
            _ => ExitCode.Failed,
        };
    }
}
