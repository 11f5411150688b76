using EdgePool.Policy.Partners;
using EdgePool.Server.Configuration.Yaml;

namespace EdgePool.Server.Configuration;

/// <summary>Collects what is wrong with one configuration file, so that all of it is told at once.</summary>
internal sealed class ProblemList(string file)
{
    private readonly HashSet<ConfigurationProblem> problems = [];
    private SourceMap map = SourceMap.Empty;

    /// <summary>Everything found, in the order of the file.</summary>
    public IReadOnlyList<ConfigurationProblem> InOrder
        => [.. problems.OrderBy(problem => problem.Position?.Line ?? 0).ThenBy(problem => problem.Position?.Column ?? 0)];

    /// <summary>Something keeps the node from running.</summary>
    public bool HasErrors { get; private set; }

    /// <summary>From now on paths are found in the file.</summary>
    public void Locate(SourceMap source) => map = source;

    /// <summary>An error at a place of the text.</summary>
    public void Error(Position at, string what, string remedy) => Add(ProblemSeverity.Error, ProblemKind.Content, at, what, remedy);

    /// <summary>An error at a path such as <c>partners[2].domain</c>, or at the nearest part of it that is written.</summary>
    public void Error(string path, string what, string remedy, ProblemKind kind = ProblemKind.Content)
        => Add(ProblemSeverity.Error, kind, map.Find(path), what, remedy);

    /// <summary>A warning at a path.</summary>
    public void Warn(string path, string what, string remedy) => Add(ProblemSeverity.Warning, ProblemKind.Content, map.Find(path), what, remedy);

    /// <summary>What the policy's compiler found.</summary>
    public void Add(PolicyProblem problem) => Add(problem.Severity, ProblemKind.Content, map.Find(problem.Path), problem.What, problem.Remedy);

    /// <summary>The file itself could not be read.</summary>
    public void Unreadable(ProblemKind kind, string what, string remedy) => Add(ProblemSeverity.Error, kind, at: null, what, remedy);

    private void Add(ProblemSeverity severity, ProblemKind kind, Position? at, string what, string remedy)
    {
        // What two parts find at one place is told once.
        problems.Add(new ConfigurationProblem(severity, kind, file, at, what, remedy));
        HasErrors |= severity is ProblemSeverity.Error;
    }
}
