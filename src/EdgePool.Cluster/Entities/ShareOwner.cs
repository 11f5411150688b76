using System.Collections;
using EdgePool.Cluster.Sharding;

namespace EdgePool.Cluster.Entities;

/// <summary>
/// The owner's part in dividing budgets, of streams and of rates, among the nodes of a pool: a state machine that hears reports and answers them. For one thread at a time.
/// </summary>
/// <remarks>
/// <para>
/// <b>What holds.</b> What all nodes of the pool may have of a budget is never more than the whole: while reports and answers are late or lost, while nodes join and leave, and
/// while shards change hands. It rests on four rules:
/// </para>
/// <list type="number">
/// <item>A share is raised only when every other node has said what it has and is held to it by an owner's word, and only by what these leave of the whole. So what is lowered
/// is in force before what is raised.</item>
/// <item>A node that has asked takes the answer to its last question and no other. So a report says all that the node may have, whatever was answered to the ones before, by
/// this owner or another.</item>
/// <item>A new owner raises nothing until it has read, at its own token or later, who is in the pool, and has heard all of them since. It needs nothing from its
/// predecessor; till then everybody keeps what he has, so that no partner is shut out by a hand-over.</item>
/// <item>A node that joins has nothing until an owner has told it of all budgets that are divided otherwise than evenly, and no owner does so before each node counts the
/// newcomer in (see <see cref="FairShare"/>).</item>
/// </list>
/// <para>
/// <b>What is not guaranteed.</b> A node whose lease is gone from the store, and that says nothing for <see cref="Silence"/>, is taken for dead, and what it had is given to others.
/// If it lives, cut off from both, its streams go on: federation does not end with the inner network. When it is back, its report counts again, nothing is raised beside it, and
/// when all have been heard it is told how many of the streams that it had before it may keep (see <see cref="Grant.Keep"/>): the others end. A limit that is lowered ends none.
/// Where policy is not the same on all nodes yet, the smallest whole that a node names is divided.
/// </para>
/// </remarks>
internal sealed class ShareOwner
{
    /// <summary>After which a node that is not in the roster is taken for dead.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

    /// <summary>Without need for it, a budget is shared evenly again after this time.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    /// <summary>Budgets of a shard that are divided by demand; of further ones, each node has its fair share.</summary>
    public const int MostOfShard = 64;

    private readonly TimeProvider time;
    private readonly OwnedShards<OwnedShard> shards = new(static _ => new OwnedShard());
    private readonly Dictionary<string, Reporter> reporters = new(StringComparer.Ordinal);
    private Roster roster = Roster.Empty;

    public ShareOwner(TimeProvider time) => this.time = time;

    /// <summary>Budgets that are divided by demand.</summary>
    public int Count => shards.All.Sum(static s => s.Budgets.Count);

    /// <summary>Who is in the pool, as read from the store; an older one than is known counts for nothing.</summary>
    public void See(Roster now)
    {
        if (now.Revision > roster.Revision)
        {
            roster = now;
        }
    }

    /// <summary>The lowest revision that a roster must have for all shards asked about so far to be divided; 0: the one at hand does.</summary>
    public long Wanted => shards.Newest is var newest && newest > roster.Revision ? newest : 0;

    /// <summary>Hears a report and answers it; null: it is older than another one, or by somebody who is not in the pool.</summary>
    /// <param name="node">The name of the node that reports.</param>
    /// <param name="report">What it says.</param>
    /// <param name="tokenOf">The tokens of the shards that are owned at this moment.</param>
    public ShareAnswer? Hear(string node, ShareReport report, Func<int, long?> tokenOf)
    {
        if (!TryEnter(node, report))
        {
            return null;
        }

        Forget();
        var (known, grants) = (new BitArray(Placement.Shards), new List<Grant>());
        var holdings = report.Holdings.ToLookup(static h => h.Key.Shard);
        var agreed = Agreed();
        foreach (var (number, token, shard) in shards.MeantBy(report, tokenOf))
        {
            Note(node, shard, holdings[number]);
            var open = roster.Revision >= token && reporters.Keys.All(shard.Heard.Contains) && roster.Leases.Keys.All(shard.Heard.Contains);
            var all = open && agreed;
            foreach (var budget in shard.Budgets.Values.ToArray())
            {
                grants.Add(GrantFor(node, budget, open, agreed, out var settled));
                all &= settled;
                if (budget.Resting && open && agreed && reporters.Keys.All(other => !budget.Parts[other].Listed))
                {
                    shard.Budgets.Remove(budget.Key);
                    grants.RemoveAt(grants.Count - 1);
                }
            }

            known[number] = all;
        }

        return new ShareAnswer(known, grants);
    }

