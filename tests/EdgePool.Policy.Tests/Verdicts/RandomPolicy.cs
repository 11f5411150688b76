using System.Globalization;
using System.Text;

namespace EdgePool.Policy.Tests.Verdicts;

/// <summary>A random policy with one partner, as facts and as documents; and random stanzas to judge by it.</summary>
internal sealed class RandomPolicy
{
    private static readonly string[] Namespaces =
    [
        "urn:xmpp:ping", "vcard-temp", "urn:example:a", "urn:example:b", "urn:example:b:1", "jabber:iq:roster", "urn:xmpp:mam:2", "urn:xmpp:carbons:2",
        "http://jabber.org/protocol/disco#info", "urn:ietf:params:xml:ns:xmpp-stanzas", "jabber:client", "jabber:server",
    ];

    private readonly Random random;
    private readonly string[] flags;

    public RandomPolicy(int seed)
    {
        random = new Random(seed);
        Federation = Mostly();
        Xmpp = Mostly();
        SiteXmpp = Mostly();
        SiteRoute = Mostly();
        HasSite = Half();
        Enabled = Mostly();
        Observe = random.Next(4) == 0;
        Type = Of("Federated", "Federated", "PublicVerified", "PublicUnverified");
        Presence = Mostly();
        Messages = Half() ? ["chat", "normal", "headline", "error"] : Some("chat", "normal", "headline", "groupchat", "error");
        Iq = Half() ? DefaultIq : Some("urn:xmpp:ping", "urn:example:*", "vcard-temp", "*");
        (Allow, Deny) = random.Next(3) switch
        {
            0 => (Some("urn:example:a", "urn:example:b*", "vcard-temp", "urn:xmpp:sec-label:0", "*"), null),
            1 => ((string[]?)null, (string[]?)Some("urn:example:a", "urn:example:b*", "urn:xmpp:ping")),
            _ => (null, null),
        };
        Action = Of("strip", "refuse");
        LocalUsers = random.Next(3) == 0 ? Some("alice@contoso.example", "bob@contoso.example", "@contoso.example") : null;
        DenyUsers = random.Next(3) == 0 ? Some("alice@contoso.example", "@other.example") : [];
        StripStatus = Half();
        Label = random.Next(6) == 0;
        flags = [.. Enumerable.Range(0, 4).Select(level => Of("", "-", "f", "fx", "fxp", "fxp", "fxp", "fxp"))];
    }

    public static string[] DefaultIq { get; } =
    [
        "http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items", "urn:xmpp:ping", "vcard-temp",
        "jabber:iq:version", "jabber:iq:last", "urn:xmpp:time", "http://jabber.org/protocol/pubsub",
    ];

    public bool Federation { get; }

    public bool Xmpp { get; }

    public bool HasSite { get; }

    public bool SiteXmpp { get; }

    public bool SiteRoute { get; }

    public bool Enabled { get; }

    public bool Observe { get; }

    public string Type { get; }

    public bool Presence { get; }

    public string[] Messages { get; }

    public string[] Iq { get; }

    public string[]? Allow { get; }

    public string[]? Deny { get; }

    public string Action { get; }

    public string[]? LocalUsers { get; }

    public string[] DenyUsers { get; }

    public bool StripStatus { get; }

    public bool Label { get; }

    public bool AtSite(string user) => HasSite && user.EndsWith("contoso.example", StringComparison.Ordinal);

    /// <summary>The flags of the policy that applies: of alice's grant, contoso.example's grant, the site, global; "" is no document.</summary>
    public string FlagsOf(string user)
    {
        if (user.StartsWith("alice@contoso", StringComparison.Ordinal) && flags[0].Length > 0)
            return flags[0];
        if (user.EndsWith("contoso.example", StringComparison.Ordinal) && flags[1].Length > 0)
            return flags[1];
        return AtSite(user) && flags[2].Length > 0 ? flags[2] : flags[3];
    }

    public (string Path, string Body)[] Documents()
    {
        var documents = new List<(string Path, string Body)>
        {
            ("Partner/p.example", Partner()),
            ("Organisation/organisation", $"{{'federation': {Bool(Federation)}, 'xmpp': {Bool(Xmpp)}, 'sites': [{(HasSite ? Site() : "")}]}}"),
        };
        AddPolicy("tag:user", flags[0], "alice@contoso.example");
        AddPolicy("tag:domain", flags[1], "*@contoso.example");
        if (HasSite)
            AddPolicy("site:s", flags[2], null);
        AddPolicy("global", flags[3], null);
        return [.. documents];

        void AddPolicy(string name, string level, string? grant)
        {
            if (level.Length == 0)
                return;
            documents.Add(($"AccessPolicy/{name}", Access(level)));
            if (grant is not null)
                documents.Add(($"Grant/{grant}", $"{{'policy': '{name}'}}"));
        }
    }

