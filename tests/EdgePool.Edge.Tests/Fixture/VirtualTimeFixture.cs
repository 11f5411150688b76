using System.Net;
using EdgePool.Testing.Time;
using Xunit;

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
    /// <exception cref="TimeoutException">It is not so after 30 s of real time.</exception>
    public async Task WhenAsync(Func<bool> condition)
    {
        for (var looks = 0; !condition(); looks++)
        {
            if (looks == 3_000)
                throw new TimeoutException("what was waited for did not happen; the node's log ends with\n" + string.Join('\n', Log.Events.TakeLast(20).Select(e => e.Message)));
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }

    /// <summary>Waits, without moving the clock, until the node has taken the connection and its deadlines run.</summary>
    public Task AcceptedAsync(IPEndPoint peer)
    {
        var name = peer.ToString();
        return WhenAsync(() => Node.Streams.All.FirstOrDefault(s => s.Peer == name) is { } stream
            && Log.Events.Any(e => e.Id.Id == 1000 && stream.Number.Equals(e.Values["Stream"])));
    }

    /// <summary>
    /// Moves the clock to just before a deadline, where <paramref name="awaited"/> must not have happened, and past it. Then it waits for what the node does,
    /// with the clock at rest: time does not outrun a node that is slow.
    /// </summary>
    /// <param name="awaited">Waits for the peer's side of what happens at the deadline.</param>
    /// <param name="deadline">From now. Whatever sets it has been seen to be there.</param>
    /// <param name="seenEvery">Where the node looks at its deadline from time to time: how often.</param>
    public async Task ExpectAtAsync(Task awaited, TimeSpan deadline, TimeSpan? seenEvery = null)
    {
        var last = seenEvery ?? TimeSpan.FromMilliseconds(1);
        Clock.Advance(deadline - last);
        await ExpectUnharmedAsync(); // a round trip through the node: it has had the time to do what it must not
        Assert.False(awaited.IsCompleted, $"it happened more than {last} before {deadline}");
        Clock.Advance(last);
        await awaited.WaitAsync(TimeSpan.FromSeconds(30));
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
