using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using EdgePool.Edge.Peers;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Tests.Routing;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Edge.Tests.Peers;

public sealed class OutboundChannelTests
{
    private const int Large = 40_000; // a segment of its own

    private readonly Ledger ledger = new();
    private readonly RouteTable routes;
    private readonly OutboundChannel channel;
    private readonly StanzaReading reading = new();

    public OutboundChannelTests()
    {
        routes = RoutingOptions.Table(new VirtualTimeProvider(), ledger);
        channel = new OutboundChannel(new ChannelName(DomainName.Parse("edge.example")), routes.ToPeer(DomainName.Parse("edge.example")), new Bouncer(routes, ledger), ledger);
        channel.Route.Queue.Attach(static () => { });
    }

    [Fact]
    public void Stanzas_AreDeliveredWhenTheyAreAcknowledged()
    {
        Send(3);
        Assert.Equal((0u, 3), Frame());
        Assert.Null(Frame());
        Assert.Equal((0, 3), (ledger.Read().Delivered, ledger.Read().InFlight));

        Assert.True(channel.Acknowledge(2)); // a part of what was written together
        Assert.True(channel.Acknowledge(3));

        Assert.Equal((3, 0), (ledger.Read().Delivered, ledger.Read().InFlight));
        Assert.Equal(0, channel.Route.Queue.Bytes);
    }

    [Fact]
    public void Acknowledge_OfWhatWasNotSent_IsRefused()
    {
        Send(2);
        Frame();

        Assert.False(channel.Acknowledge(3));
        Assert.True(channel.Acknowledge(2));
        Assert.False(channel.Acknowledge(1));
    }

    [Fact]
    public void Window_Full_HoldsBackUntilSomethingIsAcknowledged()
    {
        Send(20, Large);
        var frames = 0;
        while (Frame() is not null)
            frames++;

        Assert.Equal((OutboundChannel.Window / Large) + 1, frames);
        Assert.True(channel.Acknowledge(1));
        Assert.Equal(((uint)frames, 1), Frame());
        Assert.Null(Frame());
    }

    [Theory]
    [InlineData(0u, new[] { 0u, 1u, 2u, 3u, 4u })]
    [InlineData(2u, new[] { 2u, 3u, 4u })]
    [InlineData(5u, new uint[0])]
    public void Resume_WhatTheOtherSideHasNot_GoesAgainBeforeAnythingElse(uint taken, uint[] again)
    {
        Send(5, Large);
        while (Frame() is not null)
        {
            // all of them are written
        }

        Send(1, Large);
        Assert.True(channel.Resume(taken));

        foreach (var number in again)
            Assert.Equal((number, 1), Frame());
        Assert.Equal((5u, 1), Frame());
        Assert.True(channel.Acknowledge(6));
        Assert.Equal(6, ledger.Read().Delivered);
    }

    [Fact]
    public void Resume_InTheMiddleOfAFrame_SendsItsRest()
    {
        Send(5);
        Frame();

        Assert.True(channel.Resume(3));

        Assert.Equal((3u, 2), Frame());
        Assert.Null(Frame());
    }

    [Fact]
    public void Resume_WithMoreThanWasSent_IsRefused()
    {
        Send(2);
        Frame();

        Assert.False(channel.Resume(3));
        Assert.True(channel.Acknowledge(1));
        Assert.False(channel.Resume(0)); // it has handled one of them, and knows nothing of it
    }

    [Fact]
    public void Lose_AnswersWhatIsNotAcknowledged_AndCountsIt()
    {
        Send(5);
        Frame();
        channel.Acknowledge(2);

        Assert.Equal(3, channel.Lose());

        var account = ledger.Read();
        Assert.Equal((2, 3, 0, true), (account.Delivered, account.BouncedBy[BounceReason.StreamLost], account.InFlight, account.Balances));
        Send(1);
        Assert.Equal((0u, 1), Frame());
    }

    [Fact]
    public async Task Stanza_LongerThanAnyFrame_IsAnswered()
    {
        Send(1, 240_000, escaped: true);

        Assert.Null(Frame());

        await PoolScene.UntilAsync(() => ledger.Read().Bounced == 1);
        Assert.Equal(1, ledger.Read().BouncedBy[BounceReason.PeerLimit]);
    }

    private void Send(int count, int bytes = 1, bool escaped = false)
    {
        for (var i = 0; i < count; i++)
        {
            var body = escaped ? string.Concat(Enumerable.Repeat("<![CDATA[" + new string('&', 1000) + "]]>", bytes / 1000)) : new string('x', bytes);
            var stanza = reading.Read($"<message from='a@p1.example' to='b@edge.example' type='chat' id='1'><body>{body}</body></message>");
            ledger.Accept();
            Assert.NotEqual(Enqueued.Refused, channel.Route.Queue.Enqueue(in stanza, channel.Route.Namespace, "a@p1.example"u8, "b@edge.example"u8));
        }
    }

    private (uint First, int Stanzas)? Frame()
    {
        var output = new ArrayBufferWriter<byte>();
        if (!channel.TryCompose(output))
            return null;
        Assert.Equal(FrameRead.Frame, PeerFrame.Read(output.WrittenSpan, PeerFrame.Longest, out var kind, out var total));
        Assert.Equal((FrameKind.Stanzas, output.WrittenCount), (kind, total));
        var body = output.WrittenSpan[PeerFrame.HeaderBytes..];
        var length = BinaryPrimitives.ReadUInt16BigEndian(body);
        Assert.Equal("edge.example", Encoding.UTF8.GetString(body.Slice(2, length)));
        var rest = body[(2 + length)..];
        return (BinaryPrimitives.ReadUInt32BigEndian(rest), Encoding.UTF8.GetString(rest[4..]).Split("</message>").Length - 1);
    }
}
