using System.Text;
using EdgePool.Edge.Routing;
using EdgePool.Edge.StreamManagement;
using EdgePool.Edge.Telemetry;
using EdgePool.Testing.Time;
using Xunit;

namespace EdgePool.Edge.Tests.StreamManagement;

// XEP-0198 sections 4 and 6, on the side that sends.
public sealed class SentStanzasTests : IDisposable
{
    private readonly Ledger ledger = new();
    private readonly VirtualTimeProvider time = new();
    private readonly SentStanzas sent;
    private int drained;

    public SentStanzasTests() => sent = new SentStanzas(new SentLimits(10, 100_000), ledger, time, () => drained++);

    public void Dispose() => sent.Dispose();

    [Fact]
    public void Acknowledge_PartOfASegment_DeliversThatPart()
    {
        Hold(4);
        Assert.Equal((4, 4L), (sent.Unacknowledged, ledger.Read().InFlight));

        Assert.True(sent.Acknowledge(3));

        Assert.Equal((3L, 1L, 1), (ledger.Read().Delivered, ledger.Read().InFlight, sent.Unacknowledged));
        Assert.True(sent.Acknowledge(4));
        Assert.Equal((4L, 0L, 1), (ledger.Read().Delivered, ledger.Read().InFlight, drained));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(uint.MaxValue)]
    public void Acknowledge_MoreThanWasSent_IsRefusedAndChangesNothing(uint h)
    {
        Hold(4);

        Assert.False(sent.Acknowledge(h));
        Assert.Equal((0L, 4), (ledger.Read().Delivered, sent.Unacknowledged));
    }

    [Fact]
    public void Lose_AfterAPart_AnswersTheRestAndSealsTheMarks()
    {
        var received = new ReceivedStanzas(() => { });
        Hold(4, received);
        sent.Acknowledge(3);
        Assert.Equal(3u, received.Handled);
        var lost = new List<string>();

        sent.Lose((segment, first) =>
        {
            for (var i = first; i < segment.Entries; i++)
                lost.Add(Encoding.UTF8.GetString(segment.Entry(i, out _).Span));
        });

        Assert.Equal(["<m n='3'/>"], lost);
        Assert.Equal((0L, 4u), (ledger.Read().InFlight, received.Handled));
        Assert.True(sent.Acknowledge(4), "a late answer means nothing");
        Assert.False(sent.TryHold(Segment(1)));
    }

    [Fact]
    public void GiveUp_WhatWasWritten_IsDelivered()
    {
        Hold(2);
        sent.GiveUp();

        Assert.Equal((2L, 0L, 0), (ledger.Read().Delivered, ledger.Read().InFlight, sent.Unacknowledged));
        Assert.False(sent.TryHold(Segment(1)));
    }

    [Fact]
    public void Own_Stanzas_AreCountedByThePeerAndNotByTheLedger()
    {
        var segment = Segment(1);
        segment.Append(Segment(1, own: true));
        Assert.True(sent.TryHold(segment));
        Assert.Equal((2, 1L), (sent.Unacknowledged, ledger.Read().InFlight));

        sent.Acknowledge(2);

        Assert.Equal((1L, 0L), (ledger.Read().Delivered, ledger.Read().InFlight));
    }

    [Fact]
    public void IsFull_AtEitherLimit_UntilAnAnswer()
    {
        Hold(9);
        Assert.False(sent.IsFull);
        Hold(1);
        Assert.True(sent.IsFull);
        sent.Acknowledge(10);
        Assert.False(sent.IsFull);

        Hold(1, bodyBytes: 100_000);
        Assert.True(sent.IsFull);
        sent.Acknowledge(11);
        Assert.False(sent.IsFull);
    }

