using EdgePool.Cluster.Sharding;

namespace EdgePool.Cluster.Entities;

/// <summary>
/// A node's part in knowing which partners are dead: what fails here, and what the owner of the partner's shard has heard from all nodes. A pair in trouble is tried by one
/// node of the pool; the others wait, and hear what comes of it. Safe for use from several threads; nothing here waits.
/// </summary>
/// <remarks>
/// With the owner out of reach for <see cref="Troubles.Patience"/>, a node tries for itself, in the rhythm that it knows. What it was told it tells the next owner, so that a
/// hand-over loses nothing.
/// </remarks>
public sealed class TroubleBook
{
    /// <summary>Pairs in trouble that a node knows of; of further ones it keeps its own count alone.</summary>
    public const int Most = 4096;

    /// <summary>How often a node that waits asks again.</summary>
    public static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    /// <summary>For how long stanzas count as waiting after it was said that they do.</summary>
    private static readonly TimeSpan Waiting = TimeSpan.FromSeconds(2.5);

    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private readonly Dictionary<OutboundPair, Entry> entries = [];
    private readonly (long Sequence, long At)[] asked = new (long Sequence, long At)[Placement.Shards];

    /// <param name="time">The clock.</param>
    public TroubleBook(TimeProvider time) => this.time = time;

    /// <summary>Called, outside every lock, when another node has reached what stanzas may wait for here.</summary>
    public Action<OutboundPair>? Reachable { get; set; }

    /// <summary>Pairs in trouble, as far as this node knows.</summary>
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

    /// <summary>How long to wait before an attempt; zero: it may be made now. After the wait it is to be asked again.</summary>
    public TimeSpan Wait(OutboundPair pair)
    {
        lock (gate)
        {
            if (!entries.TryGetValue(pair, out var entry))
            {
                return TimeSpan.Zero;
            }

            entry.WaitedAt = time.GetTimestamp();
            if (IsTold(entry) && !entry.Probing && !entry.Reached)
            {
                return AskAgain;
            }

            var due = time.GetElapsedTime(entry.WaitedAt, entry.DueAt);
            return due > AskAgain ? AskAgain : due > TimeSpan.Zero ? due : TimeSpan.Zero;
        }
    }

    /// <summary>Failures in a row, of whichever node.</summary>
    public int FailuresOf(OutboundPair pair)
    {
        lock (gate)
        {
            return entries.GetValueOrDefault(pair)?.Failures ?? 0;
        }
    }

