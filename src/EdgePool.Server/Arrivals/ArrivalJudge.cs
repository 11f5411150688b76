using System.Globalization;
using EdgePool.Policy.Topologies;

namespace EdgePool.Server.Arrivals;

/// <summary>Whether a partner goes where our SRV records send it. Pure.</summary>
internal static class ArrivalJudge
{
    /// <summary>What a partner's server may take to try again: ejabberd waits up to five minutes between attempts.</summary>
    public static readonly TimeSpan Reconnect = TimeSpan.FromMinutes(5);

    /// <summary>So long ago a stream may have ended for something to be said of it: resolvers that keep records for longer than they may do so for an hour or so.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    /// <summary>So long a better pool must have been ready when a partner came to another one: it may have been on its way.</summary>
    public static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    /// <summary>What is to be said of a partner's domain, in words; null: it goes where it should, or nothing is known.</summary>
    /// <param name="topology">In force.</param>
    /// <param name="arrivals">Where it was seen.</param>
    /// <param name="pools">How a pool is; null: nothing was heard of it.</param>
    /// <param name="now">The time.</param>
    public static string? Finding(Topology topology, IReadOnlyList<Arrival> arrivals, Func<string, PoolTime?> pools, DateTimeOffset now)
    {
        var recent = arrivals.Where(arrival => now - arrival.Seen <= Memory).ToList();
        return recent.Count == 0 ? null : Stays(topology, recent, pools, now) ?? Prefers(topology, recent.MaxBy(arrival => arrival.Came)!, pools);
    }

    /// <summary>Its pool is gone, and it has come to no other one within the records' lifetime and the time of an attempt.</summary>
    private static string? Stays(Topology topology, List<Arrival> recent, Func<string, PoolTime?> pools, DateTimeOffset now)
    {
        var last = recent.MaxBy(arrival => arrival.Seen)!;
        if (pools(last.Pool) is not { Ready: false } gone || topology.Advertised.FirstOrDefault(pool => pools(pool.Name) is { Ready: true }) is not { } next)
        {
            return null;
        }

        var since = pools(next.Name)!.Value.Since > gone.Since ? pools(next.Name)!.Value.Since : gone.Since;
        return now - since > topology.RecordTtl + Reconnect
            ? string.Create(CultureInfo.InvariantCulture, $"will not follow our SRV records: it has come to no pool since {last.Pool} went {(now - gone.Since).TotalMinutes:0} minutes ago, where {next.Name} is ready — it keeps DNS for longer than it may, tries the first target alone, or has nothing to send")
            : null;
    }

    /// <summary>It came to a pool although a better one had been ready for a while.</summary>
    private static string? Prefers(Topology topology, Arrival last, Func<string, PoolTime?> pools)
    {
        if (topology.Advertised.FirstOrDefault(pool => Is(pool, last)) is not { } at)
        {
            return null;
        }

        var better = topology.Advertised.FirstOrDefault(pool => pool.Priority < at.Priority && pools(pool.Name) is { Ready: true } known && known.Since <= last.Came - Settled);
        return better is null ? null : string.Create(
            CultureInfo.InvariantCulture, $"comes to {at.Name} (priority {at.Priority}) though {better.Name} (priority {better.Priority}) is ready — it ignores priority, or cannot reach {better.Name}");
    }

    private static bool Is(SitePool pool, Arrival arrival) => string.Equals(pool.Name, arrival.Pool, StringComparison.Ordinal);
}
