using EdgePool.Xmpp.StreamManagement;
using Xunit;

namespace EdgePool.Xmpp.Tests.StreamManagement;

// XEP-0198 section 4: counts are modulo 2^32.
public sealed class SentCountTests
{
    [Theory]
    [InlineData(0, true, 0)]
    [InlineData(3, true, 3)]
    [InlineData(5, true, 5)]
    [InlineData(6, false, 0)]
    [InlineData(uint.MaxValue, false, 0)]
    public void Handle_OfFive_TakesNoMore(uint h, bool taken, int newly)
    {
        var count = default(SentCount);
        count.Send(5);

        Assert.Equal((taken, newly), (count.TryHandle(h, out var more), more));
        Assert.Equal((uint)(5 - newly), count.Outstanding);
    }

    [Fact]
    public void Handle_LessThanBefore_IsRefused()
    {
        var count = default(SentCount);
        count.Send(5);
        Assert.True(count.TryHandle(4, out _));

        Assert.False(count.TryHandle(3, out _));
        Assert.Equal((4u, 1u), (count.Handled, count.Outstanding));
    }

    [Fact]
    public void Handle_BeyondTheLargestNumber_BeginsAtZero()
    {
        var count = default(SentCount);
        for (var i = 0; i < 2; i++)
        {
            count.Send(int.MaxValue);
            Assert.True(count.TryHandle(count.Sent, out _));
        }

        count.Send(10);
        Assert.Equal(8u, count.Sent);
        Assert.True(count.TryHandle(5, out var newly));
        Assert.Equal((7, 5u, 3u), (newly, count.Handled, count.Outstanding));
        Assert.False(count.TryHandle(9, out _));
    }
}
