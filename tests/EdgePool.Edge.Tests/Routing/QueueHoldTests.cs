using EdgePool.Edge.Routing;
using EdgePool.Edge.StreamManagement;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Framing;
using Xunit;

namespace EdgePool.Edge.Tests.Routing;

/// <summary>A queue that a channel to another node holds: whoever carries it next waits until all that was taken has ended.</summary>
public sealed class QueueHoldTests
{
    private readonly object channel = new();
    private readonly StanzaReading reading = new();
    private readonly StanzaQueue queue = new(new QueueLimits(1_000, 1 << 20, 1 << 20), new VirtualTimeProvider());

    [Fact]
    public void Held_TheHolderAloneTakes_AndWhoIsAttachedTakesWhenItIsFree()
    {
        Assert.True(queue.TryHold(channel));
        Assert.False(queue.TryHold(new object()));
        Assert.Equal(Enqueued.Queued, Add());
        var woken = 0;
        queue.Attach(() => woken++);

        Assert.Null(queue.TakeFor(carrier: null));
        var taken = queue.TakeFor(channel)!;
        Assert.Equal(Enqueued.Queued, Add());
        queue.Release(taken);
        Assert.Null(queue.TakeFor(new object()));
        var before = woken;
        queue.Free(new object());
        Assert.Null(queue.TakeFor(carrier: null));
        queue.Free(channel);

        Assert.Equal(before + 1, woken);
        Assert.NotNull(queue.TakeFor(carrier: null));
    }

    // Hop limit 1: what came over a link goes over no other one, whichever comes first.
    [Fact]
    public void OfLink_GoesOverNoOtherLink()
    {
        var link = new ReceivedStanzas(static () => { }) { IsOfLink = true };
        Assert.Equal(Enqueued.Queued, Add(link.Take()));
        Assert.True(queue.WaitsForLink);
        Assert.False(queue.TryHold(channel));

        queue.Release(queue.TakeWhere(static (_, _, ofLink) => ofLink)!);
        Assert.True(queue.TryHold(channel));

        Assert.Equal(Enqueued.Refused, Add(link.Take()));
        Assert.Equal(Enqueued.Queued, Add(new ReceivedStanzas(static () => { }).Take()));
    }

    [Fact]
    public void Held_IsNotRetired()
    {
        Assert.True(queue.TryHold(channel));
        Assert.False(queue.TryRetire());
        queue.Free(channel);
        Assert.True(queue.TryRetire());
        Assert.False(queue.TryHold(channel));
    }

    private Enqueued Add(StanzaMark mark = default)
    {
        var stanza = reading.Read(StanzaReading.Message("a@p1.example", "b@edge.example", "1"));
        return queue.Enqueue(in stanza, ContentNamespace.Server, "a@p1.example"u8, "b@edge.example"u8, mark: mark);
    }
}