    /// <summary>An attempt of this node's has failed.</summary>
    /// <param name="pair">Where.</param>
    /// <param name="failures">In a row.</param>
    /// <param name="wait">Until the next one is due.</param>
    public void Failed(OutboundPair pair, int failures, TimeSpan wait)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(failures, 1);
        lock (gate)
        {
            if (!entries.TryGetValue(pair, out var entry))
            {
                if (entries.Count >= Most)
                {
                    return;
                }

                entries.Add(pair, entry = new Entry());
            }

            var now = time.GetTimestamp();
            (entry.Failures, entry.Reached) = (Math.Min(failures, Troubles.MostFailures), false);
            (entry.WaitedAt, entry.ChangedAt, entry.DueAt) = (now, now, now + Ticks(wait < Troubles.LongestWait ? wait : Troubles.LongestWait));
        }
    }

    /// <summary>An attempt of this node's has not failed.</summary>
    public void Reached(OutboundPair pair)
    {
        lock (gate)
        {
            if (entries.TryGetValue(pair, out var entry))
            {
                (entry.Reached, entry.ChangedAt) = (true, time.GetTimestamp());
                entry.DueAt = entry.ChangedAt;
                entry.Probing = false;
            }
        }
    }

    /// <summary>What was known counts no more: policy has changed.</summary>
    public void Forget(OutboundPair pair)
    {
        lock (gate)
        {
            entries.Remove(pair);
        }
    }

    /// <summary>Stanzas wait here.</summary>
    public void Waits(OutboundPair pair)
    {
        lock (gate)
        {
            if (entries.TryGetValue(pair, out var entry))
            {
                entry.WaitedAt = time.GetTimestamp();
            }
        }
    }

    /// <summary>This node has the owner's word that it is the one that tries.</summary>
    internal bool IsProbing(OutboundPair pair)
    {
        lock (gate)
        {
            return entries.TryGetValue(pair, out var entry) && entry.Probing && IsTold(entry);
        }
    }

    /// <summary>All there is to tell the owner of some shards. From now on no answer to an earlier report on them counts.</summary>
    internal IReadOnlyList<Trouble> Report(IReadOnlyDictionary<int, long> shards, long sequence)
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            foreach (var shard in shards.Keys)
            {
                asked[shard] = (sequence, now);
            }

            var (troubles, ofShard) = (new List<Trouble>(), new Dictionary<int, int>());
            foreach (var (pair, entry) in entries.OrderByDescending(static e => e.Value.Episode != 0).ToArray())
            {
                if (!shards.ContainsKey(pair.Shard))
                {
                    continue;
                }

                var due = time.GetElapsedTime(now, entry.DueAt);
                var waiting = !entry.Reached && time.GetElapsedTime(entry.WaitedAt, now) < Waiting;
                entry.Probing &= waiting;
                if (!waiting && -due > Troubles.Rest)
                {
                    entries.Remove(pair);
                }
                else if ((ofShard[pair.Shard] = ofShard.GetValueOrDefault(pair.Shard) + 1) > Troubles.MostOfShard)
                {
                    entry.Probing = false; // the owner does not hear of it
                }
                else
                {
                    var nextIn = (long)Math.Max(0, due.TotalMilliseconds);
                    troubles.Add(new Trouble(pair, entry.Reached ? 0 : entry.Failures, nextIn, waiting, entry.Probing && IsTold(entry), entry.Episode));
                }
            }

            return troubles;
        }
    }

    /// <summary>Takes an answer, as far as nothing was told to anybody since.</summary>
    internal void Take(ShareReport report, IReadOnlyList<Advice> advices)
    {
        var reachable = new List<OutboundPair>();
        lock (gate)
        {
            var said = advices.ToDictionary(static a => a.Pair);
            foreach (var trouble in report.Troubles)
            {
                // Reached, and the owner knows; or the owner has no room for it: the node knows for itself.
                if (IsNew(report, trouble.Pair) && !said.ContainsKey(trouble.Pair) && entries.TryGetValue(trouble.Pair, out var entry) && entry.ChangedAt <= asked[trouble.Pair.Shard].At)
                {
                    if (entry.Reached)
                    {
                        entries.Remove(trouble.Pair);
                    }

                    (entry.Episode, entry.Probing, entry.ToldAt) = (0, false, null);
                }
            }

            foreach (var advice in said.Values)
            {
                if (IsNew(report, advice.Pair) && Take(advice))
                {
                    reachable.Add(advice.Pair);
                }
            }
        }

        foreach (var pair in reachable)
        {
            Reachable?.Invoke(pair);
        }
    }

    private bool IsNew(ShareReport report, OutboundPair pair) => asked[pair.Shard].Sequence == report.Sequence;

    /// <summary>True: the pair has been reached by another node.</summary>
    private bool Take(Advice advice)
    {
        var at = asked[advice.Pair.Shard].At;
        if (!entries.TryGetValue(advice.Pair, out var entry))
        {
            if (advice.Failures == 0 || entries.Count >= Most)
            {
                return false;
            }

            entries.Add(advice.Pair, entry = new Entry { WaitedAt = at - Ticks(Waiting), DueAt = time.GetTimestamp() });
        }

        if (advice.Failures == 0)
        {
            return entry.ChangedAt <= at && entries.Remove(advice.Pair) && !entry.Reached;
        }

        // What has happened here since the question, the owner hears with the next one.
        (entry.Episode, entry.ToldAt) = (advice.Episode, at);
        entry.Probing = advice.Probing && !entry.Reached;
        if (entry.ChangedAt <= at)
        {
            var due = time.GetTimestamp() + Ticks(TimeSpan.FromMilliseconds(advice.NextIn));
            (entry.Failures, entry.DueAt, entry.Reached) = (advice.Failures, advice.NextIn == 0 ? Math.Min(due, entry.DueAt) : due, false);
        }

        return false;
    }

    private bool IsTold(Entry entry) => entry.ToldAt is { } at && time.GetElapsedTime(at) < Troubles.Patience;

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    private sealed class Entry
    {
        public int Failures { get; set; }

        /// <summary>It was reached by this node, and the owner is yet to hear it.</summary>
        public bool Reached { get; set; }

        /// <summary>The next attempt is due.</summary>
        public long DueAt { get; set; }

        /// <summary>It was last said that stanzas wait.</summary>
        public long WaitedAt { get; set; }

        /// <summary>An attempt of this node's has last ended.</summary>
        public long ChangedAt { get; set; }

        /// <summary>The question to the owner's last word.</summary>
        public long? ToldAt { get; set; }

        public long Episode { get; set; }

        public bool Probing { get; set; }
    }
}