    [Fact]
    public void MustAsk_WhenIdle_OnceForEachThatIsNew()
    {
        Assert.False(sent.MustAsk(idle: true));
        Hold(2);
        Assert.False(sent.MustAsk(idle: false));
        Assert.True(sent.MustAsk(idle: true));
        Assert.False(sent.MustAsk(idle: true));
        Hold(1);
        Assert.False(sent.MustAsk(idle: true), "one request at a time");

        sent.Acknowledge(2);
        Assert.True(sent.MustAsk(idle: true));
        sent.Acknowledge(2);
        Assert.False(sent.MustAsk(idle: true), "nothing is new");
        Assert.True(sent.OnTick());
        Assert.True(sent.MustAsk(idle: true));
        sent.Acknowledge(3);
        Assert.False(sent.OnTick());
        Assert.False(sent.MustAsk(idle: true));
    }

    [Fact]
    public void Age_IsThatOfTheOldest()
    {
        Assert.Equal(TimeSpan.Zero, sent.Age);
        Hold(1);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(TimeSpan.FromSeconds(5), sent.Age);
        sent.Acknowledge(1);
        Assert.Equal(TimeSpan.Zero, sent.Age);
    }

    // XEP-0198 section 5: what the peer has not handled goes out again, in order and before anything else.
    [Fact]
    public void Resume_RepeatsWhatIsNotHandled()
    {
        Hold(4);
        Hold(2, bodyBytes: 40_000);
        Assert.True(sent.MustAsk(idle: true));

        Assert.True(sent.Resume(3));

        Assert.Equal((3, 3L), (sent.Unacknowledged, ledger.Read().Delivered));
        Assert.True(sent.Repeats);
        Assert.Equal(["<m n='3'/>"], Repeated());
        Assert.Equal(2, Repeated().Length);
        Assert.True(sent.Repeats, "nobody has asked whether there is more");
        Assert.Empty(Repeated());
        Assert.False(sent.Repeats);
        Assert.True(sent.MustAsk(idle: true));
        Assert.True(sent.Acknowledge(6));
        Assert.Equal((6L, 0L), (ledger.Read().Delivered, ledger.Read().InFlight));
    }

    [Fact]
    public void Resume_AcknowledgedMeanwhile_IsNotRepeated()
    {
        Hold(2, bodyBytes: 20_000);
        Hold(2, bodyBytes: 20_000);
        Assert.True(sent.Resume(0));
        Assert.Equal(2, Repeated().Length);

        Assert.True(sent.Acknowledge(3));

        Assert.Single(Repeated());
        Assert.Empty(Repeated());
        Hold(1);
        Assert.Empty(Repeated());
    }

    [Fact]
    public void Resume_WithMoreThanWasSent_ChangesNothing()
    {
        Hold(2);

        Assert.False(sent.Resume(3));
        Assert.Equal((2, false), (sent.Unacknowledged, sent.Repeats));
    }

    [Fact]
    public void Resume_TheWayBeginsAnew()
    {
        Hold(1);
        time.Advance(TimeSpan.FromSeconds(100));

        Assert.True(sent.Resume(0));

        Assert.Equal(TimeSpan.Zero, sent.Age);
    }

    private string[] Repeated()
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        return sent.TryRepeat(output)
            ? [.. Encoding.UTF8.GetString(output.WrittenSpan).Split("<m", StringSplitOptions.RemoveEmptyEntries).Select(text => "<m" + text)]
            : [];
    }

    private void Hold(int stanzas, ReceivedStanzas? received = null, int bodyBytes = 0)
    {
        for (var i = 0; i < stanzas; i++)
            ledger.Accept();
        Assert.True(sent.TryHold(Segment(stanzas, received, bodyBytes: bodyBytes)));
        Assert.True(ledger.Read().Balances);
    }

    private static StanzaSegment Segment(int stanzas, ReceivedStanzas? received = null, bool own = false, int bodyBytes = 0)
    {
        var segment = new StanzaSegment();
        for (var i = 0; i < stanzas; i++)
        {
            System.Buffers.BuffersExtensions.Write(segment, Encoding.UTF8.GetBytes($"<m n='{i}'{new string(' ', bodyBytes)}/>"));
            segment.EndEntry(own, received?.Take() ?? default);
        }

        return segment;
    }
}
