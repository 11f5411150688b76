using System.Text.Json;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Topologies;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Policy.Documents;

/// <summary>What the reader made of a document.</summary>
/// <param name="Kind">As given.</param>
/// <param name="Name">The canonical name, under which it belongs in the store; as given when it cannot be understood.</param>
/// <param name="Written">
/// <see cref="OrganisationDocument"/>, <see cref="GatewayDocument"/>, <see cref="TopologyDocument"/>, <see cref="PartnerDocument"/>,
/// <see cref="AccessPolicyDocument"/> or <see cref="GrantDocument"/>; null when the body is no JSON object or the kind is unknown. What could not be understood is as if it had not been written.
/// </param>
/// <param name="Body">The canonical body; null when there are errors.</param>
/// <param name="Problems">Errors of form, each with its path and remedy. What the documents mean together is checked by <see cref="PolicyCompiler"/>.</param>
public sealed record DocumentReading(string Kind, string Name, object? Written, string? Body, IReadOnlyList<PolicyProblem> Problems);

/// <summary>What the reader made of a partner in a node's own file.</summary>
/// <param name="Written">What could not be understood is as if it had not been written.</param>
/// <param name="Problems">Errors of form.</param>
public sealed record PartnerReading(PartnerDocument Written, IReadOnlyList<PolicyProblem> Problems);

/// <summary>
/// From the JSON body of a document to the record of what was written: strict on unknown keys, keys written twice, forms and ranges, and all of it at once.
/// The canonical body has the known keys in one order, each value in one form and nothing else, so that two bodies that say the same are the same text.
/// </summary>
public static class DocumentReader
{
    /// <summary>Entries of a list of rules.</summary>
    public const int MostRules = 256;

    /// <summary>Additional domains of a partner.</summary>
    public const int MostAdditionalDomains = 1_000;

    /// <summary>Sites of the organisation.</summary>
    public const int MostSites = 1_000;

    /// <summary>Local domains of a site.</summary>
    public const int MostSiteDomains = 10_000;

