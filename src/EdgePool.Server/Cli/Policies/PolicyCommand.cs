using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgePool.Policy.Documents;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Display;
using EdgePool.Server.Cli.Documents;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Policies;

/// <summary><c>edgepool policy</c>: external access policies and who has which.</summary>
internal static class PolicyCommand
{
    private const string Notes = """
        Examples:
          edgepool policy set global --enable-federation-access --enable-xmpp-access        let everybody federate
          edgepool policy new tag:sales --enable-federation-access --enable-xmpp-access --enable-public-cloud-access
          edgepool policy grant anna@contoso.example --policy tag:sales
          edgepool policy grant '*@sales.contoso.example' --policy tag:sales
          edgepool policy grant anna@contoso.example --policy null                          back to the site's or the global policy

        A user's own grant goes before one for the whole domain, that before the policy of the user's site, that before 'global'; the one that
        applies counts whole. All access is off until it is set.

        As New-, Set-, Get-, Grant- and Remove-CsExternalAccessPolicy; 'edgepool why USER CONTACT' shows which policy decides.

        Exit codes: 0 in force, 1 refused, 2 usage, 69 no node answers, 77 not allowed.
        """;

    /// <summary>The command.</summary>
    public static Command Create() => new NotedCommand("policy", "Say which users may federate.", Notes)
    {
        New(), Set(), GrantCommand.Create(Notes), List(), Remove(),
    };

    /// <summary>The name that was meant: a word without a prefix is a tag.</summary>
    public static string NameOf(string written)
        => written is "global" || written.Contains(':', StringComparison.Ordinal) ? written : "tag:" + written;

    private static NotedCommand New()
    {
        var (name, edit, fields) = (Name(), new EditOptions(), Fields());
        var command = NodeCommand.Create("new", "Make a policy for a site or to be granted.", Notes, (context, cancellation) =>
        {
            var spec = new JsonObject();
            foreach (var field in fields)
            {
                field.Apply(context, spec);
            }

            return DocumentChanger.CreateAsync(context, DocumentKinds.AccessPolicy, NameOf(context.Arguments.GetRequiredValue(name)), spec, edit, cancellation);
        });
        return With(command, name, edit, fields);
    }

    private static NotedCommand Set()
    {
        var (name, edit, fields) = (Name(), new EditOptions(), Fields());
        var command = NodeCommand.Create("set", "Change a policy.", Notes, (context, cancellation) => DocumentChanger.ChangeAsync(
            context,
            DocumentKinds.AccessPolicy,
            NameOf(context.Arguments.GetRequiredValue(name)),
            edit,
            spec => PartnerCommand.FieldsOf(context, fields, spec),
            cancellation));
        return With(command, name, edit, fields);
    }

    private static NotedCommand Remove()
    {
        var (name, edit) = (Name(), new EditOptions());
        var command = NodeCommand.Create("remove", "Delete a policy that nobody is granted any more; 'global' goes back to all off.", Notes, async (context, cancellation) =>
        {
            var path = DocumentPaths.Delete(DocumentKinds.AccessPolicy, NameOf(context.Arguments.GetRequiredValue(name)), edit.DryRun(context), edit.Why(context));
            return HistoryCommands.Done(context, await context.Node.DeleteAsync(path, WireJson.Default.EditReply, cancellation), edit.DryRun(context));
        });
        return With(command, name, edit, []);
    }

    private static NotedCommand List()
    {
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = NodeCommand.Create("list", "List the policies, and how many are granted each.", Notes, async (context, cancellation) =>
        {
            var policies = await context.Node.GetAsync(DocumentPaths.Kind(DocumentKinds.AccessPolicy), WireJson.Default.DocumentList, cancellation);
            if (context.Arguments.GetValue(json))
            {
                context.Output.WriteLine(JsonSerializer.Serialize(policies, WireJson.Shown.DocumentList));
                return ExitCode.Success;
            }

            var grants = await context.Node.GetAsync(DocumentPaths.Kind(DocumentKinds.Grant), WireJson.Default.DocumentList, cancellation);
            Write(policies.Documents, grants.Documents, context.Output);
            return ExitCode.Success;
        });
        command.Options.Add(json);
        return command;
    }

    private static void Write(IReadOnlyList<StoredView> policies, IReadOnlyList<StoredView> grants, TextWriter output)
    {
        var counts = grants.CountBy(grant => grant.Spec!.Value.GetProperty("policy").GetString()!, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        var table = new TextTable("POLICY", "FEDERATION", "XMPP", "PUBLIC CLOUD", "OUTSIDE", "GRANTS", "DESCRIPTION");
        var unwritten = policies.Any(policy => policy.Name is "global") ? [] : new[] { new StoredView(DocumentKinds.AccessPolicy, "global", 0, JsonElement.Parse("{}"), "", default, "") };
        foreach (var policy in unwritten.Concat(policies))
        {
            var spec = policy.Spec!.Value;
            table.Add(
                policy.Name,
                Flag(spec, "enableFederationAccess"),
                Flag(spec, "enableXmppAccess"),
                Flag(spec, "enablePublicCloudAccess"),
                Flag(spec, "enableOutsideAccess"),
                FormattableString.Invariant($"{counts.GetValueOrDefault(policy.Name)}"),
                spec.TryGetProperty("description", out var text) ? text.GetString()! : "");
        }

        table.WriteTo(output);
    }

    private static string Flag(JsonElement spec, string key) => spec.TryGetProperty(key, out var flag) && flag.ValueKind is JsonValueKind.True ? "true" : "false";

    private static Argument<string> Name() => new("NAME") { Description = "global, site:NAME or tag:NAME; a word alone is a tag." };

    private static DocumentField[] Fields() =>
    [
        DocumentField.Flag("--enable-federation-access", "enableFederationAccess", "Users may federate."),
        DocumentField.Flag("--enable-xmpp-access", "enableXmppAccess", "Users may federate by XMPP."),
        DocumentField.Flag("--enable-public-cloud-access", "enablePublicCloudAccess", "Users may reach public providers."),
        DocumentField.Flag("--enable-outside-access", "enableOutsideAccess", "Users may connect from outside; the edge has no part in it."),
        DocumentField.Single("--description", "description", "TEXT", "Free text."),
    ];

    private static NotedCommand With(NotedCommand command, Argument<string> argument, EditOptions edit, IReadOnlyList<DocumentField> fields)
    {
        command.Arguments.Add(argument);
        foreach (var field in fields)
        {
            command.Options.Add(field.Option);
        }

        edit.AddTo(command);
        return command;
    }
}
