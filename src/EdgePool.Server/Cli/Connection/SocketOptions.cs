using System.CommandLine;
using EdgePool.Server.Configuration;

namespace EdgePool.Server.Cli.Connection;

/// <summary>How a command finds its node: <c>--socket PATH</c>, <c>--config FILE</c>, <c>EDGEPOOL_SOCKET</c>, or the usual place, in this order.</summary>
internal sealed class SocketOptions
{
    /// <summary>The environment variable.</summary>
    public const string Variable = "EDGEPOOL_SOCKET";

    /// <summary>Where a node is whose store is where the documentation puts it.</summary>
    public const string UsualPlace = "/var/lib/edgepool/" + ManagementSettings.SocketName;

    private readonly Option<string?> socket = new("--socket")
    {
        Description = $"The node's management socket. Default: --config, {Variable}, {UsualPlace}.",
        HelpName = "PATH",
    };

    private readonly Option<string?> config = new("--config", "-c")
    {
        Description = "The node's configuration file, to take the socket from it.",
        HelpName = "FILE",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(socket);
        command.Options.Add(config);
    }

    /// <summary>The socket's path; null, and the error is told, when there is none.</summary>
    public string? Find(ParseResult result, Func<string, string?> variable, out int exitCode)
    {
        exitCode = ExitCode.Success;
        if (result.GetValue(socket) is { Length: > 0 } path)
        {
            return Path.GetFullPath(path);
        }

        if (result.GetValue(config) is { } file)
        {
            return FromConfiguration(file, result.InvocationConfiguration.Error, out exitCode);
        }

        return variable(Variable) is { Length: > 0 } named ? Path.GetFullPath(named) : UsualPlace;
    }

    private static string? FromConfiguration(string file, TextWriter error, out int exitCode)
    {
        var loaded = ConfigurationLoader.LoadSocket(file);
        exitCode = ConfigurationReport.ExitCodeOf(loaded.Problems);
        if (exitCode is not ExitCode.Success)
        {
            foreach (var problem in loaded.Problems)
            {
                error.WriteLine(problem.ToString());
            }

            return null;
        }

        if (loaded.Management?.Socket is null)
        {
            exitCode = ExitCode.Configuration;
            error.WriteLine($"edgepool: the node of {file} has no management socket — write management: {{ socket: /run/edgepool/edgepool.sock }} into it and restart the node");
        }

        return loaded.Management?.Socket;
    }
}
