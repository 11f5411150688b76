using System.Buffers;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using Xunit;

namespace EdgePool.Edge.Tests.Routing;

// DESIGN.md section 5: every buffer has a cap; what a target cannot take is refused with a reason.
public sealed class StanzaQueueTests : StanzaQueueFixture
{
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
        Assert.Equal(1, Demands);

        queue.Attach(Writer);
        Add(queue);
        Assert.Equal(1, Demands);

        Drain(queue);
        queue.Detach(Writer);
        Assert.Equal(1, Demands);
        Add(queue);
        Add(queue);
        Assert.Equal(2, Demands);

        queue.Open();
        Add(queue);
        Assert.Equal(3, Demands);
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
        Assert.Equal((0, 2), (Demands, kicks));
    }

    [Fact]
    public void Detach_WithStanzasLeft_RaisesDemandAtOnce()
    {
        var queue = Queue();
        queue.Attach(Writer);
        Add(queue);

        queue.Detach(Writer);

        Assert.Equal((1, 1), (Demands, queue.Accepted));
    }

    [Fact]
    public void EnqueueOwn_WithoutStream_RaisesDemandAndIsNotCountedAsAccepted()
    {
        var queue = Queue();

        Assert.True(queue.EnqueueOwn("<message type='error'/>"u8));

        Assert.Equal((1, 0, "<message type='error'/>"u8.Length), (Demands, queue.Accepted, queue.Bytes));
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
    public void TakeOlderThan_TakesWhatWaitedLongEnough()
    {
        var queue = Queue();
        Add(queue);
        Time.Advance(TimeSpan.FromSeconds(59));
        Assert.Null(queue.TakeOlderThan(TimeSpan.FromSeconds(60)));
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(1, queue.TakeOlderThan(TimeSpan.FromSeconds(60))!.Entries);
        Assert.Null(queue.TakeOlderThan(TimeSpan.Zero));
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
}
