using EdgePool.Cluster.Entities;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Partners;

/// <summary>
/// Counts the streams with partners, both directions together, against the gateway's limits: inbound ones from authentication, outbound ones from the dial on.
/// A partner that stands for every other domain is counted by domain. Without a gateway (<see cref="PolicySnapshot.Gateway"/>) a partner's own limit counts alone. A limit
/// that is lowered ends no stream: it counts for the next one. In a pool, limits are over all its nodes, and this one keeps to its share of them; the newest streams end where
/// the pool had given the places of this node to others (<see cref="ShareBook.TooMany"/>). While no owner has told this node its share, streams wait for that: no more of them than there
/// would be places for over the pool.
/// </summary>
internal sealed class PartnerConnections
{
    private const int Unlimited = int.MaxValue;

    private readonly LivePolicy policy;
    private readonly ShareBook? shares;
    private readonly ILogger? log;
    private readonly Lock gate = new();
    private readonly Dictionary<string, List<ConnectionPlace>> byPartner = new(StringComparer.Ordinal);
    private readonly List<PlaceWait> waiting = [];
    private long entered;
    private int total;

    public PartnerConnections(LivePolicy policy, ShareBook? shares = null, ILogger? log = null)
    {
        (this.policy, this.shares, this.log) = (policy, shares, log);
        if (shares is not null)
            (shares.TooMany, shares.Told) = (EndNewest, TellWaiting);
    }

    /// <summary>Streams that have a place.</summary>
    public int Total
    {
        get
        {
            lock (gate)
                return total;
        }
    }

    /// <summary>Whose limit it is that counts for a domain: a partner's name, or the domain itself (A-labels).</summary>
    public string HolderOf(DomainName remote) => policy.Current.Find(remote) is { Domain: not null } partner ? partner.Name : remote.Ascii;

    /// <summary>Streams that wait for a place.</summary>
    public int Waiting
    {
        get
        {
            lock (gate)
                return waiting.Count;
        }
    }

    /// <summary>Takes a place for one stream with the domain; null when there is none, or none yet. Dispose it with the stream.</summary>
    public ConnectionPlace? TryEnter(DomainName remote) => TryEnter(remote, told: null, out _);

    /// <summary>Takes a place for one stream with the domain; null when there is none, or none yet. Dispose it with the stream.</summary>
    /// <param name="remote">The domain.</param>
    /// <param name="told">See <see cref="PlaceWait"/>; null: the stream does not wait.</param>
    /// <param name="wait">Not null where it is not known yet whether there is a place: the stream is among those that wait for that, and is to ask again when it is told.</param>
    public ConnectionPlace? TryEnter(DomainName remote, Action? told, out PlaceWait? wait)
    {
        wait = null;
        var now = policy.Current;
        var limit = (now.Find(remote), now.Gateway) switch
        {
            ({ } partner, { } gateway) => gateway.ConnectionLimitOf(partner),
            ({ } partner, null) => partner.ConnectionLimit ?? Unlimited,
            (null, var gateway) => gateway?.ConnectionLimit ?? Unlimited,
        };
        var most = now.Gateway?.ConnectionLimit ?? Unlimited;
        var holder = HolderOf(remote);
        lock (gate)
        {
            var places = byPartner.GetValueOrDefault(holder) ?? [];
            if (places.Count + waiting.Count(w => string.Equals(w.Holder, holder, StringComparison.Ordinal)) >= limit || total + waiting.Count >= most)
                return null;
            if (!TryShare(holder, limit, most, out var patience))
            {
                if (told is not null && patience > TimeSpan.Zero)
                    waiting.Add(wait = new PlaceWait(this, holder, patience, told));
                return null;
            }

            var place = new ConnectionPlace(this, holder, entered++, ofShare: limit < Unlimited, ofAll: most < Unlimited);
            places.Add(place);
            byPartner[holder] = places;
            total++;
            return place;
        }
    }

    /// <summary>False with some patience: it is not known yet, and will be by then.</summary>
    private bool TryShare(string holder, int limit, int most, out TimeSpan patience)
    {
        patience = TimeSpan.Zero;
        if (shares is null)
            return true;
        if (limit < Unlimited && !shares.TryTake(holder, limit, out patience))
            return false;
        if (most == Unlimited || shares.TryTake(BudgetKey.Everyone, most, out patience))
            return true;
        if (limit < Unlimited)
            shares.Return(holder);
        return false;
    }

    internal void StopWaiting(PlaceWait wait)
    {
        lock (gate)
            waiting.Remove(wait);
    }

    /// <summary>Who still has to wait after that asks again, and waits.</summary>
    private void TellWaiting()
    {
        PlaceWait[] told;
        lock (gate)
        {
            told = [.. waiting];
            waiting.Clear();
        }

        Array.ForEach(told, static wait => wait.Tell());
    }

    internal void Leave(ConnectionPlace place)
    {
        if (place.OfShare)
            shares?.Return(place.Holder);
        if (place.OfAll)
            shares?.Return(BudgetKey.Everyone);
        lock (gate)
        {
            total--;
            if (byPartner[place.Holder] is var places && places.Remove(place) && places.Count == 0)
                byPartner.Remove(place.Holder);
        }
    }

    /// <summary>So many streams of a holder are to end: those that are ending already count.</summary>
    private void EndNewest(string holder, long streams)
    {
        List<ConnectionPlace> ending;
        lock (gate)
        {
            var places = holder == BudgetKey.Everyone ? byPartner.Values.SelectMany(static p => p).Where(static p => p.OfAll) : byPartner.GetValueOrDefault(holder)?.Where(static p => p.OfShare) ?? [];
            var (gone, standing) = (places.Count(static p => p.IsEnding), places.Where(static p => p is { IsEnding: false, End: not null }));
            ending = [.. standing.OrderByDescending(static p => p.Number).Take((int)Math.Max(0, streams - gone))];
            ending.ForEach(static p => p.IsEnding = true);
        }

        if (ending.Count > 0 && log is not null)
            StreamLog.TooManyOverThePool(log, ending.Count, holder == BudgetKey.Everyone ? "all partners together" : holder);
        var order = new EndStream(StreamEndReason.ConnectionLimit, new StreamError(StreamErrorCondition.PolicyViolation, "too many streams"), "the pool had given its place to another node: more streams stood than may");
        ending.ForEach(place => place.End!(order));
    }
}
