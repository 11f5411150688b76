using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace EdgePool.Dns.Resolving;

/// <summary>
/// One question over UDP. Each has a socket of its own, connected to the server: the kernel gives it a random source port and drops datagrams
/// from every other address and port (RFC 5452 section 9). Datagrams that do not answer the question are passed over until the time is up.
/// </summary>
internal static class UdpExchange
{
    /// <summary>Octets of the longest datagram that is read whole; a longer one is cut and so refused.</summary>
    public const int ReceiveLength = 4096;

    /// <param name="server">Whom to ask.</param>
    /// <param name="query">What to ask.</param>
    /// <param name="maxMismatches">Datagrams that do not answer before the result is <see cref="ExchangeEnd.Suspicious"/>.</param>
    /// <param name="deadline">Cancelled when the time is up.</param>
    public static async Task<ExchangeResult> AskAsync(IPEndPoint server, DnsQuery query, int maxMismatches, CancellationToken deadline)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ReceiveLength);
        var caseDiffered = false;
        try
        {
            using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            await socket.ConnectAsync(server, deadline);
            await socket.SendAsync(query.Octets, SocketFlags.None, deadline);
            for (var mismatches = 0; mismatches <= maxMismatches;)
            {
                var length = await socket.ReceiveAsync(buffer.AsMemory(0, ReceiveLength), SocketFlags.None, deadline);
                if (query.IsAnsweredBy(buffer.AsSpan(0, length), out var caseDiffers))
                {
                    return ExchangeResult.Parse(buffer.AsSpan(0, length));
                }

                caseDiffered |= caseDiffers;
                mismatches++;
            }

            return new ExchangeResult(ExchangeEnd.Suspicious);
        }
        catch (OperationCanceledException)
        {
            // COMPAT: lower-case-question. Over TCP the case proves nothing, so ask there.
            return new ExchangeResult(caseDiffered ? ExchangeEnd.Suspicious : ExchangeEnd.TimedOut);
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
}
