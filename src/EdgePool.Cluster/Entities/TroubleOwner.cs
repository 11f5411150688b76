namespace EdgePool.Cluster.Entities;

/// <summary>
/// The owner's part in knowing which partners are dead: gathers what nodes report, names the one node that tries, and tells the others to wait. For one thread at a time.
/// </summary>
/// <remarks>
/// Never two nodes have an owner's word, at one time, that they are the one that tries: who had it gives it up by his own report, or has been silent for longer than the word
/// counts. A new owner takes over whom the former one named, when that node says so, and names nobody else before every former word has run out. What it needs it hears from
/// the nodes: each tells of every trouble that it knows.
/// </remarks>
internal sealed class TroubleOwner(TimeProvider time)
{
    private const int EpisodesOfToken = 1 << 16;

    private readonly OwnedShards<OwnedShard> shards = new(token => new OwnedShard(token, time.GetTimestamp()));
    private long episodes;

    /// <summary>Pairs in trouble that this owner knows of.</summary>
    public int Count => shards.All.Sum(static s => s.Records.Count);

    /// <summary>Hears of the troubles of a report and says what is known of those of the same shards.</summary>
    /// <param name="node">The name of the node that reports.</param>
    /// <param name="report">What it says; not older than another one that was heard.</param>
    /// <param name="tokenOf">The tokens of the shards that are owned at this moment.</param>
    public IReadOnlyList<Advice> Hear(string node, ShareReport report, Func<int, long?> tokenOf)
    {
        var advices = new List<Advice>();
        var troubles = report.Troubles.ToLookup(static t => t.Pair.Shard);
        foreach (var (number, _, shard) in shards.MeantBy(report, tokenOf))
        {
            if (shard.Records.Count == 0 && !troubles.Contains(number))
            {
                continue;
            }

            Note(node, shard, [.. troubles[number]]);
            Forget(shard);
            advices.AddRange(shard.Records.Select(record => Advise(node, shard, record.Key, record.Value)).OfType<Advice>());
        }

        return advices;
    }

    private void Note(string node, OwnedShard shard, Trouble[] troubles)
    {
        var told = troubles.Select(static t => t.Pair).ToHashSet();
        foreach (var (pair, record) in shard.Records)
        {
            if (!told.Contains(pair))
            {
                record.Words.Remove(node);
            }
        }

        foreach (var trouble in troubles)
        {
            if (Note(shard, trouble) is { } record)
            {
                record.Words[node] = (trouble.Waiting, time.GetTimestamp());
                record.Prober = trouble.Probing && record.ReachedAt is null ? record.Prober ?? node : record.Prober;
            }
        }
    }

    // Null: there is nothing to remember.
    private Record? Note(OwnedShard shard, Trouble trouble)
    {
        var record = shard.Records.GetValueOrDefault(trouble.Pair);
        if (trouble.Failures == 0)
        {
            if (record is not null)
            {
                (record.ReachedAt, record.Prober) = (record.ReachedAt ?? time.GetTimestamp(), null);
            }

            return record;
        }

        if (record is null || (record.ReachedAt is not null && trouble.Episode == 0))
        {
            // What is due, and nobody waits for, is soon forgotten: it must not come back from node to node.
            if (record is null && (shard.Records.Count >= Troubles.MostOfShard || (trouble.NextIn == 0 && !trouble.Waiting)))
            {
                return null;
            }

            var episode = trouble.Episode != 0 && record is null ? trouble.Episode : (shard.Token * EpisodesOfToken) + (++episodes % EpisodesOfToken);
            shard.Records[trouble.Pair] = record = new Record(episode);
        }

        if (record.ReachedAt is null && trouble.Failures > record.Failures)
        {
            (record.Failures, record.DueAt) = (trouble.Failures, time.GetTimestamp() + (long)(trouble.NextIn / 1000.0 * time.TimestampFrequency));
        }

        return record;
    }

    private void Forget(OwnedShard shard)
    {
        foreach (var (pair, record) in shard.Records)
        {
            var waits = record.ReachedAt is null && record.Words.Values.Any(word => word.Waiting && !IsSilent(word));
            if (!waits && time.GetElapsedTime(record.ReachedAt ?? record.DueAt) > Troubles.Rest)
            {
                shard.Records.Remove(pair);
            }
        }
    }

    // Null: the node does not ask, and need not know.
    private Advice? Advise(string node, OwnedShard shard, OutboundPair pair, Record record)
    {
        var listed = record.Words.TryGetValue(node, out var mine);
        if (record.ReachedAt is not null)
        {
            return listed ? new Advice(pair, 0, 0, Probing: false, record.Episode) : null;
        }

        if (record.Prober is { } prober && (!record.Words.TryGetValue(prober, out var word) || !word.Waiting || IsSilent(word)))
        {
            record.Prober = null;
        }

        if (listed && mine.Waiting && time.GetElapsedTime(shard.Since) > Troubles.Silence)
        {
            record.Prober ??= node;
        }

        var nextIn = Math.Clamp((long)time.GetElapsedTime(time.GetTimestamp(), record.DueAt).TotalMilliseconds, 0, (long)Troubles.LongestWait.TotalMilliseconds);
        return new Advice(pair, record.Failures, nextIn, string.Equals(record.Prober, node, StringComparison.Ordinal), record.Episode);
    }

    private bool IsSilent((bool Waiting, long At) word) => time.GetElapsedTime(word.At) > Troubles.Silence;

    private sealed class OwnedShard(long token, long since)
    {
        public long Token => token;

        public long Since => since;

        public Dictionary<OutboundPair, Record> Records { get; } = [];
    }

    private sealed class Record(long episode)
    {
        public long Episode => episode;

        public int Failures { get; set; }

        public long DueAt { get; set; }

        public long? ReachedAt { get; set; }

        /// <summary>The node that tries.</summary>
        public string? Prober { get; set; }

        /// <summary>Whether stanzas wait at each node that knows, and when it last said so.</summary>
        public Dictionary<string, (bool Waiting, long At)> Words { get; } = new(StringComparer.Ordinal);
    }
}
