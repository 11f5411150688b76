using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Display;
using EdgePool.Server.Configuration;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Nodes;

/// <summary><c>edgepool why</c>: what policy says of a stanza between two addresses, part by part, and what it refused last.</summary>
internal static class WhyCommand
{
    private const string Notes = """
        Examples:
          edgepool why anna@contoso.example bob@partner.example          may she write to him?
          edgepool why bob@partner.example anna@contoso.example --kind presence:subscribe
          edgepool why bob@partner.example anna@contoso.example --kind iq:jabber:iq:version
          edgepool why --last partner.example                            the last refusals, with their reasons

        Every part of the decision is shown with what was found and the document, with its version, that says so; a document that nobody wrote
        is at its defaults. The first part that refuses is the verdict, and below it stands what to do.

        Exit codes: 0 it passes, 1 it is refused, or there is no such partner; 2 usage; 69 no node answers; 77 not allowed.
        """;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var from = new Argument<string?>("FROM") { Description = "The sender's address.", Arity = ArgumentArity.ZeroOrOne };
        var to = new Argument<string?>("TO") { Description = "The receiver's address.", Arity = ArgumentArity.ZeroOrOne };
        var kind = new Option<string>("--kind") { Description = "message, message:TYPE, presence, presence:TYPE, iq or iq:NAMESPACE.", HelpName = "KIND", DefaultValueFactory = _ => "message" };
        var last = new Option<string?>("--last") { Description = "Show what was refused last of this partner, or of a stranger.", HelpName = "PARTNER" };
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = NodeCommand.Create("why", "Show why a stanza passes or not.", Notes, (context, cancellation) =>
        {
            var arguments = context.Arguments;
            return (arguments.GetValue(from), arguments.GetValue(to), arguments.GetValue(last)) switch
            {
                (null, null, { } partner) => LastAsync(context, partner, arguments.GetValue(json), cancellation),
                ({ } sender, { } receiver, null) => WhyAsync(context, new WhyRequest(sender, receiver, arguments.GetValue(kind)!), arguments.GetValue(json), cancellation),
                _ => throw new CommandFailure(ExitCode.Usage, "who writes to whom? — name two addresses, or --last PARTNER"),
            };
        });
        command.Arguments.Add(from);
        command.Arguments.Add(to);
        command.Options.Add(kind);
        command.Options.Add(last);
        command.Options.Add(json);
        return command;
    }

    private static async Task<int> WhyAsync(NodeContext context, WhyRequest request, bool json, CancellationToken cancellation)
    {
        var reply = await context.Node.PostAsync("/v1/why", request, WireJson.Default.WhyRequest, WireJson.Default.WhyReply, cancellation);
        if (json)
        {
            context.Output.WriteLine(JsonSerializer.Serialize(reply, WireJson.Shown.WhyReply));
        }
        else
        {
            Write(reply, context.Output);
        }

        return reply.Passes ? ExitCode.Success : ExitCode.Failed;
    }

    private static void Write(WhyReply reply, TextWriter output)
    {
        var table = new TextTable("PART", "", "FOUND", "DOCUMENT");
        foreach (var part in reply.Parts)
        {
            table.Add(part.Part, part.Passes ? "ok" : "NO", Shown.Of(part.Value, 200), Source(part.Document, part.Version));
        }

        table.WriteTo(output);
        output.WriteLine();
        var verdict = reply switch
        {
            { Observed: true } => $"passes, as the partner is only observed; it would be refused: {reply.What}",
            { Passes: true } => "passes",
            _ => $"refused: {reply.What}",
        };
        output.WriteLine(FormattableString.Invariant($"{reply.From} to {reply.To}, {Shown.Of(reply.Kind)}, by version {reply.Version}: {verdict}"));
        if (reply.Remedy.Length > 0)
        {
            output.WriteLine($"to let it pass: {reply.Remedy}");
        }
    }

    private static string Source(string? document, long? version) => document is null ? "" : FormattableString.Invariant($"{document} version {version}");

    private static async Task<int> LastAsync(NodeContext context, string partner, bool json, CancellationToken cancellation)
    {
        var list = await context.Node.GetAsync("/v1/refusals/" + Uri.EscapeDataString(partner), WireJson.Default.RefusalList, cancellation);
        if (json)
        {
            context.Output.WriteLine(JsonSerializer.Serialize(list, WireJson.Shown.RefusalList));
            return ExitCode.Success;
        }

        if (list.Refusals.Count == 0)
        {
            context.Output.WriteLine($"nothing of {list.Partner} was refused since the node started");
            return ExitCode.Success;
        }

        var table = new TextTable("WHEN", "WAY", "FROM", "TO", "WHAT", "VERDICT", "DOCUMENT", "REMEDY");
        foreach (var refusal in list.Refusals)
        {
            table.Add(
                refusal.At.ToString("u", CultureInfo.InvariantCulture),
                refusal.Direction,
                refusal.From,
                refusal.To,
                refusal.Kind,
                (refusal.Observed ? "passed, only observed: " : "") + refusal.What,
                Source(refusal.Document, refusal.DocumentVersion),
                refusal.Remedy);
        }

        table.WriteTo(context.Output);
        return ExitCode.Success;
    }
}
