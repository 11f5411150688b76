using System.Globalization;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Negotiation;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Policy.Partners;

/// <summary>A partner compiled by itself: whose domains are whose is still to be seen.</summary>
/// <param name="Partner">To be used only when nothing is wrong.</param>
/// <param name="Path">Where its primary domain is written.</param>
/// <param name="AdditionalPath">Where its additional domains are written.</param>
/// <param name="Indexes">The places of the additional domains in the list as written; null: all of it could be read.</param>
internal sealed record PartnerDraft(Partner Partner, string Path, string AdditionalPath, IReadOnlyList<int>? Indexes)
{
    /// <summary>It is the partner of an open federation: one whose domain cannot be read is not.</summary>
    public bool IsOpen { get; init; }

    public string PathOf(int additional) => DocumentProblems.Item(AdditionalPath, Indexes is null ? additional : Indexes[additional]);
}

/// <summary>Compiles one written partner. Cross-checks between documents are <see cref="PolicyCompiler"/>'s.</summary>
/// <param name="problems">Takes what is wrong.</param>
/// <param name="prefix">What the paths of its keys begin with.</param>
/// <param name="shared">Rules compiled before, to be used again; null: none.</param>
internal sealed class PartnerCompiler(DocumentProblems problems, string prefix, SharedRules? shared = null)
{
    private const int LongestText = 1_024;

    // Every value there is: partners share them.
    private static readonly NegotiationTerms[] AllTerms = [.. Enumerable.Range(0, 1024).Select(bits => new NegotiationTerms((AuthenticationMethods)(bits & 7))
    {
        RequireTrustedCertificate = (bits & 8) != 0,
        DialbackWithoutDialback = (bits & 16) != 0,
        MinimumTls = (bits & 32) != 0 ? TlsVersion.Tls13 : TlsVersion.Tls12,
        UnboundDbPrefix = (bits & 64) != 0,
        StreamManagement = (bits & 128) == 0,
        Bidirectional = (bits & 256) != 0,
        Resumption = (bits & 512) == 0,
    })];

    public PartnerDraft Compile(PartnerDocument document, string domainPath, PartnerType defaultType, PolicyDocument? source)
    {
        var open = string.Equals(document.Domain, PartnerDocument.AnyDomain, StringComparison.Ordinal);
        var domain = open ? null : DocumentNames.Domain(document.Domain, domainPath, problems);
        var additional = Additional(document.AdditionalDomains, out var indexes);
        if (open)
        {
            CheckOpen(document);
        }

        var type = Type(document.PartnerType ?? defaultType, document.PartnerType);
        var terms = Terms(document);
        var trust = new TrustCompiler(problems, prefix);
        var anchors = trust.Anchors(document);
        var partner = new Partner
        {
            Name = domain?.Ascii ?? PartnerDocument.AnyDomain,
            Domain = domain,
            AdditionalDomains = additional,
            Description = Text(document.Description, "description"),
            Type = type,
            Terms = terms,
            Trust = anchors,
            Certificates = trust.Rules(document, anchors, terms),
            Proxy = Proxy(document.ProxyFqdn),
            Enabled = document.Enabled ?? true,
            DisabledReason = Text(document.DisabledReason, "disabledReason"),
            MaxStanzaBytes = StanzaLimit(document.MaxStanzaBytes),
            ConnectionLimit = document.ConnectionLimit,
            EnableKeepAlive = document.EnableKeepAlive ?? true,
            FollowSeeOtherHost = document.FollowSeeOtherHost ?? false,
            Rate = RateCompiler.Compile(document.Rate, prefix + "rate", problems),
            Rules = new RulesCompiler(problems, prefix + "rules", shared).Compile(document.Rules, type),
            WithoutConsent = Unasked(document.WithoutConsent ?? WithoutConsent.Refuse, type),
            Mode = Mode(document.Mode ?? PartnerMode.Enforce),
            Source = source,
        };
        return new PartnerDraft(partner, domainPath, prefix + "additionalDomains", indexes) { IsOpen = open };
    }

    private List<DomainName> Additional(IReadOnlyList<string> written, out IReadOnlyList<int>? indexes)
    {
        var domains = new List<DomainName>(written.Count);
        var places = new List<int>(written.Count);
        if (written.Count > DocumentReader.MostAdditionalDomains)
        {
            problems.Error(
                prefix + "additionalDomains",
                string.Create(CultureInfo.InvariantCulture, $"additionalDomains has {written.Count} entries"),
                "write at most 1000, and further partners");
        }

        for (var i = 0; i < written.Count; i++)
        {
            if (DocumentNames.Domain(written[i], DocumentProblems.Item(prefix + "additionalDomains", i), problems) is { } domain)
            {
                domains.Add(domain);
                places.Add(i);
            }
        }

        indexes = domains.Count == written.Count ? null : places;
        return domains;
    }

    private void CheckOpen(PartnerDocument document)
    {
        if (document.AdditionalDomains.Count > 0)
        {
            problems.Error(prefix + "additionalDomains", "the '*' partner has every other domain already", "remove additionalDomains");
        }

        if (document.ProxyFqdn is not null)
        {
            problems.Error(
                prefix + "proxyFqdn",
                "every domain of an open federation would be sent to one host",
                "remove proxyFqdn, or name the partner's domain");
        }
    }

