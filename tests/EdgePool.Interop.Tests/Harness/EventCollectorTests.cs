using EdgePool.Testing.Logging;
using Microsoft.Extensions.Logging;

namespace EdgePool.Interop.Tests.Harness;

public sealed class EventCollectorTests
{
    [Fact]
    public async Task WaitFor_PastAndFutureRecords_FindsBoth()
    {
        using var collector = new EventCollector();
        var log = collector.CreateLogger("test");
        log.Log(LogLevel.Information, new EventId(1, "One"), "first", null, (state, _) => state);
        Assert.Equal("first", (await collector.WaitForAsync(e => e.Id.Id == 1, CancellationToken.None)).Message);
        var waiting = collector.WaitForAsync(e => e.Id.Id == 3, CancellationToken.None);
        log.Log(LogLevel.Information, new EventId(2, "Two"), "second", null, (state, _) => state);
        Assert.False(waiting.IsCompleted);
        log.Log(LogLevel.Information, new EventId(3, "Three"), "third", null, (state, _) => state);
        Assert.Equal("third", (await waiting.WaitAsync(TimeSpan.FromSeconds(10))).Message);
    }

    [Fact]
    public async Task Records_BeyondTheLimit_TheOlderHalfGoesAndNewOnesAreStillFound()
    {
        using var collector = new EventCollector();
        var log = collector.CreateLogger("test");
        for (var i = 0; i <= EventCollector.Limit; i++)
            log.Log(LogLevel.Trace, new EventId(i), "x", null, (state, _) => state);
        Assert.Equal(EventCollector.Limit / 2 + 1, collector.Events.Count);
        await collector.WaitForAsync(e => e.Id.Id == EventCollector.Limit, CancellationToken.None);
    }
}
