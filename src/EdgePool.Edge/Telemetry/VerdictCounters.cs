using System.Collections.Concurrent;
using EdgePool.Policy.Verdicts;

namespace EdgePool.Edge.Telemetry;

/// <summary>What policy did with the stanzas of one partner.</summary>
/// <param name="Partner">The partner's name; <see cref="VerdictCounters.Others"/> for those that are not counted apart.</param>
/// <param name="Refused">Stanzas refused, by reason.</param>
/// <param name="Observed">Stanzas that would have been refused, by reason: the partner is only observed.</param>
/// <param name="Stripped">Stanzas that went on without some of their payloads.</param>
public sealed record VerdictCounts(
    string Partner, IReadOnlyDictionary<VerdictReason, long> Refused, IReadOnlyDictionary<VerdictReason, long> Observed, long Stripped);

/// <summary>
/// Counts what policy refuses, by partner and reason. The labels are bounded: partners are those of the policy, and of them the first
/// <see cref="MostPartners"/> that something happened to; all others are counted together. What passes untouched is not counted here and costs nothing.
/// </summary>
public sealed class VerdictCounters
{
    /// <summary>Partners counted apart.</summary>
    public const int MostPartners = 10_000;

    /// <summary>The name under which all further partners are counted.</summary>
    public const string Others = "(others)";

    private static readonly int Reasons = Enum.GetValues<VerdictReason>().Length;

    private readonly ConcurrentDictionary<string, long[]> partners = new(StringComparer.Ordinal);
    private readonly long[] others = new long[Length];
    private int apart;

    // Refused by reason, observed by reason, stripped.
    private static int Length => (2 * Reasons) + 1;

    /// <summary>Every partner that something happened to.</summary>
    public IReadOnlyList<VerdictCounts> Read()
        => [.. partners.Append(KeyValuePair.Create(Others, others)).Where(p => p.Value.Any(c => c != 0)).Select(p => Counts(p.Key, p.Value))];

    internal void Refuse(string partner, VerdictReason reason) => Interlocked.Increment(ref Of(partner)[(int)reason]);

    internal void Observe(string partner, VerdictReason reason) => Interlocked.Increment(ref Of(partner)[Reasons + (int)reason]);

    internal void Strip(string partner) => Interlocked.Increment(ref Of(partner)[2 * Reasons]);

    private long[] Of(string partner)
    {
        if (partners.TryGetValue(partner, out var counters))
            return counters;
        if (Interlocked.Increment(ref apart) > MostPartners)
        {
            Interlocked.Decrement(ref apart);
            return others;
        }

        var made = new long[Length];
        if (partners.TryAdd(partner, made))
            return made;
        Interlocked.Decrement(ref apart);
        return partners[partner];
    }

    private static VerdictCounts Counts(string partner, long[] counters)
        => new(partner, ByReason(counters, 0), ByReason(counters, Reasons), Interlocked.Read(ref counters[2 * Reasons]));

    private static Dictionary<VerdictReason, long> ByReason(long[] counters, int start)
    {
        var all = new Dictionary<VerdictReason, long>();
        foreach (var reason in Enum.GetValues<VerdictReason>())
        {
            if (Interlocked.Read(ref counters[start + (int)reason]) is > 0 and var count)
                all.Add(reason, count);
        }

        return all;
    }
}
