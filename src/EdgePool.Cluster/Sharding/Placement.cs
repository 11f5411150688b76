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
    public static int ShardOf(string domain) => (int)(Rendezvous.Mix(Hash(domain)) % Shards);

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
    public static ulong WeightFor(string node, string name) => Rendezvous.Mix(Hash(node) ^ Rendezvous.Mix(Hash(name)));

    private static ulong Weight(string node, int shard) => Rendezvous.Mix(Hash(node) ^ Rendezvous.Mix((ulong)shard + 1)) | 1;

    private static ulong Hash(string text) => Rendezvous.Hash(Encoding.UTF8.GetBytes(text));
}
