using EdgePool.Actors.Cells;

namespace EdgePool.Actors.Scheduling;

/// <summary>
/// The receive timeout of one actor. A message only notes the time; the timer, when it fires early, goes on for the rest, so that a busy
/// actor pays no timer operation per message.
/// </summary>
internal sealed class ReceiveTimeoutTimer
{
    private static readonly TimeSpan Resolution = TimeSpan.FromMilliseconds(1);

    private readonly ActorCell _cell;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly ReceiveTimeoutTick _tick;
    private long _lastActivity;
    private volatile bool _isWaiting = true;

    public ReceiveTimeoutTimer(ActorCell cell, TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        _cell = cell;
        _time = cell.System.TimeProvider;
        Timeout = timeout;
        _tick = new ReceiveTimeoutTick(this);
        _lastActivity = _time.GetTimestamp();
        _timer = DetachedTimer.Create(_time, static state => ((ReceiveTimeoutTimer)state!).OnTimer(), this);
        Wait(timeout);
    }

    public TimeSpan Timeout { get; }

    public bool IsDue => Remaining <= TimeSpan.Zero;

    private TimeSpan Remaining => Timeout - _time.GetElapsedTime(Interlocked.Read(ref _lastActivity));

    /// <summary>A message was handled.</summary>
    public void Touch()
    {
        Interlocked.Exchange(ref _lastActivity, _time.GetTimestamp());
        if (!_isWaiting)
        {
            _isWaiting = true;
            Wait(Timeout);
        }
    }

    public void Stop() => _timer.Dispose();

    private void OnTimer()
    {
        var remaining = Remaining;
        if (remaining > TimeSpan.Zero)
        {
            Wait(remaining < Resolution ? Resolution : remaining);
            return;
        }

        _isWaiting = false;
        _cell.Mailbox.PostAlways(_tick, sender: null);
    }

    private void Wait(TimeSpan time) => _timer.Change(time, System.Threading.Timeout.InfiniteTimeSpan);
}

/// <summary>The timer's word to its actor; void when the timer has been replaced or a message has come since.</summary>
internal sealed class ReceiveTimeoutTick(ReceiveTimeoutTimer timer) : IAutoReceivedMessage, IDeadLetterSuppression
{
    public ReceiveTimeoutTimer Timer { get; } = timer;
}
