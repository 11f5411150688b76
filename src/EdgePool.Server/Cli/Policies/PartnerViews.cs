using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Display;
using EdgePool.Server.Cli.Documents;
using EdgePool.Server.Management.Wire;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Server.Cli.Policies;

/// <summary><c>edgepool partner list</c> and <c>edgepool partner show</c>: partners as they are enforced, defaults included.</summary>
internal static class PartnerViews
{
    private const string Notes = """
        Examples:
          edgepool partner list
          edgepool partner show partner.example
          edgepool partner show partner.example --json | jq .spec

        As Get-CsXmppAllowedPartner. 'show' has every setting, those that nobody wrote with their defaults; 'edgepool get partner' has the document
        as it was written. Below the settings stands, for each direction, what was negotiated last, how long each step took, and what it failed by last,
        with what to do about it; a node whose partners are in its file shows that alone. Of a failure, the partner's name is what the peer claims.

        Exit codes: 0, 1 there is no such partner, 2 usage, 69 no node answers, 77 not allowed.
        """;

    /// <summary><c>list</c>.</summary>
    public static Command CreateList()
    {
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = NodeCommand.Create("list", "List all partners.", Notes, async (context, cancellation) =>
        {
            var list = await context.Node.GetAsync(DocumentPaths.Kind(DocumentKinds.Partner), WireJson.Default.DocumentList, cancellation);
            if (context.Arguments.GetValue(json))
            {
                context.Output.WriteLine(JsonSerializer.Serialize(list, WireJson.Shown.DocumentList));
                return ExitCode.Success;
            }

            var table = new TextTable("PARTNER", "TYPE", "METHODS", "STATE", "DESCRIPTION");
            foreach (var partner in Compiled(list.Documents, gateway: null).Partners)
            {
                table.Add(partner.Name, partner.Type.ToString(), Methods(partner), State(partner), partner.Description);
            }

            table.WriteTo(context.Output);
            return ExitCode.Success;
        });
        command.Options.Add(json);
        return command;
    }

    /// <summary><c>show</c>.</summary>
    public static Command CreateShow()
    {
        var domain = PartnerCommand.Domain();
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = NodeCommand.Create("show", "Show a partner with every setting, and what was negotiated with it.", Notes, async (context, cancellation) =>
        {
            var name = context.Arguments.GetRequiredValue(domain);
            var negotiations = name is PartnerDocument.AnyDomain
                ? new NegotiationList([])
                : await context.Node.GetAsync("/v1/negotiations/" + Uri.EscapeDataString(name), WireJson.Default.NegotiationList, cancellation);
            StoredView document;
            try
            {
                document = await context.Node.GetAsync(DocumentPaths.Document(DocumentKinds.Partner, name), WireJson.Default.StoredView, cancellation);
            }
            catch (NodeFailure fileMode) when (fileMode.Failure.Code is FailureCode.FileMode && negotiations.Domains.Count > 0)
            {
                WriteAlone(negotiations, context.Arguments.GetValue(json), context.Output);
                return ExitCode.Success;
            }

            if (context.Arguments.GetValue(json))
            {
                var shown = new ShownPartner(document.Kind, document.Name, document.Version, document.Spec, document.Who, document.When, document.Why, negotiations.Domains);
                context.Output.WriteLine(JsonSerializer.Serialize(shown, WireJson.Shown.ShownPartner));
                return ExitCode.Success;
            }

            var gateway = await context.Node.GetAsync(DocumentPaths.Document(DocumentKinds.Gateway, DocumentKinds.GatewayName), WireJson.Default.StoredView, cancellation);
            var policy = Compiled([document], gateway);
            Show(policy.Partners[0], policy.Gateway!, document, context.Output);
            NegotiationText.Write(negotiations, context.Output);
            return ExitCode.Success;
        });
        command.Arguments.Add(domain);
        command.Options.Add(json);
        return command;
    }

