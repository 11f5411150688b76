using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Verdicts;

namespace EdgePool.Edge.Partners;

/// <summary>A stanza or stream that policy refused, for the operator.</summary>
/// <param name="At">When.</param>
/// <param name="Partner">The partner's name; of a stranger, the domain that it claims, A-labels.</param>
/// <param name="Direction">Which way it was going.</param>
/// <param name="From">Its sender, canonical, fit for a log: see <see cref="LogText"/>.</param>
/// <param name="To">Whom it was for, likewise.</param>
/// <param name="Kind">What it was: <c>message chat</c>, <c>iq get</c>, <c>stream</c>.</param>
/// <param name="Reason">Why.</param>
/// <param name="Version">The version of the policy that refused it.</param>
/// <param name="Observed">The partner is only observed: it passed all the same.</param>
public sealed record PolicyRefusal(
    DateTimeOffset At, string Partner, Direction Direction, string From, string To, string Kind, VerdictReason Reason, long Version, bool Observed)
{
    /// <summary>The document that this rests on, <c>Partner/p1.example</c>; null: a default, or the node's own file.</summary>
    public string? Document { get; init; }

    /// <summary>That document's version.</summary>
    public long? DocumentVersion { get; init; }
}

/// <summary>
/// The last refusals of each partner, for <c>why --last</c>: <see cref="PerPartner"/> of each, and of the <see cref="MostPartners"/> partners that were refused something last.
/// Safe from any thread; refusals are rare beside stanzas, so one lock does.
/// </summary>
/// <param name="most">Partners whose refusals are kept.</param>
public sealed class RefusalLog(int most = RefusalLog.MostPartners)
{
    /// <summary>Refusals kept of one partner.</summary>
    public const int PerPartner = 32;

    /// <summary>Partners whose refusals are kept.</summary>
    public const int MostPartners = 1_000;

    /// <summary>Domains of nobody whose refusals are kept: each new one pushes out another.</summary>
    public const int MostStrangers = 100;

    private readonly Lock gate = new();
    private readonly Dictionary<string, LinkedListNode<Ring>> rings = new(StringComparer.Ordinal);
    private readonly LinkedList<Ring> byAge = new();

    /// <summary>The refusals of that partner, newest first.</summary>
    public IReadOnlyList<PolicyRefusal> Read(string partner)
    {
        lock (gate)
            return rings.TryGetValue(partner, out var ring) ? ring.Value.Newest() : [];
    }

    internal void Add(PolicyRefusal refusal)
    {
        lock (gate)
        {
            if (rings.TryGetValue(refusal.Partner, out var ring))
                byAge.Remove(ring);
            else
                ring = rings[refusal.Partner] = new LinkedListNode<Ring>(new Ring(refusal.Partner));
            byAge.AddLast(ring);
            ring.Value.Add(refusal);
            if (rings.Count <= most)
                return;
            rings.Remove(byAge.First!.Value.Partner);
            byAge.RemoveFirst();
        }
    }

    private sealed class Ring(string partner)
    {
        private readonly PolicyRefusal[] refusals = new PolicyRefusal[PerPartner];
        private int added;

        public string Partner { get; } = partner;

        public void Add(PolicyRefusal refusal) => refusals[added++ % PerPartner] = refusal;

        public List<PolicyRefusal> Newest()
        {
            var newest = new List<PolicyRefusal>(Math.Min(added, PerPartner));
            for (var index = added - 1; index >= 0 && newest.Count < PerPartner; index--)
                newest.Add(refusals[index % PerPartner]);
            return newest;
        }
    }
}