    private bool TryEnter(string node, ShareReport report)
    {
        if (reporters.TryGetValue(node, out var reporter) && reporter.Lease == report.Lease)
        {
            if (report.Sequence <= reporter.Sequence)
            {
                return false;
            }
        }
        else
        {
            if (!roster.Leases.TryGetValue(node, out var lease) || lease != report.Lease)
            {
                return false;
            }

            Drop(node); // it has joined anew: what it was told before it knows no more
            reporters[node] = reporter = new Reporter(report.Lease);
        }

        (reporter.Sequence, reporter.Nodes, reporter.Spoke) = (report.Sequence, report.Nodes, time.GetTimestamp());
        return true;
    }

    /// <summary>Takes those for dead that are gone from the roster and say nothing.</summary>
    private void Forget()
    {
        foreach (var (node, reporter) in reporters)
        {
            if (!roster.Leases.ContainsKey(node) && time.GetElapsedTime(reporter.Spoke) > Silence)
            {
                reporters.Remove(node);
                Drop(node);
            }
        }
    }

    private void Drop(string node)
    {
        foreach (var shard in shards.All)
        {
            shard.Heard.Remove(node);
            foreach (var budget in shard.Budgets.Values)
            {
                budget.Parts.Remove(node);
            }
        }
    }

    /// <summary>Each node of the pool counts each other one.</summary>
    private bool Agreed() => roster.Leases.Keys.All(node => reporters.TryGetValue(node, out var reporter) && reporter.Nodes.Has(roster));

    private void Note(string node, OwnedShard shard, IEnumerable<Holding> holdings)
    {
        shard.Heard.Add(node);
        foreach (var budget in shard.Budgets.Values)
        {
            budget.Parts[node] = default;
        }

        foreach (var holding in holdings)
        {
            if (!shard.Budgets.TryGetValue(holding.Key, out var budget))
            {
                if (shard.Budgets.Count >= MostOfShard && !holding.Told && holding.InForce <= Fair(node, holding.Key.Holder, holding.Whole))
                {
                    continue;
                }

                shard.Budgets[holding.Key] = budget = new Budget(holding.Key, time.GetTimestamp());
            }

            budget.Parts[node] = new Part(Listed: true, holding.Told, holding.Whole, holding.InForce, holding.InForce, holding.Demand, holding.Held, holding.Unconfirmed);
        }
    }

    /// <summary>What a node that has just reported has from now on; not settled: it will be more when others have heard what they have.</summary>
    private Grant GrantFor(string node, Budget budget, bool open, bool agreed, out bool settled)
    {
        var nodes = FairShare.Order(budget.Key.Holder, roster.Leases.Keys.Union(reporters.Keys, StringComparer.Ordinal));
        foreach (var other in nodes)
        {
            budget.Parts.TryAdd(other, default);
        }

        var share = ShareFor(node, nodes, budget, open, agreed, out settled);
        return new Grant(budget.Key, budget.Whole, share, share is null ? null : KeepFor(node, nodes, budget, open && agreed));
    }

