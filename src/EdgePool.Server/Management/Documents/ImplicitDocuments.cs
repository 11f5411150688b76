using EdgePool.Cluster.Documents;
using EdgePool.Policy.Documents;

namespace EdgePool.Server.Management.Documents;

/// <summary>The documents that are always there: as long as nobody wrote one, it says nothing and every default counts.</summary>
internal static class ImplicitDocuments
{
    private const string GlobalPolicy = "global";

    /// <summary>The documents.</summary>
    public static IReadOnlyList<DocumentKey> All { get; } =
    [
        new(DocumentKinds.Organisation, DocumentKinds.OrganisationName),
        new(DocumentKinds.Gateway, DocumentKinds.GatewayName),
        new(DocumentKinds.AccessPolicy, GlobalPolicy),
    ];

    /// <summary>Whether a document is always there.</summary>
    public static bool Contains(DocumentKey key) => All.Contains(key);
}
