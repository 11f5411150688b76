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

public sealed class InboundChannelTests
{
    private readonly Ledger ledger = new();
    private readonly RouteTable routes;
    private readonly Route component;
    private readonly InboundChannel channel;

    public InboundChannelTests()
    {
        routes = RoutingOptions.Table(new VirtualTimeProvider(), ledger);
        component = routes.Component(DomainName.Parse("edge.example"))!;
        channel = new InboundChannel(new ChannelName(DomainName.Parse("edge.example")), routes, new Bouncer(routes, ledger), ledger, static () => { });
        component.Queue.Attach(static () => { });
    }

    [Fact]
    public void Stanzas_AreHandledWhenTheirFateIsSealed()
    {
        Assert.True(channel.Take(0, Messages(3)));
        Assert.Equal((3u, 3, 0u), (channel.Taken, component.Queue.Accepted, Handled()));

        component.Queue.Release(component.Queue.Take()!);

        Assert.Equal(3u, Handled());
        Assert.Equal(3, ledger.Read().Accepted);
    }

    [Fact]
    public void Stanzas_ThatDoNotFollow_AreRefused()
    {
        Assert.True(channel.Take(0, Messages(2)));

        Assert.False(channel.Take(1, Messages(1)));
        Assert.False(channel.Take(3, Messages(1)));
        Assert.True(channel.Take(2, Messages(1)));
    }

    [Theory]
    [InlineData("<message from='a@p1.example' to='b@other.example' id='1'/>")]
    [InlineData("<message to='b@edge.example' id='1'/>")]
    [InlineData("<message from='a@p1.example' id='1'/>")]
    [InlineData("<message from='a@p1.example' to='b@edge.example' id='1'>")]
    [InlineData("<r xmlns='urn:xmpp:sm:3'/>")]
    [InlineData("</stream:stream>")]
    [InlineData("no xml")]
    public void Bytes_ThatAreNoStanzaForTheComponent_AreRefused(string xml) => Assert.False(channel.Take(0, Encoding.UTF8.GetBytes(xml)));

    // Hop limit 1: what came over a link is not sent over another one.
    [Fact]
    public void Component_GoneMeanwhile_IsAnsweredAndNotSentOn()
    {
        component.Queue.Close(BounceReason.BackEndUnavailable);
        var elsewhere = routes.ToPeer(component.Pair.Remote);
        elsewhere.Queue.Attach(static () => { });
        routes.Elsewhere.Add("c", elsewhere);

        Assert.True(channel.Take(0, Messages(1)));

        Assert.Equal(1, ledger.Read().BouncedBy[BounceReason.BackEndUnavailable]);
        Assert.Equal(0, elsewhere.Queue.Bytes);
    }

    [Fact]
    public void Stanzas_OnTheWay_AllocateNothing()
    {
        var xml = Messages(100);
        for (var round = 0u; round < 20; round++)
            Pass(round * 100, xml);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var round = 20u; round < 40; round++)
            Pass(round * 100, xml);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000 * 4); // of 2 000 stanzas: what a frame costs, not a stanza
    }

    private void Pass(uint first, byte[] xml)
    {
        Assert.True(channel.Take(first, xml));
        while (component.Queue.Take() is { } segment)
            component.Queue.Release(segment);
    }

    private static byte[] Messages(int count)
        => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("<message from='a@p1.example' to='b@edge.example' type='chat' id='1'><body>x</body></message>", count)));

    private uint Handled()
    {
        var output = new ArrayBufferWriter<byte>();
        if (!channel.TryCompose(output))
            return 0;
        return BinaryPrimitives.ReadUInt32BigEndian(output.WrittenSpan[PeerFrame.HeaderBytes..]);
    }
}
