using EdgePool.Server.Demo.Load;
using EdgePool.Server.Demo.Peers;
using Xunit;

namespace EdgePool.Server.Tests.Demo;

public sealed class UnacknowledgedStanzasTests
{
    private readonly UnacknowledgedStanzas stanzas = new();

    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 4)]
    [InlineData(2, 3)]
    [InlineData(4, 1)]
    [InlineData(5, 0)]
    public void Again_SomeAcknowledged_IsTheRestInOrder(uint h, int left)
    {
        stanzas.Hold([.. Message(0), .. Message(1)]);
        stanzas.Hold([.. Message(2), .. Message(3), .. Message(4)]);

        Assert.True(stanzas.Acknowledge(h));

        Assert.Equal(left, stanzas.Count);
        Assert.Equal(Enumerable.Range(5 - left, left).SelectMany(Message), stanzas.Again());
    }

    [Fact]
    public void Acknowledge_OnTheNextStream_CountsFromItsBeginning()
    {
        stanzas.Hold([.. Message(0), .. Message(1), .. Message(2)]);
        stanzas.Acknowledge(1);
        stanzas.Again();
        stanzas.Hold(Message(3));

        Assert.True(stanzas.Acknowledge(2));

        Assert.Equal(Message(3), stanzas.Again());
    }

    // XEP-0198 section 4: a count that is higher than what was sent, or lower than before.
    [Fact]
    public void Acknowledge_MoreThanWasSentOrLessThanBefore_IsFalse()
    {
        stanzas.Hold([.. Message(0), .. Message(1)]);

        Assert.False(stanzas.Acknowledge(3));
        Assert.True(stanzas.Acknowledge(1));
        Assert.False(stanzas.Acknowledge(0));
        Assert.Equal(1, stanzas.Count);
    }

    private static byte[] Message(int number)
    {
        var message = new byte[NumberedMessage.Length];
        Array.Fill(message, (byte)('0' + number));
        return message;
    }
}
