using System.CommandLine;
using EdgePool.Server.Cli.Connection;

namespace EdgePool.Server.Cli.Documents;

/// <summary>What every command that changes documents takes.</summary>
/// <param name="reason">What serves as <c>--why</c> where that is not given; null: nothing.</param>
internal sealed class EditOptions(Option<string?>? reason = null)
{
    private readonly Option<bool> dryRun = new("--dry-run") { Description = "Show what would change, and change nothing." };

    private readonly Option<string> why = new("--why")
    {
        Description = "The reason; it stays in the history with your name.",
        HelpName = "TEXT",
        DefaultValueFactory = _ => "",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(dryRun);
        command.Options.Add(why);
    }

    /// <summary>Nothing is to be changed.</summary>
    public bool DryRun(NodeContext context) => context.Arguments.GetValue(dryRun);

    /// <summary>The reason.</summary>
    public string Why(NodeContext context)
        => context.Arguments.GetValue(why) is { Length: > 0 } text ? text : (reason is null ? null : context.Arguments.GetValue(reason)) ?? "";
}
