using System.Buffers;
using System.Globalization;
using System.Text;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Framing;
using Xunit;

namespace EdgePool.Edge.Tests.Routing;

// DESIGN.md section 5: every buffer has a cap; a full target pauses its sources, then bounces.
public sealed class StanzaQueueTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly VirtualTimeProvider time = new();
    private readonly StanzaReading reading = new();
    private int demands;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static readonly Action Writer = static () => { };

    [Fact]
    public void Enqueue_PendingAtTheLimitOfStanzas_PausesThenRefusesAtTwice()
    {
        var queue = Queue(pendingStanzas: 3);

        var results = Enumerable.Range(0, 7).Select(_ => Add(queue)).ToList();

        Assert.Equal(
            [Enqueued.Queued, Enqueued.Queued, Enqueued.QueuedAndFull, Enqueued.QueuedAndFull, Enqueued.QueuedAndFull, Enqueued.QueuedAndFull, Enqueued.Refused],
            results);
        Assert.Equal((BounceReason.RemoteServerTimeout, 6), (queue.RefusedWith, queue.Accepted));
    }

    [Fact]
    public void Enqueue_PendingAtTheLimitOfBytes_PausesThenRefusesAtTwice()
    {
        var one = Rendered(Queue());
        var queue = Queue(pendingBytes: 2 * one);

        Assert.Equal(Enqueued.Queued, Add(queue));
        Assert.Equal([Enqueued.QueuedAndFull, Enqueued.QueuedAndFull, Enqueued.QueuedAndFull], new[] { Add(queue), Add(queue), Add(queue) });
        Assert.Equal(Enqueued.Refused, Add(queue));
        Assert.Equal(4 * one, queue.Bytes);
    }

    [Fact]
    public void Enqueue_AttachedOverTheOutputLimit_PausesThenRefusesAtTwice()
    {
        var one = Rendered(Queue());
        var queue = Queue(outputBytes: 2 * one);
        queue.Attach(Writer);

        Assert.Equal([Enqueued.Queued, Enqueued.Queued], new[] { Add(queue), Add(queue) });
        Assert.Equal([Enqueued.QueuedAndFull, Enqueued.QueuedAndFull, Enqueued.QueuedAndFull], new[] { Add(queue), Add(queue), Add(queue) });
        Assert.Equal(Enqueued.Refused, Add(queue));
        Assert.Equal(BounceReason.QueueFull, queue.RefusedWith);
    }

    [Fact]
    public void Enqueue_WithoutStream_RaisesDemandOncePerEpisode()
    {
        var queue = Queue();
        Add(queue);
        Add(queue);
        Assert.Equal(1, demands);

        queue.Attach(Writer);
        Add(queue);
        Assert.Equal(1, demands);

        Drain(queue);
        queue.Detach(Writer);
        Assert.Equal(1, demands);
        Add(queue);
        Add(queue);
        Assert.Equal(2, demands);

        queue.Open();
        Add(queue);
        Assert.Equal(3, demands);
    }

    [Fact]
    public void Detach_OfAnOlderStream_LeavesTheNewOneAttached()
    {
        var kicks = 0;
        var queue = Queue();
        queue.Attach(Writer);
        queue.Attach(() => kicks++);

        queue.Detach(Writer);

        Add(queue);
        queue.Flush();
        Assert.Equal((0, 2), (demands, kicks));
    }

    [Fact]
    public void Detach_WithStanzasLeft_RaisesDemandAtOnce()
    {
        var queue = Queue();
        queue.Attach(Writer);
        Add(queue);

        queue.Detach(Writer);

        Assert.Equal((1, 1), (demands, queue.Accepted));
    }

    [Fact]
    public void EnqueueOwn_WithoutStream_RaisesDemandAndIsNotCountedAsAccepted()
    {
        var queue = Queue();

        Assert.True(queue.EnqueueOwn("<message type='error'/>"u8));

        Assert.Equal((1, 0, "<message type='error'/>"u8.Length), (demands, queue.Accepted, queue.Bytes));
        var segment = queue.Take()!;
        Assert.Equal("<message type='error'/>", Text(segment.Entry(0, out var own)));
        Assert.True(own);
    }

    [Fact]
    public void EnqueueOwn_WhereNothingCanWait_IsNotTaken()
    {
        var closed = Queue();
        closed.Close(BounceReason.Shutdown);
        var retired = Queue();
        Assert.True(retired.TryRetire());
        var full = Queue(pendingStanzas: 1);
        Add(full);
        full.Stall();

        Assert.All([closed, retired, full], queue => Assert.False(queue.EnqueueOwn("<message/>"u8)));
    }

    [Theory]
    [InlineData(BounceReason.BackEndUnavailable)]
    [InlineData(BounceReason.Shutdown)]
    public void Close_RefusesWithItsReason_UntilAStreamIsUpOrItOpens(BounceReason reason)
    {
        var queue = Queue();
        queue.Close(reason);
        Assert.Equal((Enqueued.Refused, reason), (Add(queue), queue.RefusedWith));

        queue.Attach(Writer);
        Assert.Equal(Enqueued.Queued, Add(queue));

        queue.Close(reason);
        Assert.Equal(Enqueued.Refused, Add(queue));
        queue.Open();
        Assert.Equal(Enqueued.Queued, Add(queue));
        Assert.Equal(0, queue.Bytes - (2 * Rendered(Queue())));
    }

    [Fact]
    public void Stall_NoStreamCameUp_RefusesWhatPassesThePendingLimitAtOnce()
    {
        var queue = Queue(pendingStanzas: 2);
        queue.Stall();
        Assert.Equal([Enqueued.Queued, Enqueued.QueuedAndFull], new[] { Add(queue), Add(queue) });

        Assert.Equal((Enqueued.Refused, BounceReason.RemoteServerTimeout), (Add(queue), queue.RefusedWith));

        queue.Attach(Writer);
        Assert.Equal(Enqueued.Queued, Add(queue));
    }

    [Fact]
    public void Retire_EmptyWithoutStream_EndsTheQueue()
    {
        var queue = Queue();
        queue.Attach(Writer);
        Assert.False(queue.TryRetire());
        queue.Detach(Writer);
        Add(queue);
        Assert.False(queue.TryRetire());
        Drain(queue);

        Assert.True(queue.TryRetire());

        Assert.Equal((Enqueued.Retired, BounceReason.RemoteServerTimeout), (Add(queue), queue.RefusedWith));
    }

    // What waited for the stream is the stream's to write: it is no reason to refuse what comes while it does.
    [Fact]
    public void Attach_LongBacklog_HasItsRoomBesideTheOutputLimit()
    {
        var one = Rendered(Queue());
        var queue = Queue(pendingBytes: 10 * one, outputBytes: one);
        for (var i = 0; i < 10; i++)
            Add(queue);
        queue.Attach(Writer);

        Assert.Equal([Enqueued.QueuedAndFull, Enqueued.QueuedAndFull, Enqueued.QueuedAndFull], new[] { Add(queue), Add(queue), Add(queue) });
        Assert.Equal((Enqueued.Refused, BounceReason.QueueFull), (Add(queue), queue.RefusedWith));

        Drain(queue);
        Assert.Equal([Enqueued.Queued, Enqueued.QueuedAndFull, Enqueued.QueuedAndFull, Enqueued.Refused], new[] { Add(queue), Add(queue), Add(queue), Add(queue) });
    }

    [Fact]
    public void Flush_KicksTheAttachedWriterAlone()
    {
        var kicks = 0;
        var queue = Queue();
        queue.Flush();
        Action writer = () => kicks++;
        queue.Attach(writer);
        Assert.Equal(1, kicks);
        queue.Flush();
        Assert.Equal(2, kicks);
        queue.Detach(writer);
        queue.Flush();
        Assert.Equal(2, kicks);
    }

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
        time.Advance(Patience - TimeSpan.FromTicks(1));
        Assert.False(waiting.IsCompleted);

        time.Advance(TimeSpan.FromTicks(1));

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
        time.Advance(Patience);
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
    public void TakeOlderThan_TakesWhatWaitedLongEnough()
    {
        var queue = Queue();
        Add(queue);
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Null(queue.TakeOlderThan(TimeSpan.FromSeconds(60)));
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(1, queue.TakeOlderThan(TimeSpan.FromSeconds(60))!.Entries);
        Assert.Null(queue.TakeOlderThan(TimeSpan.Zero));
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

    // RES-20: what a pooled buffer held before never goes out.
    [Fact]
    public void Take_RES20_ShortStanzaInAUsedBuffer_IsExactlyTheStanza()
    {
        var queue = Queue();
        queue.Attach(Writer);
        for (var round = 0; round < 8; round++)
        {
            Add(queue, bodyBytes: 200_000);
            Drain(queue);
            var used = ArrayPool<byte>.Shared.Rent(StanzaSegment.TargetBytes);
            used.AsSpan().Fill((byte)'S');
            ArrayPool<byte>.Shared.Return(used);
            Add(queue);

            var segment = queue.Take()!;

            Assert.Equal("<message type='chat' id='i' from='a@p1.example' to='b@edge.example'><body>x</body></message>".Length, segment.Length);
            Assert.DoesNotContain("S", Text(segment.Memory), StringComparison.Ordinal);
            queue.Release(segment);
        }
    }

    private StanzaQueue Queue(int pendingStanzas = 1_000, int pendingBytes = 1 << 20, int outputBytes = 1 << 20)
        => new(new QueueLimits(pendingStanzas, pendingBytes, outputBytes), time, () => demands++);

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

    private int Rendered(StanzaQueue queue)
    {
        Add(queue);
        demands--;
        return queue.Bytes;
    }

    private Enqueued Add(StanzaQueue queue, int bodyBytes = 1)
        => queue.Enqueue(
            reading.Read(StanzaReading.Message("a@p1.example", "b@edge.example", "i", bodyBytes)), ContentNamespace.Component, "a@p1.example"u8, "b@edge.example"u8);

    // A wait gives its timer back behind its continuation, which is the test itself.
    private async Task NoTimersAsync()
    {
        while (time.ActiveTimers > 0)
            await Task.Delay(1, Stop);
    }

    private static void Drain(StanzaQueue queue)
    {
        while (queue.Take() is { } segment)
            queue.Release(segment);
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
