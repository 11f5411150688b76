using System.CommandLine;
using System.CommandLine.Help;
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
        var result = Commands(demo).Parse(arguments);
        if (result.Errors.Count > 0)
        {
            foreach (var error in result.Errors)
            {
                streams.Error.WriteLine($"{Name}: {error.Message}");
            }

            streams.Error.WriteLine($"{Name}: try '{HelpFor(result)}'");
            return ExitCode.Usage;
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
            streams.Error.WriteLine($"{Name}: internal error: {fault.GetType().Name}: {Shown.Of(fault.Message, 200)} — this is a fault of EdgePool: report it with the lines below");
            streams.Error.WriteLine(fault.StackTrace);
            return ExitCode.Internal;
        }
    }

    private static RootCommand Commands(DemoHandler demo)
    {
        var root = new RootCommand("EdgePool: an XMPP federation edge between the internet and internal XMPP servers and components.")
        {
            RunCommand.Create(ConfigurationEnvironment.System),
            new Command("check", "Check something without running it.") { CheckConfigCommand.Create(ConfigurationEnvironment.System) },
            DemoCommand.Create(demo),
        };
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpNotes((HelpAction)help.Action!);
        return root;
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
