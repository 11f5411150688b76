using System.Buffers;
using System.Text;
using EdgePool.Server.Demo.Load;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;
using Xunit;

namespace EdgePool.Server.Tests.Demo;

/// <summary>The demo's own check notices each way in which messages can go wrong.</summary>
public sealed class NumberedFlowTests
{
    private readonly VirtualTimeProvider time = new();
    private readonly NumberedFlow flow;

    public NumberedFlowTests() => flow = new NumberedFlow("user@partner.example/demo", "answers@contoso.example", time);

    [Fact]
    public void Write_AnyNumber_IsOnePlainMessageOf255Bytes()
    {
        foreach (var message in Sent(60))
        {
            Assert.Equal(NumberedMessage.Length, message.Length);
            var framer = StreamFramer.Inside(ContentNamespace.Server, FramerLimits.Authenticated);
            Assert.Equal(FrameStatus.Element, framer.Read(message, out var consumed, out var frame));
            Assert.Equal(message.Length, consumed);
            Assert.True(frame.IsPlain);
            Assert.Equal(StanzaKind.Message, frame.Kind);
        }
    }

    [Fact]
    public void Receive_AllInOrder_NothingIsWrong()
    {
        var messages = Sent(1_000);
        time.Advance(TimeSpan.FromMilliseconds(3));

        Receive(messages);

        Assert.Equal((1_000, 1_000, 0), (flow.Sent, flow.Received, flow.Missing));
        Assert.Equal((0, 0, 0), (flow.Duplicated, flow.Misordered, flow.Damaged));
        Assert.InRange(LatencyHistogram.Percentile(0.5, flow.Latency), 3_000, 3_047);
    }

    [Fact]
    public void Receive_OneLeftOut_IsMissing()
    {
        var messages = Sent(10);

        Receive([.. messages[..4], .. messages[5..]]);

        Assert.Equal((1, 0, 0, 0), (flow.Missing, flow.Duplicated, flow.Misordered, flow.Damaged));
    }

    [Fact]
    public void Receive_OneTwice_IsDuplicated()
    {
        var messages = Sent(10);

        Receive([.. messages, messages[0], messages[9]]);

        Assert.Equal((0, 2, 0, 0), (flow.Missing, flow.Duplicated, flow.Misordered, flow.Damaged));
    }

    [Fact]
    public void Receive_TwoSwapped_IsMisorderedAndNotMissing()
    {
        var messages = Sent(4);

        Receive([messages[0], messages[2], messages[1], messages[3]]);

        Assert.Equal((0, 0, 1, 0), (flow.Missing, flow.Duplicated, flow.Misordered, flow.Damaged));
    }

    [Fact]
    public void Receive_OlderThanTheMemory_CountsAsDuplicated()
    {
        var messages = Sent(NumberedFlow.Memory + 1);

        Receive([.. messages[2..], messages[1], messages[0]]);

        Assert.Equal((1, 1, 1), (flow.Missing, flow.Duplicated, flow.Misordered));
    }

    [Theory]
    [InlineData("number", 6)]
    [InlineData("time", 24)]
    [InlineData("check", 40)]
    [InlineData("text", 60)]
    [InlineData("end of the text", 130)]
    public void Receive_OneByteChanged_IsDamagedAndMissing(string part, int offset)
    {
        var message = Sent(1)[0];
        ref var changed = ref message[message.AsSpan().IndexOf("<body>"u8) + 6 + offset];
        changed = changed == (byte)'7' ? (byte)'8' : (byte)'7';

        Receive([message]);

        Assert.True((flow.Damaged, flow.Missing) == (1, 1), part);
    }

    [Fact]
    public void Bounce_OneOfThree_IsNeitherMissingNorReceived()
    {
        var named = new NumberedFlow("user@partner.example/n1", "answers@contoso.example", time, named: true);
        var buffer = new ArrayBufferWriter<byte>();
        byte[][] messages = [.. Enumerable.Range(0, 3).Select(_ =>
        {
            buffer.ResetWrittenCount();
            named.Write(buffer);
            return buffer.WrittenSpan.ToArray();
        })];
        StreamFramer.Inside(ContentNamespace.Server, FramerLimits.Authenticated).Read(messages[1], out _, out var bounced);

        named.Receive(messages[0]);
        Assert.Equal(1, named.Bounce(bounced.Id));
        Assert.Equal(1, named.Bounce(bounced.Id));

        Assert.All(messages, message => Assert.Equal(NumberedMessage.Length, message.Length));
        Assert.Equal((3, 1, 1, 1), (named.Sent, named.Received, named.Bounced, named.Missing));
        named.Receive(messages[1]);
        Assert.Equal((1, 1, 1), (named.Received, named.Bounced, named.Duplicated));
    }

    [Theory]
    [InlineData("")]
    [InlineData("000000000000000g")]
    [InlineData("0000000000000001")]
    [InlineData("ffffffffffffffff")]
    public void Bounce_OfAMessageThatWasNotSent_CountsNothing(string id)
    {
        Sent(1);

        Assert.Equal(-1, flow.Bounce(Encoding.UTF8.GetBytes(id)));
        Assert.Equal((0, 1), (flow.Bounced, flow.Missing));
    }

    [Theory]
    [InlineData("<message/>")]
    [InlineData("<message><body></body></message>")]
    [InlineData("<message><body>hello</body></message>")]
    public void Receive_SomethingElse_IsDamaged(string stanza)
    {
        Receive([Encoding.UTF8.GetBytes(stanza)]);

        Assert.Equal(1, flow.Damaged);
    }

    [Fact]
    public void Receive_NumberThatWasNeverSent_IsDamaged()
    {
        var other = new NumberedFlow("user@partner.example/demo", "answers@contoso.example", time);
        var buffer = new ArrayBufferWriter<byte>();
        other.Write(buffer);

        flow.Receive(buffer.WrittenSpan);

        Assert.Equal((1, 0), (flow.Damaged, flow.Received));
    }

    private byte[][] Sent(int count)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var messages = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            buffer.ResetWrittenCount();
            flow.Write(buffer);
            messages[i] = buffer.WrittenSpan.ToArray();
        }

        return messages;
    }

    private void Receive(byte[][] messages)
    {
        foreach (var message in messages)
        {
            flow.Receive(message);
        }
    }
}
