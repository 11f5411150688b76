using System.Globalization;
using EdgePool.Policy.Partners;

namespace EdgePool.Policy.Documents;

/// <summary>Collects what is wrong with one document. Paths are <c>Partner/partner.example: rules.iq[3]</c>.</summary>
internal sealed class DocumentProblems(string document)
{
    /// <summary>A document that is wrong everywhere is told of this often, then no more.</summary>
    private const int Most = 100;

    private List<PolicyProblem>? problems;

    public IReadOnlyList<PolicyProblem> All => problems ?? (IReadOnlyList<PolicyProblem>)[];

    public bool HasErrors { get; private set; }

    public void Error(string path, string what, string remedy)
    {
        HasErrors = true;
        Add(ProblemSeverity.Error, path, what, remedy);
    }

    public void Warn(string path, string what, string remedy) => Add(ProblemSeverity.Warning, path, what, remedy);

    /// <summary>The path of an item of a list.</summary>
    public static string Item(string path, int index) => string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]");

    private void Add(ProblemSeverity severity, string path, string what, string remedy)
    {
        problems ??= [];
        if (problems.Count < Most)
        {
            problems.Add(new PolicyProblem(severity, At(path), what, remedy));
        }
    }

    /// <summary>The node's own file has no document names: its paths stand alone.</summary>
    private string At(string path) => (document, path) switch
    {
        ("", _) => path,
        (_, "") => document,
        _ => $"{document}: {path}",
    };
}
