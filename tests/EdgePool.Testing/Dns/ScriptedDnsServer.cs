using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using EdgePool.Dns.Messages;

namespace EdgePool.Testing.Dns;

/// <summary>
/// A DNS server on loopback that does what the test says, octet by octet: for each datagram the datagrams to send back, for each TCP query
/// what to do with the connection. Remembers what came in.
/// </summary>
public sealed class ScriptedDnsServer : IAsyncDisposable
{
    private readonly Socket udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Socket tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentQueue<DnsMessage> udpQueries = new();
    private readonly ConcurrentQueue<DnsMessage> tcpQueries = new();
    private readonly ConcurrentQueue<IPEndPoint> askers = new();
    private readonly Task loops;

    public ScriptedDnsServer()
    {
        for (var attempt = 1; !TryBind(); attempt++)
        {
            udp.Dispose();
            udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            if (attempt == 16)
            {
                throw new InvalidOperationException("No port is free in UDP and TCP.");
            }
        }

        EndPoint = (IPEndPoint)udp.LocalEndPoint!;
        loops = Task.WhenAll(ServeUdpAsync(), ServeTcpAsync());
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>The datagrams to send back for a query; without it the server is silent.</summary>
    public Func<DnsMessage, IEnumerable<byte[]>> OnUdp { get; set; } = static _ => [];

    /// <summary>What to do with a connection after its query was read; it is closed afterwards.</summary>
    public Func<DnsMessage, Socket, CancellationToken, Task> OnTcp { get; set; } = static (_, _, _) => Task.CompletedTask;

    public IReadOnlyList<DnsMessage> UdpQueries => [.. udpQueries];

    public IReadOnlyList<DnsMessage> TcpQueries => [.. tcpQueries];

    /// <summary>Where each datagram came from.</summary>
    public IReadOnlyList<IPEndPoint> Askers => [.. askers];

    /// <summary>Answers each datagram with one message.</summary>
    public ScriptedDnsServer AnswersUdp(Func<DnsMessage, DnsMessage> answer)
    {
        OnUdp = query => [Octets(answer(query))];
        return this;
    }

    /// <summary>Answers each TCP query with one message.</summary>
    public ScriptedDnsServer AnswersTcp(Func<DnsMessage, DnsMessage> answer)
    {
        OnTcp = async (query, connection, stop) => await connection.SendAsync(Framed(Octets(answer(query))), SocketFlags.None, stop);
        return this;
    }

    /// <summary>A response to a query with these answers, as a recursive server gives it.</summary>
    public static DnsMessage Response(DnsMessage query, params IEnumerable<DnsRecord> answers) => new()
    {
        Id = query.Id,
        Flags = DnsFlags.Response | DnsFlags.RecursionDesired | DnsFlags.RecursionAvailable,
        Questions = query.Questions,
        Answers = [.. answers],
        Edns = query.Edns,
    };

    public static byte[] Octets(DnsMessage message)
    {
        var buffer = new byte[DnsMessage.MaxLength];
        return message.TryWrite(buffer, out var written) ? buffer[..written] : throw new InvalidOperationException("The message is too long.");
    }

    /// <summary>With the length prefix of TCP.</summary>
    public static byte[] Framed(byte[] octets)
    {
        var framed = new byte[octets.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)octets.Length);
        octets.CopyTo(framed, 2);
        return framed;
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        udp.Dispose();
        tcp.Dispose();
        await loops;
        stopping.Dispose();
    }

    private bool TryBind()
    {
        try
        {
            udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            tcp.Bind(udp.LocalEndPoint!);
            tcp.Listen();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task ServeUdpAsync()
    {
        var buffer = new byte[DnsMessage.MaxLength];
        var anyone = new IPEndPoint(IPAddress.Any, 0);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var received = await udp.ReceiveFromAsync(buffer, SocketFlags.None, anyone, stopping.Token);
                if (!DnsMessage.TryParse(buffer.AsSpan(0, received.ReceivedBytes), out var query, out _))
                {
                    continue;
                }

                askers.Enqueue((IPEndPoint)received.RemoteEndPoint);
                udpQueries.Enqueue(query);
                foreach (var datagram in OnUdp(query))
                {
                    await udp.SendToAsync(datagram, SocketFlags.None, received.RemoteEndPoint, stopping.Token);
                }
            }
            catch (SocketException)
            {
                // The asker closed its socket.
            }
            catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeTcpAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                using var connection = await tcp.AcceptAsync(stopping.Token);
                await ServeConnectionAsync(connection);
            }
            catch (SocketException)
            {
                // The asker left.
            }
            catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeConnectionAsync(Socket connection)
    {
        var prefix = new byte[2];
        await ReceiveAsync(connection, prefix);
        var octets = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
        await ReceiveAsync(connection, octets);
        if (DnsMessage.TryParse(octets, out var query, out _))
        {
            tcpQueries.Enqueue(query);
            await OnTcp(query, connection, stopping.Token);
        }
    }

    private async Task ReceiveAsync(Socket connection, Memory<byte> left)
    {
        while (!left.IsEmpty)
        {
            var count = await connection.ReceiveAsync(left, SocketFlags.None, stopping.Token);
            if (count == 0)
            {
                throw new SocketException((int)SocketError.ConnectionReset);
            }

            left = left[count..];
        }
    }
}
