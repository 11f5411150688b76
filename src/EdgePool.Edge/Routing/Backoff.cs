namespace EdgePool.Edge.Routing;

/// <summary>How long to wait after failures: doubled each time up to a ceiling, and of that a random part, so that many nodes do not return at once.</summary>
internal static class Backoff
{
    /// <param name="failures">Failures in a row before this wait; 0: the least wait.</param>
    /// <param name="min">The first ceiling, and the least wait.</param>
    /// <param name="max">The last ceiling.</param>
    /// <param name="chance">Between 0 and 1: full jitter.</param>
    public static TimeSpan After(int failures, TimeSpan min, TimeSpan max, double chance)
    {
        var doubled = min * Math.Pow(2, Math.Min(failures, 30));
        var ceiling = doubled < max ? doubled : max;
        return min + ((ceiling - min) * chance);
    }
}
