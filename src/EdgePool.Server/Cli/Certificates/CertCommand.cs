using System.CommandLine;
using EdgePool.Server.Certificates;
using EdgePool.Server.Configuration;
using Spectre.Console;

namespace EdgePool.Server.Cli.Certificates;

/// <summary><c>edgepool cert</c>: our own certificates, from the request to the node.</summary>
internal static class CertCommand
{
    /// <summary>The command.</summary>
    public static Command Create(ConfigurationEnvironment environment) => new NotedCommand("cert", "Our own certificates: ask for one, look at it, put it to use.", CertHelp.Cert)
    {
        CertRequestCommand.Create(environment, Terminal),
        CertShowCommand.Create(environment),
        CertImportCommand.Create(environment),
        CertCheckCommand.Create(environment),
        CertAssignCommand.Create(environment),
    };

    /// <summary><c>--config FILE</c> where a command can do without.</summary>
    public static Option<string?> Config(string purpose) => new("--config", "-c")
    {
        Description = $"The node's configuration file (YAML): {purpose}.",
        HelpName = "FILE",
    };

    /// <summary><c>--json</c>.</summary>
    public static Option<bool> Json() => new("--json") { Description = "One JSON object in place of text." };

    /// <summary>Says why it cannot be done.</summary>
    public static int Fail(CommandFault fault, TextWriter error)
    {
        error.WriteLine(fault.ToString());
        return fault.Code;
    }

    /// <summary>Reads the node's file, or says why not.</summary>
    public static NodeFile? Node(string path, TextWriter error, out int code)
    {
        var node = NodeFile.Read(path, out var result);
        code = node is null ? ConfigurationReport.ExitCodeOf(result) : ExitCode.Success;
        if (node is null)
        {
            ConfigurationReport.Write(result, error);
        }

        return node;
    }

    private static IAnsiConsole? Terminal() => Console.IsInputRedirected || Console.IsOutputRedirected ? null : AnsiConsole.Console;
}
