using EdgePool.Policy.Documents;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Server.Configuration.Yaml;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Server.Configuration.Written;

/// <summary>Reads a partner of the node's own file: what does not need a store, with the keys of the Partner document.</summary>
internal static class PartnerReader
{
    private const int MostBytes = 64 * 1024 * 1024;

    /// <summary>Reads one partner and the trust that is still to be read from files.</summary>
    public static NodeDocumentReader.Written<(PartnerDocument Partner, TrustDocument? Trust)> Read(MappingReader partner) => new((
        new PartnerDocument
        {
            Domain = partner.Text("domain"),
            AdditionalDomains = partner.Texts("additionalDomains"),
            Description = partner.Text("description"),
            PartnerType = partner.Choice<PartnerType>("partnerType"),
            TlsNegotiation = partner.Choice<NegotiationMode>("tlsNegotiation"),
            SaslNegotiation = partner.Choice<NegotiationMode>("saslNegotiation"),
            SupportDialback = partner.Flag("supportDialback"),
            LyncCompat = partner.Flag("lyncCompat"),
            RequireTrustedCertificate = partner.Flag("requireTrustedCertificate"),
            DialbackWithoutDialback = partner.Flag("dialbackWithoutDialback"),
            TlsMinVersion = partner.Choice<TlsVersion>("tlsMinVersion"),
            AllowServerAuthOnly = partner.Flag("allowServerAuthOnly"),
            AllowClientAuthOnly = partner.Flag("allowClientAuthOnly"),
            ProxyFqdn = partner.Text("proxyFqdn"),
            Enabled = partner.Flag("enabled"),
            DisabledReason = partner.Text("disabledReason"),
            MaxStanzaBytes = partner.Bytes("maxStanzaBytes", PolicyCompiler.SmallestStanzaLimit, MostBytes),
            Rate = partner.Section("rate", Rate),
            Rules = partner.Section("rules", Rules),
            Mode = partner.Choice<PartnerMode>("mode"),
        },
        partner.Section("trust", Trust)));

    private static TrustDocument Trust(MappingReader trust) => NodeDocumentReader.Trust(trust) with
    {
        Keys = new WrittenTrust
        {
            Pins = trust.Texts("pins"),
            FirstUse = trust.Flag("firstUse"),
            OnChange = trust.Choice<KeyChange>("onChange"),
            Dane = trust.Choice<DaneUse>("dane"),
        },
    };

    private static RateDocument Rate(MappingReader rate) => new()
    {
        BytesPerSecond = rate.Bytes("bytesPerSecond", RateDocument.LeastBytes, RateDocument.MostBytes),
        StanzasPerSecond = rate.Number("stanzasPerSecond", 1, RateDocument.MostStanzas),
        Burst = rate.Number("burst", 1, RateDocument.MostBurst),
    };

    private static RulesDocument Rules(MappingReader rules) => new()
    {
        Messages = rules.Choices<MessageKind>("messages"),
        Presence = rules.Flag("presence"),
        Iq = rules.OptionalTexts("iq"),
        Payloads = rules.Section("payloads", payloads => new PayloadsDocument
        {
            Allow = payloads.OptionalTexts("allow"),
            Deny = payloads.OptionalTexts("deny"),
            Action = payloads.Choice<PayloadAction>("action"),
        }),
        LocalUsers = rules.OptionalTexts("localUsers"),
        DenyLocalUsers = rules.OptionalTexts("denyLocalUsers"),
        StripStatus = rules.Flag("stripStatus"),
        SecurityLabel = rules.Choice<SecurityLabelRule>("securityLabel"),
    };
}
