using System.Collections.Concurrent;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.Partners;

/// <summary>
/// The meters of partners that have a rate: one for each partner and direction. A partner that stands for every other domain is metered by domain. A meter
/// lives on while the rate stays as it is, whatever else changes in policy.
/// </summary>
internal sealed class RateTable(TimeProvider time)
{
    /// <summary>Meters beyond which those that say nothing are forgotten: strangers' domains are without number.</summary>
    public const int Tidy = 10_000;

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
        var meter = meters.AddOrUpdate(
            (holder, direction),
            static (_, made) => new RateMeter(made.rate, made.time),
            static (_, known, made) => known.Rate == made.rate ? known : new RateMeter(made.rate, made.time),
            (rate, time));
        if (meters.Count > Tidy)
            Forget();
        return meter;
    }

    private void Forget()
    {
        foreach (var entry in meters)
        {
            if (entry.Value.IsFull)
                meters.TryRemove(entry);
        }
    }
}
