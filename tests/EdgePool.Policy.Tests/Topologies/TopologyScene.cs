using EdgePool.Policy.Partners;
using EdgePool.Policy.Topologies;
using Xunit;

namespace EdgePool.Policy.Tests.Topologies;

/// <summary>Topologies for tests. JSON is written with ' for ".</summary>
internal static class TopologyScene
{
    public const string TwoSites = """
        {'sites': [{'name': 'berlin', 'federationRoute': ['edge-a', 'edge-b']}, {'name': 'dublin', 'federationRoute': ['edge-b', 'edge-a']}],
         'pools': [{'name': 'edge-a', 'site': 'berlin', 'host': 'edge-a.contoso.example', 'addresses': ['203.0.113.10', '2001:db8::10'], 'priority': 10, 'nodes': ['edge-a1', 'edge-a2']},
                   {'name': 'edge-b', 'site': 'dublin', 'host': 'edge-b.contoso.example', 'addresses': ['198.51.100.10'], 'priority': 20, 'nodes': ['edge-b1']}],
         'domains': [{'name': 'contoso.example', 'site': 'berlin', 'backEnds': ['edge-a', 'edge-b']}]}
        """;

    /// <summary>The topology with something in it replaced; nothing may be wrong with it.</summary>
    public static Topology Of(params (string Old, string New)[] changes)
    {
        var compilation = Compile(Changed(changes));
        Assert.DoesNotContain(compilation.Problems, problem => problem.Severity is ProblemSeverity.Error);
        return compilation.Snapshot!.Topology!;
    }

    /// <summary>What is wrong with it, each as <c>path: what</c>, without the document's name.</summary>
    public static List<string> Problems(ProblemSeverity severity, string body, params (string Path, string Body)[] others)
        => [.. Compile(body, others).Problems.Where(problem => problem.Severity == severity).Select(problem => $"{problem.Path}: {problem.What}".Replace("Topology/topology: ", "", StringComparison.Ordinal))];

    /// <summary>The body with texts replaced, each of which must be there.</summary>
    public static string Changed(params (string Old, string New)[] changes)
    {
        var body = TwoSites;
        foreach (var (before, after) in changes)
        {
            Assert.Contains(before, body, StringComparison.Ordinal);
            body = body.Replace(before, after, StringComparison.Ordinal);
        }

        return body;
    }

    private static PolicyCompilation Compile(string body, params (string Path, string Body)[] others)
        => PolicyCompiler.Compile(PolicyScene.Documents([("Topology/topology", body), .. others]), 7, []);
}
