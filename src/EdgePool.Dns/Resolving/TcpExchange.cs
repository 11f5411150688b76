using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using EdgePool.Dns.Messages;

namespace EdgePool.Dns.Resolving;

/// <summary>One question over TCP, on a connection of its own (RFC 7766): two octets of length, then the message, both ways.</summary>
internal static class TcpExchange
{
    private const int PrefixLength = sizeof(ushort);

    /// <param name="server">Whom to ask.</param>
    /// <param name="query">What to ask.</param>
    /// <param name="deadline">Cancelled when the time is up.</param>
    public static async Task<ExchangeResult> AskAsync(IPEndPoint server, DnsQuery query, CancellationToken deadline)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(DnsQuery.MaxLength + PrefixLength);
        try
        {
            using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(server, deadline);
            await SendAsync(socket, query, buffer, deadline);
            if (!await TryReceiveAsync(socket, buffer.AsMemory(0, PrefixLength), deadline))
            {
                return new ExchangeResult(ExchangeEnd.Unreachable);
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(buffer);
            if (length < DnsMessage.HeaderLength)
            {
                return new ExchangeResult(ExchangeEnd.Malformed);
            }

            if (length > buffer.Length)
            {
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = ArrayPool<byte>.Shared.Rent(length);
            }

            return await TryReceiveAsync(socket, buffer.AsMemory(0, length), deadline)
                ? Accept(query, buffer.AsSpan(0, length))
                : new ExchangeResult(ExchangeEnd.Unreachable);
        }
        catch (OperationCanceledException)
        {
            return new ExchangeResult(ExchangeEnd.TimedOut);
        }
        catch (SocketException)
        {
            return new ExchangeResult(ExchangeEnd.Unreachable);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task SendAsync(Socket socket, DnsQuery query, byte[] buffer, CancellationToken deadline)
    {
        BinaryPrimitives.WriteUInt16BigEndian(buffer, (ushort)query.Octets.Length);
        query.Octets.CopyTo(buffer.AsMemory(PrefixLength));
        var left = buffer.AsMemory(0, PrefixLength + query.Octets.Length);
        while (!left.IsEmpty)
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
