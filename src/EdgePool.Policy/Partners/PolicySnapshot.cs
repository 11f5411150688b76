using System.Collections.Frozen;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Policy.Partners;

/// <summary>
/// All partners, compiled: what every verdict is taken from. It never changes; a new policy is a new snapshot. A lookup takes no lock and allocates nothing.
/// Local domains are no partners and are never found.
/// </summary>
public sealed class PolicySnapshot
{
    private readonly FrozenDictionary<DomainName, Partner>.AlternateLookup<ReadOnlySpan<byte>> byDomain;

    /// <summary>Indexes partners whose domains are known to be disjoint: <see cref="PolicyCompiler"/> proves that.</summary>
    internal PolicySnapshot(IReadOnlyList<Partner> partners)
    {
        Partners = partners;
        Open = partners.FirstOrDefault(partner => partner.IsOpen);
        byDomain = partners
            .SelectMany(partner => DomainsOf(partner).Select(domain => KeyValuePair.Create(domain, partner)))
            .ToFrozenDictionary(DomainNameComparer.Instance)
            .GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>No partner at all: every domain is unknown.</summary>
    public static PolicySnapshot Closed { get; } = new([]);

    /// <summary>Every partner, in the order written.</summary>
    public IReadOnlyList<Partner> Partners { get; }

    /// <summary>The <c>*</c> partner of an open federation; null: federation is closed.</summary>
    public Partner? Open { get; }

    /// <summary>The partner of a canonical domain (U-labels in UTF-8), enabled or not. One that is named goes before <see cref="Open"/>.</summary>
    public Partner? Find(ReadOnlySpan<byte> domain) => byDomain.TryGetValue(domain, out var partner) ? partner : Open;

    /// <summary>The partner of a domain, enabled or not.</summary>
    public Partner? Find(DomainName domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return Find(domain.Utf8);
    }

    /// <summary>Whether a domain may federate at all. <paramref name="partner"/> is null only when the domain is unknown.</summary>
    /// <param name="domain">A canonical domain (U-labels in UTF-8).</param>
    /// <param name="partner">Whose it is.</param>
    public VerdictReason Judge(ReadOnlySpan<byte> domain, out Partner? partner)
    {
        partner = Find(domain);
        return partner switch
        {
            null => VerdictReason.UnknownDomain,
            { Enabled: false } => VerdictReason.PartnerDisabled,
            _ => VerdictReason.Allowed,
        };
    }

    private static IEnumerable<DomainName> DomainsOf(Partner partner)
        => partner.Domain is { } primary ? partner.AdditionalDomains.Prepend(primary) : [];
}
