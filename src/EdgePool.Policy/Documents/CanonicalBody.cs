using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Topologies;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Policy.Documents;

/// <summary>
/// Writes a document back as JSON: the keys in the order of their records, what was not written left out, each value in one form. Reading it
/// gives the same record.
/// </summary>
internal static class CanonicalBody
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static string Of(object written)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            switch (written)
            {
                case OrganisationDocument organisation:
                    Write(json, organisation);
                    break;
                case GatewayDocument gateway:
                    Write(json, gateway);
                    break;
                case TopologyDocument topology:
                    TopologyBody.Write(json, topology);
                    break;
                case PartnerDocument partner:
                    Write(json, partner);
                    break;
                case AccessPolicyDocument policy:
                    Write(json, policy);
                    break;
                case GrantDocument grant:
                    Text(json, "policy", grant.Policy);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(written), written, "not a document");
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, OrganisationDocument organisation)
    {
        Flag(json, "federation", organisation.Federation);
        Flag(json, "xmpp", organisation.Xmpp);
        if (organisation.Sites.Count == 0)
        {
            return;
        }

        json.WriteStartArray("sites");
        foreach (var site in organisation.Sites)
        {
            json.WriteStartObject();
            Text(json, "name", site.Name);
            Flag(json, "xmpp", site.Xmpp);
            Flag(json, "federationRoute", site.FederationRoute);
            Texts(json, "localDomains", Written(site.LocalDomains), DomainForm);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, GatewayDocument gateway)
    {
        Number(json, "connectionLimit", gateway.ConnectionLimit);
        Number(json, "partnerConnectionLimit", gateway.PartnerConnectionLimit);
        Time(json, "streamEstablishmentTimeout", gateway.StreamEstablishmentTimeout);
        Time(json, "streamInactivityTimeout", gateway.StreamInactivityTimeout);
        Time(json, "keepAliveInterval", gateway.KeepAliveInterval);
        Time(json, "subscriptionRefreshInterval", gateway.SubscriptionRefreshInterval);
        Flag(json, "enableLoggingAllMessageBodies", gateway.EnableLoggingAllMessageBodies);
        Write(json, gateway.Rate);
        Number(json, "maxStanzaBytes", gateway.MaxStanzaBytes);
    }

    private static void Write(Utf8JsonWriter json, PartnerDocument partner)
    {
        Text(json, "description", partner.Description);
        Texts(json, "additionalDomains", Written(partner.AdditionalDomains), DomainForm);
        Word(json, "partnerType", partner.PartnerType);
        Word(json, "tlsNegotiation", partner.TlsNegotiation);
        Word(json, "saslNegotiation", partner.SaslNegotiation);
        Flag(json, "supportDialback", partner.SupportDialback);
        Flag(json, "lyncCompat", partner.LyncCompat);
        Texts(json, "compat", Written(partner.Compat?.Select(Words.Of).ToArray() ?? []), text => text);
        Flag(json, "dialbackWithoutDialback", partner.DialbackWithoutDialback);
        Flag(json, "requireTrustedCertificate", partner.RequireTrustedCertificate);
        Word(json, "tlsMinVersion", partner.TlsMinVersion);
        Flag(json, "allowServerAuthOnly", partner.AllowServerAuthOnly);
        Flag(json, "allowClientAuthOnly", partner.AllowClientAuthOnly);
        Write(json, partner.TrustText);
        Number(json, "connectionLimit", partner.ConnectionLimit);
        Flag(json, "enableKeepAlive", partner.EnableKeepAlive);
        Flag(json, "enableBidirectionalStreams", partner.EnableBidirectionalStreams);
        Flag(json, "followSeeOtherHost", partner.FollowSeeOtherHost);
        Flag(json, "enableStreamManagement", partner.EnableStreamManagement);
        Flag(json, "enableStreamResumption", partner.EnableStreamResumption);
        Text(json, "proxyFqdn", partner.ProxyFqdn);
        Flag(json, "enabled", partner.Enabled);
        Text(json, "disabledReason", partner.DisabledReason);
        Write(json, partner.Rate);
        Number(json, "maxStanzaBytes", partner.MaxStanzaBytes);
        Write(json, partner.Rules);
        Word(json, "withoutConsent", partner.WithoutConsent);
        Word(json, "mode", partner.Mode);
    }

    private static void Write(Utf8JsonWriter json, WrittenTrust? trust)
    {
        if (trust is null)
        {
            return;
        }

        json.WriteStartObject("trust");
        Flag(json, "system", trust.System);
        Texts(json, "ca", Written(trust.Ca), text => text);
        Texts(json, "pins", Written(trust.Pins), text => KeyHash.TryParse(text, out var hash) ? hash.Text : text);
        Flag(json, "firstUse", trust.FirstUse);
        Word(json, "onChange", trust.OnChange);
        Word(json, "dane", trust.Dane);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, RateDocument? rate)
    {
        if (rate is null)
        {
            return;
        }

        json.WriteStartObject("rate");
        Number(json, "bytesPerSecond", rate.BytesPerSecond);
        Number(json, "stanzasPerSecond", rate.StanzasPerSecond);
        Number(json, "burst", rate.Burst);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, RulesDocument? rules)
    {
        if (rules is null)
        {
            return;
        }

        json.WriteStartObject("rules");
        Texts(json, "messages", rules.Messages?.Select(Words.Of), text => text);
        Flag(json, "presence", rules.Presence);
        Texts(json, "iq", rules.Iq, text => text);
        if (rules.Payloads is { } payloads)
        {
            json.WriteStartObject("payloads");
            Texts(json, "allow", payloads.Allow, text => text);
            Texts(json, "deny", payloads.Deny, text => text);
            Word(json, "action", payloads.Action);
            json.WriteEndObject();
        }

        Texts(json, "localUsers", rules.LocalUsers, UserForm);
        Texts(json, "denyLocalUsers", rules.DenyLocalUsers, UserForm);
        Flag(json, "stripStatus", rules.StripStatus);
        Word(json, "securityLabel", rules.SecurityLabel);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, AccessPolicyDocument policy)
    {
        Flag(json, "enableFederationAccess", policy.EnableFederationAccess);
        Flag(json, "enableXmppAccess", policy.EnableXmppAccess);
        Flag(json, "enablePublicCloudAccess", policy.EnablePublicCloudAccess);
        Flag(json, "enableOutsideAccess", policy.EnableOutsideAccess);
        Text(json, "description", policy.Description);
    }

    /// <summary>Lists whose absence and emptiness mean the same are left out when empty.</summary>
    internal static IReadOnlyList<string>? Written(IReadOnlyList<string> list) => list.Count == 0 ? null : list;

    internal static string DomainForm(string text) => DomainName.TryParse(text, out var domain) ? domain.Ascii : text;

    private static string UserForm(string text) => text.StartsWith('@')
        ? "@" + DomainForm(text[1..])
        : Jid.TryParse(text, out var user) ? user.ToString() : text;

    internal static void Text(Utf8JsonWriter json, string key, string? value)
    {
        if (value is not null)
        {
            json.WriteString(key, value);
        }
    }

    internal static void Flag(Utf8JsonWriter json, string key, bool? value)
    {
        if (value is { } flag)
        {
            json.WriteBoolean(key, flag);
        }
    }

    internal static void Number(Utf8JsonWriter json, string key, int? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(key, number);
        }
    }

    internal static void Time(Utf8JsonWriter json, string key, TimeSpan? value)
    {
        if (value is { } time)
        {
            json.WriteString(key, Quantity.Text(time));
        }
    }

    internal static void Word<T>(Utf8JsonWriter json, string key, T? value)
        where T : struct, Enum
    {
        if (value is { } word)
        {
            json.WriteString(key, Words.Of(word));
        }
    }

    internal static void Texts(Utf8JsonWriter json, string key, IEnumerable<string>? list, Func<string, string> form)
    {
        if (list is null)
        {
            return;
        }

        json.WriteStartArray(key);
        foreach (var text in list)
        {
            json.WriteStringValue(form(text));
        }

        json.WriteEndArray();
    }
}
