namespace EdgePool.Server.Cli.Documents;

/// <summary>Paths of the management interface.</summary>
internal static class DocumentPaths
{
    /// <summary>All documents of a kind.</summary>
    public static string Kind(string kind) => "/v1/documents?kind=" + Uri.EscapeDataString(kind);

    /// <summary>One document.</summary>
    public static string Document(string kind, string name) => $"/v1/documents/{Uri.EscapeDataString(kind)}/{Uri.EscapeDataString(name)}";

    /// <summary>A document with what to do about it.</summary>
    public static string Delete(string kind, string name, bool dryRun, string why)
        => $"{Document(kind, name)}?dryRun={(dryRun ? "true" : "false")}&why={Uri.EscapeDataString(why)}";
}
