using System.Net;
using EdgePool.Edge.Telemetry;
using Xunit;

namespace EdgePool.Edge.Tests.Telemetry;

public sealed class StreamRegistryTests
{
    private readonly StreamRegistry registry = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(16)]
    public void TryEnter_AtTheLimit_RefusesUntilOneLeaves(int limit)
    {
        var address = IPAddress.Loopback;
        for (var i = 0; i < limit; i++)
        {
            Assert.True(registry.TryEnter(address, limit));
            Assert.True(registry.TryEnterVerification(address, limit));
        }

        Assert.False(registry.TryEnter(address, limit));
        Assert.False(registry.TryEnterVerification(address, limit));
        Assert.True(registry.TryEnter(IPAddress.IPv6Loopback, limit));

        registry.Leave(address);
        registry.LeaveVerification(address);
        Assert.True(registry.TryEnter(address, limit));
        Assert.True(registry.TryEnterVerification(address, limit));
    }

    [Fact]
    public void Leave_MoreOftenThanEntered_GivesNoFurtherPlaces()
    {
        registry.Leave(IPAddress.Loopback);
        registry.Leave(IPAddress.Loopback);

        Assert.True(registry.TryEnter(IPAddress.Loopback, 1));
        Assert.False(registry.TryEnter(IPAddress.Loopback, 1));
    }

    [Fact]
    public void TryEnter_RefusedTries_DoNotCount()
    {
        Assert.True(registry.TryEnter(IPAddress.Loopback, 1));
        Assert.False(registry.TryEnter(IPAddress.Loopback, 1));
        registry.Leave(IPAddress.Loopback);

        Assert.True(registry.TryEnter(IPAddress.Loopback, 1));
    }

    [Fact]
    public void Streams_ComeAndGo()
    {
        var stream = new StreamInfo(registry.NextNumber(), StreamKind.PartnerInbound, "127.0.0.1:1") { Counters = static () => new StreamCounts { StanzasIn = 3, StanzasOut = 4 } };
        registry.Add(stream);

        Assert.Same(stream, Assert.Single(registry.All));
        Assert.Equal((1, 1L, 3L, 4L), (registry.Count, registry.Opened, stream.StanzasIn, stream.StanzasOut));

        registry.Remove(stream);
        Assert.Equal((0, 1L), (registry.Count, registry.Opened));
    }

}
