namespace EdgePool.Cluster.Entities;

/// <content>What the book says to owners, and what it takes from what they say.</content>
public sealed partial class ShareBook
{
    /// <summary>Who is in the pool, as last heard; and the lease of this node's membership, the last one where it has none.</summary>
    internal void See(Roster now, long membership)
    {
        lock (gate)
        {
            nodes = now;
            if (membership != lease)
            {
                // Others may have been given what this node had.
                word.Lose();
                foreach (var entry in entries.Values)
                {
                    entry.Unconfirmed = entry.Held;
                    entry.Share = entry.Rate is not null && lease != 0 ? Math.Min(entry.Share ?? entry.Whole, Fair(entry)) : entry.Share is null ? null : 0;
                }

                lease = membership;
            }

            Publish();
        }
    }

    /// <summary>Owners have not told this node of all these shards yet, and it still waits for that.</summary>
    internal bool IsWaiting(IEnumerable<int> shards)
    {
        lock (gate)
        {
            return lease != 0 && shards.Any(shard => word.PatienceFor(shard) > TimeSpan.Zero);
        }
    }

    /// <summary>All there is to tell the owner of some shards. From now on no answer to an earlier report on them counts.</summary>
    internal ShareReport Report(IReadOnlyDictionary<int, long> shards)
    {
        lock (gate)
        {
            sequence++;
            foreach (var shard in shards.Keys)
            {
                word.Ask(shard, sequence);
            }

            var holdings = new List<Holding>();
            foreach (var entry in entries.Values.ToArray())
            {
                if (!shards.ContainsKey(entry.Key.Shard))
                {
                    continue;
                }

                var (inForce, demand) = (InForce(entry), entry.Demand(time));
                if (entry.Share is not null || demand > inForce || inForce > Default(entry))
                {
                    holdings.Add(new Holding(entry.Key, entry.Whole, inForce, entry.Share is not null, Math.Min(demand, entry.Whole), entry.Held, entry.Unconfirmed));
                }

                Tidy(entry);
            }

            return new ShareReport(lease, sequence, nodes, shards, holdings);
        }
    }

    /// <summary>Takes an answer, as far as nothing was told to anybody since.</summary>
    internal void Take(ShareReport report, ShareAnswer answer)
    {
        List<(string Holder, long Streams)> tooMany = [];
        var news = false;
        lock (gate)
        {
            if (report.Lease != lease)
            {
                return; // it is to a member that is none any more
            }

            // First what is divided otherwise, and then the word that this is all of it.
            foreach (var grant in answer.Grants)
            {
                if (word.Awaits(grant.Key.Shard, report.Sequence) && Take(grant) is var streams and > 0)
                {
                    tooMany.Add((grant.Key.Holder, streams));
                }
            }

            foreach (var shard in report.Shards.Keys)
            {
                if (word.Awaits(shard, report.Sequence))
                {
                    news |= word.Hear(shard, answer.Shards[shard]);
                }
            }

            ConfirmFair(report, answer);
            Publish();
        }

        foreach (var (holder, streams) in tooMany)
        {
            TooMany?.Invoke(holder, streams);
        }

        if (news)
        {
            Told?.Invoke();
        }
    }

    /// <summary>The owner will not answer, for it runs another program: this node has its fair share of all that it asked about, until an owner answers.</summary>
    internal void TakeNothing(ShareReport report)
    {
        var news = false;
        lock (gate)
        {
            foreach (var shard in report.Shards.Keys.Where(shard => word.Awaits(shard, report.Sequence)))
            {
                news |= word.HearNothing(shard);
            }

            foreach (var entry in entries.Values.Where(entry => word.IsFair(entry.Key.Shard)))
            {
                entry.Share = null;
            }

            Publish();
        }

        if (news)
        {
            Told?.Invoke();
        }
    }

    /// <summary>Where all is said and nothing of a budget, each node has its fair share, and so no more than that.</summary>
    private void ConfirmFair(ShareReport report, ShareAnswer answer)
    {
        var unconfirmed = entries.Values.Where(entry => entry is { Unconfirmed: > 0, Share: null } && answer.Shards[entry.Key.Shard] && report.Shards.ContainsKey(entry.Key.Shard)
            && word.Awaits(entry.Key.Shard, report.Sequence) && entry.Held <= Fair(entry)).ToList();
        foreach (var entry in unconfirmed.ExceptBy(answer.Grants.Select(static g => g.Key), static e => e.Key))
        {
            entry.Unconfirmed = 0;
        }
    }

    /// <summary>How many streams are too many here.</summary>
    private long Take(Grant grant)
    {
        if (grant.Share is null && !entries.ContainsKey(grant.Key))
        {
            return 0;
        }

        var entry = entries.TryGetValue(grant.Key, out var known) ? known : Open(grant.Key, grant.Whole);
        var unasked = word.IsTold(grant.Key.Shard) ? Fair(entry) : 0; // not what was taken for want of a word
        entry.Share = grant.Share is not { } share ? null : entry.Share is null ? Math.Min(share, unasked) : share;
        entry.Unconfirmed = grant.Keep is null ? 0 : entry.Unconfirmed;
        Tidy(entry);
        return Math.Min(entry.Unconfirmed, entry.Held - (grant.Keep ?? Grant.All));
    }
}
