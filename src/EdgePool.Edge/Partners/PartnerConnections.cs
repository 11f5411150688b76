using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.Partners;

/// <summary>
/// Counts the streams with partners, both directions together, against the gateway's limits: inbound ones from authentication, outbound ones from the dial on.
/// A partner that stands for every other domain is counted by domain. Without a gateway (<see cref="PolicySnapshot.Gateway"/>) a partner's own limit counts alone. A limit
/// that is lowered ends no stream: it counts for the next one.
/// </summary>
internal sealed class PartnerConnections(LivePolicy policy)
{
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
            ({ } partner, null) => partner.ConnectionLimit ?? int.MaxValue,
            (null, var gateway) => gateway?.ConnectionLimit ?? int.MaxValue,
        };
        var most = now.Gateway?.ConnectionLimit ?? int.MaxValue;
        var holder = HolderOf(remote);
        lock (gate)
        {
            var held = byPartner.GetValueOrDefault(holder);
            if (held >= limit || total >= most)
                return null;
            byPartner[holder] = held + 1;
            total++;
        }

        return new ConnectionPlace(this, holder);
    }

    internal void Leave(string holder)
    {
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
internal sealed class ConnectionPlace(PartnerConnections connections, string holder) : IDisposable
{
    private int left;

    /// <summary>Whose it is; see <see cref="PartnerConnections.HolderOf"/>.</summary>
    public string Holder => holder;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref left, 1) == 0)
            connections.Leave(holder);
    }
}
