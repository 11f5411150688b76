namespace EdgePool.Actors;

/// <summary>Sends messages later, by the system's clock. Nothing is sent after the system has ended.</summary>
public interface IScheduler
{
    /// <summary>The wall clock.</summary>
    DateTimeOffset Now { get; }

    /// <summary>The time since the system's start, never going back.</summary>
    TimeSpan MonotonicClock { get; }

    /// <summary>Runs code instead of sending messages.</summary>
    IAdvancedScheduler Advanced { get; }

    /// <summary>Sends one message after <paramref name="delay"/>.</summary>
    void ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable = null);

    /// <summary>Sends a message after <paramref name="initialDelay"/> and then every <paramref name="interval"/>.</summary>
    void ScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable = null);
}

/// <summary>Runs code later, on the clock's thread and in no actor's turn: it must be short, and must not throw.</summary>
public interface IAdvancedScheduler
{
    /// <summary>Runs <paramref name="action"/> once.</summary>
    void ScheduleOnce(TimeSpan delay, Action action, ICancelable? cancelable = null);

    /// <summary>Runs <paramref name="action"/> again and again.</summary>
    void ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable? cancelable = null);
}

/// <summary>Something that can be called off.</summary>
public interface ICancelable
{
    /// <summary>Whether it has been called off.</summary>
    bool IsCancellationRequested { get; }

    /// <summary>Cancelled with it.</summary>
    CancellationToken Token { get; }

    /// <summary>Calls it off.</summary>
    void Cancel();

    /// <summary>Calls it off after a delay.</summary>
    void CancelAfter(TimeSpan delay);
}

/// <summary>The cancellation of scheduled work.</summary>
public sealed class Cancelable(IScheduler scheduler) : ICancelable, IDisposable
{
    private readonly CancellationTokenSource _source = new();

    /// <inheritdoc/>
    public bool IsCancellationRequested => _source.IsCancellationRequested;

    /// <inheritdoc/>
    public CancellationToken Token => _source.Token;

    /// <inheritdoc/>
    public void Cancel() => _source.Cancel();

    /// <inheritdoc/>
    public void CancelAfter(TimeSpan delay) => scheduler.Advanced.ScheduleOnce(delay, Cancel, this);

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}

/// <summary>Scheduling with a fresh <see cref="ICancelable"/>.</summary>
public static class SchedulerExtensions
{
    /// <summary>As <see cref="IScheduler.ScheduleTellOnce"/>.</summary>
    public static ICancelable ScheduleTellOnceCancelable(
        this IScheduler scheduler, TimeSpan delay, ICanTell receiver, object message, IActorRef? sender)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        var cancelable = new Cancelable(scheduler);
        scheduler.ScheduleTellOnce(delay, receiver, message, sender, cancelable);
        return cancelable;
    }

    /// <summary>As <see cref="IScheduler.ScheduleTellRepeatedly"/>.</summary>
    public static ICancelable ScheduleTellRepeatedlyCancelable(
        this IScheduler scheduler, TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef? sender)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        var cancelable = new Cancelable(scheduler);
        scheduler.ScheduleTellRepeatedly(initialDelay, interval, receiver, message, sender, cancelable);
        return cancelable;
    }
}
