using EdgePool.Testing.Time;

namespace EdgePool.Edge.Tests.Fixture;

/// <summary>The node of <see cref="EdgeFixture"/> on a clock that the test moves; sockets are real.</summary>
public class VirtualTimeFixture : EdgeFixture
{
    public VirtualTimeProvider Clock { get; } = new(DateTimeOffset.UtcNow);

    protected override TimeProvider Time => Clock;

    public override async ValueTask DisposeAsync()
    {
        await AdvanceUntilAsync(base.DisposeAsync().AsTask(), TimeSpan.FromMinutes(2));
        GC.SuppressFinalize(this);
    }

    /// <summary>Waits until something is so, without moving the clock.</summary>
    /// <exception cref="TimeoutException">It is not so after 10 s.</exception>
    public async Task WhenAsync(Func<bool> condition)
    {
        for (var looks = 0; !condition(); looks++)
        {
            if (looks == 1_000)
                throw new TimeoutException("what was waited for did not happen; the node's log ends with\n" + string.Join('\n', Log.Events.TakeLast(20).Select(e => e.Message)));
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }

    /// <summary>Moves the clock in small steps until <paramref name="awaited"/> has happened; gives how far it went.</summary>
    /// <exception cref="TimeoutException">It did not happen within <paramref name="atMost"/> of the node's time.</exception>
    public async Task<TimeSpan> AdvanceUntilAsync(Task awaited, TimeSpan atMost)
    {
        var start = Clock.Elapsed;
        while (!awaited.IsCompleted)
        {
            if (Clock.Elapsed - start >= atMost)
                throw new TimeoutException($"nothing happened within {atMost}");
            Clock.Advance(TimeSpan.FromMilliseconds(250));
            await Task.WhenAny(awaited, Task.Delay(TimeSpan.FromMilliseconds(10)));
        }

        await awaited;
        return Clock.Elapsed - start;
    }
}