    /// <summary>Null: its fair share, whatever that comes to be.</summary>
    private long? ShareFor(string node, string[] nodes, Budget budget, bool open, bool agreed, out bool settled)
    {
        settled = true;
        budget.Whole = budget.Parts.Values.Where(static p => p.Listed).Select(static p => p.Whole).DefaultIfEmpty(budget.Whole).Min();
        var demands = Array.ConvertAll(nodes, other => budget.Parts[other].Demand);
        var even = Division.Of(BudgetKind.Streams, budget.Whole, new long[nodes.Length]);
        if (demands.Where((demand, i) => demand > even[i]).Any())
        {
            (budget.Needed, budget.Resting) = (time.GetTimestamp(), false);
        }
        else
        {
            budget.Resting |= time.GetElapsedTime(budget.Needed) >= Rest;
        }

        var index = Array.IndexOf(nodes, node);
        var part = budget.Parts[node];
        if (budget.Resting && open && agreed && nodes.Where((other, i) => budget.Parts[other] is { Listed: true } p && (p.Most > even[i])).FirstOrDefault() is null)
        {
            return null;
        }

        var share = (budget.Resting ? even : Division.Of(budget.Key.Kind, budget.Whole, demands))[index];
        var have = part.Listed ? part.InForce - part.Unconfirmed : Fair(node, budget.Key.Holder, budget.Whole);
        if (share > have)
        {
            var others = nodes.Where(other => !string.Equals(other, node, StringComparison.Ordinal)).Select(other => budget.Parts[other]);
            settled = part.Told && others.All(static p => p.Told);
            share = open && settled ? Math.Clamp(budget.Whole - others.Sum(static p => p.Most), have, share) : have;
        }

        budget.Parts[node] = part with { Most = Math.Max(part.InForce, share) };
        return share;
    }

    /// <summary>
    /// See <see cref="Grant.Keep"/>. Unconfirmed streams end only where all nodes have said, to this owner, what they have, and more stand than may; and are confirmed only
    /// where no more can come to stand than may.
    /// </summary>
    private static long? KeepFor(string node, string[] nodes, Budget budget, bool heardAll)
    {
        var parts = Array.ConvertAll(nodes, other => budget.Parts[other]);
        if (!heardAll || !Array.TrueForAll(parts, static p => p.Told))
        {
            return Grant.All;
        }

        var excess = parts.Sum(static p => p.Held) - budget.Whole;
        if (excess <= 0)
        {
            return parts.Sum(static p => p.Most) <= budget.Whole ? null : Grant.All;
        }

        var index = Array.IndexOf(nodes, node);
        var ends = Math.Min(parts[index].Unconfirmed, excess - parts[..index].Sum(static p => p.Unconfirmed)); // each node comes to the same for each other one
        return ends > 0 ? parts[index].Held - ends : Grant.All;
    }

    private long Fair(string node, string holder, long whole) => FairShare.Of(holder, whole, node, reporters[node].Nodes.Leases.Keys);

    private sealed class Reporter(long lease)
    {
        public long Lease => lease;

        public long Sequence { get; set; }

        public long Spoke { get; set; }

        public Roster Nodes { get; set; } = Roster.Empty;
    }

    private sealed class OwnedShard
    {
        /// <summary>Who has reported since the shard is this node's.</summary>
        public HashSet<string> Heard { get; } = new(StringComparer.Ordinal);

        public Dictionary<BudgetKey, Budget> Budgets { get; } = [];
    }

    private sealed class Budget(BudgetKey key, long needed)
    {
        public BudgetKey Key => key;

        public long Whole { get; set; }

        /// <summary>When the fair shares were last not enough for somebody.</summary>
        public long Needed { get; set; } = needed;

        public bool Resting { get; set; }

        public Dictionary<string, Part> Parts { get; } = new(StringComparer.Ordinal);
    }

    /// <summary>What one node has said of a budget.</summary>
    /// <param name="Listed">It has said something.</param>
    /// <param name="Told">It keeps to an owner's word.</param>
    /// <param name="Whole">See <see cref="Holding"/>.</param>
    /// <param name="InForce">See <see cref="Holding"/>.</param>
    /// <param name="Most">That, or what it was answered.</param>
    /// <param name="Demand">See <see cref="Holding"/>.</param>
    /// <param name="Held">See <see cref="Holding"/>.</param>
    /// <param name="Unconfirmed">See <see cref="Holding"/>.</param>
    private readonly record struct Part(bool Listed, bool Told, long Whole, long InForce, long Most, long Demand, long Held, long Unconfirmed);
}
