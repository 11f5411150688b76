using EdgePool.Edge.StreamManagement;
using Xunit;

namespace EdgePool.Edge.Tests.StreamManagement;

// XEP-0198 section 4, end to end: only what is settled is acknowledged.
public sealed class ReceivedStanzasTests
{
    private readonly SemaphoreSlim woken = new(0);
    private readonly ReceivedStanzas received;

    public ReceivedStanzasTests() => received = new ReceivedStanzas(() => woken.Release());

    [Fact]
    public void Seal_InOrder_CountsAtOnce()
    {
        var marks = Take(3);
        marks[0].Seal();
        Assert.Equal((1u, 2), (received.Handled, received.Unsettled));
        marks[1].Seal();
        marks[2].Seal();
        Assert.Equal((3u, 0), (received.Handled, received.Unsettled));
    }

    [Fact]
    public void Seal_OutOfOrder_CountsTheFirstOnesWithoutAGap()
    {
        var marks = Take(5);
        marks[4].Seal();
        marks[1].Seal();
        marks[2].Seal();
        Assert.Equal(0u, received.Handled);

        marks[0].Seal();
        Assert.Equal(3u, received.Handled);
        marks[3].Seal();
        Assert.Equal(5u, received.Handled);
    }

    // Against a plain list, over many lengths of the ring.
    [Fact]
    public void Seal_InAnyOrder_IsWhatAListSays()
    {
        var random = new Random(7);
        var open = new List<StanzaMark>();
        var reference = new SortedSet<uint>();
        var taken = 0u;
        for (var step = 0; step < 60_000; step++)
        {
            if (open.Count == 0 || random.Next(100) < (step / 10_000 % 2 == 0 ? 60 : 40))
            {
                open.Add(received.Take());
                reference.Add(taken++);
            }
            else
            {
                var index = random.Next(open.Count);
                var mark = open[index];
                open.RemoveAt(index);
                mark.Seal();
                reference.Remove(mark.Number);
            }

            Assert.Equal(reference.Count == 0 ? taken : reference.Min, received.Handled);
        }
    }

    [Fact]
    public void Request_AllIsSettled_IsAnsweredOnce()
    {
        Take(1)[0].Seal();
        Assert.True(received.Request());
        Assert.False(received.IsDue);
        received.Answer();

        Assert.True(received.IsDue);
        Assert.Equal((true, 1u), (received.TryTakeDue(out var h), h));
        Assert.False(received.TryTakeDue(out _));
        Assert.Equal(1, woken.CurrentCount);
    }

    [Fact]
    public async Task Request_SomethingIsOpen_IsAnsweredNowAndWhenItIsSettled()
    {
        var marks = Take(3);
        marks[0].Seal();
        received.Request();
        received.Answer();
        Assert.Equal((true, 1u), (received.TryTakeDue(out var now), now));
        Assert.True(await woken.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));

        marks[1].Seal();
        Assert.False(received.TryTakeDue(out _));
        var later = received.Take();
        marks[2].Seal();

        Assert.True(await woken.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        Assert.Equal((true, 3u), (received.TryTakeDue(out var then), then));
        later.Seal();
        Assert.False(received.TryTakeDue(out _));
    }

    [Fact]
    public void Answer_Unasked_ComesEverySoOften()
    {
        for (var i = 0; i < ReceivedStanzas.AnswerEvery - 1; i++)
            received.Take().Seal();
        Assert.False(received.IsDue);

        received.Take().Seal();

        Assert.Equal((true, (uint)ReceivedStanzas.AnswerEvery), (received.TryTakeDue(out var h), h));
    }

    [Fact]
    public void Answer_Unasked_ComesWithTimeAndWithTheEnd()
    {
        Take(1)[0].Seal();
        Assert.False(received.TryTakeDue(out _));
        received.OnTick();
        Assert.Equal((true, 1u), (received.TryTakeDue(out var h), h));
        received.OnTick();
        Assert.False(received.TryTakeDue(out _));

        Take(1)[0].Seal();
        Assert.Equal((true, 2u), (received.TryTakeDue(out var last, last: true), last));
        Assert.False(received.TryTakeDue(out _, last: true));
    }

    [Fact]
    public void Requests_WithNothingBetween_HaveALimitThatTimeRenews()
    {
        for (var i = 0; i <= ReceivedStanzas.MostIdleRequests; i++)
            Assert.Equal(i < ReceivedStanzas.MostIdleRequests, received.Request());
        received.OnTick();
        Assert.True(received.Request());

        for (var i = 0; i < 10 * ReceivedStanzas.MostIdleRequests; i++)
        {
            received.Take().Seal();
            Assert.True(received.Request());
        }
    }

    [Fact]
    public void IsFull_BehindOneThatIsOpen_AtTheLimit()
    {
        var first = received.Take();
        for (var i = 0; i < ReceivedStanzas.MostUnsettled - 2; i++)
            received.Take().Seal();
        Assert.False(received.IsFull);
        var last = received.Take();
        Assert.True(received.IsFull);

        first.Seal();
        Assert.Equal(((uint)ReceivedStanzas.MostUnsettled - 1, false), (received.Handled, received.IsFull));
        last.Seal();
        Assert.Equal((uint)ReceivedStanzas.MostUnsettled, received.Handled);
    }

    // XEP-0198 section 5: what comes again after a loss begins behind the count that the peer was told.
    [Fact]
    public void Resume_WhatWasTakenAndNotSettled_ComesAgainAndIsPassedOver()
    {
        var marks = Take(5);
        marks[0].Seal();
        marks[2].Seal();
        received.Suspend();
        var writer = 0;

        Assert.Equal(1u, received.Resume(() => writer++));
        marks[1].Seal();
        for (var i = 1; i < 5; i++)
            Assert.False(received.TryTake(out _));
        Assert.True(received.TryTake(out var next));
        marks[3].Seal();
        marks[4].Seal();
        next.Seal();

        Assert.Equal((6u, 0), (received.Handled, received.Unsettled));
        Assert.Equal((0, 0), (woken.CurrentCount, writer));
        received.OnTick();
        Assert.Equal((0, 1), (woken.CurrentCount, writer));
    }

    [Fact]
    public void Resume_TwiceWithoutAWordBetween_CountsFromTheSecond()
    {
        var marks = Take(3);
        received.Resume(() => { });
        Assert.False(received.TryTake(out _));
        marks[0].Seal();

        Assert.Equal(1u, received.Resume(() => { }));
        Assert.False(received.TryTake(out _));
        Assert.False(received.TryTake(out _));
        Assert.True(received.TryTake(out _));
    }

    private StanzaMark[] Take(int count) => [.. Enumerable.Range(0, count).Select(_ => received.Take())];
}
