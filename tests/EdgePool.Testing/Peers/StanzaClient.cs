using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using System.Xml.Linq;

namespace EdgePool.Testing.Peers;

/// <summary>
/// A logged-in XMPP entity that a test drives: it sends stanzas as text and keeps those it receives until the test asks for them.
/// </summary>
public abstract class StanzaClient : IAsyncDisposable
{
    /// <summary>More stanzas than this unread end the connection: a test that does not read is wrong.</summary>
    public const int InboxLimit = 200_000;

    private readonly XmlStreamConnection connection;
    private readonly Channel<XElement> inbox = Channel.CreateBounded<XElement>(InboxLimit);
    private readonly CancellationTokenSource stopping = new();
    private Task pump = Task.CompletedTask;
    private bool disposed;

    private protected StanzaClient(XmlStreamConnection connection, string jid)
    {
        this.connection = connection;
        Jid = jid;
    }

    /// <summary>The address of the entity: a full JID for users, a domain for components.</summary>
    public string Jid { get; private protected set; }

    /// <summary>How long an expectation waits.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Answers a received stanza at once; null: it goes to the inbox. Set it before stanzas flow.</summary>
    public Func<XElement, string?>? Answer { get; set; }

    /// <summary>Completes when the connection has ended, with the reason.</summary>
    public Task Ended => inbox.Reader.Completion;

    public Task SendAsync(string stanzas, CancellationToken cancellationToken = default) => connection.SendAsync(stanzas, cancellationToken);

    /// <summary>The next stanza.</summary>
    public async Task<XElement> ReceiveAsync(CancellationToken cancellationToken = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            return await inbox.Reader.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DialogueException($"{Jid} received nothing more for {Patience.TotalSeconds:0.###} s", e);
        }
        catch (ChannelClosedException e)
        {
            throw new DialogueException($"the connection of {Jid} ended: {e.InnerException?.Message ?? "orderly"}", e);
        }
    }

    /// <summary>The next stanza of this pattern (<see cref="XmppNames.Matches"/>); others are passed over and named when it does not come.</summary>
    public async Task<XElement> WaitForAsync(string pattern, CancellationToken cancellationToken = default)
    {
        var passed = new List<string>();
        while (true)
        {
            XElement stanza;
            try
            {
                stanza = await ReceiveAsync(cancellationToken);
            }
            catch (DialogueException e)
            {
                throw new DialogueException($"{Jid} waited for {pattern}: {e.Message}; passed over:\n{string.Join('\n', passed)}", e);
            }

            if (XmppNames.Matches(stanza, pattern))
                return stanza;
            if (passed.Count < 20)
                passed.Add(stanza.ToString(SaveOptions.DisableFormatting));
        }
    }

    /// <summary>Closes the stream and the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        if (disposed)
            return;
        disposed = true;
        await EndAsync();
        await stopping.CancelAsync();
        await connection.DisposeAsync();
        await pump;
        stopping.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static async Task<XmlStreamConnection> DialAsync(EndPoint target, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target, cancellationToken);
            return new XmlStreamConnection(new NetworkStream(socket, ownsSocket: true));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private protected static async Task<XElement> ExpectAsync(XmlStreamConnection connection, string pattern, CancellationToken cancellationToken)
    {
        var heard = await connection.ReceiveAsync(cancellationToken);
        if (heard.Element is { } element && (heard.Kind == HeardKind.Header ? pattern == "header" : XmppNames.Matches(element, pattern)))
            return element;
        throw new DialogueException($"expected {pattern}, heard {heard.Kind} {heard.Text}");
    }

    private protected void StartPump() => pump = PumpAsync();

    // RFC 6120 section 4.4: each side ends its own direction; then the connection goes.
    private async Task EndAsync()
    {
        try
        {
            await connection.SendAsync("</stream:stream>", stopping.Token).WaitAsync(TimeSpan.FromSeconds(1));
            await connection.Transport.DisposeAsync();
        }
        catch (Exception e) when (e is IOException or TimeoutException or ObjectDisposedException or OperationCanceledException)
        {
            // The other side was faster.
        }
    }

    private async Task PumpAsync()
    {
        try
        {
            Heard heard;
            while ((heard = await connection.ReceiveAsync(stopping.Token)) is { Kind: HeardKind.Element, Element: { } stanza })
            {
                if (Answer?.Invoke(stanza) is { } answer)
                    await connection.SendAsync(answer, stopping.Token);
                else if (!inbox.Writer.TryWrite(stanza))
                    throw new InvalidOperationException($"the inbox of {Jid} is full");
            }

            if (heard.Kind == HeardKind.StreamEnd)
                await EndAsync();
            inbox.Writer.TryComplete();
        }
        catch (Exception e)
        {
            inbox.Writer.TryComplete(stopping.IsCancellationRequested ? null : e);
        }
    }
}
