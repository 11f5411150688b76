using EdgePool.Cluster.Entities;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.Partners;

/// <summary>
/// Counts the streams with partners, both directions together, against the gateway's limits: inbound ones from authentication, outbound ones from the dial on.
/// A partner that stands for every other domain is counted by domain. Without a gateway (<see cref="PolicySnapshot.Gateway"/>) a partner's own limit counts alone. A limit
/// that is lowered ends no stream: it counts for the next one. In a pool, limits are over all its nodes, and this one keeps to its share of them.
/// </summary>
internal sealed class PartnerConnections(LivePolicy policy, ShareBook? shares = null)
{
    private const int Unlimited = int.MaxValue;

    private readonly Lock gate = new();
    private readonly Dictionary<string, int> byPartner = new(StringComparer.Ordinal);
    private int total;

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

    /// <summary>Takes a place for one stream with the domain; null when there is none. Dispose it with the stream.</summary>
    public ConnectionPlace? TryEnter(DomainName remote)
    {
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
            var held = byPartner.GetValueOrDefault(holder);
            if (held >= limit || total >= most)
                return null;
            if (!TryShare(holder, limit, most))
                return null;
            byPartner[holder] = held + 1;
            total++;
        }

        return new ConnectionPlace(this, holder, ofShare: limit < Unlimited, ofAll: most < Unlimited);
    }

    private bool TryShare(string holder, int limit, int most)
    {
        if (shares is null)
            return true;
        if (limit < Unlimited && !shares.TryTake(holder, limit))
            return false;
        if (most == Unlimited || shares.TryTake(BudgetKey.Everyone, most))
            return true;
        if (limit < Unlimited)
            shares.Return(holder);
        return false;
    }

    internal void Leave(string holder, bool ofShare, bool ofAll)
    {
        if (ofShare)
            shares?.Return(holder);
        if (ofAll)
            shares?.Return(BudgetKey.Everyone);
        lock (gate)
        {
            total--;
            if (byPartner[holder] == 1)
                byPartner.Remove(holder);
            else
                byPartner[holder]--;
        }
    }
}

/// <summary>A stream's place among those that its partner may have.</summary>
/// <param name="connections">Where it counts.</param>
/// <param name="holder">Whose it is.</param>
/// <param name="ofShare">It counts against the partner's limit.</param>
/// <param name="ofAll">It counts against the gateway's.</param>
internal sealed class ConnectionPlace(PartnerConnections connections, string holder, bool ofShare, bool ofAll) : IDisposable
{
    private int left;

    /// <summary>Whose it is; see <see cref="PartnerConnections.HolderOf"/>.</summary>
    public string Holder => holder;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref left, 1) == 0)
            connections.Leave(holder, ofShare, ofAll);
    }
}
