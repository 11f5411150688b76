using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.Readiness;

/// <summary>Where a local domain's back end is.</summary>
public enum BackEndPlace
{
    /// <summary>Nowhere that this node reaches.</summary>
    Nowhere,

    /// <summary>At this node: its component is connected, or its internal server answers.</summary>
    Here,

    /// <summary>At another node of the pool, which there is a link to.</summary>
    Elsewhere,

    /// <summary>At a node of another pool alone: stanzas cross to it, and partners had better go there.</summary>
    OtherPool,
}

/// <summary>A local domain and its back end.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="Place">Where the back end is.</param>
/// <param name="Missing">What is missing, where it is not in this pool.</param>
public sealed record DomainStanding(DomainName Domain, BackEndPlace Place, string Missing);

/// <summary>Whether a node can do its job.</summary>
/// <param name="Reasons">Why not, each in a line; empty: it can.</param>
/// <param name="Domains">The local domains; those that are nowhere cannot be served.</param>
public sealed record NodeReadiness(IReadOnlyList<string> Reasons, IReadOnlyList<DomainStanding> Domains)
{
    /// <summary>It can do its job.</summary>
    public bool IsReady => Reasons.Count == 0;

    /// <summary>Partners' connections are taken: for <see cref="ReadinessOptions.Grace"/> also while it is not ready.</summary>
    public bool TakesPartners { get; init; } = true;

    /// <summary>A node that takes partners' connections whatever happens.</summary>
    internal static NodeReadiness Always { get; } = new([], []);

    /// <summary>Judges: a node is ready when its pool can serve a local domain, under TLS where it has certificates at all.</summary>
    /// <param name="domains">Every local domain.</param>
    /// <param name="certificates">Ours in force.</param>
    /// <param name="now">The time.</param>
    internal static NodeReadiness Judge(IReadOnlyList<DomainStanding> domains, IReadOnlyList<EdgeCertificate> certificates, DateTimeOffset now)
    {
        var reasons = new List<string>();
        if (domains.All(domain => domain.Place is BackEndPlace.Nowhere or BackEndPlace.OtherPool))
            reasons.Add($"no back end: {string.Join("; ", domains.Select(domain => $"{domain.Domain}: {domain.Missing}"))}");
        if (certificates.Count > 0 && !certificates.Any(ours => ours.ValidFrom <= now && now < ours.ValidUntil))
            reasons.Add(FormattableString.Invariant($"no valid certificate: the last one ended at {certificates.Max(ours => ours.ValidUntil):u}"));
        return new NodeReadiness(reasons, domains);
    }
}
