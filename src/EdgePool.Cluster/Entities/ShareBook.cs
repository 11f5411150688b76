using System.Globalization;

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
public sealed partial class ShareBook
{
    /// <summary>How long a node waits for an owner that says nothing before it takes the least.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How long it waits for one that answers and cannot say all: it has not heard of another node.</summary>
    public static readonly TimeSpan LongestPatience = TimeSpan.FromSeconds(30);

    /// <summary>For how long a stream that was refused counts as demand: a partner comes again within that time, or did not mean it.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(5);

    /// <summary>Of a node that waits no more: with one stream alone, stanzas would go one way.</summary>
    private const long LeastStreams = 2;

    /// <summary>Over which rates are measured.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private readonly string node;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private readonly Dictionary<BudgetKey, ShareEntry> entries = [];
    private readonly OwnersWord word;
    private Roster nodes = Roster.Empty;
    private long lease;
    private long sequence;
    private long measured;

    /// <param name="node">This node's name.</param>
    /// <param name="time">The clock.</param>
    public ShareBook(string node, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        (this.node, this.time, word) = (node, time, new OwnersWord(time));
        measured = time.GetTimestamp();
    }

    /// <summary>Called, outside every lock, when a stream got no place: the owner may have room for it.</summary>
    public Action? Short { get; set; }

    /// <summary>Called, outside every lock, when owners have told this node what they had not yet told it in its present membership.</summary>
    public Action? Told { get; set; }

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
                return lease != 0 && word.IsAllKnown;
            }
        }
    }

    /// <summary>Takes a place for one stream; false: this node has none left.</summary>
    /// <param name="holder">See <see cref="BudgetKey"/>.</param>
    /// <param name="limit">What policy allows over the pool.</param>
    public bool TryTake(string holder, long limit) => TryTake(holder, limit, out _);

    /// <summary>Takes a place for one stream; false: this node has none left, or does not know yet.</summary>
    /// <param name="holder">See <see cref="BudgetKey"/>.</param>
    /// <param name="limit">What policy allows over the pool.</param>
    /// <param name="patience">How long at most until this node knows, by <see cref="Told"/> or because it waits no more; zero: it knows.</param>
    public bool TryTake(string holder, long limit, out TimeSpan patience)
    {
        patience = TimeSpan.Zero;
        lock (gate)
        {
            var entry = Open(new BudgetKey(holder, BudgetKind.Streams), limit);
            if (entry.Held < InForce(entry))
            {
                entry.Held++;
                entry.Unconfirmed += word.IsTold(entry.Key.Shard) ? 0 : 1;
                return true;
            }

            patience = entry.Held < limit ? word.PatienceFor(entry.Key.Shard) : TimeSpan.Zero;
            if (patience == TimeSpan.Zero || entry.Held >= Fair(entry))
            {
                entry.Refuse(time); // what the fair share is enough for needs no word of its own
            }
        }

        Short?.Invoke();
        return false;
    }

    /// <summary>Gives a place back.</summary>
    /// <param name="holder">As for <see cref="TryTake(string, long)"/>.</param>
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
    /// <param name="holder">As for <see cref="TryTake(string, long)"/>.</param>
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
            return InForce(entries.GetValueOrDefault(key) ?? new ShareEntry(key) { Whole = whole });
        }
    }

    /// <summary>By whose word a node has what it has; for messages.</summary>
    internal string Describe(BudgetKey key)
    {
        lock (gate)
        {
            return $"{(word.IsTold(key.Shard) ? "told" : "untold")}, {(entries.GetValueOrDefault(key)?.Share is { } share ? share.ToString(CultureInfo.InvariantCulture) : "fair")} among {nodes.Leases.Count}, {entries.GetValueOrDefault(key)?.Unconfirmed ?? 0} unconfirmed";
        }
    }

    /// <summary>An owner has told this node, in its present membership, all of a shard.</summary>
    internal bool IsTold(int shard, long membership)
    {
        lock (gate)
        {
            return word.IsTold(shard) && lease == membership;
        }
    }

    /// <summary>No owner has told this node of a shard, and it waits no more for one.</summary>
    internal bool HasLostPatience(int shard)
    {
        lock (gate)
        {
            return !word.IsKnown(shard) && word.PatienceFor(shard) == TimeSpan.Zero;
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

    private ShareEntry Open(BudgetKey key, long whole)
    {
        if (!entries.TryGetValue(key, out var entry))
        {
            entries.Add(key, entry = new ShareEntry(key));
        }

        entry.Whole = whole;
        return entry;
    }

    private void Tidy(ShareEntry entry)
    {
        if (entry is { Share: null, Held: 0, Rate: null } && entry.Demand(time) == 0)
        {
            entries.Remove(entry.Key);
        }
    }

    /// <summary>The most that this node may come to have: never less than it has.</summary>
    private long InForce(ShareEntry entry) => Math.Max(entry.Held, Math.Min(entry.Share ?? Default(entry), entry.Whole));

    private long Default(ShareEntry entry)
        => word.IsKnown(entry.Key.Shard) ? Fair(entry)
            : word.PatienceFor(entry.Key.Shard) > TimeSpan.Zero ? 0
            : entry.Key.Kind == BudgetKind.Streams ? Math.Min(entry.Whole, Math.Max(LeastStreams, entry.Whole / 10))
            : entry.Whole / 10;

    private long Fair(ShareEntry entry) => FairShare.Of(entry.Key.Holder, entry.Whole, node, nodes.Leases.Keys);

    private void Publish()
    {
        foreach (var entry in entries.Values)
        {
            Publish(entry);
        }
    }

    /// <summary>A rate is never nothing: what waits for it would wait for ever.</summary>
    private void Publish(ShareEntry entry)
    {
        if (entry.Rate is { } rate)
        {
            rate.Now = Math.Max(InForce(entry), entry.Share is null && !word.IsTold(entry.Key.Shard) ? Math.Max(1, entry.Whole / 100) : 1);
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
}
