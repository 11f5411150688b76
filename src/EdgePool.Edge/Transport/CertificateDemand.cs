using EdgePool.Policy.Partners;

namespace EdgePool.Edge.Transport;

/// <summary>What the certificate of a peer that claims a domain has to be.</summary>
/// <param name="Anchors">The roots that its chain may end in; nobody's, with pins among the rules: the pinned keys stand for themselves.</param>
/// <param name="Rules">What it must be beside that.</param>
internal sealed record CertificateDemand(TrustAnchors Anchors, CertificateRules Rules)
{
    public CertificateDemand(TrustAnchors anchors)
        : this(anchors, CertificateRules.Default)
    {
    }

    /// <summary>The only keys that count, where the rules refuse changes and the domain has been seen; else empty.</summary>
    public IReadOnlyList<KeyHash> Known { get; init; } = [];

    /// <summary>Roots, or keys in their place, that the partner's own document names and the machine's not: TLSA records never stand in for them.</summary>
    public bool OwnAnchors { get; init; }

    /// <summary>No root is trusted: the certificate's own key has to be pinned.</summary>
    public bool PinsAlone => !Anchors.System && Anchors.Roots.Count == 0 && Rules.Pins.Count > 0;

    /// <summary>By what is demanded: each compilation of a policy makes its lists anew.</summary>
    public bool Equals(CertificateDemand? other)
        => other is not null && OwnAnchors == other.OwnAnchors && Roots.Same(Anchors, other.Anchors) && Rules.Equals(other.Rules) && Known.SequenceEqual(other.Known);

    public override int GetHashCode() => HashCode.Combine(Anchors.System, Anchors.Roots.Count, Rules, Known.Count);
}
