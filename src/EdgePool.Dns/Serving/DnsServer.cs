using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using EdgePool.Dns.Messages;

namespace EdgePool.Dns.Serving;

/// <summary>How a <see cref="DnsServer"/> listens.</summary>
public sealed record DnsServerOptions
{
    /// <summary>Where; port 0 takes a free one, the same for UDP and TCP.</summary>
    public IPEndPoint EndPoint { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>TCP connections at once; one more is closed at once.</summary>
    public int MaxConnections { get; init; } = 64;

    /// <summary>How long a TCP connection may take for its next query and for reading our response.</summary>
    public TimeSpan ConnectionTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long nothing is accepted after an accept that failed.</summary>
    public TimeSpan AcceptPause { get; init; } = TimeSpan.FromMilliseconds(100);
}

/// <summary>
/// An authoritative server over UDP and TCP for a few zones. Forwards nothing and refuses what is not in its zones. Each datagram is answered
/// before the next is read, so a flood costs one buffer; connections are bounded in number and time.
/// </summary>
public sealed class DnsServer : IAsyncDisposable
{
    private const int MaxQueryLength = 4096;
    private const int PrefixLength = sizeof(ushort);
    private const int BindAttempts = 16;

    private readonly DnsServerOptions options;
    private readonly TimeProvider time;
    private readonly DnsResponder responder;
    private readonly Socket udp;
    private readonly Socket tcp;
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private readonly HashSet<Task> connections = [];
    private readonly Task udpLoop;
    private readonly Task tcpLoop;
    private bool stopped;

    private DnsServer(IDnsAuthority authority, TimeProvider time, DnsServerOptions options, Socket udp, Socket tcp)
    {
        this.options = options;
        this.time = time;
        this.udp = udp;
        this.tcp = tcp;
        responder = new DnsResponder(authority);
        EndPoint = (IPEndPoint)udp.LocalEndPoint!;
        udpLoop = ServeUdpAsync();
        tcpLoop = ServeTcpAsync();
    }

    /// <summary>Where the server listens, with the port that it got.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Binds and serves.</summary>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public static DnsServer Start(IDnsAuthority authority, TimeProvider time, DnsServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(authority);
        ArgumentNullException.ThrowIfNull(time);
        options ??= new DnsServerOptions();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var sockets = Bind(options.EndPoint);
                return new DnsServer(authority, time, options, sockets.Udp, sockets.Tcp);
            }
            catch (SocketException) when (options.EndPoint.Port == 0 && attempt < BindAttempts)
            {
                // The free UDP port is taken in TCP: the next free one.
            }
        }
    }

    /// <summary>Closes the sockets and waits until nothing runs.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] open;
        lock (gate)
        {
            if (stopped)
            {
                return;
            }

            stopped = true;
            open = [.. connections];
        }

        await stopping.CancelAsync();
        udp.Dispose();
        tcp.Dispose();
        await Task.WhenAll([udpLoop, tcpLoop, .. open]);
        stopping.Dispose();
    }

    private static (Socket Udp, Socket Tcp) Bind(IPEndPoint endPoint)
    {
        var datagrams = new Socket(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        var listener = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            datagrams.Bind(endPoint);
            listener.Bind(datagrams.LocalEndPoint!);
            listener.Listen(backlog: 64);
            return (datagrams, listener);
        }
        catch (SocketException)
        {
            datagrams.Dispose();
            listener.Dispose();
            throw;
        }
    }

    private async Task ServeUdpAsync()
    {
        var query = new byte[MaxQueryLength];
        var response = new byte[DnsResponder.MaxUdpLength];
        var anyone = new IPEndPoint(udp.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var received = await udp.ReceiveFromAsync(query, SocketFlags.None, anyone, stopping.Token);
                if (responder.TryRespond(query.AsSpan(0, received.ReceivedBytes), overUdp: true, response, out var length))
                {
                    await udp.SendToAsync(response.AsMemory(0, length), SocketFlags.None, received.RemoteEndPoint, stopping.Token);
                }
            }
            catch (SocketException)
            {
                // An asker that is gone (ICMP) concerns the next asker not at all.
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
                if (await TryAcceptAsync() is { } connection)
                {
                    Admit(connection);
                }
                else
                {
                    await Task.Delay(options.AcceptPause, time, stopping.Token);
                }
            }
            catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task<Socket?> TryAcceptAsync()
    {
        try
        {
            return await tcp.AcceptAsync(stopping.Token);
        }
        catch (SocketException)
        {
            // The asker left before it was accepted, or the process has no descriptor left: that passes.
            return null;
        }
    }

    private void Admit(Socket connection)
    {
        lock (gate)
        {
            if (stopped || connections.Count >= options.MaxConnections)
            {
                connection.Dispose();
                return;
            }

            var serving = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            connections.Add(serving.Task);
            _ = ServeConnectionAsync(connection, serving);
        }
    }

    private async Task ServeConnectionAsync(Socket connection, TaskCompletionSource serving)
    {
        await Task.Yield();
        try
        {
            using (connection)
            {
                var query = new byte[MaxQueryLength];
                var response = new byte[PrefixLength + DnsMessage.MaxLength];
                while (await TryServeQueryAsync(connection, query, response))
                {
                }
            }
        }
        catch (Exception end) when (end is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The asker left or took too long.
        }
        finally
        {
            lock (gate)
            {
                connections.Remove(serving.Task);
            }

            serving.SetResult();
        }
    }

    private async Task<bool> TryServeQueryAsync(Socket connection, byte[] query, byte[] response)
    {
        using var timer = new CancellationTokenSource(options.ConnectionTimeout, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, stopping.Token);
        if (!await TryReceiveAsync(connection, query.AsMemory(0, PrefixLength), deadline.Token))
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(query);
        if (length is < DnsMessage.HeaderLength or > MaxQueryLength)
        {
            return false;
        }

        if (!await TryReceiveAsync(connection, query.AsMemory(0, length), deadline.Token)
            || !responder.TryRespond(query.AsSpan(0, length), overUdp: false, response.AsSpan(PrefixLength), out var written))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt16BigEndian(response, (ushort)written);
        ReadOnlyMemory<byte> left = response.AsMemory(0, PrefixLength + written);
        while (!left.IsEmpty)
        {
            left = left[await connection.SendAsync(left, SocketFlags.None, deadline.Token)..];
        }

        return true;
    }

    private static async Task<bool> TryReceiveAsync(Socket connection, Memory<byte> left, CancellationToken deadline)
    {
        while (!left.IsEmpty)
        {
            var count = await connection.ReceiveAsync(left, SocketFlags.None, deadline);
            if (count == 0)
            {
                return false;
            }

            left = left[count..];
        }

        return true;
    }
}
