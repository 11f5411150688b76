using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Entities;
using EdgePool.Cluster.Snapshots;

namespace EdgePool.Cluster.Tests.Simulation;

/// <content>Users who let contacts in and drop them, each at whichever node they are.</content>
internal sealed partial class PoolSimulation
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(52);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);
    private static readonly (string Local, string Remote)[] Users = [.. Names().Take(3).SelectMany(static name => new[] { ($"u1@l", $"c@{name}"), ($"u2@l", $"c@{name}") })];

    private readonly List<MadeConsent> made = [];

    /// <summary>They cost half as much again as all but the shares: every second seed has them.</summary>
    private bool Consenting => !calm && seed % 2 == 0;

    /// <summary>Consents that users gave or revoked, and were told so.</summary>
    public int Consents => made.Count(static m => m.IsAcknowledged);

    /// <summary>Writes of consents by an owner that was followed by another.</summary>
    public int ConsentsFenced => journal.Fenced;

    private void StartConsents(Node node, SimulatedLink link, SimulatedProcess process)
    {
        var owned = new OwnedConsents(new SimulatedConsents(simulator, link, process, journal), node.Keeper!, "pool", node.Name);
        owned.Attach(node.Peers!);
        node.Disk.Position = 0;
        var merged = node.Consents = new MergedConsents(owned, node.Mirror, new PendingFile(node.Disk, "disk", long.MaxValue));
        _ = UseConsentsAsync(node, merged, process);
        _ = new ConsentFollower(owned, merged, static () => true, Again, process.Time).RunAsync(default);
    }

    private async Task UseConsentsAsync(Node node, MergedConsents merged, SimulatedProcess process)
    {
        var table = node.Table = new SimulatedTable();
        merged.Heard = table.Hear;
        var all = new List<Consent>();
        await foreach (var consent in merged.ReadAllAsync(null, isAway: false, default))
        {
            all.Add(consent);
        }

        table.Load(all);
        while (simulator.Now < Quiet.Ticks)
        {
            await Task.Delay(simulator.Between(300, 4000), process.Time);
            var (local, remote) = Users[simulator.Random.Next(Users.Length)];
            var change = new MadeConsent(table.Change(local, remote, process.Time.GetUtcNow()));
            made.Add(change);
            change.IsAcknowledged = await merged.AppendAsync([change.Change], isAway: false, default) is null;
        }
    }

    /// <summary>
    /// What was acknowledged and nothing newer has followed holds: in the store, and at every node. Where a partner has no room, a consent is revoked in its own moment.
    /// </summary>
    private void EveryConsentIsAsItWasLeft()
    {
        if (!Consenting)
        {
            return;
        }

        Assert.All(nodes, n => Assert.True(n.Consents!.Pending == 0, $"seed {seed}: consents wait at {n.Name}"));
        foreach (var pair in made.GroupBy(static m => ConsentBatch.Pair(m.Change)))
        {
            var last = pair.Where(static m => m.IsAcknowledged).OrderByDescending(static m => m.Order).FirstOrDefault();
            var state = journal.StateOf(pair.Key);
            var possible = pair.Where(m => m == last || (!m.IsAcknowledged && m.Order.CompareTo(last?.Order ?? default) > 0)).ToArray();
            Assert.True(
                possible.Any(m => m.Holds(state)) || (last is null && state == default),
                $"seed {seed}: {pair.Key} is {state}, and was left as {string.Join(" or ", possible.Select(static m => m.Change))}");
        }

        var standing = journal.Standing;
        Assert.All(standing.GroupBy(static c => c.Partner), g => Assert.True(g.Count() <= SimulatedJournal.MostOfPartner));
        foreach (var node in nodes)
        {
            Assert.True(standing.SequenceEqual(node.Mirror.Standing), $"seed {seed}: on the disk of {node.Name} stand {string.Join(", ", node.Mirror.Standing)}, in the store {string.Join(", ", standing)}");
            Assert.True(node.Table!.Has(standing), $"seed {seed}: at {node.Name} stand {node.Table}, in the store {string.Join(", ", standing)}");
        }
    }

    /// <summary>What a user has done.</summary>
    private sealed class MadeConsent(ConsentChange change)
    {
        public ConsentChange Change => change;

        public bool IsAcknowledged { get; set; }

        /// <summary>The later one counts, and of the same moment the revocation.</summary>
        public (DateTimeOffset At, bool IsRevocation) Order => change is ConsentChange.Given(var consent) ? (consent.Since, false) : (((ConsentChange.Revoked)change).At, true);

        public bool Holds(PairState state) => state.Standing is { } consent ? Order == (consent.Since, false) : state.Revoked == Order.At;
    }
}

/// <summary>What a node has in memory, as the table of the stanza path does: a user sees his own change at once.</summary>
internal sealed class SimulatedTable
{
    private readonly Dictionary<(string Local, string Remote), DateTimeOffset> standing = [];
    private readonly Dictionary<(string Local, string Remote), DateTimeOffset> dropped = [];
    private DateTimeOffset lastRevoked;
    private List<ConsentChange>? early = [];

    public void Load(List<Consent> all)
    {
        all.ForEach(c => standing[(c.Local, c.Remote)] = c.Since);
        var heard = early!;
        early = null;
        Hear(heard);
    }

    /// <summary>Lets the contact in, or drops it.</summary>
    public ConsentChange Change(string local, string remote, DateTimeOffset now)
    {
        now = DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds());
        if (standing.Remove((local, remote), out var since))
        {
            lastRevoked = new[] { lastRevoked, now, since }.Max();
            dropped[(local, remote)] = lastRevoked;
            return new ConsentChange.Revoked(local, remote, lastRevoked);
        }

        var at = lastRevoked >= now ? lastRevoked.AddMilliseconds(1) : now;
        standing[(local, remote)] = at;
        return new ConsentChange.Given(new Consent(local, remote, "partner", at));
    }

    public void Hear(IReadOnlyList<ConsentChange> changes)
    {
        if (early is not null)
        {
            early.AddRange(changes);
            return;
        }

        foreach (var change in changes)
        {
            var pair = ConsentBatch.Pair(change);
            if (change is ConsentChange.Revoked revoked)
            {
                lastRevoked = revoked.At > lastRevoked ? revoked.At : lastRevoked;
                dropped.Remove(pair);
                standing.Remove(pair);
            }
            else if (change is ConsentChange.Given(var consent) && !(dropped.TryGetValue(pair, out var at) && consent.Since <= at))
            {
                standing[pair] = consent.Since;
            }
        }
    }

    public bool Has(IReadOnlyList<Consent> all) => all.Count == standing.Count && all.All(c => standing.ContainsKey((c.Local, c.Remote)));

    public override string ToString() => string.Join(", ", standing);
}
