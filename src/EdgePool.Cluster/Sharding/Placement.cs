using System.Text;
using EdgePool.Cluster.Membership;

namespace EdgePool.Cluster.Sharding;

/// <summary>
/// Which shard a partner is in, and which node is to own a shard: rendezvous hashing, by which every node computes the same from the same view, and a node that
/// joins or leaves moves only the shards that it gets or had.
/// </summary>
public static class Placement
{
    /// <summary>Shards of a pool: enough for nodes that differ by a tenth among 16 and a fifth among 50, few enough for one watch to carry.</summary>
    public const int Shards = 1024;

    /// <summary>The shard of a partner.</summary>
    /// <param name="domain">The partner's primary domain, canonical (U-labels).</param>
    public static int ShardOf(string domain) => (int)(Mix(Hash(domain)) % Shards);

    /// <summary>The node that is to own a shard: of those of the view that do not drain, the one with the highest weight. Null: there is none.</summary>
    public static string? OwnerOf(int shard, PoolView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        string? owner = null;
        var highest = 0UL;
        foreach (var node in view.Nodes.Values)
        {
            var weight = node.Draining ? 0 : Weight(node.Name, shard);
            if (weight > highest || (weight == highest && weight > 0 && string.CompareOrdinal(node.Name, owner) < 0))
            {
                (owner, highest) = (node.Name, weight);
            }
        }

        return owner;
    }

    /// <summary>The node that is to own each of the first shards; null where there is none.</summary>
    public static string?[] OwnersOf(PoolView view, int shards = Shards) => [.. Enumerable.Range(0, shards).Select(shard => OwnerOf(shard, view))];

    /// <summary>The weight of a node for what has a name.</summary>
    public static ulong WeightFor(string node, string name) => Mix(Hash(node) ^ Mix(Hash(name)));

    private static ulong Weight(string node, int shard) => Mix(Hash(node) ^ Mix((ulong)shard + 1)) | 1;

    /// <summary>FNV-1a, 64 bits, over UTF-8.</summary>
    private static ulong Hash(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ octet) * 1099511628211UL;
        }

        return hash;
    }

    /// <summary>Spreads every bit over all (the finaliser of SplitMix64).</summary>
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9UL;
        value = (value ^ (value >> 27)) * 0x94d049bb133111ebUL;
        return value ^ (value >> 31);
    }
}
