using System.Text.Json;
using EdgePool.Cluster.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Management.Documents;

/// <summary>What became of an edit. A closed set.</summary>
internal abstract record EditOutcome
{
    private EditOutcome()
    {
    }

    /// <summary>It is in force, or would be.</summary>
    /// <param name="Reply">What it did to each document.</param>
    public sealed record Done(EditReply Reply) : EditOutcome;

    /// <summary>Documents are wrong; nothing was changed.</summary>
    /// <param name="Problems">All that is wrong.</param>
    public sealed record Invalid(IReadOnlyList<DocumentProblem> Problems) : EditOutcome;

    /// <summary>Somebody else changed documents since the versions that were expected; nothing was changed.</summary>
    /// <param name="Current">As they are now.</param>
    public sealed record Stale(IReadOnlyList<StoredView> Current) : EditOutcome;

    /// <summary>A document that shall go is not there; nothing was changed.</summary>
    /// <param name="Missing">The document.</param>
    public sealed record Absent(DocumentKey Missing) : EditOutcome;

    /// <summary>The store does not take it; nothing was changed.</summary>
    /// <param name="Why">Why.</param>
    public sealed record Refused(Refusal Why) : EditOutcome;
}

/// <summary>Problems of the policy's readers and compiler, by document.</summary>
internal static class FoundProblem
{
    /// <summary>Takes <c>Partner/partner.example: rules.iq[3]</c> apart.</summary>
    public static DocumentProblem Of(PolicyProblem problem)
    {
        var end = problem.Path.IndexOf(": ", StringComparison.Ordinal);
        var document = end < 0 ? problem.Path : problem.Path[..end];
        var slash = document.IndexOf('/', StringComparison.Ordinal);
        return new DocumentProblem(
            slash < 0 ? "" : document[..slash],
            slash < 0 ? "" : document[(slash + 1)..],
            end < 0 ? "" : problem.Path[(end + 2)..],
            problem.Severity is ProblemSeverity.Warning,
            problem.What,
            problem.Remedy);
    }
}

/// <summary>Bodies as JSON values.</summary>
internal static class DocumentBody
{
    /// <summary>The value of a stored body; null for a deleted document.</summary>
    public static JsonElement? Parse(string? body) => body is null ? null : JsonElement.Parse(body);

    /// <summary>A document for the wire.</summary>
    public static StoredView View(StoredDocument document)
        => new(document.Key.Kind, document.Key.Name, document.Version, Parse(document.Body), document.By.Who, document.By.When, document.By.Why);

    /// <summary>A version of a document for the wire.</summary>
    public static StoredView View(DocumentVersion version)
        => new(version.Key.Kind, version.Key.Name, version.Version, Parse(version.Body), version.By.Who, version.By.When, version.By.Why);
}
