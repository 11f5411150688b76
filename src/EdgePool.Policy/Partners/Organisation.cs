using EdgePool.Policy.Documents;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Policy.Partners;

/// <summary>The organisation as it is enforced.</summary>
public sealed record Organisation
{
    /// <summary>Nothing written: federation and XMPP are on, no sites.</summary>
    public static Organisation Default { get; } = new();

    /// <summary>The organisation federates at all.</summary>
    public bool Federation { get; init; } = true;

    /// <summary>It federates by XMPP.</summary>
    public bool Xmpp { get; init; } = true;

    /// <summary>Its sites, in the order written.</summary>
    public IReadOnlyList<Site> Sites { get; init; } = [];

    /// <summary>The document; null: nobody wrote one.</summary>
    public PolicyDocument? Source { get; init; }
}

/// <summary>A site as it is enforced.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Xmpp">XMPP is on at this site.</param>
/// <param name="FederationRoute">The site has a federation route.</param>
/// <param name="LocalDomains">The domains whose users are at this site.</param>
public sealed record Site(string Name, bool Xmpp, bool FederationRoute, IReadOnlyList<DomainName> LocalDomains);
