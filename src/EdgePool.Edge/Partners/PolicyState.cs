using EdgePool.Cluster.Documents;
using EdgePool.Policy.Partners;

namespace EdgePool.Edge.Partners;

/// <summary>Where a node stands with the documents of its store.</summary>
/// <param name="InForce">The revision of the documents that decisions are taken from.</param>
/// <param name="Seen">The newest revision that was compiled; greater than <paramref name="InForce"/> when it could not be used.</param>
/// <param name="Since">When <paramref name="InForce"/> came into force.</param>
/// <param name="Problems">What the compilation of <paramref name="Seen"/> found: errors only where it could not be used.</param>
/// <param name="StoreFault">Why the store cannot be read at the moment; null: it can.</param>
public sealed record PolicyState(long InForce, long Seen, DateTimeOffset Since, IReadOnlyList<PolicyProblem> Problems, string? StoreFault)
{
    /// <summary>The last good policy stays in force because the newest documents cannot be used: an operator has to mend them.</summary>
    public bool IsHeldBack => Seen > InForce;
}

/// <summary>What became of an edit. A closed set.</summary>
public abstract record ApplyOutcome
{
    private ApplyOutcome()
    {
    }

    /// <summary>It is written, durably, and in force on this node.</summary>
    /// <param name="Revision">The version of the documents.</param>
    /// <param name="Warnings">What the operator should know of the documents as they are now.</param>
    public sealed record InForce(long Revision, IReadOnlyList<PolicyProblem> Warnings) : ApplyOutcome;

    /// <summary>Nothing is changed: the documents as they would be are wrong.</summary>
    /// <param name="Problems">All that is wrong, and warnings.</param>
    public sealed record Invalid(IReadOnlyList<PolicyProblem> Problems) : ApplyOutcome;

    /// <summary>Nothing is changed: others wrote in between.</summary>
    /// <param name="Changes">What was stale, with the documents as they stand.</param>
    public sealed record Stale(IReadOnlyList<StaleChange> Changes) : ApplyOutcome;

    /// <summary>Nothing is changed: the store does not take it.</summary>
    /// <param name="Why">The reason.</param>
    public sealed record Refused(Refusal Why) : ApplyOutcome;
}

/// <summary>The documents of the store cannot be used, and there is no earlier policy to go on with.</summary>
public sealed class PolicyException : Exception
{
    internal PolicyException(long revision, IReadOnlyList<PolicyProblem> problems)
        : base($"the documents of the store (revision {revision}) cannot be used: {Describe(problems)}") => Problems = problems;

    /// <summary>All that is wrong, and warnings.</summary>
    public IReadOnlyList<PolicyProblem> Problems { get; }

    /// <summary>The first error and how many more there are, in one line.</summary>
    internal static string Describe(IReadOnlyList<PolicyProblem> problems)
    {
        var errors = problems.Where(p => p.Severity == ProblemSeverity.Error).ToList();
        return errors.Count switch
        {
            0 => "no error is named",
            1 => $"{errors[0].Path}: {errors[0].What}",
            _ => $"{errors[0].Path}: {errors[0].What} (and {errors.Count - 1} more)",
        };
    }
}
