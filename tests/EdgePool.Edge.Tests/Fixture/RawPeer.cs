using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using EdgePool.Testing.Peers;

namespace EdgePool.Edge.Tests.Fixture;

/// <summary>How a connection ended.</summary>
/// <param name="Text">All that came since the last thing waited for.</param>
/// <param name="CloseNotify">TLS was ended in order before TCP was; false without TLS.</param>
/// <param name="Fin">The peer ended the connection; false: it was reset.</param>
/// <param name="After">How long that took.</param>
internal sealed record Ending(string Text, bool CloseNotify, bool Fin, TimeSpan After);

/// <summary>A partner that speaks bytes: sends what a test says, cut as the test says, and hears text.</summary>
internal sealed class RawPeer : IAsyncDisposable
{
    private readonly Socket socket;
    private readonly ObservedStream connection;
    private readonly List<byte> heard = [];
    private readonly byte[] chunk = new byte[16 * 1024];
    private Stream stream;

    private RawPeer(Socket socket)
    {
        this.socket = socket;
        stream = connection = new ObservedStream(new NetworkStream(socket, ownsSocket: true));
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
    }

    public IPEndPoint LocalEndPoint { get; }

    public SslStream? Tls => stream as SslStream;

    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(20);

    public static async Task<RawPeer> ConnectAsync(IPEndPoint target)
    {
        var connected = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await connected.ConnectAsync(target);
        return new RawPeer(connected);
    }

    public Task SendAsync(string text) => SendAsync(Wire.Encode(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await stream.WriteAsync(bytes).AsTask().WaitAsync(Patience);

    /// <summary>Sends pieces; a peer that has closed meanwhile is no fault.</summary>
    public async Task SendAsync(IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        try
        {
            foreach (var piece in pieces)
                await SendAsync(piece);
        }
        catch (IOException)
        {
            // What the other side said before it closed is what the test looks at.
        }
    }

    public async Task UpgradeAsync(SslClientAuthenticationOptions options)
    {
        if (heard.Count > 0)
            throw new InvalidOperationException("plaintext behind the STARTTLS exchange");
        var tls = new SslStream(connection);
        await tls.AuthenticateAsClientAsync(options).WaitAsync(Patience);
        stream = tls;
    }

    /// <summary>As <see cref="UpgradeAsync"/>, but the ClientHello goes out in one write with <paramref name="request"/>, before the peer has answered it.</summary>
    public async Task UpgradePipelinedAsync(string request, string answer, SslClientAuthenticationOptions options)
    {
        var tls = new SslStream(new PipelinedStream(connection, Wire.Encode(request), Wire.Encode(answer).Length));
        await tls.AuthenticateAsClientAsync(options).WaitAsync(Patience);
        stream = tls;
    }

    /// <summary>Waits for a match in what is heard; it and all before it is passed.</summary>
    public async Task<string> HearAsync(string pattern)
    {
        while (true)
        {
            var text = Encoding.UTF8.GetString([.. heard]);
            if (Regex.Match(text, pattern, RegexOptions.CultureInvariant) is { Success: true } match)
            {
                var passed = text[..(match.Index + match.Length)];
                heard.RemoveRange(0, Encoding.UTF8.GetByteCount(passed));
                return passed;
            }

            int count;
            try
            {
                count = await stream.ReadAsync(chunk).AsTask().WaitAsync(Patience);
            }
            catch (TimeoutException e)
            {
                throw new DialogueException($"waited for {pattern}, heard {text}", e);
            }

            if (count == 0)
                throw new DialogueException($"waited for {pattern}, heard the end behind {text}");
            heard.AddRange(chunk.AsSpan(0, count));
        }
    }

    /// <summary>Reads until the connection's end, and says how that was.</summary>
    public async Task<Ending> HearEndAsync()
    {
        var since = Stopwatch.StartNew();
        var (closeNotify, fin) = (false, true);
        try
        {
            while (await stream.ReadAsync(chunk).AsTask().WaitAsync(Patience) is > 0 and var count)
                heard.AddRange(chunk.AsSpan(0, count));
            closeNotify = stream is SslStream && !connection.Ended;
            while (!connection.Ended)
                await connection.ReadAsync(chunk).AsTask().WaitAsync(Patience);
        }
        catch (IOException)
        {
            fin = false;
        }

        var text = Encoding.UTF8.GetString([.. heard]);
        heard.Clear();
        return new Ending(text, closeNotify, fin, since.Elapsed);
    }

    /// <summary>FIN without anything before it; under TLS a truncation.</summary>
    public void Truncate() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>RST.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(enable: true, 0);
        socket.Dispose();
    }

    /// <summary>The machine is gone: the connection is forgotten, and the other side hears nothing of it. False where the system does not let us.</summary>
    public bool TryVanish()
    {
        const int Tcp = 6;
        const int Repair = 19; // tcp(7): a socket closed in this state sends neither FIN nor RST
        try
        {
            socket.SetRawSocketOption(Tcp, Repair, BitConverter.GetBytes(1));
        }
        catch (SocketException)
        {
            return false;
        }

        socket.Dispose();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        if (stream is SslStream tls)
            await tls.DisposeAsync();
        await connection.DisposeAsync();
    }
}
