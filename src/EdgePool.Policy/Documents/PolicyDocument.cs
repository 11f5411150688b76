namespace EdgePool.Policy.Documents;

/// <summary>A document of the store, as it is kept there.</summary>
/// <param name="Kind">One of <see cref="DocumentKinds"/>.</param>
/// <param name="Name">Its name within the kind.</param>
/// <param name="Version">The store's revision at which this body was written.</param>
/// <param name="Body">JSON; canonical when it went through <see cref="DocumentReader.Read(string, string, string)"/>.</param>
public sealed record PolicyDocument(string Kind, string Name, long Version, string Body)
{
    /// <summary>How logs, problems and explanations name a document: <c>Partner/partner.example</c>.</summary>
    public string Path => $"{Kind}/{Name}";
}

/// <summary>The kinds of policy documents. A closed set.</summary>
public static class DocumentKinds
{
    /// <summary>The organisation: one document, <see cref="OrganisationName"/>.</summary>
    public const string Organisation = "Organisation";

    /// <summary>The gateway's configuration: one document, <see cref="GatewayName"/>.</summary>
    public const string Gateway = "Gateway";

    /// <summary>A partner; the name is its primary domain in A-labels, or <c>*</c>.</summary>
    public const string Partner = "Partner";

    /// <summary>An external access policy: <c>global</c>, <c>site:NAME</c> or <c>tag:NAME</c>.</summary>
    public const string AccessPolicy = "AccessPolicy";

    /// <summary>Which policy a user has; the name is a bare JID, or <c>*@domain</c> for all users of a domain.</summary>
    public const string Grant = "Grant";

    /// <summary>Where everything stands: one document, <see cref="TopologyName"/>.</summary>
    public const string Topology = "Topology";

    /// <summary>The name of the one organisation document.</summary>
    public const string OrganisationName = "organisation";

    /// <summary>The name of the one gateway document.</summary>
    public const string GatewayName = "gateway";

    /// <summary>The name of the one topology document.</summary>
    public const string TopologyName = "topology";

    /// <summary>All kinds, in the order in which people read them.</summary>
    public static IReadOnlyList<string> All { get; } = [Organisation, Gateway, Topology, Partner, AccessPolicy, Grant];
}
