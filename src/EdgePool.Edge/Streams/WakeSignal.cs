using System.Threading.Tasks.Sources;

namespace EdgePool.Edge.Streams;

/// <summary>
/// An auto-reset signal for one waiter, without allocation. The waiter goes on, in place, on the thread that sets the signal: the thread that
/// filled a queue writes it out.
/// </summary>
internal sealed class WakeSignal : IValueTaskSource
{
    private const int Idle = 0;
    private const int Signalled = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> source;
    private int state;

    /// <summary>Wakes the waiter, or lets its next wait return at once.</summary>
    public void Set()
    {
        while (true)
        {
            var seen = Volatile.Read(ref state);
            if (seen == Signalled)
                return;
            if (Interlocked.CompareExchange(ref state, seen == Idle ? Signalled : Idle, seen) != seen)
                continue;
            if (seen == Waiting)
                source.SetResult(result: true);
            return;
        }
    }

    /// <summary>Completes when the signal is set; one waiter at a time.</summary>
    public ValueTask WaitAsync()
    {
        source.Reset();
        if (Interlocked.CompareExchange(ref state, Waiting, Idle) == Idle)
            return new ValueTask(this, source.Version);
        Volatile.Write(ref state, Idle);
        return default;
    }

    void IValueTaskSource.GetResult(short token) => source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => source.OnCompleted(continuation, state, token, flags);
}