    private PartnerType Type(PartnerType type, PartnerType? written)
    {
        if (written is PartnerType.PublicVerified)
        {
            problems.Warn(
                prefix + "partnerType",
                "users of a public provider may reach every local user unasked",
                "write PublicUnverified unless the provider vouches for its users");
        }

        return type;
    }

    private WithoutConsent Unasked(WithoutConsent answer, PartnerType type)
    {
        if (answer is WithoutConsent.Silence && type is not PartnerType.PublicUnverified)
        {
            problems.Warn(
                prefix + "withoutConsent",
                $"users of a {type} partner need no consent",
                "remove withoutConsent, or write partnerType: PublicUnverified");
        }

        return answer;
    }

    private PartnerMode Mode(PartnerMode mode)
    {
        if (mode is PartnerMode.Observe)
        {
            problems.Warn(
                prefix + "mode",
                "nothing of this partner is refused while it is observed",
                "write mode: enforce when its refusals look right");
        }

        return mode;
    }

    private NegotiationTerms Terms(PartnerDocument document)
    {
        var ruling = NegotiationMatrix.Rule(new NegotiationChoice(
            document.TlsNegotiation ?? NegotiationMode.Required,
            document.SaslNegotiation ?? NegotiationMode.Required,
            document.SupportDialback ?? true,
            document.LyncCompat ?? false));
        if (ruling.Refusal is { } refusal)
        {
            problems.Error(prefix + "saslNegotiation", refusal.Describe(), refusal.Remedy());
        }

        // Row 1 is the preset: an operator who wrote nothing of dialback need not hear that it idles.
        foreach (var note in ruling.Notes.Where(note => note is not NegotiationNote.DialbackIdle || document.SupportDialback is true))
        {
            problems.Warn(prefix + "saslNegotiation", note.Describe(), note.Remedy());
        }

        var proven = document.RequireTrustedCertificate ?? document.TrustText?.Dane is DaneUse.Require;
        if (proven && ruling.IsValid && (ruling.Methods & ~AuthenticationMethods.TcpDialback) == AuthenticationMethods.None)
        {
            var (key, off) = document.RequireTrustedCertificate is null ? ("trust.dane", "dane: off") : ("requireTrustedCertificate", "requireTrustedCertificate: false");
            problems.Error(prefix + key, "there is no certificate without TLS", $"set tlsNegotiation: Required, or {off}");
        }

        var standsForDialback = document.DialbackWithoutDialback ?? false;
        if (standsForDialback && ruling.IsValid && !ruling.Methods.HasFlag(AuthenticationMethods.TlsDialback))
        {
            problems.Warn(prefix + "dialbackWithoutDialback", "there is no dialback over TLS that a certificate could stand for", "set saslNegotiation: Optional, or remove dialbackWithoutDialback");
        }

        if (document.TlsMinVersion is not null && ruling.IsValid && ruling.Methods == AuthenticationMethods.TcpDialback)
        {
            problems.Error(prefix + "tlsMinVersion", "TLS is not used with this partner", "set tlsNegotiation: Required, or remove tlsMinVersion");
        }

        var tls13 = document.TlsMinVersion is TlsVersion.Tls13;
        return AllTerms[(int)ruling.Methods | (proven ? 8 : 0) | (standsForDialback ? 16 : 0) | (tls13 ? 32 : 0) | (Tolerates(document, PartnerQuirk.UnboundDbPrefix) ? 64 : 0)
            | (document.EnableStreamManagement is false ? 128 : 0)
            | (document.EnableBidirectionalStreams ?? true ? 256 : 0)
            | (document.EnableStreamResumption is false ? 512 : 0)];
    }

    private bool Tolerates(PartnerDocument document, PartnerQuirk quirk)
    {
        if (document.Compat?.Contains(quirk) is not true)
        {
            return false;
        }

        problems.Warn(prefix + "compat", $"{Compatibility.Of(quirk).Tolerated}, for the sake of {Compatibility.Of(quirk).Servers}", "remove it when the partner's server is a newer one");
        return true;
    }

    private ProxyAddress? Proxy(string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (HostAndPort.TryParse(text, out var host, out var port))
        {
            return new ProxyAddress(host, port);
        }

        problems.Error(
            prefix + "proxyFqdn",
            $"'{ShownText.Of(text)}' is not host or host:port",
            "write a host name or address, such as xmpp.partner.example:5269 or [2001:db8::5]:5269");
        return null;
    }

    private int? StanzaLimit(int? bytes)
    {
        if (bytes < PolicyCompiler.SmallestStanzaLimit)
        {
            problems.Error(
                prefix + "maxStanzaBytes",
                string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes is too few"),
                "allow at least 10000 bytes (RFC 6120 section 13.12)");
        }

        return bytes;
    }

    private string Text(string? text, string key)
    {
        if (text is { Length: > LongestText })
        {
            problems.Error(prefix + key, "the text is longer than 1024 characters", "shorten it");
        }

        return text ?? "";
    }
}
