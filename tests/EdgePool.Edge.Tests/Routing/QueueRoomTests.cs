using System.Globalization;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Framing;
using Xunit;

namespace EdgePool.Edge.Tests.Routing;

// DESIGN.md section 5: a full target first pauses its sources, then, after a deadline, bounces.
public sealed class QueueRoomTests : StanzaQueueFixture
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhenRoom_FullQueue_ResumesAtHalf()
    {
        var one = Rendered(Queue());
        var queue = Queue(outputBytes: 64 * 1024);
        queue.Attach(Writer);
        var count = 0;
        while (Add(queue) == Enqueued.Queued)
            count++;
        Assert.Equal(64 * 1024 / one, count);

        var waiting = queue.WhenRoomAsync(Patience, Stop).AsTask();
        var first = queue.Take()!;
        var second = queue.Take()!;
        Assert.True(first.Length <= 32 * 1024);
        Assert.False(waiting.IsCompleted);
        queue.Release(first);
        queue.Release(second);

        await waiting.WaitAsync(TimeSpan.FromSeconds(10), Stop);
    }

    [Fact]
    public async Task WhenRoom_TargetTakesNothing_StallsAtThePatience()
    {
        var queue = FullOutput();
        var waiting = queue.WhenRoomAsync(Patience, Stop).AsTask();
        Time.Advance(Patience - TimeSpan.FromTicks(1));
        Assert.False(waiting.IsCompleted);

        Time.Advance(TimeSpan.FromTicks(1));

        await waiting.WaitAsync(TimeSpan.FromSeconds(10), Stop);
        Assert.Equal((Enqueued.Refused, BounceReason.QueueFull), (Add(queue), queue.RefusedWith));

        queue.Release(queue.Take()!);
        Assert.Equal(Enqueued.Queued, Add(queue));
    }

    [Fact]
    public async Task WhenRoom_TargetMovesWhileOthersAddAsMuch_IsNotStalled()
    {
        var one = Rendered(Queue());
        var queue = Queue(outputBytes: 100 * one);
        queue.Attach(Writer);
        Add(queue);
        var moved = queue.Take()!;
        while (Add(queue) != Enqueued.QueuedAndFull)
        {
            // up to the limit
        }

        var waiting = queue.WhenRoomAsync(Patience, Stop).AsTask();
        Assert.Equal(Enqueued.QueuedAndFull, Add(queue));
        queue.Release(moved);
        Time.Advance(Patience);
        Assert.Equal(Enqueued.QueuedAndFull, Add(queue));
        Assert.False(waiting.IsCompleted);

        Drain(queue);
        await waiting.WaitAsync(TimeSpan.FromSeconds(10), Stop);
        await NoTimersAsync();
    }

    [Theory]
    [InlineData("stall")]
    [InlineData("close")]
    [InlineData("detach")]
    public async Task WhenRoom_QueueChanges_WakesTheSources(string change)
    {
        var queue = FullOutput();
        var waiting = Enumerable.Range(0, 16).Select(_ => queue.WhenRoomAsync(Patience, Stop).AsTask()).ToList();
        Assert.All(waiting, source => Assert.False(source.IsCompleted));

        switch (change)
        {
            case "stall":
                queue.Stall();
                break;
            case "close":
                queue.Close(BounceReason.BackEndUnavailable);
                break;
            default:
                queue.Detach(Writer);
                break;
        }

        await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(10), Stop);
        await NoTimersAsync();
    }

    [Fact]
    public async Task Enqueue_ManySources_KeepsTheOrderOfEachAndLosesNothing()
    {
        const int Sources = 8;
        const int Each = 3_000;
        var wanted = new SemaphoreSlim(0);
        var queue = Queue(outputBytes: 100_000);
        queue.Attach(() => wanted.Release());
        var last = Enumerable.Repeat(-1, Sources).ToArray();
        var seen = 0;

        var writer = Task.Run(
            async () =>
            {
                while (seen < Sources * Each)
                {
                    while (queue.Take() is { } segment)
                    {
                        for (var i = 0; i < segment.Entries; i++)
                        {
                            var id = Text(segment.Entry(i, out _)).Split("id='")[1].Split('\'')[0].Split('-');
                            var (source, number) = (int.Parse(id[0], CultureInfo.InvariantCulture), int.Parse(id[1], CultureInfo.InvariantCulture));
                            Assert.Equal(last[source] + 1, number);
                            last[source] = number;
                        }

                        seen += segment.Entries;
                        queue.Release(segment);
                    }

                    if (seen < Sources * Each)
                        await wanted.WaitAsync(Stop);
                }
            },
            Stop);
        var producers = Enumerable.Range(0, Sources).Select(source => Task.Run(
            async () =>
            {
                var own = new StanzaReading();
                for (var i = 0; i < Each; i++)
                {
                    var result = queue.Enqueue(
                        own.Read(StanzaReading.Message("a@p1.example", "b@edge.example", $"{source}-{i}")), ContentNamespace.Component, "a@p1.example"u8, "b@edge.example"u8);
                    queue.Flush();
                    if (result == Enqueued.QueuedAndFull)
                        await queue.WhenRoomAsync(Patience, Stop);
                    else
                        Assert.Equal(Enqueued.Queued, result);
                }
            },
            Stop));

        await Task.WhenAll([writer, .. producers]).WaitAsync(TimeSpan.FromSeconds(60), Stop);
        Assert.Equal((0, 0), (queue.Accepted, queue.Bytes));
    }

    private StanzaQueue FullOutput()
    {
        var queue = Queue(outputBytes: 40 * 1024);
        queue.Attach(Writer);
        while (Add(queue) != Enqueued.QueuedAndFull)
        {
            // up to the limit
        }

        return queue;
    }

    // A wait gives its timer back behind its continuation, which is the test itself.
    private async Task NoTimersAsync()
    {
        while (Time.ActiveTimers > 0)
            await Task.Delay(1, Stop);
    }
}
