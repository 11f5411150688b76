namespace EdgePool.Cluster.Entities;

/// <summary>What a node keeps for each shard that it owns. Under another token it begins anew: another node may have decided meanwhile. For one thread at a time.</summary>
/// <param name="begin">What is kept at first, by the token.</param>
internal sealed class OwnedShards<T>(Func<long, T> begin)
    where T : class
{
    private readonly Dictionary<int, (long Token, T Kept)> shards = [];

    /// <summary>Of each shard.</summary>
    public IEnumerable<T> All => shards.Values.Select(static s => s.Kept);

    /// <summary>The highest token; 0: there is no shard.</summary>
    public long Newest => shards.Values.Select(static s => s.Token).DefaultIfEmpty().Max();

    /// <summary>The shards that a report speaks of, and that are owned under the token which it means. What is owned no more is forgotten.</summary>
    /// <param name="report">What a node says.</param>
    /// <param name="tokenOf">The tokens of the shards that are owned at this moment.</param>
    public IEnumerable<(int Number, long Token, T Kept)> MeantBy(ShareReport report, Func<int, long?> tokenOf)
    {
        foreach (var (number, meant) in report.Shards)
        {
            if (tokenOf(number) is not { } token)
            {
                shards.Remove(number);
                continue;
            }

            if (token != meant)
            {
                continue;
            }

            if (!shards.TryGetValue(number, out var shard) || shard.Token != token)
            {
                shards[number] = shard = (token, begin(token));
            }

            yield return (number, token, shard.Kept);
        }
    }
}
