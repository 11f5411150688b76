using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using EdgePool.Cluster.Coordination;

namespace EdgePool.Cluster.Sharding;

/// <summary>Who owns a shard.</summary>
/// <param name="Node">The owner's name.</param>
/// <param name="Token">The fencing token of its ownership.</param>
/// <param name="Lease">The owner's lease.</param>
public readonly record struct ShardOwner(string Node, long Token, long Lease);

/// <summary>The owners of a pool's shards at one moment.</summary>
/// <param name="Revision">The store's; a later map has a higher one.</param>
/// <param name="Owners">By shard; where a shard is missing, it has no owner.</param>
public sealed record ShardMap(long Revision, ImmutableSortedDictionary<int, ShardOwner> Owners)
{
    /// <summary>Nothing is known yet.</summary>
    public static ShardMap Empty { get; } = new(0, ImmutableSortedDictionary<int, ShardOwner>.Empty);

    /// <summary>What the keys of a pool's shards begin with.</summary>
    public static string PrefixOf(string pool) => $"shards/{pool}/";

    /// <summary>The key of a shard.</summary>
    public static string KeyOf(string pool, int shard) => PrefixOf(pool) + shard.ToString("0000", CultureInfo.InvariantCulture);

    /// <summary>The map that the keys of a pool's shards give.</summary>
    public static ShardMap Of(KeySet keys, string pool)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var owners = ImmutableSortedDictionary.CreateBuilder<int, ShardOwner>();
        var prefix = PrefixOf(pool);
        foreach (var (name, key) in keys.Keys)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal)
                && int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var shard) && shard < Placement.Shards)
            {
                owners[shard] = new ShardOwner(Encoding.UTF8.GetString(key.Value.Span), key.Created, key.Lease);
            }
        }

        return new ShardMap(keys.Revision, owners.ToImmutable());
    }
}
