using EdgePool.Policy.Partners;

namespace EdgePool.Edge.Partners;

/// <summary>
/// The keys that partners' domains were authenticated with, and what was odd about them. Per domain, not per partner: each domain of a partner may have a
/// server, and a key, of its own. Safe from any thread; handshakes are rare beside stanzas, so one lock does.
/// </summary>
/// <remarks>
/// Not guaranteed: that anything is remembered beyond this process, or beyond <see cref="MostDomains"/> domains: then the domain that was seen least lately
/// is forgotten, and its next key is its first. A partner whose key must never change silently has it pinned (<see cref="CertificateRules.Pins"/>).
/// Domains that open federation alone admits have a table of their own, so that strangers push no listed partner out.
/// </remarks>
public sealed class PeerKeys
{
    /// <summary>Keys remembered of one domain: each server of a partner may have its own.</summary>
    public const int PerDomain = 8;

    /// <summary>Domains of listed partners.</summary>
    public const int MostDomains = 10_000;

    /// <summary>Domains that only open federation admits.</summary>
    public const int MostStrangers = 1_000;

    private readonly Lock gate = new();
    private readonly DomainTable<PeerKeyState> listed = new(MostDomains);
    private readonly DomainTable<PeerKeyState> strangers = new(MostStrangers);

    /// <summary>What is remembered of a domain (A-labels); null: nothing.</summary>
    public PeerKeyState? Read(string domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        lock (gate)
            return listed.Find(domain) ?? strangers.Find(domain);
    }

    /// <summary>Forgets a domain's keys, as an operator does when a partner has changed its key for good; false: nothing was known.</summary>
    public bool Forget(string domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        lock (gate)
            return listed.Remove(domain) | strangers.Remove(domain);
    }

    /// <summary>A stream was authenticated for the domain with this key.</summary>
    /// <param name="domain">A-labels.</param>
    /// <param name="stranger">Only open federation admits it.</param>
    /// <param name="key">The key; seen now.</param>
    /// <param name="refuseChanges">A key that is not known is not to be remembered.</param>
    /// <returns>The alarm that this gives; null: all is well.</returns>
    internal PeerKeyAlarm? See(string domain, bool stranger, PeerKey key, bool refuseChanges)
    {
        lock (gate)
        {
            var table = stranger ? strangers : listed;
            var known = table.Find(domain) ?? new PeerKeyState(domain, [], 0, LastAlarm: null);
            var (keys, alarm) = Compare(known.Keys, key, refuseChanges);
            table.Put(domain, Alarmed(known with { Keys = keys }, alarm));
            return alarm;
        }
    }

    /// <summary>A certificate was refused for its key before a stream was authenticated with it.</summary>
    internal void Refuse(string domain, bool stranger, PeerKeyAlarm alarm)
    {
        lock (gate)
        {
            var table = stranger ? strangers : listed;
            table.Put(domain, Alarmed(table.Find(domain) ?? new PeerKeyState(domain, [], 0, LastAlarm: null), alarm));
        }
    }

    /// <summary>What the keys are when one more was seen, and what is odd about it.</summary>
    internal static (IReadOnlyList<PeerKey> Keys, PeerKeyAlarm? Alarm) Compare(IReadOnlyList<PeerKey> known, PeerKey seen, bool refuseChanges)
    {
        if (known.Count == 0)
            return ([seen], null);
        var same = known.FirstOrDefault(k => k.Key.Equals(seen.Key));
        if (same is null && refuseChanges)
            return (known, Alarm(PeerKeyAlarmKind.KeyRefused, known[0], seen));
        if (same is null)
            return ([seen, .. known.Take(PerDomain - 1)], Alarm(PeerKeyAlarmKind.KeyChanged, known[0], seen));
        var keys = known.Where(k => k != same).Prepend(seen with { FirstSeen = same.FirstSeen }).ToArray();
        return (keys, string.Equals(same.Issuer, seen.Issuer, StringComparison.Ordinal) ? null : Alarm(PeerKeyAlarmKind.IssuerChanged, same, seen));
    }

    private static PeerKeyAlarm Alarm(PeerKeyAlarmKind kind, PeerKey before, PeerKey seen)
        => new(seen.LastSeen, kind, before.Key, before.Issuer, seen.Key, seen.Issuer);

    private static PeerKeyState Alarmed(PeerKeyState state, PeerKeyAlarm? alarm) => alarm is null ? state : state with { Alarms = state.Alarms + 1, LastAlarm = alarm };
}
