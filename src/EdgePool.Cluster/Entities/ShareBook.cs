using System.Globalization;
using EdgePool.Cluster.Sharding;

namespace EdgePool.Cluster.Entities;

/// <summary>
/// A node's part in dividing budgets: what it may have of each, what it has and what it could use. Streams are counted here, rates are measured by whoever has a
/// <see cref="RateShare"/>. Safe for use from several threads; nothing here waits.
/// </summary>
/// <remarks>
/// A node has its <see cref="FairShare"/> of every budget without a question, once an owner has told it all that is divided otherwise; with the owner out of reach, it keeps
/// that and what it was granted. A node that nobody tells anything for <see cref="Patience"/> (it started while there was no owner to be reached) takes the
/// least there is, a tenth of each partner's limits and two streams, one each way: they may be too many, and federation goes on.
/// </remarks>
public sealed class ShareBook
{
    /// <summary>How long a node waits for an owner's word before it takes the least.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>For how long a stream that was refused counts as demand: a partner comes again within that time, or did not mean it.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(5);

    /// <summary>Of a node that waits no more: with one stream alone, stanzas would go one way.</summary>
    private const long LeastStreams = 2;

    /// <summary>Over which rates are measured.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private readonly string node;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private readonly Dictionary<BudgetKey, Entry> entries = [];
    private readonly bool[] told = new bool[Placement.Shards];
    private readonly bool[] fair = new bool[Placement.Shards];
    private readonly long[] lastWord = new long[Placement.Shards];
    private readonly long[] asking = new long[Placement.Shards];
    private Roster nodes = Roster.Empty;
    private long lease;
    private long sequence;
    private long measured;

    /// <param name="node">This node's name.</param>
    /// <param name="time">The clock.</param>
    public ShareBook(string node, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        (this.node, this.time) = (node, time);
        Array.Fill(lastWord, measured = time.GetTimestamp());
    }

    /// <summary>Called, outside every lock, when a stream was refused: the owner may have room for it.</summary>
    public Action? Short { get; set; }

    /// <summary>
    /// Called, outside every lock, when more streams of a holder stand over the pool than may, and so many of this node's are to end: those it had when the pool took it for
    /// dead, or took without an owner's word. Said again with each answer, while they stand.
    /// </summary>
    public Action<string, long>? TooMany { get; set; }