    private const int MostCertificates = 64;
    private const int MostConnections = 1_000_000;
    private const int MostBytes = 64 * 1024 * 1024;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Reads one document.</summary>
    public static DocumentReading Read(string kind, string name, string body)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(body);
        var problems = new DocumentProblems($"{kind}/{ShownText.Of(name, 256)}");
        var canonicalName = DocumentNames.Check(kind, name, problems);
        var written = Parse(kind, body, problems);
        var canonical = written is null || problems.HasErrors ? null : CanonicalBody.Of(written);
        return new DocumentReading(kind, canonicalName ?? name, written, canonical, problems.All);
    }

    /// <summary>Reads a partner of a node's own file: the keys of a document's body, and beside them <c>domain</c>.</summary>
    /// <param name="mapping">A JSON object.</param>
    /// <param name="path">Where it is, such as <c>partners[2]</c>: the paths of problems begin so.</param>
    public static PartnerReading ReadPartner(JsonElement mapping, string path)
    {
        var problems = new DocumentProblems("");
        var keys = new JsonMapping(mapping, path, problems);
        var written = Partner(keys);
        keys.Close();
        return new PartnerReading(written, problems.All);
    }

    /// <summary>Reads a document for its meaning; null when the body is no JSON object or the kind is unknown.</summary>
    internal static object? Parse(string kind, string body, DocumentProblems problems)
    {
        Func<JsonMapping, object>? read = kind switch
        {
            DocumentKinds.Organisation => Organisation,
            DocumentKinds.Gateway => Gateway,
            DocumentKinds.Topology => TopologyReader.Read,
            DocumentKinds.Partner => NamedPartner,
            DocumentKinds.AccessPolicy => AccessPolicy,
            DocumentKinds.Grant => Grant,
            _ => null,
        };
        if (read is null)
        {
            var near = Spelling.Nearest(kind, DocumentKinds.All);
            problems.Error(
                "",
                "there is no such kind of document",
                near is null ? $"write one of {string.Join(", ", DocumentKinds.All)}" : $"did you mean '{near}'?");
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind is JsonValueKind.Object)
            {
                var mapping = new JsonMapping(json.RootElement, "", problems);
                var written = read(mapping);
                mapping.Close();
                return written;
            }

            problems.Error("", "the body is no mapping", "write keys and values");
        }
        catch (JsonException e)
        {
            problems.Error("", $"the body is no JSON: {ShownText.Of(e.Message, 160)}", "write one JSON object (RFC 8259)");
        }
        catch (ArgumentException)
        {
            problems.Error("", "the body is no valid Unicode", "write one JSON object (RFC 8259)");
        }

        return null;
    }

    private static OrganisationDocument Organisation(JsonMapping keys) => new()
    {
        Federation = keys.Flag("federation"),
        Xmpp = keys.Flag("xmpp"),
        Sites = keys.Sections("sites", MostSites, site => new SiteDocument
        {
            Name = site.Text("name"),
            Xmpp = site.Flag("xmpp"),
            FederationRoute = site.Flag("federationRoute"),
            LocalDomains = site.Texts("localDomains", MostSiteDomains) ?? [],
        }),
    };

    private static GatewayDocument Gateway(JsonMapping keys)
    {
        keys.Refuse(
            "dialbackPassphrase",
            "a secret does not belong in a document",
            "put it in a file that only the service may read and name it under dialback: { secretFile: PATH } of the node's configuration file");
        return new GatewayDocument
        {
            ConnectionLimit = keys.Number("connectionLimit", 1, MostConnections),
            PartnerConnectionLimit = keys.Number("partnerConnectionLimit", 1, MostConnections),
            StreamEstablishmentTimeout = keys.Duration("streamEstablishmentTimeout", Second, Hour),
            StreamInactivityTimeout = keys.Duration("streamInactivityTimeout", Second, Day),
            KeepAliveInterval = keys.Duration("keepAliveInterval", Second, Day),
            SubscriptionRefreshInterval = keys.Duration("subscriptionRefreshInterval", 60 * Second, 30 * Day),
            EnableLoggingAllMessageBodies = keys.Flag("enableLoggingAllMessageBodies"),
            Rate = keys.Section("rate", Rate),
            MaxStanzaBytes = keys.Bytes("maxStanzaBytes", PolicyCompiler.SmallestStanzaLimit, MostBytes),
        };
    }

    private static RateDocument Rate(JsonMapping rate) => new()
    {
        BytesPerSecond = rate.Bytes("bytesPerSecond", RateDocument.LeastBytes, RateDocument.MostBytes),
        StanzasPerSecond = rate.Number("stanzasPerSecond", 1, RateDocument.MostStanzas),
        Burst = rate.Number("burst", 1, RateDocument.MostBurst),
    };

    private static PartnerDocument NamedPartner(JsonMapping keys)
    {
        keys.Refuse("domain", "the primary domain is the document's name", "remove domain");
        return Partner(keys) with { Domain = null };
    }

    private static PartnerDocument Partner(JsonMapping keys)
    {
        var domain = keys.Text("domain");
        return new PartnerDocument
        {
            Domain = domain,
            Description = keys.Text("description"),
            AdditionalDomains = keys.Texts("additionalDomains", MostAdditionalDomains) ?? [],
            PartnerType = keys.Choice<PartnerType>("partnerType"),
            TlsNegotiation = keys.Choice<NegotiationMode>("tlsNegotiation"),
            SaslNegotiation = keys.Choice<NegotiationMode>("saslNegotiation"),
            SupportDialback = keys.Flag("supportDialback"),
            LyncCompat = keys.Flag("lyncCompat"),
            Compat = keys.Choices<PartnerQuirk>("compat"),
            DialbackWithoutDialback = keys.Flag("dialbackWithoutDialback"),
            RequireTrustedCertificate = keys.Flag("requireTrustedCertificate"),
            TlsMinVersion = keys.Choice<TlsVersion>("tlsMinVersion"),
            AllowServerAuthOnly = keys.Flag("allowServerAuthOnly"),
            AllowClientAuthOnly = keys.Flag("allowClientAuthOnly"),
            TrustText = keys.Section("trust", Trust),
            ConnectionLimit = keys.Number("connectionLimit", 1, MostConnections),
            EnableKeepAlive = keys.Flag("enableKeepAlive"),
            EnableBidirectionalStreams = keys.Flag("enableBidirectionalStreams"),
            FollowSeeOtherHost = keys.Flag("followSeeOtherHost"),
            EnableStreamManagement = keys.Flag("enableStreamManagement"),
            EnableStreamResumption = keys.Flag("enableStreamResumption"),
            ProxyFqdn = keys.Text("proxyFqdn"),
            Enabled = keys.Flag("enabled"),
            DisabledReason = keys.Text("disabledReason"),
            Rate = keys.Section("rate", Rate),
            MaxStanzaBytes = keys.Bytes("maxStanzaBytes", PolicyCompiler.SmallestStanzaLimit, MostBytes),
            Rules = keys.Section("rules", Rules),
            WithoutConsent = keys.Choice<WithoutConsent>("withoutConsent"),
            Mode = keys.Choice<PartnerMode>("mode"),
        };
    }

    private static WrittenTrust Trust(JsonMapping trust) => new()
    {
        System = trust.Flag("system"),
        Ca = trust.Texts("ca", MostCertificates) ?? [],
        Pins = trust.Texts("pins", CertificateRules.MostPins) ?? [],
        FirstUse = trust.Flag("firstUse"),
        OnChange = trust.Choice<KeyChange>("onChange"),
        Dane = trust.Choice<DaneUse>("dane"),
    };

    private static RulesDocument Rules(JsonMapping rules) => new()
    {
        Messages = rules.Choices<MessageKind>("messages"),
        Presence = rules.Flag("presence"),
        Iq = rules.Texts("iq", MostRules),
        Payloads = rules.Section("payloads", payloads => new PayloadsDocument
        {
            Allow = payloads.Texts("allow", MostRules),
            Deny = payloads.Texts("deny", MostRules),
            Action = payloads.Choice<PayloadAction>("action"),
        }),
        LocalUsers = rules.Texts("localUsers", MostRules),
        DenyLocalUsers = rules.Texts("denyLocalUsers", MostRules),
        StripStatus = rules.Flag("stripStatus"),
        SecurityLabel = rules.Choice<SecurityLabelRule>("securityLabel"),
        Raw = rules.Raw,
    };

    private static AccessPolicyDocument AccessPolicy(JsonMapping keys) => new()
    {
        EnableFederationAccess = keys.Flag("enableFederationAccess"),
        EnableXmppAccess = keys.Flag("enableXmppAccess"),
        EnablePublicCloudAccess = keys.Flag("enablePublicCloudAccess"),
        EnableOutsideAccess = keys.Flag("enableOutsideAccess"),
        Description = keys.Text("description"),
    };

    private static GrantDocument Grant(JsonMapping keys) => new() { Policy = keys.Text("policy") };
}
