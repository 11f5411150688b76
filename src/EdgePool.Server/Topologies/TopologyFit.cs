using System.Globalization;

namespace EdgePool.Server.Topologies;

/// <summary>What a node lacks for its part in a topology. Pure.</summary>
internal static class TopologyFit
{
    private const int MostNamed = 5;

    /// <summary>What it lacks, in words; empty: nothing.</summary>
    /// <param name="domains">The domains of the topology, in A-labels: partners may ask any node for any of them.</param>
    /// <param name="served">Those that the node knows.</param>
    /// <param name="certified">Those that its certificates name.</param>
    public static IEnumerable<string> Lacks(IReadOnlyList<string> domains, IReadOnlyCollection<string> served, IReadOnlyCollection<string> certified)
    {
        var unknown = domains.Except(served, StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
        {
            yield return $"{Named(unknown)} {(unknown.Count == 1 ? "is" : "are")} not in its file";
        }

        var unproven = domains.Intersect(served, StringComparer.Ordinal).Except(certified, StringComparer.Ordinal).ToList();
        if (unproven.Count > 0)
        {
            yield return $"no certificate names {Named(unproven)}";
        }
    }

    private static string Named(List<string> domains)
        => string.Join(", ", domains.Take(MostNamed)) + (domains.Count > MostNamed ? string.Create(CultureInfo.InvariantCulture, $" and {domains.Count - MostNamed} more") : "");
}
