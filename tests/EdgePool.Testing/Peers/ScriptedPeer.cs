using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security;
using System.Text;
using System.Xml.Linq;
using EdgePool.Testing.Transport;

namespace EdgePool.Testing.Peers;

/// <summary>
/// The other side of a connection, spoken line by line by a test, so that the test reads as the dialogue it is:
/// <code>
/// await peer.SendHeaderAsync(from: "partner.example", to: "contoso.example");
/// await peer.ExpectHeaderAsync();
/// await peer.ExpectAsync("stream:features/tls:starttls");
/// await peer.SendAsync("&lt;starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/&gt;");
/// await peer.ExpectAsync("tls:proceed");
/// await peer.UpgradeTlsAsync(new SslClientAuthenticationOptions { … });
/// </code>
/// Whatever is not as expected ends the test with the whole dialogue so far.
/// </summary>
/// <remarks>
/// One side may speak while it listens. Each expectation waits at most <see cref="Patience"/>. It does not skip: the next thing heard must be the expected one, unless the method's name says otherwise.
/// </remarks>
public sealed class ScriptedPeer : IAsyncDisposable
{
    private const int DialogueLimit = 400;

    private readonly XmlStreamConnection connection;
    private readonly Lock gate = new();
    private readonly Queue<string> dialogue = new();
    private Task<Heard>? pending;
    private bool headerSaid;
    private bool headerHeard;

    public ScriptedPeer(Stream stream, string name = "peer")
    {
        connection = new XmlStreamConnection(stream);
        Name = name;
    }

    public string Name { get; }

    /// <summary>How long an expectation waits.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The connection as it is now: an SslStream after an upgrade.</summary>
    public Stream Transport => connection.Transport;

    /// <summary>What was said and heard, newest last.</summary>
    public string Dialogue
    {
        get
        {
            lock (gate)
                return string.Join('\n', dialogue);
        }
    }

    /// <summary>A peer in memory and the other end, for the subject of the test.</summary>
    public static (ScriptedPeer Peer, Stream Subject) InMemory(string name = "peer", int window = DuplexPipe.DefaultWindow)
    {
        var (left, right) = DuplexPipe.CreatePair(window);
        return (new ScriptedPeer(left, name), right);
    }

