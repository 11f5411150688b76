using System.CommandLine;
using EdgePool.Dns.Updating;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Configuration;
using EdgePool.Server.Configuration.Files;

namespace EdgePool.Server.Cli.Dns;

/// <summary><c>--key FILE</c>: the key that updates are signed by.</summary>
internal sealed class KeyFileOption
{
    private readonly Option<string?> file = new("--key") { Description = "The key's file, as tsig-keygen writes it (hmac-sha256); mode 600.", HelpName = "FILE" };

    /// <summary>Adds the option to a command.</summary>
    public void AddTo(Command command) => command.Options.Add(file);

    /// <summary>The key.</summary>
    /// <exception cref="CommandFailure">There is none, or others may read it. No part of it is told.</exception>
    public TsigKey Read(NodeContext context)
    {
        if (context.Arguments.GetValue(file) is not { } name)
        {
            throw new CommandFailure(ExitCode.Usage, "which key? — name its file with --key, as 'tsig-keygen NAME > update.key' makes one, or look first with --dry-run");
        }

        if (!File.Exists(name))
        {
            throw new CommandFailure(ExitCode.NoConfiguration, $"there is no file {Shown.Of(name, 200)} — make a key with 'tsig-keygen NAME', and bring the same to the primary");
        }

        var problems = new ProblemList(name);
        var text = new NamedFiles(Environment.CurrentDirectory, problems).Read(name, "", secret: true);
        if (problems.InOrder is [var problem, ..])
        {
            throw new CommandFailure(ConfigurationReport.ExitCodeOf([problem]), $"{problem.What} — {problem.Remedy}");
        }

        return TsigKey.TryParse(text!, out var key, out var why)
            ? key
            : throw new CommandFailure(ExitCode.Failed, $"{Shown.Of(name, 200)} cannot be used: {why} — make one with 'tsig-keygen NAME'");
    }
}
