namespace EdgePool.Policy.Partners;

/// <summary>How bad a problem of a written document is.</summary>
public enum ProblemSeverity
{
    /// <summary>It works, but likely not as meant.</summary>
    Warning,

    /// <summary>It cannot be used.</summary>
    Error,
}

/// <summary>Something wrong in a written document.</summary>
/// <param name="Severity">Whether the document can be used all the same.</param>
/// <param name="Path">Where: <c>partners[2].additionalDomains[0]</c>.</param>
/// <param name="What">What is wrong.</param>
/// <param name="Remedy">What to do.</param>
public sealed record PolicyProblem(ProblemSeverity Severity, string Path, string What, string Remedy);

/// <summary>What a compilation gives.</summary>
/// <param name="Snapshot">The policy; null when there is an error.</param>
/// <param name="Problems">All errors and warnings, in the order of the documents.</param>
public sealed record PolicyCompilation(PolicySnapshot? Snapshot, IReadOnlyList<PolicyProblem> Problems);
