using System.Collections.Concurrent;
using EdgePool.Cluster.Entities;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.Partners;

/// <summary>
/// The meters of partners that have a rate: one for each partner and direction. A partner that stands for every other domain is metered by domain. A meter
/// lives on while the rate stays as it is, whatever else changes in policy. In a pool, rates are over all its nodes, and this one keeps to its share of them.
/// </summary>
internal sealed class RateTable(TimeProvider time, ShareBook? shares = null)
{
    /// <summary>Meters beyond which those that say nothing are forgotten: strangers' domains are without number.</summary>
    public const int Tidy = 10_000;

    private readonly Lock making = new();
    private readonly ConcurrentDictionary<(string Holder, Direction Direction), RateMeter> meters = new();

    /// <summary>Meters in use.</summary>
    public int Count => meters.Count;

    /// <summary>The meter of a domain's partner; null where there is no rate. Ask once for a pair of domains and version of the policy.</summary>
    /// <param name="policy">The version.</param>
    /// <param name="remote">The partner's domain, canonical.</param>
    /// <param name="direction">Which way.</param>
    public RateMeter? Find(PolicySnapshot policy, ReadOnlySpan<byte> remote, Direction direction)
    {
        if (policy.Find(remote) is not { } partner || (policy.Gateway ?? Gateway.Default).RateOf(partner) is not { } rate)
            return null;
        var holder = partner.Domain is not null ? partner.Name : DomainName.TryParse(remote, out var domain) ? domain.Ascii : string.Empty;
        if (meters.TryGetValue((holder, direction), out var known) && known.Rate == rate)
            return known;
        var meter = Make(holder, direction, rate);
        if (meters.Count > Tidy)
            Forget();
        return meter;
    }

    private RateMeter Make(string holder, Direction direction, Rate rate)
    {
        lock (making)
        {
            if (meters.TryGetValue((holder, direction), out var known) && known.Rate == rate)
                return known;
            known?.Dispose();
            var coming = direction == Direction.FromPartner;
            return meters[(holder, direction)] = new RateMeter(
                rate, time,
                Share(holder, coming ? BudgetKind.StanzasIn : BudgetKind.StanzasOut, rate.StanzasPerSecond),
                Share(holder, coming ? BudgetKind.BytesIn : BudgetKind.BytesOut, rate.BytesPerSecond));
        }
    }

    private RateShare? Share(string holder, BudgetKind kind, int? whole) => whole is { } perSecond ? shares?.Measure(new BudgetKey(holder, kind), perSecond) : null;

    private void Forget()
    {
        lock (making)
        {
            foreach (var entry in meters)
            {
                if (entry.Value.IsFull && meters.TryRemove(entry))
                    entry.Value.Dispose();
            }
        }
    }
}