    /// <summary>Budgets that are known by more than their fair share.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return entries.Count;
            }
        }
    }

    /// <summary>Owners have told this node, in its present membership, of all shards: nothing is refused for want of their word.</summary>
    public bool IsInformed
    {
        get
        {
            lock (gate)
            {
                return lease != 0 && told.Zip(fair).All(static shard => shard.First || shard.Second);
            }
        }
    }

    /// <summary>Takes a place for one stream; false: this node has none left.</summary>
    /// <param name="holder">See <see cref="BudgetKey"/>.</param>
    /// <param name="limit">What policy allows over the pool.</param>
    public bool TryTake(string holder, long limit)
    {
        lock (gate)
        {
            var entry = Open(new BudgetKey(holder, BudgetKind.Streams), limit);
            if (entry.Held < InForce(entry))
            {
                entry.Held++;
                entry.Unconfirmed += told[entry.Key.Shard] ? 0 : 1;
                return true;
            }

            entry.Refuse(time);
        }

        Short?.Invoke();
        return false;
    }

    /// <summary>Gives a place back.</summary>
    /// <param name="holder">As for <see cref="TryTake"/>.</param>
    public void Return(string holder)
    {
        lock (gate)
        {
            var entry = entries[new BudgetKey(holder, BudgetKind.Streams)];
            entry.Held--;
            entry.Unconfirmed = Math.Min(entry.Unconfirmed, entry.Held);
            Tidy(entry);
        }
    }

    /// <summary>The streams that have a place here.</summary>
    /// <param name="holder">As for <see cref="TryTake"/>.</param>
    public long HeldBy(string holder)
    {
        lock (gate)
        {
            return entries.GetValueOrDefault(new BudgetKey(holder, BudgetKind.Streams))?.Held ?? 0;
        }
    }

    /// <summary>This node's share of a rate. Dispose it when nothing is measured by it any more; one of a budget at a time.</summary>
    /// <param name="key">The budget.</param>
    /// <param name="whole">What policy allows over the pool, per second; at least 1.</param>
    public RateShare Measure(BudgetKey key, long whole)
    {
        lock (gate)
        {
            var entry = Open(key, whole);
            entry.Rate?.End();
            entry.Rate = new RateShare(this, key);
            Publish(entry);
            return entry.Rate;
        }
    }

    /// <summary>The most that this node may come to have of a budget before it hears more.</summary>
    internal long InForceOf(BudgetKey key, long whole)
    {
        lock (gate)
        {
            return InForce(entries.GetValueOrDefault(key) ?? new Entry(key) { Whole = whole });
        }
    }

    /// <summary>By whose word a node has what it has; for messages.</summary>
    internal string Told(BudgetKey key)
    {
        lock (gate)
        {
            return $"{(told[key.Shard] ? "told" : "untold")}, {(entries.GetValueOrDefault(key)?.Share is { } share ? share.ToString(CultureInfo.InvariantCulture) : "fair")} among {nodes.Leases.Count}, {entries.GetValueOrDefault(key)?.Unconfirmed ?? 0} unconfirmed";
        }
    }

    /// <summary>An owner has told this node, in its present membership, all of a shard.</summary>
    internal bool IsTold(int shard, long membership)
    {
        lock (gate)
        {
            return told[shard] && lease == membership;
        }
    }

    /// <summary>No owner has told this node of a shard, and it waits no more for one.</summary>
    internal bool HasLostPatience(int shard)
    {
        lock (gate)
        {
            return !told[shard] && time.GetElapsedTime(lastWord[shard]) > Patience;
        }
    }

    /// <summary>Who is in the pool, as last heard; and the lease of this node's membership, the last one where it has none.</summary>
    internal void See(Roster now, long membership)
    {
        lock (gate)
        {
            nodes = now;
            if (membership != lease)
            {
                // Others may have been given what this node had.
                Array.Clear(told);
                Array.Clear(fair);
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

    /// <summary>All there is to tell the owner of some shards. From now on no answer to an earlier report on them counts.</summary>
    internal ShareReport Report(IReadOnlyDictionary<int, long> shards)
    {
        lock (gate)
        {
            sequence++;
            foreach (var shard in shards.Keys)
            {
                asking[shard] = sequence;
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

    /// <summary>Measures the rates, where the last time is long enough ago: before reports are made.</summary>
    internal void Measure()
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            if (time.GetElapsedTime(measured, now) is var since && since >= Window)
            {
                measured = now;
                foreach (var entry in entries.Values)
                {
                    entry.Measure(since.TotalSeconds);
                }
            }
        }
    }

    /// <summary>Takes an answer, as far as nothing was told to anybody since.</summary>
    internal void Take(ShareReport report, ShareAnswer answer)
    {
        List<(string Holder, long Streams)> tooMany = [];
        lock (gate)
        {
            if (report.Lease != lease)
            {
                return; // it is to a member that is none any more
            }

            // First what is divided otherwise, and then the word that this is all of it.
            foreach (var grant in answer.Grants)
            {
                if (asking[grant.Key.Shard] == report.Sequence && Take(grant) is var streams and > 0)
                {
                    tooMany.Add((grant.Key.Holder, streams));
                }
            }

            foreach (var shard in report.Shards.Keys)
            {
                if (asking[shard] == report.Sequence)
                {
                    lastWord[shard] = time.GetTimestamp();
                    told[shard] |= answer.Shards[shard];
                    fair[shard] = false;
                }
            }

            ConfirmFair(report, answer);
            Publish();
        }

        foreach (var (holder, streams) in tooMany)
        {
            TooMany?.Invoke(holder, streams);
        }
    }

    /// <summary>The owner will not answer, for it runs another program: this node has its fair share of all that it asked about, until an owner answers.</summary>
    internal void TakeNothing(ShareReport report)
    {
        lock (gate)
        {
            foreach (var shard in report.Shards.Keys.Where(shard => asking[shard] == report.Sequence))
            {
                fair[shard] = true;
            }

            foreach (var entry in entries.Values.Where(entry => fair[entry.Key.Shard]))
            {
                entry.Share = null;
            }

            Publish();
        }
    }

    /// <summary>Where all is said and nothing of a budget, each node has its fair share, and so no more than that.</summary>
    private void ConfirmFair(ShareReport report, ShareAnswer answer)
    {
        var unconfirmed = entries.Values.Where(entry => entry is { Unconfirmed: > 0, Share: null } && answer.Shards[entry.Key.Shard] && report.Shards.ContainsKey(entry.Key.Shard)
            && asking[entry.Key.Shard] == report.Sequence && entry.Held <= Fair(entry)).ToList();
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
        var unasked = told[grant.Key.Shard] ? Fair(entry) : 0; // not what was taken for want of a word
        entry.Share = grant.Share is not { } share ? null : entry.Share is null ? Math.Min(share, unasked) : share;
        entry.Unconfirmed = grant.Keep is null ? 0 : entry.Unconfirmed;
        Tidy(entry);
        return Math.Min(entry.Unconfirmed, entry.Held - (grant.Keep ?? Grant.All));
    }

    private Entry Open(BudgetKey key, long whole)
    {
        if (!entries.TryGetValue(key, out var entry))
        {
            entries.Add(key, entry = new Entry(key));
        }

        entry.Whole = whole;
        return entry;
    }

    private void Tidy(Entry entry)
    {
        if (entry is { Share: null, Held: 0, Rate: null } && entry.Demand(time) == 0)
        {
            entries.Remove(entry.Key);
        }
    }

    /// <summary>The most that this node may come to have: never less than it has.</summary>
    private long InForce(Entry entry) => Math.Max(entry.Held, Math.Min(entry.Share ?? Default(entry), entry.Whole));

    private long Default(Entry entry)
        => told[entry.Key.Shard] || fair[entry.Key.Shard] ? Fair(entry)
            : time.GetElapsedTime(lastWord[entry.Key.Shard]) <= Patience ? 0
            : entry.Key.Kind == BudgetKind.Streams ? Math.Min(entry.Whole, Math.Max(LeastStreams, entry.Whole / 10))
            : entry.Whole / 10;

    private long Fair(Entry entry) => FairShare.Of(entry.Key.Holder, entry.Whole, node, nodes.Leases.Keys);

    private void Publish()
    {
        foreach (var entry in entries.Values)
        {
            Publish(entry);
        }
    }

    /// <summary>A rate is never nothing: what waits for it would wait for ever.</summary>
    private void Publish(Entry entry)
    {
        if (entry.Rate is { } rate)
        {
            rate.Now = Math.Max(InForce(entry), entry.Share is null && !told[entry.Key.Shard] ? Math.Max(1, entry.Whole / 100) : 1);
        }
    }

    internal void End(RateShare rate)
    {
        lock (gate)
        {
            if (entries.TryGetValue(rate.Key, out var entry) && ReferenceEquals(entry.Rate, rate))
            {
                entry.Rate = null;
                Tidy(entry);
            }
        }
    }

    private sealed class Entry(BudgetKey key)
    {
        private int refusedBefore;
        private int refused;
        private long refusedSince;
        private long used;
        private long rate;

        public BudgetKey Key => key;

        public long Whole { get; set; }

        public long Held { get; set; }

        /// <summary>See <see cref="Holding"/>.</summary>
        public long Unconfirmed { get; set; }

        /// <summary>By an owner's word; null: the fair share.</summary>
        public long? Share { get; set; }

        public RateShare? Rate { get; set; }

        public void Refuse(TimeProvider time)
        {
            if (refused == 0 || time.GetElapsedTime(refusedSince) >= Memory)
            {
                (refusedBefore, refused, refusedSince) = (Recent(time), 0, time.GetTimestamp());
            }

            refused++;
        }

        public void Measure(double seconds)
        {
            if (Rate is { } share)
            {
                // Of who is held back nobody knows what it could use: it asks for all, and has as much as others that do. What another has and does not use, nobody has.
                used = Math.Max((long)(share.TakeUsed() / seconds), used / 4);
                rate = share.TakeHeldBack() ? Whole : Math.Min(used + ((used + 9) / 10), Whole);
            }
        }

        public long Demand(TimeProvider time) => key.Kind == BudgetKind.Streams ? Held + Recent(time) : rate;

        private int Recent(TimeProvider time)
            => refused == 0 ? 0 : time.GetElapsedTime(refusedSince) is var since && since < Memory ? Math.Max(refused, refusedBefore) : since < 2 * Memory ? refused : 0;
    }
}
