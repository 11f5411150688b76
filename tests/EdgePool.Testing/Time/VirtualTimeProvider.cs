namespace EdgePool.Testing.Time;

/// <summary>
/// A clock that stands still until a test advances it. Due timers fire on the advancing thread, in the order of their due times (equal ones in
/// the order in which they were set), each at its own instant, so that a callback that reads the clock sees the time it asked for.
/// Any thread may use it. A timer that is due at once fires on the thread pool, as the system's would.
/// </summary>
public sealed class VirtualTimeProvider : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly SortedSet<VirtualTimer> _waiting = new(VirtualTimer.ByDueTime);
    private readonly DateTimeOffset _start;
    private TimeSpan _elapsed;
    private long _sequence;

    /// <summary>A clock that begins at 2026-01-01 00:00 UTC.</summary>
    public VirtualTimeProvider()
        : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>A clock that begins at <paramref name="start"/>.</summary>
    public VirtualTimeProvider(DateTimeOffset start) => _start = start;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>The time advanced so far.</summary>
    public TimeSpan Elapsed
    {
        get
        {
            lock (_lock)
            {
                return _elapsed;
            }
        }
    }

    /// <summary>How many timers wait for their time: lets a test see that the code under test has set its timer.</summary>
    public int ActiveTimers
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>The time until the next timer fires; null when none waits.</summary>
    public TimeSpan? NextTimerIn
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Min is { } next ? next.Due - _elapsed : null;
            }
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _start + Elapsed;

    /// <inheritdoc/>
    public override long GetTimestamp() => Elapsed.Ticks;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock on and fires every timer that becomes due, those that callbacks set in the meantime included.</summary>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        TimeSpan target;
        lock (_lock)
        {
            target = _elapsed + time;
        }

        while (TakeDue(target) is { } timer)
        {
            timer.Fire();
        }
    }

    private VirtualTimer? TakeDue(TimeSpan target)
    {
        lock (_lock)
        {
            if (_waiting.Min is not { } next || next.Due > target)
            {
                _elapsed = target > _elapsed ? target : _elapsed;
                return null;
            }

            _waiting.Remove(next);
            _elapsed = next.Due > _elapsed ? next.Due : _elapsed;
            if (next.Period > TimeSpan.Zero)
            {
                Enqueue(next, next.Period);
            }

            return next;
        }
    }

    private void Enqueue(VirtualTimer timer, TimeSpan dueTime)
    {
        timer.Due = _elapsed + dueTime;
        timer.Sequence = _sequence++;
        _waiting.Add(timer);
    }

    private sealed class VirtualTimer(VirtualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private readonly ExecutionContext? _context = ExecutionContext.Capture();
        private bool _isDisposed;

        public static IComparer<VirtualTimer> ByDueTime { get; } = Comparer<VirtualTimer>.Create(static (left, right) =>
            left.Due != right.Due ? left.Due.CompareTo(right.Due) : left.Sequence.CompareTo(right.Sequence));

        public TimeSpan Due { get; set; }

        public TimeSpan Period { get; private set; }

        public long Sequence { get; set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, Timeout.InfiniteTimeSpan);
            ArgumentOutOfRangeException.ThrowIfLessThan(period, Timeout.InfiniteTimeSpan);
            lock (clock._lock)
            {
                if (_isDisposed)
                {
                    return false;
                }

                clock._waiting.Remove(this);
                Period = period;
                if (dueTime > TimeSpan.Zero)
                {
                    clock.Enqueue(this, dueTime);
                    return true;
                }

                if (dueTime == TimeSpan.Zero && period > TimeSpan.Zero)
                {
                    clock.Enqueue(this, period);
                }
            }

            if (dueTime == TimeSpan.Zero)
            {
                ThreadPool.UnsafeQueueUserWorkItem(static timer => timer.Fire(), this, preferLocal: false);
            }

            return true;
        }

        public void Fire()
        {
            if (_context is null)
            {
                callback(state);
            }
            else
            {
                ExecutionContext.Run(_context, static timer => ((VirtualTimer)timer!).Call(), this);
            }
        }

        public void Dispose()
        {
            lock (clock._lock)
            {
                _isDisposed = true;
                clock._waiting.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Call() => callback(state);
    }
}
