using EdgePool.Cluster.Documents;
using EdgePool.Edge;
using EdgePool.Edge.Partners;
using EdgePool.Policy.Partners;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Management.Documents;

/// <summary>A wish: what a document shall say, or that it shall go.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Name">The name, as the operator spells it.</param>
/// <param name="Body">JSON; null: it shall go.</param>
/// <param name="ExpectedVersion">The version that the operator saw; null: whatever is there.</param>
internal sealed record DocumentEdit(string Kind, string Name, string? Body, long? ExpectedVersion);

/// <summary>Who edits, and why.</summary>
internal sealed record Editor(string Who, string Why);

/// <summary>
/// Takes edits into the store: read and checked one by one, compiled together with everything else that is there, written only if all of it is right, and
/// in force when the answer comes. Nothing is half done: one wrong document refuses the whole edit.
/// </summary>
internal sealed class DocumentEditor(IDocumentStore store, EdgeNode node)
{
    /// <summary>Edits without an expected version begin anew when somebody else was faster; so often, then that somebody is told of.</summary>
    private const int MostAttempts = 8;

    /// <summary>Edits; see <see cref="EditOutcome"/>.</summary>
    /// <param name="edits">What shall be.</param>
    /// <param name="dryRun">Nothing is written.</param>
    /// <param name="editor">Who, and why.</param>
    /// <param name="cancellation">Withdraws what is not yet written.</param>
    public async Task<EditOutcome> EditAsync(IReadOnlyList<DocumentEdit> edits, bool dryRun, Editor editor, CancellationToken cancellation)
    {
        var read = EditReading.Of(edits);
        if (read.Problems.Count > 0)
        {
            return new EditOutcome.Invalid(read.Problems);
        }

        for (var attempt = 1; attempt <= MostAttempts; attempt++)
        {
            var current = await CurrentDocuments.ReadAsync(store, [.. read.Edits.Select(edit => edit.Key)], cancellation);
            var plan = EditPlan.Of(read.Edits, current);
            if (await TryAsync(plan, dryRun, editor, cancellation) is { } outcome)
            {
                return outcome;
            }
        }

        return new EditOutcome.Refused(new Refusal(RefusalReason.Busy, "others write to the same documents all the time"));
    }

    /// <summary>Null: somebody else was faster.</summary>
    private async Task<EditOutcome?> TryAsync(EditPlan plan, bool dryRun, Editor editor, CancellationToken cancellation)
    {
        if (plan.Refusal is { } refusal)
        {
            return refusal;
        }

        if (plan.Changes.Count == 0)
        {
            return plan.Done(node.PolicyState!.InForce, []);
        }

        return dryRun ? await CheckAsync(plan, cancellation) : await WriteAsync(plan, editor, cancellation);
    }

    private async Task<EditOutcome> CheckAsync(EditPlan plan, CancellationToken cancellation)
    {
        var compilation = await node.CheckAsync(plan.Changes, cancellation);
        return compilation.Snapshot is null ? Invalid(compilation.Problems) : plan.Done(node.PolicyState!.InForce, Warnings(plan, compilation.Problems));
    }

    private async Task<EditOutcome?> WriteAsync(EditPlan plan, Editor editor, CancellationToken cancellation)
        => await node.ApplyAsync(plan.Changes, editor.Who, editor.Why, cancellation) switch
        {
            ApplyOutcome.InForce done => plan.Done(done.Revision, Warnings(plan, done.Warnings)),
            ApplyOutcome.Invalid invalid => Invalid(invalid.Problems),
            ApplyOutcome.Refused refused => new EditOutcome.Refused(refused.Why),
            _ => null,
        };

    private static EditOutcome.Invalid Invalid(IReadOnlyList<PolicyProblem> problems)
        => new([.. problems.Where(problem => problem.Severity is ProblemSeverity.Error).Select(FoundProblem.Of)]);

    /// <summary>Of all that is odd in the store, an edit tells what concerns its own documents.</summary>
    private static List<DocumentProblem> Warnings(EditPlan plan, IReadOnlyList<PolicyProblem> problems)
        => [.. problems.Select(FoundProblem.Of).Where(problem => plan.Touches(problem.Kind, problem.Name))];
}
