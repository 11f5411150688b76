using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgePool.Cluster.Documents;
using EdgePool.Policy.Documents;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Documents;
using EdgePool.Server.Configuration;
using EdgePool.Server.Configuration.Files;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Policies;

/// <summary><c>edgepool policy grant</c>: gives users a policy, or takes theirs away.</summary>
internal static class GrantCommand
{
    private const string Nothing = "null";
    private const int LargestFile = 64 * 1024 * 1024;

    /// <summary>The command.</summary>
    public static Command Create(string notes)
    {
        var users = new Argument<string[]>("USER") { Description = "user@domain, or *@domain for all users of a domain.", Arity = ArgumentArity.ZeroOrMore };
        var file = new Option<string?>("--users") { Description = "A file with one user a line, or - for standard input.", HelpName = "FILE" };
        var policy = new Option<string>("--policy") { Description = "The policy, tag:NAME; null takes the grant away.", HelpName = "TAG", Required = true };
        var edit = new EditOptions();
        var command = NodeCommand.Create("grant", "Grant a policy to users.", notes, (context, cancellation) =>
        {
            var names = context.Arguments.GetValue(users)!.Concat(Lines(context.Arguments.GetValue(file))).Distinct(StringComparer.Ordinal).ToList();
            if (names.Count == 0)
            {
                throw new CommandFailure(ExitCode.Usage, "whom? — name users, such as anna@contoso.example or '*@contoso.example', or a file with --users");
            }

            var granted = context.Arguments.GetRequiredValue(policy);
            return granted is Nothing
                ? TakeAsync(context, names, edit, cancellation)
                : GiveAsync(context, names, PolicyCommand.NameOf(granted), edit, cancellation);
        });
        command.Arguments.Add(users);
        command.Options.Add(file);
        command.Options.Add(policy);
        edit.AddTo(command);
        return command;
    }

    private static Task<int> GiveAsync(NodeContext context, List<string> users, string policy, EditOptions edit, CancellationToken cancellation)
    {
        var spec = JsonElement.Parse(new JsonObject { ["policy"] = policy }.ToJsonString());
        return SendAsync(context, users, edit, part => new ApplyRequest([.. part.Select(user => new WrittenView(DocumentKinds.Grant, user, spec))]), cancellation);
    }

    private static Task<int> TakeAsync(NodeContext context, List<string> users, EditOptions edit, CancellationToken cancellation)
        => SendAsync(context, users, edit, part => new ApplyRequest([]) { Deletions = [.. part.Select(user => new DocumentName(DocumentKinds.Grant, user))] }, cancellation);

    /// <summary>As many users as the store takes at once are one change.</summary>
    private static async Task<int> SendAsync(NodeContext context, List<string> users, EditOptions edit, Func<string[], ApplyRequest> request, CancellationToken cancellation)
    {
        foreach (var part in users.Chunk(StoreLimits.Default.MaxChanges))
        {
            var whole = request(part) with { DryRun = edit.DryRun(context), Why = edit.Why(context) };
            HistoryCommands.Done(context, await context.Node.PostAsync("/v1/apply", whole, WireJson.Default.ApplyRequest, WireJson.Default.EditReply, cancellation), whole.DryRun);
        }

        return ExitCode.Success;
    }

    private static IEnumerable<string> Lines(string? file)
    {
        if (file is null)
        {
            return [];
        }

        var problems = new ProblemList(file);
        var text = file is DocumentFiles.StandardInput ? Console.In.ReadToEnd() : TextFile.Read(file, LargestFile, "name a file with one user a line", problems);
        if (text is null)
        {
            throw new CommandFailure(ConfigurationReport.ExitCodeOf(problems.InOrder), string.Join('\n', problems.InOrder.Select(problem => problem.ToString())));
        }

        return text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('#'));
    }
}
