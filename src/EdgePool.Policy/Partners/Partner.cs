using EdgePool.Policy.Documents;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Policy.Partners;

/// <summary>How much a partner is trusted to reach users who have not asked for it.</summary>
public enum PartnerType
{
    /// <summary>Another organisation that we know.</summary>
    Federated,

    /// <summary>A public provider that vouches for its users.</summary>
    PublicVerified,

    /// <summary>A public provider where anyone can be anyone.</summary>
    PublicUnverified,
}

/// <summary>What becomes of a message or request whose receiver has not taken up contact with its sender, see <see cref="PartnerType.PublicUnverified"/>.</summary>
public enum WithoutConsent
{
    /// <summary>It is answered with <c>service-unavailable</c>, whether there is such a user or not.</summary>
    Refuse,

    /// <summary>It is dropped without an answer.</summary>
    Silence,
}

/// <summary>A host to connect to instead of what SRV records say.</summary>
/// <param name="Host">Host name or address, without brackets.</param>
/// <param name="Port">The port; null where the operator named none, which is 5269.</param>
public sealed record ProxyAddress(string Host, int? Port);

/// <summary>A partner as it is enforced. Immutable; one instance serves all its domains.</summary>
public sealed record Partner
{
    /// <summary>The identity in logs and metrics: the primary domain in A-labels, or <c>*</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The primary domain; null for the partner that stands for every other domain.</summary>
    public required DomainName? Domain { get; init; }

    /// <summary>The further domains.</summary>
    public IReadOnlyList<DomainName> AdditionalDomains { get; init; } = [];

    /// <summary>Free text of the operator.</summary>
    public string Description { get; init; } = "";

    /// <summary>How much the partner is trusted to reach users unasked.</summary>
    public PartnerType Type { get; init; } = PartnerType.PublicUnverified;

    /// <summary>How its streams authenticate.</summary>
    public required NegotiationTerms Terms { get; init; }

    /// <summary>The roots of its certificates; null: those of the gateway.</summary>
    public TrustAnchors? Trust { get; init; }

    /// <summary>What its certificates must be beside that.</summary>
    public CertificateRules Certificates { get; init; } = CertificateRules.Default;

    /// <summary>Where to connect instead of what SRV records say; null: SRV.</summary>
    public ProxyAddress? Proxy { get; init; }

    /// <summary>False: known, and refused.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Why it is switched off; empty when it is not or nobody said.</summary>
    public string DisabledReason { get; init; } = "";

    /// <summary>Bytes of one stanza from this partner; null: the gateway's limit.</summary>
    public int? MaxStanzaBytes { get; init; }

    /// <summary>Streams at one time; null: the gateway's limit. See <see cref="Gateway.ConnectionLimitOf"/>.</summary>
    public int? ConnectionLimit { get; init; }

    /// <summary>The partner must send something within the gateway's keep-alive interval.</summary>
    public bool EnableKeepAlive { get; init; } = true;

    /// <summary>While a stream comes up, a server of the partner's that a certificate proves may send us to another host (RFC 6120 section 4.9.3.19).</summary>
    public bool FollowSeeOtherHost { get; init; }

    /// <summary>How much may be sent in each direction; null: the gateway's. See <see cref="Gateway.RateOf"/>.</summary>
    public Rate? Rate { get; init; }

    /// <summary>What its stanzas may be.</summary>
    public StanzaRules Rules { get; init; } = StanzaRules.Default;

    /// <summary>What becomes of what needs consent and has none.</summary>
    public WithoutConsent WithoutConsent { get; init; }

    /// <summary>Whether what is not allowed is refused or only counted.</summary>
    public PartnerMode Mode { get; init; }

    /// <summary>The document; null: the node's own file.</summary>
    public PolicyDocument? Source { get; init; }

    /// <summary>A public provider of either sort.</summary>
    public bool IsPublic => Type is not PartnerType.Federated;

    /// <summary>The partner is every domain that no other partner names.</summary>
    public bool IsOpen => Domain is null;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
