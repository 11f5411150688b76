using System.Globalization;

namespace EdgePool.Policy.Partners;

/// <summary>Everything wrong with all documents, in their order; of very many, the first of each severity and how many more there are.</summary>
internal sealed class CompilationProblems
{
    /// <summary>Errors, and warnings, that are told one by one.</summary>
    public const int MostTold = 1_000;

    private readonly List<PolicyProblem> told = [];
    private int errors;
    private int warnings;

    public bool HasErrors => errors > 0;

    /// <summary>Another error would not be told.</summary>
    public bool IsFull => errors >= MostTold;

    /// <summary>Another warning would not be told.</summary>
    public bool WarningsAreFull => warnings >= MostTold;

    public void Error(string path, string what, string remedy) => Add(new PolicyProblem(ProblemSeverity.Error, path, what, remedy));

    public void Warn(string path, string what, string remedy) => Add(new PolicyProblem(ProblemSeverity.Warning, path, what, remedy));

    public void Add(IReadOnlyList<PolicyProblem> problems)
    {
        for (var i = 0; i < problems.Count; i++)
        {
            Add(problems[i]);
        }
    }

    /// <summary>The snapshot when there is no error.</summary>
    public PolicyCompilation ToCompilation(PolicyParts parts)
    {
        More(ProblemSeverity.Error, errors, "correct these first");
        More(ProblemSeverity.Warning, warnings, "see to these first");
        return new PolicyCompilation(HasErrors ? null : new PolicySnapshot(parts), told);
    }

    private void Add(PolicyProblem problem)
    {
        var count = problem.Severity is ProblemSeverity.Error ? ++errors : ++warnings;
        if (count <= MostTold)
        {
            told.Add(problem);
        }
    }

    private void More(ProblemSeverity severity, int count, string remedy)
    {
        if (count > MostTold)
        {
            told.Add(new PolicyProblem(severity, "", string.Create(CultureInfo.InvariantCulture, $"and {count - MostTold} more"), remedy));
        }
    }
}
