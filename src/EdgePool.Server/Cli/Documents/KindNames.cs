using EdgePool.Policy.Documents;

namespace EdgePool.Server.Cli.Documents;

/// <summary>What operators call the kinds of documents.</summary>
internal static class KindNames
{
    private static readonly Dictionary<string, string> Short = new(StringComparer.OrdinalIgnoreCase)
    {
        ["organisation"] = DocumentKinds.Organisation,
        ["organization"] = DocumentKinds.Organisation,
        ["org"] = DocumentKinds.Organisation,
        ["gateway"] = DocumentKinds.Gateway,
        ["gw"] = DocumentKinds.Gateway,
        ["topology"] = DocumentKinds.Topology,
        ["partner"] = DocumentKinds.Partner,
        ["partners"] = DocumentKinds.Partner,
        ["accesspolicy"] = DocumentKinds.AccessPolicy,
        ["accesspolicies"] = DocumentKinds.AccessPolicy,
        ["policy"] = DocumentKinds.AccessPolicy,
        ["policies"] = DocumentKinds.AccessPolicy,
        ["grant"] = DocumentKinds.Grant,
        ["grants"] = DocumentKinds.Grant,
    };

    /// <summary>The kind behind a word of the command line, in any case, singular or plural; null when there is none.</summary>
    public static string? Find(string word) => Short.GetValueOrDefault(word);

    /// <summary>What to write in place of an unknown kind.</summary>
    public static string Remedy(string word)
        => Spelling.Nearest(word, DocumentKinds.All) is { } near ? $"did you mean '{near}'?" : $"there is {string.Join(", ", DocumentKinds.All)}";

    /// <summary>The name of the one document of a kind; null where there may be several.</summary>
    public static string? OnlyName(string? kind) => kind switch
    {
        DocumentKinds.Organisation => DocumentKinds.OrganisationName,
        DocumentKinds.Gateway => DocumentKinds.GatewayName,
        DocumentKinds.Topology => DocumentKinds.TopologyName,
        _ => null,
    };

    /// <summary>A name that a document of the kind could have.</summary>
    public static string ExampleName(string kind) => kind switch
    {
        DocumentKinds.Partner => "partner.example",
        DocumentKinds.AccessPolicy => "global, site:NAME or tag:NAME",
        DocumentKinds.Grant => "user@contoso.example",
        _ => OnlyName(kind) ?? "",
    };
}
