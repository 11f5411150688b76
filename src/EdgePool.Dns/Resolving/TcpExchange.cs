using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using EdgePool.Dns.Messages;

namespace EdgePool.Dns.Resolving;

/// <summary>One message over TCP, on a connection of its own (RFC 7766): two octets of length, then the message, both ways.</summary>
internal static class TcpExchange
{
    private const int PrefixLength = sizeof(ushort);

    /// <param name="server">Whom to ask.</param>
    /// <param name="query">What to ask.</param>
    /// <param name="deadline">Cancelled when the time is up.</param>
    public static async Task<ExchangeResult> AskAsync(IPEndPoint server, DnsQuery query, CancellationToken deadline)
    {
        var (end, octets) = await CarryAsync(server, query.Octets, deadline);
        return end is ExchangeEnd.Answered ? Accept(query, octets) : new ExchangeResult(end);
    }

    /// <summary>Carries one message there and one back, whatever they say. Memory for the answer is taken when its length is known.</summary>
    /// <param name="server">Whom to ask.</param>
    /// <param name="message">The message.</param>
    /// <param name="deadline">Cancelled when the time is up.</param>
    public static async Task<(ExchangeEnd End, byte[] Octets)> CarryAsync(IPEndPoint server, ReadOnlyMemory<byte> message, CancellationToken deadline)
    {
        try
        {
            using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(server, deadline);
            await SendAsync(socket, message, deadline);
            var prefix = new byte[PrefixLength];
            if (!await TryReceiveAsync(socket, prefix, deadline))
            {
                return (ExchangeEnd.Unreachable, []);
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(prefix);
            if (length < DnsMessage.HeaderLength)
            {
                return (ExchangeEnd.Malformed, []);
            }

            var octets = new byte[length];
            return await TryReceiveAsync(socket, octets, deadline) ? (ExchangeEnd.Answered, octets) : (ExchangeEnd.Unreachable, []);
        }
        catch (OperationCanceledException)
        {
            return (ExchangeEnd.TimedOut, []);
        }
        catch (SocketException)
        {
            return (ExchangeEnd.Unreachable, []);
        }
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> message, CancellationToken deadline)
    {
        var framed = new byte[PrefixLength + message.Length];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed.AsMemory(PrefixLength));
        for (var left = framed.AsMemory(); !left.IsEmpty;)
        {
            left = left[await socket.SendAsync(left, SocketFlags.None, deadline)..];
        }
    }

    private static async Task<bool> TryReceiveAsync(Socket socket, Memory<byte> left, CancellationToken deadline)
    {
        while (!left.IsEmpty)
        {
            var count = await socket.ReceiveAsync(left, SocketFlags.None, deadline);
            if (count == 0)
            {
                return false;
            }

            left = left[count..];
        }

        return true;
    }

    private static ExchangeResult Accept(DnsQuery query, ReadOnlySpan<byte> octets)
        => query.IsAnsweredBy(octets, out var caseDiffers) || caseDiffers
            ? ExchangeResult.Parse(octets)
            : new ExchangeResult(ExchangeEnd.Malformed);
}
