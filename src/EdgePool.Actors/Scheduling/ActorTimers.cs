using EdgePool.Actors.Cells;

namespace EdgePool.Actors.Scheduling;

/// <summary>The keyed timers of one incarnation.</summary>
internal sealed class ActorTimers(ActorCell cell) : ITimerScheduler
{
    private readonly Dictionary<object, TimerTick> _active = [];

    public void StartSingleTimer(object key, object msg, TimeSpan timeout) => Start(key, msg, timeout, Timeout.InfiniteTimeSpan);

    public void StartPeriodicTimer(object key, object msg, TimeSpan interval) => StartPeriodicTimer(key, msg, interval, interval);

    public void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
        Start(key, msg, initialDelay, interval);
    }

    public bool IsTimerActive(object key) => _active.ContainsKey(key);

    public void Cancel(object key)
    {
        if (_active.Remove(key, out var tick))
        {
            tick.Stop();
        }
    }

    public void CancelAll()
    {
        foreach (var tick in _active.Values)
        {
            tick.Stop();
        }

        _active.Clear();
    }

    /// <summary>Whether a tick that came through the mailbox is still wanted.</summary>
    public bool Accept(TimerTick tick)
    {
        if (!_active.TryGetValue(tick.Key, out var active) || !ReferenceEquals(active, tick))
        {
            return false;
        }

        if (!tick.IsPeriodic)
        {
            _active.Remove(tick.Key);
            tick.Stop();
        }

        return true;
    }

    private void Start(object key, object message, TimeSpan delay, TimeSpan interval)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(message);
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        Cancel(key);
        _active.Add(key, new TimerTick(cell, key, message, delay, interval));
    }
}

/// <summary>A running timer, and the word it sends to its actor.</summary>
internal sealed class TimerTick : IAutoReceivedMessage, IDeadLetterSuppression
{
    private readonly ActorCell _cell;
    private readonly ITimer _timer;

    public TimerTick(ActorCell cell, object key, object message, TimeSpan delay, TimeSpan interval)
    {
        _cell = cell;
        Key = key;
        Message = message;
        IsPeriodic = interval > TimeSpan.Zero;
        _timer = DetachedTimer.Create(cell.System.TimeProvider, static state => ((TimerTick)state!).OnTimer(), this);
        _timer.Change(delay, interval);
    }

    public object Key { get; }

    public object Message { get; }

    public bool IsPeriodic { get; }

    public void Stop() => _timer.Dispose();

    /// <summary>A deadline is never lost to a full mailbox; a periodic tick may be, as the next one follows.</summary>
    private void OnTimer()
    {
        if (IsPeriodic)
        {
            _cell.Mailbox.Post(this, sender: null);
        }
        else
        {
            _cell.Mailbox.PostAlways(this, sender: null);
        }
    }
}
