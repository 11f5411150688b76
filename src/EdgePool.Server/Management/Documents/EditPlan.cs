using EdgePool.Cluster.Documents;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Management.Documents;

/// <summary>What edits come to, beside the documents as they stand.</summary>
internal sealed class EditPlan
{
    private readonly List<(ReadEdit Edit, DocumentVersion? Current)> steps;
    private readonly HashSet<DocumentKey> touched;

    private EditPlan(List<(ReadEdit Edit, DocumentVersion? Current)> steps)
    {
        this.steps = steps;
        touched = [.. steps.Select(step => step.Edit.Key)];
        Changes = [.. steps.Where(step => !Same(step)).Select(step => new DocumentChange(step.Edit.Key, step.Edit.Body, step.Current?.Version ?? 0))];
    }

    /// <summary>What is to be written; empty when everything says already what it shall.</summary>
    public IReadOnlyList<DocumentChange> Changes { get; }

    /// <summary>Why it cannot be done; null when it can.</summary>
    public EditOutcome? Refusal { get; private init; }

    /// <summary>Plans.</summary>
    public static EditPlan Of(IReadOnlyList<ReadEdit> edits, Dictionary<DocumentKey, DocumentVersion> current)
    {
        var planned = edits.Select(edit => (edit, current.GetValueOrDefault(edit.Key))).ToList();
        return new EditPlan(planned) { Refusal = StaleOnes(planned) ?? (EditOutcome?)MissingOne(planned) };
    }

    /// <summary>Whether an edit is about this document.</summary>
    public bool Touches(string kind, string name) => touched.Contains(new DocumentKey(kind, name));

    /// <summary>The answer when the changes are made, or would be.</summary>
    public EditOutcome Done(long revision, IReadOnlyList<DocumentProblem> warnings)
        => new EditOutcome.Done(new EditReply(revision, [.. steps.Select(step => Result(step, revision))], warnings));

    private static EditResult Result((ReadEdit Edit, DocumentVersion? Current) step, long revision)
    {
        var (kind, name) = step.Edit.Key;
        if (Same(step))
        {
            return new EditResult(kind, name, EditAction.Unchanged, step.Current?.Version ?? 0, Before: null, After: null);
        }

        var (action, version) = (step.Current, step.Edit.Body) switch
        {
            (_, null) => (EditAction.Deleted, 0L),
            (null, _) => (EditAction.Created, revision),
            _ => (EditAction.Changed, revision),
        };
        return new EditResult(kind, name, action, version, DocumentBody.Parse(step.Current?.Body), DocumentBody.Parse(step.Edit.Body));
    }

    private static bool Same((ReadEdit Edit, DocumentVersion? Current) step) => string.Equals(step.Edit.Body, step.Current?.Body, StringComparison.Ordinal);

    private static EditOutcome.Stale? StaleOnes(List<(ReadEdit Edit, DocumentVersion? Current)> steps)
    {
        var stale = steps.Where(step => step.Edit.ExpectedVersion is { } expected && expected != (step.Current?.Version ?? 0)).ToList();
        return stale.Count == 0 ? null : new EditOutcome.Stale([.. stale.Select(step => step.Current is { } current
            ? DocumentBody.View(current)
            : new StoredView(step.Edit.Key.Kind, step.Edit.Key.Name, 0, Spec: null, "", default, ""))]);
    }

    private static EditOutcome.Absent? MissingOne(List<(ReadEdit Edit, DocumentVersion? Current)> steps)
        => steps.Find(step => step is { Edit.Body: null, Current: null } && !ImplicitDocuments.Contains(step.Edit.Key)).Edit is { } missing
            ? new EditOutcome.Absent(missing.Key)
            : null;
}
