using EdgePool.Cluster.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Server.Running;
using EdgePool.Xmpp.Addressing;

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
/// <param name="store">The store.</param>
/// <param name="localDomains">The organisation's own domains.</param>
/// <param name="feed">What puts the store's newest revision in force.</param>
internal sealed class DocumentEditor(IDocumentStore store, IReadOnlyList<DomainName> localDomains, PolicyFeed feed)
{
    /// <summary>Edits without an expected version begin anew when somebody else was faster; so often, then that somebody is told of.</summary>
    private const int MostAttempts = 8;

    /// <summary>Edits; see <see cref="EditOutcome"/>.</summary>
    /// <param name="edits">At most <see cref="StoreLimits.MaxChanges"/>.</param>
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

        for (var attempt = 1; ; attempt++)
        {
            var plan = EditPlan.Of(read.Edits, await store.ReadAsync(cancellation));
            if (plan.Refusal is { } refusal)
            {
                return refusal;
            }

            var outcome = plan.Changes.Count == 0 ? plan.Done(plan.Before.Revision, []) : await ChangeAsync(plan, dryRun, editor, cancellation);
            if (outcome is null && attempt < MostAttempts)
            {
                continue;
            }

            return outcome ?? new EditOutcome.Refused(new Refusal(RefusalReason.Busy, "others write to the same documents all the time"));
        }
    }

    /// <summary>Null: somebody else was faster.</summary>
    private async Task<EditOutcome?> ChangeAsync(EditPlan plan, bool dryRun, Editor editor, CancellationToken cancellation)
    {
        var compilation = PolicyCompiler.Compile(plan.After(), plan.Before.Revision + 1, localDomains, feed.Current);
        if (compilation.Snapshot is null)
        {
            return new EditOutcome.Invalid([.. compilation.Problems.Where(problem => problem.Severity is ProblemSeverity.Error).Select(FoundProblem.Of)]);
        }

        var warnings = compilation.Problems.Select(FoundProblem.Of).Where(problem => plan.Touches(problem.Kind, problem.Name)).ToList();
        if (dryRun)
        {
            return plan.Done(plan.Before.Revision, warnings);
        }

        switch (await store.WriteAsync(plan.Changes, editor.Who, editor.Why, cancellation))
        {
            case WriteOutcome.Written written:
                // What is written is written: from here on nobody's impatience takes it back.
                await feed.InForceAsync(written.Revision, CancellationToken.None);
                return plan.Done(written.Revision, warnings);
            case WriteOutcome.Refused refused:
                return new EditOutcome.Refused(refused.Why);
            default:
                return null;
        }
    }
}
