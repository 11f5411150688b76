using System.Runtime.InteropServices;

namespace EdgePool.Edge.Partners;

/// <summary>
/// Which contacts are shown as available through us, and for how long nothing was heard of them. Plain state under one short lock; whoever sends what follows from
/// it is <see cref="PresenceKeeper"/>. A presence of a contact that is known costs no memory.
/// </summary>
/// <remarks>
/// Only presence to a bare JID counts: that is what a subscription brings (RFC 6121 section 4.2.2). Directed presence, such as that of rooms, is between its
/// sender and one client. What is shown of our own users is not asked for again and never lapses: their back end is ours, and its end is seen.
/// </remarks>
internal sealed partial class PresenceTable
{
    /// <summary>A farewell that nobody takes is tried as many times, once a second: as long as a stanza may wait.</summary>
    public const int MostFarewells = 60;

    private const double FirstAsk = 0.6;
    private const double AskSpread = 0.3;

    private readonly Lock gate = new();
    private readonly PresenceLimits limits;
    private readonly TimeProvider time;
    private readonly Random random;
    private readonly Side inward = new();
    private readonly Side outward = new();
    private readonly LinkedList<ShownPresence> leaving = new();
    private readonly Dictionary<string, LinkedList<ShownPresence>> partners = new(StringComparer.Ordinal);

    private readonly RestoredPresence restored;
    private readonly PresenceChanges? changes;

    /// <param name="limits">How many.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Spreads what is asked for.</param>
    /// <param name="journalled">Somebody writes down what changes: see <see cref="Oldest"/>.</param>
    public PresenceTable(PresenceLimits limits, TimeProvider time, Random random, bool journalled = false)
    {
        (this.limits, this.time, this.random) = (limits, time, new Random(random.Next()));
        restored = new RestoredPresence(time);
        changes = journalled ? new PresenceChanges() : null;
    }

