using EdgePool.Policy.Documents;
using EdgePool.Policy.Negotiation;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Policy.Partners;

/// <summary>
/// A partner as an operator wrote it; the names are those of Lync Server's XMPP partner. A member that was not written is null and takes its default
/// at compilation. Nothing here is checked yet: see <see cref="PolicyCompiler"/>.
/// </summary>
public sealed record PartnerDocument
{
    /// <summary>The domain that an open federation's partner has: every domain that no other partner names.</summary>
    public const string AnyDomain = "*";

    /// <summary>The primary domain, the partner's identity; <see cref="AnyDomain"/> opens federation.</summary>
    public string? Domain { get; init; }

    /// <summary>Further domains, each written out: a sub-domain is not implied by its parent.</summary>
    public IReadOnlyList<string> AdditionalDomains { get; init; } = [];

    /// <summary>Free text.</summary>
    public string? Description { get; init; }

    /// <summary>Default <see cref="Partners.PartnerType.PublicUnverified"/>; in a node's own file, which keeps no consents, <see cref="Partners.PartnerType.Federated"/>.</summary>
    public PartnerType? PartnerType { get; init; }

    /// <summary>Default <see cref="NegotiationMode.Required"/>.</summary>
    public NegotiationMode? TlsNegotiation { get; init; }

    /// <summary>Default <see cref="NegotiationMode.Required"/>.</summary>
    public NegotiationMode? SaslNegotiation { get; init; }

    /// <summary>Default true.</summary>
    public bool? SupportDialback { get; init; }

    /// <summary>Reads the three settings above as Lync Server does. Default false.</summary>
    public bool? LyncCompat { get; init; }

    /// <summary>Quirks of the partner's server that are tolerated with it alone; null: none.</summary>
    public IReadOnlyList<PartnerQuirk>? Compat { get; init; }

    /// <summary>Dialback over TLS also demands a certificate that proves the partner's name. Default false.</summary>
    public bool? RequireTrustedCertificate { get; init; }

    /// <summary>A certificate that proves the partner's name makes its dialback valid without a lookup. Default false.</summary>
    public bool? DialbackWithoutDialback { get; init; }

    /// <summary>The oldest TLS that may be used with the partner. Default <see cref="TlsVersion.Tls12"/>.</summary>
    public TlsVersion? TlsMinVersion { get; init; }

    /// <summary>A certificate for TLS servers alone proves the partner's name also when the partner connects to us. Default true.</summary>
    public bool? AllowServerAuthOnly { get; init; }

    /// <summary>A certificate for TLS clients alone, from the partner's own authority, proves its name when it connects to us. Default false.</summary>
    public bool? AllowClientAuthOnly { get; init; }

    /// <summary>Roots of the partner's certificate, already read; null: see <see cref="TrustText"/>.</summary>
    public TrustAnchors? Trust { get; init; }

    /// <summary>Whom the partner's certificates must come from and whose keys they must have, as written; null takes the node's roots and any key.</summary>
    public WrittenTrust? TrustText { get; init; }

    /// <summary>Streams at one time; null takes the gateway's limit.</summary>
    public int? ConnectionLimit { get; init; }

    /// <summary>Default true.</summary>
    public bool? EnableKeepAlive { get; init; }

    /// <summary>Default true.</summary>
    public bool? EnableBidirectionalStreams { get; init; }

    /// <summary>Default false.</summary>
    public bool? FollowSeeOtherHost { get; init; }

    /// <summary>Default true: stanzas are acknowledged (XEP-0198) where the partner's server can.</summary>
    public bool? EnableStreamManagement { get; init; }

    /// <summary>Default true: a stream under stream management that is lost is resumed where the partner's server can.</summary>
    public bool? EnableStreamResumption { get; init; }

    /// <summary><c>host[:port]</c> to connect to instead of what the partner's SRV records say.</summary>
    public string? ProxyFqdn { get; init; }

    /// <summary>Default true.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Why the partner is switched off.</summary>
    public string? DisabledReason { get; init; }

    /// <summary>Bytes of one stanza from this partner; null takes the gateway's limit.</summary>
    public int? MaxStanzaBytes { get; init; }

    /// <summary>How much may be sent in each direction; null takes the gateway's.</summary>
    public RateDocument? Rate { get; init; }

    /// <summary>What its stanzas may be; null takes the defaults.</summary>
    public RulesDocument? Rules { get; init; }

    /// <summary>Default <see cref="Partners.WithoutConsent.Refuse"/>.</summary>
    public WithoutConsent? WithoutConsent { get; init; }

    /// <summary>Default <see cref="PartnerMode.Enforce"/>.</summary>
    public PartnerMode? Mode { get; init; }
}
