using System.CommandLine;
using System.Text.Json.Nodes;
using EdgePool.Policy.Documents;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Documents;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Policies;

/// <summary><c>edgepool partner</c>: the allowed partners.</summary>
internal static class PartnerCommand
{
    private const string Notes = """
        Examples:
          edgepool partner add partner.example --partner-type Federated
          edgepool partner set partner.example --tls-negotiation Required --connection-limit 40
          edgepool partner disable partner.example --reason "contract ended"
          edgepool partner list

        Whoever knows Lync Server: New-CsXmppAllowedPartner is 'add', Set-CsXmppAllowedPartner 'set', Get-CsXmppAllowedPartner 'list' and 'show',
        Remove-CsXmppAllowedPartner 'remove'; their parameters are options of the same names, -TlsNegotiation is --tls-negotiation.
        """;

    private const string AddNotes = """
        Examples:
          edgepool partner add partner.example --partner-type Federated --description "Partner GmbH, xmpp@partner.example"
          edgepool partner add partner.example --ca partner-ca.pem --additional-domains chat.partner.example,im.partner.example
          edgepool partner add '*' --sasl-negotiation Optional     open federation: every domain that no other partner names

        As New-CsXmppAllowedPartner. What is not given is TLS Required, SASL Optional, dialback: the certificate where it serves, dialback over TLS
        where it does not. Lync Server's own preset is --sasl-negotiation Required. Without --partner-type the partner is PublicUnverified: it
        reaches a local user only after that user wrote to it or asked for its presence.

        Exit codes: 0 in force, 1 refused, 2 usage, 69 no node answers, 77 not allowed.
        """;

    private const string SetNotes = """
        Examples:
          edgepool partner set partner.example --connection-limit 40
          edgepool partner set partner.example --connection-limit default --mode observe
          edgepool partner set partner.example --local-users @sales.contoso.example,anna@contoso.example

        As Set-CsXmppAllowedPartner. The value 'default' takes a setting back to its default; of a list, 'none' is an empty one.

        Exit codes: 0 in force, 1 refused, 2 usage, 69 no node answers, 77 not allowed.
        """;

    private const string RemoveNotes = """
        Examples:
          edgepool partner remove partner.example --why "contract ended"

        As Remove-CsXmppAllowedPartner. 'disable' keeps its settings; 'edgepool revert partner partner.example --to VERSION' brings it back.

        Exit codes: 0 in force, 1 there is no such partner, 2 usage, 69 no node answers, 77 not allowed.
        """;

    private const string SwitchNotes = """
        Examples:
          edgepool partner disable partner.example --reason "their server sends spam"
          edgepool partner enable partner.example

        A disabled partner keeps its settings. Its streams end, and what waited for it is answered with an error, before the command returns.

        Exit codes: 0 in force, 1 there is no such partner, 2 usage, 69 no node answers, 77 not allowed.
        """;

    /// <summary>The command.</summary>
    public static Command Create() => new NotedCommand("partner", "Add, change, list and remove partners.", Notes)
    {
        Add(), Set(), PartnerViews.CreateList(), PartnerViews.CreateShow(), PartnerKeysCommand.Create(), Enable(), Disable(), Remove(),
    };

    /// <summary><c>DOMAIN</c>.</summary>
    public static Argument<string> Domain() => new("DOMAIN") { Description = "The partner's primary domain; * for open federation." };

    private static NotedCommand Add()
    {
        var (domain, edit, fields) = (Domain(), new EditOptions(), PartnerFields.Create());
        var command = NodeCommand.Create("add", "Add a partner and let it in.", AddNotes, (context, cancellation) =>
        {
            // Row 7 of the negotiation matrix: it survives certificates that do not serve for SASL.
            var spec = new JsonObject { ["tlsNegotiation"] = "Required", ["saslNegotiation"] = "Optional", ["supportDialback"] = true };
            foreach (var field in fields)
            {
                field.Apply(context, spec);
            }

            return DocumentChanger.CreateAsync(context, DocumentKinds.Partner, context.Arguments.GetRequiredValue(domain), spec, edit, cancellation);
        });
        return With(command, domain, edit, fields);
    }

    private static NotedCommand Set()
    {
        var (domain, edit, fields) = (Domain(), new EditOptions(), PartnerFields.Create());
        var command = NodeCommand.Create("set", "Change a partner's settings.", SetNotes, (context, cancellation) => DocumentChanger.ChangeAsync(
            context, DocumentKinds.Partner, context.Arguments.GetRequiredValue(domain), edit, spec => FieldsOf(context, fields, spec), cancellation));
        return With(command, domain, edit, fields);
    }

    private static NotedCommand Enable()
    {
        var (domain, edit) = (Domain(), new EditOptions());
        var command = NodeCommand.Create("enable", "Let a disabled partner in again.", SwitchNotes, (context, cancellation) => DocumentChanger.ChangeAsync(
            context,
            DocumentKinds.Partner,
            context.Arguments.GetRequiredValue(domain),
            edit,
            spec =>
            {
                DocumentTree.Put(spec, "enabled", value: null);
                DocumentTree.Put(spec, "disabledReason", value: null);
            },
            cancellation));
        return With(command, domain, edit, []);
    }

    private static NotedCommand Disable()
    {
        var reason = new Option<string?>("--reason") { Description = "Why, for everybody who asks; in the history too, without --why.", HelpName = "TEXT" };
        var (domain, edit) = (Domain(), new EditOptions(reason));
        var command = NodeCommand.Create("disable", "Keep a partner out without deleting it.", SwitchNotes, (context, cancellation) => DocumentChanger.ChangeAsync(
            context,
            DocumentKinds.Partner,
            context.Arguments.GetRequiredValue(domain),
            edit,
            spec =>
            {
                DocumentTree.Put(spec, "enabled", JsonValue.Create(false));
                DocumentTree.Put(spec, "disabledReason", context.Arguments.GetValue(reason) is { } text ? JsonValue.Create(text) : null);
            },
            cancellation));
        command.Options.Add(reason);
        return With(command, domain, edit, []);
    }

    private static NotedCommand Remove()
    {
        var (domain, edit) = (Domain(), new EditOptions());
        var command = NodeCommand.Create("remove", "Delete a partner.", RemoveNotes, async (context, cancellation) =>
        {
            var path = DocumentPaths.Delete(DocumentKinds.Partner, context.Arguments.GetRequiredValue(domain), edit.DryRun(context), edit.Why(context));
            return HistoryCommands.Done(context, await context.Node.DeleteAsync(path, WireJson.Default.EditReply, cancellation), edit.DryRun(context));
        });
        return With(command, domain, edit, []);
    }

    /// <summary>Puts what the command line gives into a document; it must give something.</summary>
    public static void FieldsOf(NodeContext context, IReadOnlyList<DocumentField> fields, JsonObject spec)
    {
        var applied = fields.Select(field => field.Apply(context, spec)).ToList();
        if (!applied.Contains(true))
        {
            throw new CommandFailure(ExitCode.Usage, "nothing is to be set — name a setting, such as --description TEXT; --help lists them");
        }
    }

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
