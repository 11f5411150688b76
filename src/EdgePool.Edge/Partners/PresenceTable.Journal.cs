using EdgePool.Cluster.Presences;

namespace EdgePool.Edge.Partners;

/// <summary>What the table has of a journal, and what it has for it.</summary>
internal sealed partial class PresenceTable : IUnwritten<PresenceChange>
{
    /// <summary>Changes that are not durable yet.</summary>
    public int Pending
    {
        get
        {
            lock (gate)
                return changes?.Count ?? 0;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<PresenceChange> Oldest(int atMost)
    {
        lock (gate)
            return changes?.Oldest(atMost) ?? [];
    }

    /// <inheritdoc/>
    public void Written(int changes)
    {
        lock (gate)
            this.changes?.Written();
    }

    /// <summary>A contact that the journal has. Without room it is forgotten, in the journal too.</summary>
    /// <param name="side">Who sees whom.</param>
    /// <param name="addresses">Canonical.</param>
    /// <param name="partner">As when it was shown.</param>
    /// <param name="ask">It has to be confirmed: see <see cref="ToConfirm"/>.</param>
    public void Restore(PresenceSide side, AddressPairKey addresses, string partner, bool ask)
    {
        lock (gate)
        {
            var shown = new ShownPresence(side, addresses, partner) { Written = true, Unconfirmed = ask, Seen = time.GetTimestamp(), AskAfter = FirstAsk + (AskSpread * random.NextDouble()) };
            var hasRoom = inward.Known.Count + outward.Known.Count < limits.Total && (!partners.TryGetValue(partner, out var ofPartner) || ofPartner.Count < limits.PerPartner);
            if (!hasRoom || !Of(side).Known.TryAdd(shown.Addresses, shown))
            {
                changes?.Mark(shown, isShown: false);
                return;
            }

            Link(shown);
            if (ask)
                restored.Add(shown);
        }
    }

    /// <summary>The next of those who were restored that are to be asked whether they still are there. Each is told to <see cref="Asked"/>.</summary>
    public List<ShownPresence> ToConfirm(int atMost)
    {
        lock (gate)
            return restored.ToAsk(atMost);
    }

    /// <summary>It was asked; or, <paramref name="sent"/> is false, it could not be and will be later.</summary>
    public void Asked(ShownPresence shown, bool sent)
    {
        lock (gate)
        {
            if (sent)
                restored.Await(shown);
            else
                restored.Add(shown);
        }
    }

    /// <summary>Those who were asked and did not answer in time leave.</summary>
    public void LeaveUnconfirmed(TimeSpan patience)
    {
        lock (gate)
        {
            foreach (var silent in restored.Silent(patience))
                Leave(silent);
        }
    }
}
