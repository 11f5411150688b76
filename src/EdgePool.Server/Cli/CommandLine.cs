using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using EdgePool.Policy.Documents;
using EdgePool.Server.Cli.Certificates;
using EdgePool.Server.Cli.Cluster;
using EdgePool.Server.Cli.Dialback;
using EdgePool.Server.Cli.Dns;
using EdgePool.Server.Cli.Documents;
using EdgePool.Server.Cli.Nodes;
using EdgePool.Server.Cli.Policies;
using EdgePool.Server.Cli.Probing;
using EdgePool.Server.Cli.Topologies;
using EdgePool.Server.Configuration;

namespace EdgePool.Server.Cli;

/// <summary>The commands of the executable.</summary>
internal static class CommandLine
{
    private const string Name = "edgepool";

    /// <summary>Parses and runs a command line.</summary>
    /// <param name="arguments">The words after the program's name.</param>
    /// <param name="demo">The demo.</param>
    /// <param name="streams">Where to write.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, DemoHandler demo, InvocationConfiguration streams)
    {
        // An argument that begins with @ is all users of a domain, not a file with more arguments.
        var result = Commands(demo).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Errors.Count > 0 || UnknownOption(result) is not null)
        {
            return Misunderstood(result, streams.Error);
        }

        try
        {
            return await result.InvokeAsync(streams);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Failed;
        }
        catch (Exception fault)
        {
            InternalError.Write(fault, streams.Error);
            return ExitCode.Internal;
        }
    }

    private static RootCommand Commands(DemoHandler demo)
    {
        var root = new RootCommand("EdgePool: an XMPP federation edge between the internet and internal XMPP servers and components.")
        {
            RunCommand.Create(ConfigurationEnvironment.System),
            new Command("check", "Check something without running it.") { CheckConfigCommand.Create(ConfigurationEnvironment.System) },
            CertCommand.Create(ConfigurationEnvironment.System),
            DialbackCommand.Create(ConfigurationEnvironment.System),
            DemoCommand.Create(demo),
            ApplyCommand.CreateApply(TimeProvider.System),
            ApplyCommand.CreateDiff(TimeProvider.System),
            GetCommand.Create(),
            HistoryCommands.CreateDelete(),
            HistoryCommands.CreateHistory(),
            HistoryCommands.CreateRevert(),
            PartnerCommand.Create(),
            PolicyCommand.Create(),
            GatewayCommand.Create(),
            ConsentCommand.Create(),
            StatusCommand.Create(TimeProvider.System),
            TopologyCommand.Create(TimeProvider.System),
            DnsCommand.Create(TimeProvider.System),
            ClusterCommand.Create(ConfigurationEnvironment.System),
            StreamsCommand.Create(),
            WhyCommand.Create(),
            ProbeCommand.Create(ConfigurationEnvironment.System),
        };
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpNotes((HelpAction)help.Action!);
        return root;
    }

    /// <summary>The first word that looks like an option and is none, be it that an argument has taken it; null: there is none. What follows <c>--</c> are arguments.</summary>
    private static string? UnknownOption(ParseResult result)
    {
        if (result.Tokens.Any(token => token.Type is TokenType.DoubleDash))
        {
            return null;
        }

        var taken = result.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).Select(token => token.Value);
        return result.UnmatchedTokens.Concat(taken).FirstOrDefault(word => word.Length > 2 && word.StartsWith("--", StringComparison.Ordinal));
    }

    private static int Misunderstood(ParseResult result, TextWriter error)
    {
        // A word that is no command also leaves the command out: the word is what the operator should hear of.
        var commands = result.CommandResult.Command.Subcommands.Select(command => command.Name).ToList();
        if (commands.Count > 0 && result.UnmatchedTokens is [var word, ..] && !word.StartsWith("--", StringComparison.Ordinal))
        {
            var remedy = Spelling.Nearest(word, commands) is { } near ? $"did you mean '{near}'?" : $"there is {string.Join(", ", commands)}";
            error.WriteLine($"{Name}: '{Shown.Of(word)}' is not a command — {remedy}");
        }
        else if (UnknownOption(result) is { } unknown)
        {
            var options = result.CommandResult.Command.Options.Select(option => option.Name).ToList();
            var remedy = Spelling.Nearest(unknown, options) is { } near ? $"did you mean '{near}'?" : $"there is {string.Join(", ", options)}";
            error.WriteLine($"{Name}: '{Shown.Of(unknown)}' is not an option — {remedy}");
        }
        else
        {
            foreach (var fault in result.Errors)
            {
                error.WriteLine($"{Name}: {fault.Message}");
            }
        }

        error.WriteLine($"{Name}: try '{HelpFor(result)}'");
        return ExitCode.Usage;
    }

    private static string HelpFor(ParseResult result)
    {
        var words = new List<string> { Name };
        for (var at = result.CommandResult; at.Parent is System.CommandLine.Parsing.CommandResult parent; at = parent)
        {
            words.Insert(1, at.Command.Name);
        }

        return string.Join(' ', words) + " --help";
    }
}
