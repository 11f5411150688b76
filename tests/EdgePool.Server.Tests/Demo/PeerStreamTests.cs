using System.Net;
using System.Net.Sockets;
using EdgePool.Server.Demo;
using EdgePool.Server.Demo.Peers;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using Xunit;

namespace EdgePool.Server.Tests.Demo;

/// <summary>The demo's peers when the other side does not do what it should: an error in words, never a wait without end.</summary>
public sealed class PeerStreamTests
{
    private static readonly DomainName Domain = DomainName.Parse("contoso.example");

    [Fact]
    public async Task Connect_NobodyListens_SaysWhere()
    {
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        var fault = await Assert.ThrowsAsync<DemoException>(() => ConnectAsync((IPEndPoint)free.LocalEndPoint!));

        Assert.Equal($"cannot connect to the edge at {free.LocalEndPoint}: ConnectionRefused", fault.Message);
        Assert.Equal(DemoException.UsualRemedy, fault.Remedy);
    }

    [Theory]
    [InlineData("closed at once", "")]
    [InlineData("no id", "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' from='contoso.example'>")]
    [InlineData("not XML", "HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("refused", "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='1'><stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>")]
    public async Task Connect_TheOtherSideDoesNotPlayAlong_Fails(string how, string answer)
    {
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        var connecting = ConnectAsync((IPEndPoint)listening.LocalEndPoint!);
        using (var accepted = await listening.AcceptAsync())
        {
            await accepted.SendAsync(System.Text.Encoding.UTF8.GetBytes(answer));
            accepted.Shutdown(SocketShutdown.Send);
            var fault = await Assert.ThrowsAsync<DemoException>(() => connecting);
            Assert.True(fault.Message.StartsWith("a stream of a peer", StringComparison.Ordinal), how + ": " + fault.Message);
        }
    }

    private static async Task ConnectAsync(IPEndPoint edge)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var component = await DemoComponent.ConnectAsync(edge, Domain, "secret", new Nobody(), limit.Token);
    }

    private sealed class Nobody : IStanzaReceiver
    {
        public void Receive(in StanzaFrame stanza) => Assert.Fail("a stanza before authentication");

        public ValueTask EndBatchAsync(PeerStream stream, CancellationToken cancellation) => ValueTask.CompletedTask;
    }
}
