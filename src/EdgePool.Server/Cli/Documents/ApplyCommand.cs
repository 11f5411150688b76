using System.CommandLine;
using System.Text.Json;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Documents;

/// <summary><c>edgepool apply</c> and <c>edgepool diff</c>: documents from files.</summary>
internal static class ApplyCommand
{
    private const string ApplyNotes = """
        Examples:
          edgepool apply -f cluster-config/documents --dry-run     what would change
          edgepool apply -f partner.yaml --why "ticket 4711"
          edgepool get partner partner.example -o yaml > p.yaml; edit p.yaml; edgepool apply -f p.yaml

        A document is kind, name and spec; several stand in one file with --- between them. All that is given is one change: if one document is
        wrong, nothing is changed, and each error is told as FILE:LINE:COLUMN. A document with the version: that 'get' shows is refused if somebody
        else changed it since. More than 10000 documents are checked as a whole, then written 10000 at a time. When the command returns, what it
        wrote is in force: nothing judged by the policy before is let through any more.

        Exit codes: 0 in force, or the same already; 1 refused: an error in a document, or a newer version; 2 usage; 66 no such file; 69 no node
        answers; 77 not allowed.
        """;

    private const string DiffNotes = """
        Examples:
          edgepool diff -f cluster-config/documents
          edgepool diff -f partner.yaml || edgepool apply -f partner.yaml

        Exit codes: 0 no difference, 1 differences, or an error in a document; 2 usage; 66 no such file; 69 no node answers; 77 not allowed.
        """;

    /// <summary><c>apply</c>.</summary>
    public static Command CreateApply(TimeProvider time)
    {
        var source = new DocumentSource();
        var edit = new EditOptions();
        var json = new Option<bool>("--json") { Description = "Write what was done as JSON." };
        var command = NodeCommand.Create("apply", "Put documents from files into the store and in force.", ApplyNotes, async (context, cancellation) =>
        {
            var progress = new Progress(context.Error, time);
            var documents = source.Read(context.Arguments, context.Error, progress);
            var sender = new DocumentSender(context.Node, progress);
            var dryRun = edit.DryRun(context);
            var reply = await ToldAsync(context, documents, () => dryRun
                ? sender.CheckAsync(documents, cancellation)
                : sender.ApplyAsync(documents, edit.Why(context), cancellation));
            if (reply is null)
            {
                return ExitCode.Failed;
            }

            Write(context, reply, dryRun, context.Arguments.GetValue(json));
            return ExitCode.Success;
        });
        source.AddTo(command);
        edit.AddTo(command);
        command.Options.Add(json);
        return command;
    }

    /// <summary><c>diff</c>.</summary>
    public static Command CreateDiff(TimeProvider time)
    {
        var source = new DocumentSource();
        var command = NodeCommand.Create("diff", "Show how the store differs from documents in files.", DiffNotes, async (context, cancellation) =>
        {
            var progress = new Progress(context.Error, time);
            var documents = source.Read(context.Arguments, context.Error, progress);
            var reply = await ToldAsync(context, documents, () => new DocumentSender(context.Node, progress).CheckAsync(documents, cancellation));
            if (reply is null)
            {
                return ExitCode.Failed;
            }

            Write(context, reply, dryRun: true, json: false);
            return reply.Results.All(result => result.Action is EditAction.Unchanged) ? ExitCode.Success : ExitCode.Failed;
        });
        source.AddTo(command);
        return command;
    }

    /// <summary>Tells what an edit did, or would do.</summary>
    public static void Write(NodeContext context, EditReply reply, bool dryRun, bool json)
    {
        if (json)
        {
            context.Output.WriteLine(JsonSerializer.Serialize(reply, WireJson.Shown.EditReply));
            return;
        }

        var report = new EditReport(context.Output);
        if (dryRun)
        {
            report.WriteDifference(reply);
        }
        else
        {
            report.Write(reply);
        }
    }

    /// <summary>The reply, with its warnings told; null when the documents are refused, with the reasons told in terms of the files.</summary>
    public static async Task<EditReply?> ToldAsync(NodeContext context, IReadOnlyList<WrittenDocument> documents, Func<Task<EditReply>> send)
    {
        var places = DocumentSource.Places(documents);
        try
        {
            var reply = await send();
            EditReport.Warnings(reply, problem => DocumentSource.Place(problem, places), context.Error);
            return reply;
        }
        catch (NodeFailure refused) when (refused.Failure.Code is FailureCode.Invalid or FailureCode.Stale)
        {
            foreach (var problem in refused.Failure.Problems)
            {
                context.Error.WriteLine(DocumentSource.Place(problem, places));
            }

            TellStale(context, refused.Failure.Stale, places);
            context.Error.WriteLine($"edgepool: {refused.Failure.What} — {refused.Failure.Remedy}");
            return null;
        }
    }

    private static void TellStale(NodeContext context, IReadOnlyList<StoredView> stale, Dictionary<(string Kind, string Name), WrittenDocument> places)
    {
        foreach (var current in stale)
        {
            var mine = places.GetValueOrDefault((current.Kind, current.Name));
            var now = current.Spec is null
                ? "it is gone"
                : FormattableString.Invariant($"it is at version {current.Version}, by {current.Who} at {current.When:u}{(current.Why.Length == 0 ? "" : $" ({Configuration.Shown.Of(current.Why, 1_024)})")}");
            var version = FormattableString.Invariant($"version {mine?.View.Version}");
            context.Error.WriteLine($"{mine?.Place("") ?? $"{current.Kind}/{current.Name}"}: error: {current.Kind}/{current.Name} was made from {version}, but {now}; from the store to the file:");
            new EditReport(context.Error).Difference(current.Spec, mine?.View.Spec);
        }
    }
}
