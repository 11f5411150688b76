namespace EdgePool.Actors.Scheduling;

/// <summary>The system's scheduler: one timer of the clock for each task.</summary>
internal sealed class TimeProviderScheduler(TimeProvider time) : IScheduler, IAdvancedScheduler
{
    private readonly long _start = time.GetTimestamp();
    private volatile bool _isStopped;

    public DateTimeOffset Now => time.GetUtcNow();

    public TimeSpan MonotonicClock => time.GetElapsedTime(_start);

    public IAdvancedScheduler Advanced => this;

    public bool IsStopped => _isStopped;

    public void Stop() => _isStopped = true;

    public void ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable = null) =>
        ScheduleOnce(delay, () => receiver.Tell(message, sender), cancelable);

    public void ScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable = null) =>
        ScheduleRepeatedly(initialDelay, interval, () => receiver.Tell(message, sender), cancelable);

    public void ScheduleOnce(TimeSpan delay, Action action, ICancelable? cancelable = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ScheduledAction.Start(this, time, action, delay, Timeout.InfiniteTimeSpan, cancelable);
    }

    public void ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable? cancelable = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(initialDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
        ScheduledAction.Start(this, time, action, initialDelay, interval, cancelable);
    }

    private sealed class ScheduledAction
    {
        private readonly TimeProviderScheduler _scheduler;
        private readonly Action _action;
        private readonly ICancelable? _cancelable;
        private readonly ITimer _timer;
        private readonly bool _isPeriodic;

        private ScheduledAction(TimeProviderScheduler scheduler, TimeProvider time, Action action, bool isPeriodic, ICancelable? cancelable)
        {
            _scheduler = scheduler;
            _action = action;
            _isPeriodic = isPeriodic;
            _cancelable = cancelable;
            _timer = DetachedTimer.Create(time, static state => ((ScheduledAction)state!).OnTimer(), this);
        }

        public static void Start(
            TimeProviderScheduler scheduler, TimeProvider time, Action action, TimeSpan delay, TimeSpan interval, ICancelable? cancelable)
        {
            ArgumentNullException.ThrowIfNull(action);
            if (scheduler.IsStopped || cancelable is { IsCancellationRequested: true })
            {
                return;
            }

            var scheduled = new ScheduledAction(scheduler, time, action, interval > TimeSpan.Zero, cancelable);
            scheduled._timer.Change(delay, interval);
            cancelable?.Token.UnsafeRegister(static state => ((ScheduledAction)state!)._timer.Dispose(), scheduled);
        }

        private void OnTimer()
        {
            var isOver = _scheduler.IsStopped || _cancelable is { IsCancellationRequested: true };
            if (isOver || !_isPeriodic)
            {
                _timer.Dispose();
            }

            if (!isOver)
            {
                _action();
            }
        }
    }
}
