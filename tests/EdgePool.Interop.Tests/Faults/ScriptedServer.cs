using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Xml.Linq;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Faults;

/// <summary>The streams that a server takes: it counts what comes on each under stream management (XEP-0198), and acknowledges it when it is asked.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly ServerIdentity identity;
    private readonly Action<XElement> take;
    private readonly ScriptedListener listener;
    private readonly ConcurrentDictionary<Task, ScriptedPeer> streams = new();
    private readonly Task accepting;

    public ScriptedServer(ServerIdentity identity, IPEndPoint at, Action<XElement> take)
    {
        (this.identity, this.take) = (identity, take);
        listener = new ScriptedListener(at) { Patience = Timeout.InfiniteTimeSpan };
        accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        listener.Dispose();
        await accepting;
        foreach (var peer in streams.Values)
            await peer.DisposeAsync();
        await Task.WhenAll(streams.Keys);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var peer = await listener.AcceptAsync(identity.Domain);
                var stream = ServeAsync(peer);
                streams.TryAdd(stream, peer);
                _ = stream.ContinueWith(ended => streams.TryRemove(ended, out _), TaskScheduler.Default);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The server is closed.
        }
    }

    private async Task ServeAsync(ScriptedPeer peer)
    {
        await using (peer)
        {
            try
            {
                await identity.AcceptAsync(peer);
                peer.Patience = Timeout.InfiniteTimeSpan;
                var taken = 0u;
                var heard = await peer.HearAsync();
                for (; heard is { Kind: HeardKind.Element, Element: { } element }; heard = await peer.HearAsync())
                {
                    if (Answer(element, ref taken) is { } answer)
                        await peer.SendAsync(answer);
                }

                if (heard.Kind == HeardKind.StreamEnd)
                    await peer.SendAsync("</stream:stream>");
            }
            catch (Exception e) when (e is IOException or DialogueException or AuthenticationException or ObjectDisposedException or InvalidOperationException or SocketException)
            {
                // The node is gone, or the server is closed.
            }
        }
    }

    private string? Answer(XElement element, ref uint taken)
    {
        if (element.Name == XmppNames.StreamManagement + "enable")
            return "<enabled xmlns='urn:xmpp:sm:3'/>";
        if (element.Name == XmppNames.StreamManagement + "r")
            return string.Create(CultureInfo.InvariantCulture, $"<a xmlns='urn:xmpp:sm:3' h='{taken}'/>");
        if (element.Name.Namespace == XmppNames.Server)
        {
            taken++;
            take(element);
        }

        return null;
    }
}