    private static void WriteAlone(NegotiationList negotiations, bool json, TextWriter output)
    {
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(negotiations, WireJson.Shown.NegotiationList));
            return;
        }

        output.WriteLine("the node takes its partners from its file: their settings stand there");
        NegotiationText.Write(negotiations, output);
    }

    /// <summary>Documents that a node has taken, compiled here by the same rules, for their defaults.</summary>
    public static PolicySnapshot Compiled(IReadOnlyList<StoredView> documents, StoredView? gateway)
    {
        var all = (gateway is null ? documents : documents.Append(gateway))
            .Select(view => new PolicyDocument(view.Kind, view.Name, view.Version, view.Spec!.Value.GetRawText()))
            .ToList();
        return PolicyCompiler.Compile(all, 1, []).Snapshot
            ?? throw new CommandFailure(ExitCode.Unavailable, "the node's documents are not understood — use an edgepool of the node's version");
    }

    /// <summary>How a partner's streams may authenticate, best first.</summary>
    private static string Methods(Partner partner)
        => string.Join(", ", new[] { AuthenticationMethods.SaslOverTls, AuthenticationMethods.TlsDialback, AuthenticationMethods.TcpDialback }
            .Where(method => partner.Terms.Methods.HasFlag(method))
            .Select(method => method switch
            {
                AuthenticationMethods.SaslOverTls => "SASL over TLS",
                AuthenticationMethods.TlsDialback => "dialback over TLS",
                _ => "dialback without TLS",
            }));

    private static string State(Partner partner) => partner switch
    {
        { Enabled: false, DisabledReason.Length: > 0 } => $"disabled: {partner.DisabledReason}",
        { Enabled: false } => "disabled",
        { Mode: PartnerMode.Observe } => "observed",
        _ => "enabled",
    };

    private static void Show(Partner partner, Gateway gateway, StoredView document, TextWriter output)
    {
        var rules = partner.Rules;
        var rate = gateway.RateOf(partner);
        (string Name, string Value)[] lines =
        [
            ("partner", partner.Name),
            ("version", FormattableString.Invariant($"{document.Version}, by {document.Who} at {document.When:u}{(document.Why.Length == 0 ? "" : $": {document.Why}")}")),
            ("description", partner.Description),
            ("state", State(partner)),
            ("additionalDomains", string.Join(", ", partner.AdditionalDomains.Select(domain => domain.Ascii))),
            ("partnerType", partner.Type.ToString()),
            ("methods", Methods(partner)),
            ("compat", partner.Terms.UnboundDbPrefix ? Words.Of(PartnerQuirk.UnboundDbPrefix) : ""),
            ("requireTrustedCertificate", Word(partner.Terms.RequireTrustedCertificate)),
            ("tlsMinVersion", Words.Of(partner.Terms.MinimumTls)),
            ("allowServerAuthOnly", Word(partner.Certificates.AllowServerAuthOnly)),
            ("allowClientAuthOnly", Word(partner.Certificates.AllowClientAuthOnly)),
            ("trust", Trust(partner)),
            ("pins", string.Join(", ", partner.Certificates.Pins.Select(pin => pin.Text))),
            ("changed keys", partner.Certificates.RefusesChanges ? "refused, with an alarm" : "taken, with an alarm"),
            ("dane", Words.Of(partner.Certificates.Dane)),
            ("proxyFqdn", partner.Proxy is { } proxy ? FormattableString.Invariant($"{proxy.Host}:{proxy.Port ?? 5269}") : "none: SRV records"),
            ("connectionLimit", gateway.ConnectionLimitOf(partner).ToString(CultureInfo.InvariantCulture)),
            ("enableKeepAlive", Word(partner.EnableKeepAlive)),
            ("enableBidirectionalStreams", Word(partner.Terms.Bidirectional)),
            ("followSeeOtherHost", Word(partner.FollowSeeOtherHost)),
            ("enableStreamManagement", Word(partner.Terms.StreamManagement)),
            ("enableStreamResumption", Word(partner.Terms.Resumption)),
            ("maxStanzaBytes", gateway.MaxStanzaBytesOf(partner)?.ToString(CultureInfo.InvariantCulture) ?? "the node's"),
            ("rate", rate is null ? "no limit" : RateText(rate)),
            ("messages", string.Join(", ", document.Spec is { } spec ? Messages(spec) : [])),
            ("presence", Word(rules.Presence)),
            ("stripStatus", Word(rules.StripStatus)),
            ("withoutConsent", WithoutConsentText(partner)),
            ("mode", partner.Mode is PartnerMode.Observe ? "observe: what would be refused passes" : "enforce"),
        ];
        var width = lines.Max(line => line.Name.Length);
        foreach (var (name, value) in lines)
        {
            output.WriteLine($"{name.PadRight(width)}  {(value.Length == 0 ? "-" : Configuration.Shown.Of(value, 1_000))}");
        }
    }

    private static IEnumerable<string> Messages(JsonElement spec)
        => spec.TryGetProperty("rules", out var rules) && rules.TryGetProperty("messages", out var messages)
            ? messages.EnumerateArray().Select(message => message.GetString()!)
            : ["chat", "normal", "headline", "error"];

    private static string Trust(Partner partner) => partner.Trust switch
    {
        null => "the node's roots",
        { System: true, Roots.Count: 0 } => "the machine's roots",
        { System: false, Roots.Count: 0 } => "the pinned keys alone",
        var trust => FormattableString.Invariant($"{trust.Roots.Count} of its own{(trust.System ? ", and the machine's" : "")}"),
    };

    private static string WithoutConsentText(Partner partner) => partner switch
    {
        { Type: not PartnerType.PublicUnverified } => "",
        { WithoutConsent: WithoutConsent.Silence } => "silence: dropped without an answer",
        _ => "refuse: answered with service-unavailable",
    };

    private static string RateText(Rate rate) => string.Join(", ", new[]
    {
        rate.BytesPerSecond is { } bytes ? FormattableString.Invariant($"{bytes} bytes/s") : null,
        rate.StanzasPerSecond is { } stanzas ? FormattableString.Invariant($"{stanzas} stanzas/s") : null,
    }.OfType<string>());

    private static string Word(bool flag) => flag ? "true" : "false";
}
