namespace EdgePool.Actors.Scheduling;

/// <summary>Timers that carry no execution context: what they do belongs to no turn and to no request.</summary>
internal static class DetachedTimer
{
    /// <summary>A timer that waits to be started with Change.</summary>
    public static ITimer Create(TimeProvider time, TimerCallback callback, object state)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return time.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        using (ExecutionContext.SuppressFlow())
        {
            return time.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
