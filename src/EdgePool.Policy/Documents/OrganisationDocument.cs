namespace EdgePool.Policy.Documents;

/// <summary>The organisation as an operator wrote it. What was not written is null and takes its default at compilation.</summary>
public sealed record OrganisationDocument
{
    /// <summary>The organisation federates at all. Default true.</summary>
    public bool? Federation { get; init; }

    /// <summary>It federates by XMPP. Default true.</summary>
    public bool? Xmpp { get; init; }

    /// <summary>Its sites. A local domain in none of them has no site.</summary>
    public IReadOnlyList<SiteDocument> Sites { get; init; } = [];
}

/// <summary>A site as an operator wrote it.</summary>
public sealed record SiteDocument
{
    /// <summary>Its name, which <c>site:NAME</c> policies use.</summary>
    public string? Name { get; init; }

    /// <summary>XMPP is on at this site. Default true.</summary>
    public bool? Xmpp { get; init; }

    /// <summary>The site has a federation route. Default true.</summary>
    public bool? FederationRoute { get; init; }

    /// <summary>The local domains whose users are at this site.</summary>
    public IReadOnlyList<string> LocalDomains { get; init; } = [];
}
