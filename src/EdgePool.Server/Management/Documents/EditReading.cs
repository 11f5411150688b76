using EdgePool.Cluster.Documents;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Management.Documents;

/// <summary>An edit with its document's canonical name and body.</summary>
/// <param name="Key">The document.</param>
/// <param name="Body">The canonical body; null: it shall go.</param>
/// <param name="ExpectedVersion">The version that the operator saw; null: whatever is there.</param>
internal sealed record ReadEdit(DocumentKey Key, string? Body, long? ExpectedVersion);

/// <summary>Edits as they were understood.</summary>
/// <param name="Edits">Each in canonical form.</param>
/// <param name="Problems">What is wrong with them, one by one; empty when nothing is.</param>
internal sealed record EditReading(IReadOnlyList<ReadEdit> Edits, IReadOnlyList<DocumentProblem> Problems)
{
    /// <summary>Reads them all; two that mean the same document are a problem.</summary>
    public static EditReading Of(IReadOnlyList<DocumentEdit> edits)
    {
        var read = new List<ReadEdit>(edits.Count);
        var problems = new List<DocumentProblem>();
        var spellings = new Dictionary<DocumentKey, string>(edits.Count);
        foreach (var edit in edits)
        {
            // To go, a document needs a name alone.
            var reading = DocumentReader.Read(edit.Kind, edit.Name, edit.Body ?? "{}");
            var found = reading.Problems.Where(problem => problem.Severity is ProblemSeverity.Error).Select(FoundProblem.Of).ToList();
            var key = new DocumentKey(reading.Kind, reading.Name);
            if (!spellings.TryAdd(key, edit.Name))
            {
                found.Add(new DocumentProblem(edit.Kind, edit.Name, "", Warning: false, $"this document is written twice, as '{spellings[key]}' and as '{edit.Name}'", "keep one of the two"));
            }

            problems.AddRange(found.Select(problem => problem with { Kind = edit.Kind, Name = edit.Name }));
            read.Add(new ReadEdit(key, edit.Body is null ? null : reading.Body, edit.ExpectedVersion));
        }

        return new EditReading(read, problems);
    }
}