    /// <summary>Connects over TCP.</summary>
    public static async Task<ScriptedPeer> ConnectAsync(EndPoint target, string name = "peer", CancellationToken cancellationToken = default)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target, cancellationToken);
            return new ScriptedPeer(new NetworkStream(socket, ownsSocket: true), name);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends text as it stands.</summary>
    public async Task SendAsync(string text, CancellationToken cancellationToken = default)
    {
        Note("→ " + text);
        await connection.SendAsync(text, cancellationToken);
    }

    /// <summary>Sends bytes as they stand.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        Note("→ " + Encoding.UTF8.GetString(bytes.Span));
        await connection.SendAsync(bytes, cancellationToken);
    }

    /// <summary>Sends each byte on its own.</summary>
    public async Task SendByteByByteAsync(string text, CancellationToken cancellationToken = default)
    {
        Note("→ (byte by byte) " + text);
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var i = 0; i < bytes.Length; i++)
            await connection.SendAsync(bytes.AsMemory(i, 1), cancellationToken);
    }

    /// <summary>
    /// Opens a stream or answers one that was opened (RFC 6120 section 4.7); a null attribute is left out. After opening, the answer is expected to begin a new stream too.
    /// </summary>
    public Task SendHeaderAsync(
        string? from, string? to, string content = "jabber:server", string? id = null, string? version = "1.0", CancellationToken cancellationToken = default)
    {
        var answers = headerHeard && !headerSaid;
        (headerSaid, headerHeard) = (true, answers);
        if (!answers)
            connection.Restart();
        var header = new StringBuilder("<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='")
            .Append(content).Append('\'');
        if (content == "jabber:server")
            header.Append(" xmlns:db='jabber:server:dialback'");
        foreach (var (name, value) in new[] { ("from", from), ("to", to), ("id", id), ("version", version) })
        {
            if (value is not null)
                header.Append(' ').Append(name).Append("='").Append(SecurityElement.Escape(value)).Append('\'');
        }

        return SendAsync(header.Append('>').ToString(), cancellationToken);
    }

    /// <summary>The next thing heard, whatever it is.</summary>
    public async Task<Heard> HearAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            var heard = await Pending().WaitAsync(Patience, cancellationToken);
            pending = null;
            if (heard.Kind == HeardKind.Header)
                (headerSaid, headerHeard) = (headerSaid && !headerHeard, true);
            Note(heard.Kind == HeardKind.ConnectionEnd ? $"← (end of connection) {heard.Text}" : "← " + heard.Text);
            return heard;
        }
        catch (TimeoutException e)
        {
            throw Failure($"heard nothing for {Patience.TotalSeconds:0.###} s", e);
        }
    }

    /// <summary>The next thing heard is this element; see <see cref="XmppNames.Matches"/> for patterns.</summary>
    public async Task<XElement> ExpectAsync(string pattern, CancellationToken cancellationToken = default)
    {
        var heard = await ExpectingAsync(pattern, cancellationToken);
        return heard is { Kind: HeardKind.Element, Element: { } element } && XmppNames.Matches(element, pattern)
            ? element
            : throw Failure($"expected {pattern}, heard {heard.Kind} {heard.Text}");
    }

    /// <summary>Passes over everything until this element.</summary>
    public async Task<XElement> ExpectEventuallyAsync(string pattern, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var heard = await ExpectingAsync(pattern, cancellationToken);
            if (heard is { Kind: HeardKind.Element, Element: { } element } && XmppNames.Matches(element, pattern))
                return element;
            if (heard.Kind is HeardKind.StreamEnd or HeardKind.ConnectionEnd)
                throw Failure($"expected {pattern}, heard {heard.Kind}");
        }
    }

    /// <summary>The next thing heard is a stream header; it is returned without children.</summary>
    public async Task<XElement> ExpectHeaderAsync(CancellationToken cancellationToken = default)
    {
        var heard = await ExpectingAsync("a stream header", cancellationToken);
        return heard is { Kind: HeardKind.Header, Element: { } header } ? header : throw Failure($"expected a stream header, heard {heard.Text}");
    }

    /// <summary>The next is a stream error with this condition, then the stream's end, then the connection's.</summary>
    public async Task ExpectStreamErrorAsync(string condition, CancellationToken cancellationToken = default)
    {
        await ExpectAsync($"stream:error/streams:{condition}", cancellationToken);
        await ExpectStreamEndAsync(cancellationToken);
        await ExpectConnectionEndAsync(cancellationToken);
    }

    public async Task ExpectStreamEndAsync(CancellationToken cancellationToken = default)
    {
        var heard = await ExpectingAsync("the stream's end", cancellationToken);
        if (heard.Kind != HeardKind.StreamEnd)
            throw Failure($"expected the stream's end, heard {heard.Kind} {heard.Text}");
    }

    public async Task ExpectConnectionEndAsync(CancellationToken cancellationToken = default)
    {
        var heard = await ExpectingAsync("the connection's end", cancellationToken);
        if (heard.Kind != HeardKind.ConnectionEnd)
            throw Failure($"expected the connection's end, heard {heard.Kind} {heard.Text}");
    }

    /// <summary>Nothing is heard for the time given. Only for subjects on the real clock: keep it short.</summary>
    public async Task ExpectSilenceAsync(TimeSpan time, CancellationToken cancellationToken = default)
    {
        try
        {
            await Pending().WaitAsync(time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return;
        }

        var heard = await HearAsync(cancellationToken);
        throw Failure($"expected silence, heard {heard.Kind} {heard.Text}");
    }

    /// <summary>The TLS client's part of an upgrade; a new stream begins behind it.</summary>
    public async Task UpgradeTlsAsync(SslClientAuthenticationOptions options, CancellationToken cancellationToken = default)
    {
        await connection.UpgradeAsync(tls => tls.AuthenticateAsClientAsync(options, cancellationToken));
        NoteTls();
    }

    /// <summary>The TLS server's part of an upgrade; a new stream begins behind it.</summary>
    public async Task UpgradeTlsAsync(SslServerAuthenticationOptions options, CancellationToken cancellationToken = default)
    {
        await connection.UpgradeAsync(tls => tls.AuthenticateAsServerAsync(options, cancellationToken));
        NoteTls();
    }

    /// <summary>Forgets the stream so far: the next thing heard must open a new one (after SASL success).</summary>
    public void Restart() => connection.Restart();

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task<Heard> ExpectingAsync(string what, CancellationToken cancellationToken)
    {
        try
        {
            return await HearAsync(cancellationToken);
        }
        catch (DialogueException e)
        {
            throw new DialogueException($"expected {what}: {e.Message}", e);
        }
    }

    private Task<Heard> Pending() => pending ??= connection.ReceiveAsync(CancellationToken.None);

    private DialogueException Failure(string what, Exception? cause = null) =>
        new($"{what}\n--- {Name}, the dialogue so far (→ said, ← heard)\n{Dialogue}", cause);

    private void NoteTls()
    {
        headerSaid = headerHeard = false;
        if (connection.Transport is SslStream tls)
            Note($"— TLS: {tls.SslProtocol}, {tls.NegotiatedCipherSuite}, the other side shows {tls.RemoteCertificate?.Subject ?? "no certificate"}");
    }

    private void Note(string line)
    {
        var noted = line.Length > 2000 ? line[..2000] + $"… ({line.Length} characters)" : line;
        lock (gate)
        {
            dialogue.Enqueue(noted);
            if (dialogue.Count > DialogueLimit)
                dialogue.Dequeue();
        }
    }
}

/// <summary>A dialogue did not go as the test's script says.</summary>
public sealed class DialogueException : Exception
{
    public DialogueException()
    {
    }

    public DialogueException(string message)
        : base(message)
    {
    }

    public DialogueException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
