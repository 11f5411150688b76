using EdgePool.Cluster.Sharding;

namespace EdgePool.Cluster.Entities;

/// <summary>
/// What each node may have of a budget when nobody has said otherwise: as much as the others, and of what is left over one each in the order of rendezvous weights.
/// Nodes that think of different pools have together no more than the whole, as long as each of them counts the others.
/// </summary>
internal static class FairShare
{
    /// <summary>The share of one node.</summary>
    /// <param name="holder">Whose budget it is.</param>
    /// <param name="whole">All of it.</param>
    /// <param name="node">The node.</param>
    /// <param name="nodes">The nodes that share it, without repetition; the node itself counts, listed or not.</param>
    public static long Of(string holder, long whole, string node, IEnumerable<string> nodes)
    {
        var mine = Placement.WeightFor(node, holder);
        var (count, before) = (1, 0);
        foreach (var other in nodes)
        {
            if (string.Equals(other, node, StringComparison.Ordinal))
            {
                continue;
            }

            count++;
            if (Placement.WeightFor(other, holder) is var weight && (weight > mine || (weight == mine && string.CompareOrdinal(other, node) < 0)))
            {
                before++;
            }
        }

        return (whole / count) + (whole % count > before ? 1 : 0);
    }

    /// <summary>The nodes in the order in which they have what is left over.</summary>
    public static string[] Order(string holder, IEnumerable<string> nodes)
        => [.. nodes.OrderByDescending(node => Placement.WeightFor(node, holder)).ThenBy(static node => node, StringComparer.Ordinal)];
}