    public string Stanza()
    {
        var xml = new StringBuilder();
        var kind = Of("message", "message", "presence", "iq");
        var type = kind switch
        {
            "message" => Of("", "chat", "chat", "normal", "headline", "groupchat", "error", "odd"),
            "presence" => Of("", "", "subscribe", "subscribed", "unsubscribe", "unsubscribed", "unavailable", "probe", "error", "odd"),
            _ => Of("get", "set", "get", "result", "error", "odd"),
        };
        xml.Append('<').Append(kind).Append(type.Length == 0 ? "" : $" type='{type}'").Append('>');
        for (var children = random.Next(4); children > 0; children--)
            Element(xml, depth: 1);
        return xml.Append("</").Append(kind).Append('>').ToString();
    }

    public string User() => Of("alice@contoso.example", "bob@contoso.example", "carol@other.example", "contoso.example");

    public bool Half() => random.Next(2) == 0;

    private void Element(StringBuilder xml, int depth)
    {
        switch (random.Next(6))
        {
            case 0 when depth == 1:
                xml.Append(Of("<body>x</body>", "<status>x</status>", "<show>away</show>"));
                break;
            case 1:
                xml.Append(Of("<delay xmlns='urn:xmpp:delay' from='contoso.example'/>", "<delay xmlns='urn:xmpp:delay' from='a@p.example'/>", "<delay xmlns='urn:xmpp:delay'/>"));
                break;
            case 2:
                xml.Append(Of("<securitylabel xmlns='urn:xmpp:sec-label:0'><label/></securitylabel>", "<securitylabel xmlns='urn:xmpp:sec-label:0'/>"));
                break;
            default:
                var prefix = Of("", "n");
                var name = Of(Namespaces);
                var tag = prefix.Length == 0 ? "y" : "n:y";
                xml.Append(CultureInfo.InvariantCulture, $"<{tag} xmlns{(prefix.Length == 0 ? "" : ":n")}='{name}'>");
                for (var inner = depth < 4 ? random.Next(3) : 0; inner > 0; inner--)
                    Element(xml, depth + 1);
                xml.Append(CultureInfo.InvariantCulture, $"</{tag}>");
                break;
        }
    }

    private string Partner()
    {
        var rules = new List<string>
        {
            $"'messages': {List(Messages)}", $"'presence': {Bool(Presence)}", $"'denyLocalUsers': {List(DenyUsers)}", $"'securityLabel': '{(Label ? "required" : "ignore")}'",
        };
        if (StripStatus || Type == "Federated")
            rules.Add($"'stripStatus': {Bool(StripStatus)}");
        if (Iq != DefaultIq)
            rules.Add($"'iq': {List(Iq)}");
        if (LocalUsers is not null)
            rules.Add($"'localUsers': {List(LocalUsers)}");
        var lists = (Allow is null ? "" : $"'allow': {List(Allow)}, ") + (Deny is null ? "" : $"'deny': {List(Deny)}, ");
        rules.Add($"'payloads': {{{lists}'action': '{Action}'}}");
        return $"{{'partnerType': '{Type}', 'enabled': {Bool(Enabled)}, 'mode': '{(Observe ? "observe" : "enforce")}', 'rules': {{{string.Join(", ", rules)}}}}}";
    }

    private string Site() => $"{{'name': 's', 'xmpp': {Bool(SiteXmpp)}, 'federationRoute': {Bool(SiteRoute)}, 'localDomains': ['contoso.example']}}";

    private static string Access(string level)
        => $"{{'enableFederationAccess': {Bool(level.Contains('f', StringComparison.Ordinal))}, 'enableXmppAccess': {Bool(level.Contains('x', StringComparison.Ordinal))}, 'enablePublicCloudAccess': {Bool(level.Contains('p', StringComparison.Ordinal))}}}";

    private static string Bool(bool value) => value ? "true" : "false";

    private static string List(string[] values) => "[" + string.Join(", ", values.Select(value => $"'{value}'")) + "]";

    private bool Mostly() => random.Next(8) != 0;

    private string Of(params string[] values) => values[random.Next(values.Length)];

    private string[] Some(params string[] values) => [.. values.Where(_ => Half())];
}
