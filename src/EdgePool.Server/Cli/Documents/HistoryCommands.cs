using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Display;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Documents;

/// <summary><c>edgepool delete</c>, <c>edgepool history</c> and <c>edgepool revert</c>.</summary>
internal static class HistoryCommands
{
    private const string DeleteNotes = """
        Examples:
          edgepool delete partner partner.example --why "contract ended"
          edgepool delete policy global                   back to the defaults: all access off

        What was deleted stays in the history: 'edgepool revert' brings it back.

        Exit codes: 0 in force, 1 there is no such document, or others need it; 2 usage; 69 no node answers; 77 not allowed.
        """;

    private const string HistoryNotes = """
        Examples:
          edgepool history partner partner.example
          edgepool history gateway --diff                 what each version changed

        Exit codes: 0, 1 there was never such a document, 2 usage, 69 no node answers, 77 not allowed.
        """;

    private const string RevertNotes = """
        Examples:
          edgepool revert partner partner.example --to 41 --dry-run
          edgepool revert partner partner.example --to 41 --why "the new certificate does not work"

        The document is written anew as it was at that version: the history goes on. A deleted document comes back by it.

        Exit codes: 0 in force, 1 no such version, or it does not fit any more; 2 usage; 69 no node answers; 77 not allowed.
        """;

    /// <summary><c>delete</c>.</summary>
    public static Command CreateDelete()
    {
        var kind = KindArgument.Kind();
        var name = KindArgument.Name();
        var edit = new EditOptions();
        var command = NodeCommand.Create("delete", "Delete a document.", DeleteNotes, async (context, cancellation) =>
        {
            var wanted = context.Arguments.GetRequiredValue(kind);
            var path = DocumentPaths.Delete(wanted, KindArgument.NameOf(wanted, context.Arguments.GetValue(name)), edit.DryRun(context), edit.Why(context));
            return Done(context, await context.Node.DeleteAsync(path, WireJson.Default.EditReply, cancellation), edit.DryRun(context));
        });
        command.Arguments.Add(kind);
        command.Arguments.Add(name);
        edit.AddTo(command);
        return command;
    }

    /// <summary><c>revert</c>.</summary>
    public static Command CreateRevert()
    {
        var kind = KindArgument.Kind();
        var name = KindArgument.Name();
        var to = new Option<long>("--to") { Description = "The version, as 'edgepool history' shows it.", HelpName = "VERSION", Required = true };
        var edit = new EditOptions();
        var command = NodeCommand.Create("revert", "Take a document back to one of its versions.", RevertNotes, async (context, cancellation) =>
        {
            var wanted = context.Arguments.GetRequiredValue(kind);
            var path = DocumentPaths.Document(wanted, KindArgument.NameOf(wanted, context.Arguments.GetValue(name))) + "/revert";
            var request = new RevertRequest(context.Arguments.GetRequiredValue(to), edit.DryRun(context), edit.Why(context));
            var reply = await context.Node.PostAsync(path, request, WireJson.Default.RevertRequest, WireJson.Default.EditReply, cancellation);
            return Done(context, reply, edit.DryRun(context));
        });
        command.Arguments.Add(kind);
        command.Arguments.Add(name);
        command.Options.Add(to);
        edit.AddTo(command);
        return command;
    }

    /// <summary><c>history</c>.</summary>
    public static Command CreateHistory()
    {
        var kind = KindArgument.Kind();
        var name = KindArgument.Name();
        var diff = new Option<bool>("--diff") { Description = "Show what each version changed." };
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = NodeCommand.Create("history", "Show who changed a document, when and why.", HistoryNotes, async (context, cancellation) =>
        {
            var wanted = context.Arguments.GetRequiredValue(kind);
            var path = DocumentPaths.Document(wanted, KindArgument.NameOf(wanted, context.Arguments.GetValue(name))) + "/history";
            var history = await context.Node.GetAsync(path, WireJson.Default.DocumentHistory, cancellation);
            Write(history, context.Arguments.GetValue(diff), context.Arguments.GetValue(json), context.Output);
            return ExitCode.Success;
        });
        command.Arguments.Add(kind);
        command.Arguments.Add(name);
        command.Options.Add(diff);
        command.Options.Add(json);
        return command;
    }

    /// <summary>Tells what an edit of one document did, and gives the exit code.</summary>
    public static int Done(NodeContext context, EditReply reply, bool dryRun)
    {
        var report = new EditReport(context.Output);
        EditReport.Warnings(reply, EditReport.Shown, context.Error);
        if (dryRun)
        {
            report.WriteDifference(reply);
        }
        else
        {
            report.Write(reply);
        }

        return ExitCode.Success;
    }

    private static void Write(DocumentHistory history, bool diff, bool json, TextWriter output)
    {
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(history, WireJson.Shown.DocumentHistory));
            return;
        }

        if (!diff)
        {
            Table(history, output);
            return;
        }

        for (var i = 0; i < history.Versions.Count; i++)
        {
            var version = history.Versions[i];
            output.WriteLine(FormattableString.Invariant($"version {version.Version}, {version.When:u}, {version.Who}{(version.Why.Length == 0 ? "" : $": {Configuration.Shown.Of(version.Why, 1_024)}")}"));
            new EditReport(output).Difference(i + 1 < history.Versions.Count ? history.Versions[i + 1].Spec : null, version.Spec);
        }
    }

    private static void Table(DocumentHistory history, TextWriter output)
    {
        var table = new TextTable("VERSION", "WHEN", "BY", "WHAT", "WHY");
        foreach (var version in history.Versions)
        {
            table.Add(
                version.Version.ToString(CultureInfo.InvariantCulture),
                version.When.ToString("u", CultureInfo.InvariantCulture),
                version.Who,
                version.Spec is null ? "deleted" : "written",
                version.Why);
        }

        table.WriteTo(output);
    }
}
