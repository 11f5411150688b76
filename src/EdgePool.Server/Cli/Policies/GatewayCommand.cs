using System.CommandLine;
using System.Text.Json;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Documents;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Policies;

/// <summary><c>edgepool gateway</c>: the gateway's configuration.</summary>
internal static class GatewayCommand
{
    private const string Notes = """
        Examples:
          edgepool gateway show
          edgepool gateway set --connection-limit 2000 --partner-connection-limit 40
          edgepool gateway set --keep-alive-interval 120s --stream-inactivity-timeout default

        As Get-CsXmppGatewayConfiguration and Set-CsXmppGatewayConfiguration; times have a unit (60s, 10m). The dialback passphrase is a file that
        the node's own configuration names (dialback: secretFile). The value 'default' takes a setting back to its default.

        Exit codes: 0, 1 refused, 2 usage, 69 no node answers, 77 not allowed.
        """;

    /// <summary>The command.</summary>
    public static Command Create() => new NotedCommand("gateway", "Show or change the gateway's limits and times.", Notes) { Show(), Set() };

    private static NotedCommand Show()
    {
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = NodeCommand.Create("show", "Show every setting.", Notes, async (context, cancellation) =>
        {
            var document = await context.Node.GetAsync(DocumentPaths.Document(DocumentKinds.Gateway, DocumentKinds.GatewayName), WireJson.Default.StoredView, cancellation);
            if (context.Arguments.GetValue(json))
            {
                context.Output.WriteLine(JsonSerializer.Serialize(document, WireJson.Shown.StoredView));
                return ExitCode.Success;
            }

            Write(PartnerViews.Compiled([], document).Gateway!, document.Spec!.Value, context.Output);
            return ExitCode.Success;
        });
        command.Options.Add(json);
        return command;
    }

    private static NotedCommand Set()
    {
        var (edit, fields) = (new EditOptions(), Fields());
        var command = NodeCommand.Create("set", "Change settings.", Notes, (context, cancellation) => DocumentChanger.ChangeAsync(
            context, DocumentKinds.Gateway, DocumentKinds.GatewayName, edit, spec => PartnerCommand.FieldsOf(context, fields, spec), cancellation));
        foreach (var field in fields)
        {
            command.Options.Add(field.Option);
        }

        edit.AddTo(command);
        return command;
    }

    private static DocumentField[] Fields() =>
    [
        DocumentField.Single("--connection-limit", "connectionLimit", "N", "Partner streams at one time, both directions together. Default: 1000."),
        DocumentField.Single("--partner-connection-limit", "partnerConnectionLimit", "N", "Of one partner without a limit of its own. Default: 20."),
        DocumentField.Single("--stream-establishment-timeout", "streamEstablishmentTimeout", "TIME", "From the connection to the authenticated stream. Default: 60s."),
        DocumentField.Single("--stream-inactivity-timeout", "streamInactivityTimeout", "TIME", "Silence before a stream is closed. Default: 600s."),
        DocumentField.Single("--keep-alive-interval", "keepAliveInterval", "TIME", "A partner must send something within it; below the timeout above. Default: 300s."),
        DocumentField.Single("--subscription-refresh-interval", "subscriptionRefreshInterval", "TIME", "Presence that was not refreshed lapses. Default: 28800s."),
        DocumentField.Flag("--enable-logging-all-message-bodies", "enableLoggingAllMessageBodies", "Log message bodies. Default: false."),
        DocumentField.Single("--max-stanza-bytes", "maxStanzaBytes", "SIZE", "Bytes of one stanza of a partner without a limit of its own."),
        DocumentField.Single("--bytes-per-second", "rate.bytesPerSecond", "SIZE", "Bytes in a second, of a partner without a rate of its own."),
        DocumentField.Single("--stanzas-per-second", "rate.stanzasPerSecond", "N", "Stanzas in a second, likewise."),
        DocumentField.Single("--burst", "rate.burst", "N", "Stanzas that may come at once after a quiet time, likewise."),
    ];

    private static void Write(Gateway gateway, JsonElement written, TextWriter output)
    {
        (string Key, string Value)[] lines =
        [
            ("connectionLimit", FormattableString.Invariant($"{gateway.ConnectionLimit}")),
            ("partnerConnectionLimit", FormattableString.Invariant($"{gateway.PartnerConnectionLimit}")),
            ("streamEstablishmentTimeout", Quantity.Text(gateway.StreamEstablishmentTimeout)),
            ("streamInactivityTimeout", Quantity.Text(gateway.StreamInactivityTimeout)),
            ("keepAliveInterval", Quantity.Text(gateway.KeepAliveInterval)),
            ("subscriptionRefreshInterval", Quantity.Text(gateway.SubscriptionRefreshInterval)),
            ("enableLoggingAllMessageBodies", gateway.EnableLoggingAllMessageBodies ? "true" : "false"),
            ("maxStanzaBytes", gateway.MaxStanzaBytes is { } bytes ? FormattableString.Invariant($"{bytes}") : "the node's"),
            ("rate", gateway.Rate is { } rate ? FormattableString.Invariant($"{rate.BytesPerSecond} bytes/s, {rate.StanzasPerSecond} stanzas/s") : "no limit"),
        ];
        var width = lines.Max(line => line.Key.Length);
        foreach (var (key, value) in lines)
        {
            output.WriteLine($"{key.PadRight(width)}  {value}{(written.TryGetProperty(key, out _) ? "" : "  (default)")}");
        }
    }
}
