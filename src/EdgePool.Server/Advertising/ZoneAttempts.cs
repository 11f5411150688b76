namespace EdgePool.Server.Advertising;

/// <summary>
/// When the advertiser may send a zone's primary an update: at once for a new version of the topology, and then, where the same is needed again or was refused, with ever longer waits,
/// so that it fights with nobody who changes the records back.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class ZoneAttempts(TimeProvider time)
{
    /// <summary>The wait behind the first update.</summary>
    public static readonly TimeSpan First = TimeSpan.FromMinutes(1);

    /// <summary>The longest wait; when nothing was needed for twice as long, the next update begins anew.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private readonly Dictionary<string, Attempt> byZone = new(StringComparer.Ordinal);
    private long version;

    /// <summary>Another version of the topology owes nothing to the attempts for the one before.</summary>
    public void For(long next)
    {
        if (next != version)
        {
            version = next;
            byZone.Clear();
        }
    }

    /// <summary>What is to be waited before the next update; zero: nothing.</summary>
    public TimeSpan Wait(string zone)
        => byZone.TryGetValue(zone, out var last) && Pause(last.Count) - time.GetElapsedTime(last.At) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    /// <summary>What was wrong with the last update; null: it was made, or there was none.</summary>
    public string? ProblemOf(string zone) => byZone.TryGetValue(zone, out var last) ? last.Problem : null;

    /// <summary>An update was sent.</summary>
    /// <param name="zone">The zone.</param>
    /// <param name="problem">What was wrong with it; null: it was made.</param>
    public void Sent(string zone, string? problem)
    {
        var count = byZone.TryGetValue(zone, out var last) && time.GetElapsedTime(last.At) < Longest * 2 ? last.Count + 1 : 1;
        byZone[zone] = new Attempt(count, time.GetTimestamp(), problem);
    }

    private static TimeSpan Pause(int sent) => sent > 6 ? Longest : First * (1 << (sent - 1));

    private readonly record struct Attempt(int Count, long At, string? Problem);
}
