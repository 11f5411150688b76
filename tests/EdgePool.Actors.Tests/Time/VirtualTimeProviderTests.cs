using EdgePool.Testing.Time;

namespace EdgePool.Tests.Actors.Time;

public sealed class VirtualTimeProviderTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly VirtualTimeProvider _time = new();
    private readonly List<(string Name, TimeSpan At)> _fired = [];

    [Fact]
    public void Advance_MovesBothClocks()
    {
        var (utc, timestamp) = (_time.GetUtcNow(), _time.GetTimestamp());
        _time.Advance(90 * Second);
        Assert.Equal(utc + (90 * Second), _time.GetUtcNow());
        Assert.Equal(90 * Second, _time.GetElapsedTime(timestamp));
    }

    [Fact]
    public void Advance_FiresDueTimersInOrderAndAtTheirInstants()
    {
        Start("c", 3 * Second);
        Start("a", Second);
        Start("b", 2 * Second);
        Start("b2", 2 * Second);
        Start("later", 4 * Second);
        _time.Advance(3 * Second);
        Assert.Equal([("a", Second), ("b", 2 * Second), ("b2", 2 * Second), ("c", 3 * Second)], _fired);
        Assert.Equal(1, _time.ActiveTimers);
        Assert.Equal(Second, _time.NextTimerIn);
    }

    [Fact]
    public void PeriodicTimer_FiresEachPeriodUntilDisposed()
    {
        var timer = Start("tick", Second, 2 * Second);
        _time.Advance(6 * Second);
        timer.Dispose();
        _time.Advance(6 * Second);
        Assert.Equal([("tick", Second), ("tick", 3 * Second), ("tick", 5 * Second)], _fired);
    }

    [Fact]
    public void Timer_SetByACallback_FiresInTheSameAdvance()
    {
        using var timer = _time.CreateTimer(_ => Start("inner", Second), null, Second, Timeout.InfiniteTimeSpan);
        _time.Advance(2 * Second);
        Assert.Equal([("inner", 2 * Second)], _fired);
    }

    [Fact]
    public void Timer_Changed_FiresAtTheNewTime()
    {
        var timer = Start("timer", Second);
        Assert.True(timer.Change(3 * Second, Timeout.InfiniteTimeSpan));
        _time.Advance(2 * Second);
        Assert.Empty(_fired);
        _time.Advance(Second);
        Assert.Equal([("timer", 3 * Second)], _fired);
        timer.Dispose();
        Assert.False(timer.Change(Second, Timeout.InfiniteTimeSpan));
    }

    [Fact]
    public async Task Timer_DueAtOnce_FiresWithoutAdvance()
    {
        var fired = new TaskCompletionSource();
        await using var timer = _time.CreateTimer(_ => fired.SetResult(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        await fired.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task TaskDelayAndCancellation_FollowTheClock()
    {
        using var source = new CancellationTokenSource(2 * Second, _time);
        var delay = Task.Delay(Second, _time);
        _time.Advance(Second);
        await delay.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.False(source.IsCancellationRequested);
        _time.Advance(Second);
        Assert.True(source.IsCancellationRequested);
    }

    [Fact]
    public async Task Advance_FromManyThreads_FiresEachTimerOnce()
    {
        var count = 0;
        for (var i = 0; i < 1_000; i++)
        {
            _time.CreateTimer(_ => Interlocked.Increment(ref count), null, TimeSpan.FromMilliseconds(1 + i), Timeout.InfiniteTimeSpan);
        }

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 250; i++)
            {
                _time.Advance(TimeSpan.FromMilliseconds(4));
            }
        })));
        _time.Advance(Second);
        Assert.Equal(1_000, count);
    }

    private ITimer Start(string name, TimeSpan due, TimeSpan? period = null) =>
        _time.CreateTimer(_ => _fired.Add((name, _time.Elapsed)), null, due, period ?? Timeout.InfiniteTimeSpan);
}