    /// <summary>All that are shown, those about to leave included.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return inward.Known.Count + outward.Known.Count;
        }
    }

    /// <summary>A contact was shown to a viewer as available. Returns the one that had to go for it, to be shown as unavailable now; null: there is room.</summary>
    public ShownPresence? Show(PresenceSide side, AddressPair addresses, string partner)
    {
        lock (gate)
        {
            if (Of(side).ByPair.TryGetValue(addresses, out var known))
            {
                See(known);
                return null;
            }

            var evicted = MakeRoom(partner);
            var shown = new ShownPresence(side, new AddressPairKey(addresses), partner);
            Of(side).Known.Add(shown.Addresses, shown);
            changes?.Mark(shown, isShown: true);
            Link(shown);
            See(shown);
            return evicted;
        }
    }

    /// <summary>The contact was shown as unavailable.</summary>
    public void Hide(PresenceSide side, AddressPair addresses)
    {
        lock (gate)
        {
            if (Of(side).ByPair.TryGetValue(addresses, out var known))
                Forget(known);
        }
    }

    /// <summary>The contact was shown as unavailable without a resource: with all of them.</summary>
    /// <param name="side">Who sees whom.</param>
    /// <param name="bare">Both addresses bare.</param>
    public void HideAll(PresenceSide side, AddressPair bare)
    {
        lock (gate)
        {
            while (Of(side).Contacts.Find(bare) is { } shown)
                Forget(shown);
        }
    }

    /// <summary>The contact said without a resource that it is unavailable, and the viewer was not told: as far as it was shown, it leaves.</summary>
    /// <param name="side">Who sees whom.</param>
    /// <param name="bare">Both addresses bare.</param>
    public void LeaveAll(PresenceSide side, AddressPair bare)
    {
        lock (gate)
        {
            while (Of(side).Contacts.Find(bare) is { } shown)
                Leave(shown);
        }
    }

    /// <summary>The contact said that it is unavailable, and the viewer was not told: if it was shown, it leaves.</summary>
    public void Leave(PresenceSide side, AddressPair addresses)
    {
        lock (gate)
        {
            if (Of(side).ByPair.TryGetValue(addresses, out var known))
                Leave(known);
        }
    }

    /// <summary>Lets all leave that are meant.</summary>
    /// <param name="partner">Those of one partner alone; null: of all.</param>
    /// <param name="meant">Called under the lock.</param>
    public void LeaveWhere(string? partner, Predicate<ShownPresence> meant)
    {
        foreach (var shown in All(partner))
        {
            lock (gate)
            {
                if (meant(shown))
                    Leave(shown);
            }
        }
    }

    /// <summary>Everything shown, at this moment.</summary>
    public IReadOnlyList<ShownPresence> All(string? partner)
    {
        lock (gate)
        {
            return partner is null ? [.. inward.Order, .. outward.Order]
                : partners.TryGetValue(partner, out var ofPartner) ? [.. ofPartner] : [];
        }
    }

    /// <summary>Those whose presence is to be asked for, since <paramref name="interval"/> ends before long; each once.</summary>
    public List<ShownPresence> ToAsk(TimeSpan interval, int atMost)
    {
        var asked = new List<ShownPresence>();
        lock (gate)
        {
            foreach (var shown in inward.Order)
            {
                var age = time.GetElapsedTime(shown.Seen);
                if (asked.Count == atMost || age < interval * FirstAsk)
                    break;
                if (shown.Asked || age < interval * shown.AskAfter)
                    continue;
                shown.Asked = true;
                asked.Add(shown);
            }
        }

        return asked;
    }

    /// <summary>Those to be shown as unavailable now, and forgotten: what lapsed after <paramref name="interval"/>, and what was let leave.</summary>
    public List<ShownPresence> ToLeave(TimeSpan interval, int atMost)
    {
        var gone = new List<ShownPresence>();
        lock (gate)
        {
            while (inward.Order.First is { } oldest && time.GetElapsedTime(oldest.Value.Seen) >= interval)
                Leave(oldest.Value);
            while (gone.Count < atMost && leaving.First is { } first)
            {
                gone.Add(first.Value);
                Forget(first.Value);
            }
        }

        return gone;
    }

    /// <summary>Its farewell could not be sent: it leaves again, unless it was shown since, that was tried for long enough, or there is no room any more.</summary>
    public void Return(ShownPresence unsent)
    {
        lock (gate)
        {
            if (++unsent.Farewells >= MostFarewells || inward.Known.Count + outward.Known.Count >= limits.Total || !Of(unsent.Side).Known.TryAdd(unsent.Addresses, unsent))
                return;
            unsent.Leaving = true;
            leaving.AddLast(unsent.Order);
            changes?.Mark(unsent, isShown: true);
        }
    }

    private Side Of(PresenceSide side) => side == PresenceSide.Inward ? inward : outward;

    private void See(ShownPresence shown)
    {
        if (shown.Leaving)
        {
            leaving.Remove(shown.Order);
            (shown.Leaving, shown.Farewells) = (false, 0);
            Link(shown);
        }

        shown.Seen = time.GetTimestamp();
        shown.Asked = false;
        shown.Unconfirmed = false;
        shown.AskAfter = FirstAsk + (AskSpread * random.NextDouble());
        MoveLast(Of(shown.Side).Order, shown.Order);
        MoveLast(partners[shown.Partner], shown.OfPartner);
    }

    private static void MoveLast(LinkedList<ShownPresence> list, LinkedListNode<ShownPresence> node)
    {
        if (ReferenceEquals(list.Last, node))
            return;
        list.Remove(node);
        list.AddLast(node);
    }

    private void Link(ShownPresence shown)
    {
        Of(shown.Side).Order.AddLast(shown.Order);
        Of(shown.Side).Contacts.Add(shown);
        ref var ofPartner = ref CollectionsMarshal.GetValueRefOrAddDefault(partners, shown.Partner, out _);
        (ofPartner ??= new LinkedList<ShownPresence>()).AddLast(shown.OfPartner);
    }

    private void Unlink(ShownPresence shown)
    {
        Of(shown.Side).Order.Remove(shown.Order);
        Of(shown.Side).Contacts.Remove(shown);
        var ofPartner = partners[shown.Partner];
        ofPartner.Remove(shown.OfPartner);
        if (ofPartner.Count == 0)
            partners.Remove(shown.Partner);
    }

    private void Leave(ShownPresence shown)
    {
        if (shown.Leaving || shown.Order.List is null)
            return;
        Unlink(shown);
        shown.Leaving = true;
        leaving.AddLast(shown.Order);
    }

    private void Forget(ShownPresence shown)
    {
        Of(shown.Side).Known.Remove(shown.Addresses);
        changes?.Mark(shown, isShown: false);
        if (shown.Leaving)
            leaving.Remove(shown.Order);
        else
            Unlink(shown);
        shown.Leaving = false;
    }

    // The longest quiet goes: of the partner, or of all.
    private ShownPresence? MakeRoom(string partner)
    {
        ShownPresence? oldest = null;
        if (partners.TryGetValue(partner, out var ofPartner) && ofPartner.Count >= limits.PerPartner)
            oldest = ofPartner.First!.Value;
        else if (inward.Known.Count + outward.Known.Count >= limits.Total)
            oldest = leaving.First?.Value ?? Older(inward.Order.First?.Value, outward.Order.First?.Value);
        if (oldest is not null)
            Forget(oldest);
        return oldest;
    }

    private static ShownPresence? Older(ShownPresence? one, ShownPresence? other)
        => one is null ? other : other is null || one.Seen <= other.Seen ? one : other;

    /// <summary>Who is shown one way.</summary>
    private sealed class Side
    {
        public Side() => ByPair = Known.GetAlternateLookup<AddressPair>();

        public Dictionary<AddressPairKey, ShownPresence> Known { get; } = new(AddressPairComparer.Instance);

        public Dictionary<AddressPairKey, ShownPresence>.AlternateLookup<AddressPair> ByPair { get; }

        /// <summary>By contact and viewer; without those that leave.</summary>
        public ShownContacts Contacts { get; } = new();

        /// <summary>By the time of the last presence; without those that leave.</summary>
        public LinkedList<ShownPresence> Order { get; } = new();
    }
}
