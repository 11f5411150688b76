using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using EdgePool.Cluster.Membership;
using EdgePool.Edge.Transport;

namespace EdgePool.Edge.Peers;

/// <summary>A connection whose other side is known.</summary>
/// <param name="Socket">The connection.</param>
/// <param name="Stream">TLS on it.</param>
/// <param name="Peer">Who the other side is.</param>
/// <param name="Key">The key that it has shown.</param>
internal sealed record PeerSession(Socket Socket, SslStream Stream, PeerHello Peer, string Key) : IDisposable
{
    public void Dispose()
    {
        Socket.Dispose();
        Stream.Dispose();
    }
}

/// <summary>What came of calling a node, or of its call.</summary>
/// <param name="Session">Null: there is no link.</param>
/// <param name="Failure">Why there is none.</param>
/// <param name="Refused">Its address refuses TCP: no process is there.</param>
internal sealed record PeerOutcome(PeerSession? Session, string Failure = "", bool Refused = false);

/// <summary>From TCP to the greeting of the other side, on either side of a link, within one deadline.</summary>
/// <param name="pool">This node's pool.</param>
/// <param name="node">This node's name.</param>
/// <param name="unacknowledged">Of a link's connection: see <see cref="UserTimeout"/>. A link is given up before, when it is silent.</param>
/// <param name="time">The clock.</param>
internal sealed class PeerHandshake(PoolOptions pool, string node, TimeSpan unacknowledged, TimeProvider time)
{
    private readonly SslStreamCertificateContext ours = SslStreamCertificateContext.Create(pool.Identity.Certificate, additionalCertificates: null, offline: true);

    /// <summary>Calls a node: it must show the key of this record.</summary>
    public async Task<PeerOutcome> DialAsync(NodeRecord record, CancellationToken cancellation)
    {
        if (EndPointOf(record.Peer) is not { } address)
            return new PeerOutcome(Session: null, "its address is no host:port");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        return await WithinTimeAsync(
            socket,
            async over =>
            {
                await socket.ConnectAsync(address, over);
                var stream = new SslStream(new NetworkStream(socket, ownsSocket: false));
                var key = string.Empty;
                await stream.AuthenticateAsClientAsync(PeerTls.ForClient(ours, shown => string.Equals(key = shown, record.PeerKey, StringComparison.Ordinal)), over);
                return await GreetAsync(socket, stream, key, over);
            },
            cancellation);
    }

    /// <summary>Takes a call: the other side must show the key of a node of the cluster, and greet with that node's name.</summary>
    public Task<PeerOutcome> AcceptAsync(Socket socket, CancellationToken cancellation) => WithinTimeAsync(
        socket,
        async over =>
        {
            var stream = new SslStream(new NetworkStream(socket, ownsSocket: false));
            var key = string.Empty;
            await stream.AuthenticateAsServerAsync(PeerTls.ForServer(ours, shown => IsKnown(key = shown)), over);
            return await GreetAsync(socket, stream, key, over);
        },
        cancellation);

    /// <summary>Whether its address refuses TCP; false too where nothing is heard of it.</summary>
    public async Task<bool> RefusesAsync(NodeRecord record, CancellationToken cancellation)
    {
        if (EndPointOf(record.Peer) is not { } address)
            return false;
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var outcome = await WithinTimeAsync(
            socket,
            async over =>
            {
                await socket.ConnectAsync(address, over);
                return new PeerOutcome(Session: null);
            },
            cancellation);
        return outcome.Refused;
    }

    private static EndPoint? EndPointOf(string address)
    {
        if (IPEndPoint.TryParse(address, out var literal) && literal.Port != 0)
            return literal;
        var colon = address.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(address.AsSpan(colon + 1), System.Globalization.NumberStyles.None, provider: null, out var port) && port > 0
            ? new DnsEndPoint(address[..colon], port)
            : null;
    }

    private bool IsKnown(string key)
        => pool.View().Nodes.Values.Any(record => string.Equals(record.PeerKey, key, StringComparison.Ordinal) && !string.Equals(record.Name, node, StringComparison.Ordinal));

    private async Task<PeerOutcome> GreetAsync(Socket socket, SslStream stream, string key, CancellationToken over)
    {
        if (stream.NegotiatedApplicationProtocol != PeerTls.Protocol)
            return new PeerOutcome(Session: null, "it does not speak edgepool-peer/2");
        var hello = new ArrayBufferWriter<byte>(128);
        new PeerHello(node, pool.Instance).Write(hello);
        UserTimeout.Set(socket, unacknowledged);
        await stream.WriteAsync(hello.WrittenMemory, over);
        if (await ReadHelloAsync(stream, over) is not { } peer)
            return new PeerOutcome(Session: null, "what it says is no greeting");
        return pool.View().Nodes.GetValueOrDefault(peer.Node)?.PeerKey is { } named && string.Equals(named, key, StringComparison.Ordinal)
            ? new PeerOutcome(new PeerSession(socket, stream, peer, key))
            : new PeerOutcome(Session: null, "it greets with a name that is not its key's");
    }

    /// <summary>Reads no byte beyond the greeting.</summary>
    private static async Task<PeerHello?> ReadHelloAsync(SslStream stream, CancellationToken over)
    {
        var buffer = new byte[PeerFrame.LongestGreeting];
        await stream.ReadExactlyAsync(buffer.AsMemory(0, PeerFrame.HeaderBytes), over);
        var read = PeerFrame.Read(buffer.AsSpan(0, PeerFrame.HeaderBytes), PeerFrame.LongestGreeting, out var kind, out var total);
        if (read != FrameRead.Incomplete || kind != FrameKind.Hello)
            return null;
        await stream.ReadExactlyAsync(buffer.AsMemory(PeerFrame.HeaderBytes, total - PeerFrame.HeaderBytes), over);
        return PeerHello.Read(buffer.AsSpan(PeerFrame.HeaderBytes, total - PeerFrame.HeaderBytes));
    }

    private async Task<PeerOutcome> WithinTimeAsync(Socket socket, Func<CancellationToken, Task<PeerOutcome>> attempt, CancellationToken cancellation)
    {
        using var over = new CancellationTokenSource(pool.Timeouts.Handshake, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellation);
        PeerOutcome outcome;
        try
        {
            outcome = await attempt(either.Token);
        }
        catch (SocketException fault)
        {
            outcome = new PeerOutcome(Session: null, fault.Message, fault.SocketErrorCode == SocketError.ConnectionRefused);
        }
        catch (OperationCanceledException)
        {
            outcome = new PeerOutcome(Session: null, "it does not answer in time");
        }
        catch (AuthenticationException)
        {
            outcome = new PeerOutcome(Session: null, "TLS failed: it has not the key of its record, takes ours for another's, or runs an EdgePool that speaks another version than edgepool-peer/2 (upgrade the older one)");
        }
        catch (Exception fault)
        {
            outcome = new PeerOutcome(Session: null, fault.Message); // whatever a certificate or a connection brings: there is no link
        }

        if (outcome.Session is null)
            socket.Dispose(); // TLS on it, if it came so far, goes with it: nobody reads or writes any more
        else
            socket.NoDelay = true;
        return outcome;
    }
}
