namespace EdgePool.Server.Arrivals;

/// <summary>A partner's domain at a pool.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Came">When it last opened a stream there.</param>
/// <param name="Seen">When it last was seen to have one there.</param>
internal sealed record Arrival(string Pool, DateTimeOffset Came, DateTimeOffset Seen);

/// <summary>Where each partner's domain has come to, as far as this node knows. Bounded; safe from any thread.</summary>
internal sealed class ArrivalTable
{
    /// <summary>Domains; of more, the longest unseen are forgotten.</summary>
    public const int MostDomains = 20_000;

    /// <summary>Pools of a domain; likewise.</summary>
    public const int MostPools = 8;

    /// <summary>After which an arrival is forgotten: more than anything that is said of it looks back.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromHours(2);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Arrival[]> byDomain = new(StringComparer.Ordinal);

    /// <summary>Where a domain (A-labels) was seen, the last pool first; empty: nowhere.</summary>
    public IReadOnlyList<Arrival> Of(string domain)
    {
        lock (gate)
        {
            return byDomain.GetValueOrDefault(domain, []);
        }
    }

    /// <summary>Every domain with where it was seen.</summary>
    public IReadOnlyList<KeyValuePair<string, Arrival[]>> All()
    {
        lock (gate)
        {
            return [.. byDomain];
        }
    }

    /// <summary>A domain was seen at a pool.</summary>
    public void Note(string domain, Arrival arrival)
    {
        lock (gate)
        {
            var known = byDomain.GetValueOrDefault(domain, []);
            var before = Array.Find(known, other => string.Equals(other.Pool, arrival.Pool, StringComparison.Ordinal));
            var newest = before is null ? arrival : new Arrival(arrival.Pool, Later(before.Came, arrival.Came), Later(before.Seen, arrival.Seen));
            byDomain[domain] = [.. known.Where(other => other != before).Append(newest).OrderByDescending(other => other.Seen).Take(MostPools)];
        }
    }

    /// <summary>Forgets what is too old, or too much.</summary>
    public void Sweep(DateTimeOffset now)
    {
        lock (gate)
        {
            foreach (var domain in byDomain.Where(one => now - one.Value[0].Seen > Remembered).Select(one => one.Key).ToList())
            {
                byDomain.Remove(domain);
            }

            foreach (var domain in byDomain.OrderByDescending(one => one.Value[0].Seen).Skip(MostDomains).Select(one => one.Key).ToList())
            {
                byDomain.Remove(domain);
            }
        }
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
