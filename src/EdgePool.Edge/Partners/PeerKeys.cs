using EdgePool.Cluster.KnownPeers;
using EdgePool.Edge.Certificates;
using EdgePool.Policy.Partners;

namespace EdgePool.Edge.Partners;

/// <summary>
/// The keys that partners' domains were authenticated with, and what was odd about them. Per domain, not per partner: each domain of a partner may have a
/// server, and a key, of its own. Safe from any thread; handshakes are rare beside stanzas, so one lock does.
/// </summary>
/// <remarks>
/// Not guaranteed: that anything is remembered beyond this process without a journal (with one, all but the last moment before a kill), or beyond
/// <see cref="MostDomains"/> domains: then the domain that was seen least lately is forgotten, and its next key is its first. A partner whose key must never change
/// silently has it pinned (<see cref="CertificateRules.Pins"/>). Domains that open federation alone admits have a table of their own, so that strangers push no
/// listed partner out.
/// </remarks>
public sealed class PeerKeys : IUnwritten<KnownPeerChange>
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
    private readonly PeerKeyChanges changes = new();

    /// <summary>Domains of which something is remembered.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return listed.Count + strangers.Count;
        }
    }

    int IUnwritten<KnownPeerChange>.Pending
    {
        get
        {
            lock (gate)
                return changes.Count;
        }
    }

    /// <summary>Told, under the lock, that something waits for the journal; null: there is no journal.</summary>
    internal Action? Changed { get; set; }

    /// <summary>What is remembered of a domain (A-labels); null: nothing.</summary>
    public PeerKeyState? Read(string domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        lock (gate)
            return Find(domain);
    }

    /// <summary>Forgets a domain's keys, as an operator does when a partner has changed its key for good; false: nothing was known.</summary>
    public bool Forget(string domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        lock (gate)
        {
            var known = listed.Remove(domain) | strangers.Remove(domain);
            if (known)
                Mark(domain, isKnown: false);
            return known;
        }
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
            var known = Find(domain) ?? new PeerKeyState(domain, [], 0, LastAlarm: null);
            var (keys, alarm) = Compare(known.Keys, key, refuseChanges);
            var worthWriting = alarm is not null || IsNews(known, key) || changes.IsOutdated(domain, key.LastSeen);
            Put(stranger, Alarmed(known with { Keys = keys }, alarm), worthWriting);
            return alarm;
        }
    }

    /// <summary>A certificate was refused for its key before a stream was authenticated with it.</summary>
    internal void Refuse(string domain, bool stranger, PeerKeyAlarm alarm)
    {
        lock (gate)
            Put(stranger, Alarmed(Find(domain) ?? new PeerKeyState(domain, [], 0, LastAlarm: null), alarm), worthWriting: true);
    }

    /// <summary>Takes over what was remembered before this process; who was seen least lately comes first.</summary>
    internal void Restore(IEnumerable<(PeerKeyState State, bool Stranger)> known)
    {
        lock (gate)
        {
            foreach (var (state, stranger) in known)
            {
                changes.Restored(state);
                Put(stranger, state, worthWriting: false);
            }
        }
    }

    IReadOnlyList<KnownPeerChange> IUnwritten<KnownPeerChange>.Oldest(int atMost)
    {
        lock (gate)
            return changes.Oldest(atMost, domain => Find(domain) is { } state ? (state, strangers.Find(domain) is not null) : null);
    }

    void IUnwritten<KnownPeerChange>.Written(int written)
    {
        lock (gate)
            changes.Written();
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

    // A renewed certificate and its next stage of expiry are news; that a known key was seen once more is not.
    private static bool IsNews(PeerKeyState known, PeerKey seen)
        => known.Keys.FirstOrDefault(k => k.Key.Equals(seen.Key)) is not { } before
            || before.Expires != seen.Expires
            || CertificateExpiries.At(before.Expires, before.LastSeen) != CertificateExpiries.At(seen.Expires, seen.LastSeen);

    private PeerKeyState? Find(string domain) => listed.Find(domain) ?? strangers.Find(domain);

    // Who is a partner now, and was a stranger before, keeps its keys.
    private void Put(bool stranger, PeerKeyState state, bool worthWriting)
    {
        var moved = (stranger ? listed : strangers).Remove(state.Domain);
        if ((stranger ? strangers : listed).Put(state.Domain, state) is { } forgotten)
            Mark(forgotten, isKnown: false);
        if (worthWriting || moved)
            Mark(state.Domain, isKnown: true);
    }

    private void Mark(string domain, bool isKnown)
    {
        if (Changed is null)
            return;
        changes.Mark(domain, isKnown);
        Changed();
    }
}
