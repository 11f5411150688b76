using EdgePool.Cluster.Documents;
using EdgePool.Policy.Documents;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Management.Documents;

/// <summary>What edits come to, beside the documents of one reading of the store.</summary>
internal sealed class EditPlan
{
    private readonly List<(ReadEdit Edit, StoredDocument? Current)> steps;
    private readonly HashSet<DocumentKey> touched;

    private EditPlan(DocumentSet before, List<(ReadEdit Edit, StoredDocument? Current)> steps)
    {
        Before = before;
        this.steps = steps;
        touched = [.. steps.Select(step => step.Edit.Key)];
        Changes = [.. steps
            .Where(step => !Same(step))
            .Select(step => new DocumentChange(step.Edit.Key, step.Edit.Body, step.Current?.Version ?? 0))];
    }

    /// <summary>The documents that it was made for.</summary>
    public DocumentSet Before { get; }

    /// <summary>What is to be written; empty when everything says already what it shall.</summary>
    public IReadOnlyList<DocumentChange> Changes { get; }

    /// <summary>Why it cannot be done; null when it can.</summary>
    public EditOutcome? Refusal { get; private init; }

    /// <summary>Plans.</summary>
    public static EditPlan Of(IReadOnlyList<ReadEdit> edits, DocumentSet before)
    {
        var wanted = edits.Select(edit => edit.Key).ToHashSet();
        var current = before.Documents.Where(document => wanted.Contains(document.Key)).ToDictionary(document => document.Key);
        var planned = edits.Select(edit => (edit, current.GetValueOrDefault(edit.Key))).ToList();
        return new EditPlan(before, planned) { Refusal = StaleOnes(planned) ?? (EditOutcome?)MissingOne(planned, before) };
    }

    /// <summary>Whether an edit is about this document.</summary>
    public bool Touches(string kind, string name) => touched.Contains(new DocumentKey(kind, name));

    /// <summary>All documents as they will be.</summary>
    public List<PolicyDocument> After()
    {
        var changes = Changes.ToDictionary(change => change.Key);
        var version = Before.Revision + 1;
        var after = new List<PolicyDocument>(Before.Documents.Count + Changes.Count);
        foreach (var document in Before.Documents)
        {
            if (!changes.Remove(document.Key, out var change))
            {
                after.Add(new PolicyDocument(document.Key.Kind, document.Key.Name, document.Version, document.Body));
            }
            else if (change.Body is { } body)
            {
                after.Add(new PolicyDocument(document.Key.Kind, document.Key.Name, version, body));
            }
        }

        after.AddRange(changes.Values.Select(change => new PolicyDocument(change.Key.Kind, change.Key.Name, version, change.Body!)));
        return after;
    }

    /// <summary>The answer when the changes are made, or would be.</summary>
    public EditOutcome Done(long revision, IReadOnlyList<DocumentProblem> warnings)
        => new EditOutcome.Done(new EditReply(revision, [.. steps.Select(step => Result(step, revision))], warnings));

    private static EditResult Result((ReadEdit Edit, StoredDocument? Current) step, long revision)
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

    private static bool Same((ReadEdit Edit, StoredDocument? Current) step)
        => string.Equals(step.Edit.Body, step.Current?.Body, StringComparison.Ordinal);

    private static EditOutcome.Stale? StaleOnes(List<(ReadEdit Edit, StoredDocument? Current)> steps)
    {
        var stale = steps.Where(step => step.Edit.ExpectedVersion is { } expected && expected != (step.Current?.Version ?? 0)).ToList();
        return stale.Count == 0 ? null : new EditOutcome.Stale([.. stale.Select(step => step.Current is { } current
            ? DocumentBody.View(current)
            : new StoredView(step.Edit.Key.Kind, step.Edit.Key.Name, 0, Spec: null, "", default, ""))]);
    }

    private static EditOutcome.Absent? MissingOne(List<(ReadEdit Edit, StoredDocument? Current)> steps, DocumentSet before)
    {
        var missing = steps.Find(step => step is { Edit.Body: null, Current: null } && !ImplicitDocuments.Contains(step.Edit.Key)).Edit?.Key;
        if (missing is not { } key)
        {
            return null;
        }

        var names = before.Documents.Where(document => string.Equals(document.Key.Kind, key.Kind, StringComparison.Ordinal)).Select(document => document.Key.Name);
        return new EditOutcome.Absent(key, Spelling.Nearest(key.Name, names));
    }
}
