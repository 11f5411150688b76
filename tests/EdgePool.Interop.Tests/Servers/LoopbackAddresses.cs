using System.Net;
using System.Net.Sockets;

namespace EdgePool.Interop.Tests.Servers;

/// <summary>
/// Addresses in 127.0.0.0/8 that belong to this process alone, so that every server of every test can use its standard port.
/// A block 127.x.0.0/16 is held by a socket bound inside it; addresses are handed out in order and never again.
/// </summary>
internal static class LoopbackAddresses
{
    private const int FirstBlock = 32;
    private const int Blocks = 200;
    private const int LeasePort = 5999;
    private const int FirstPort = 10_000;
    private const int PortsOfABlock = 110;
    private const int Ports = Blocks * PortsOfABlock;

    private static readonly (int Block, TcpListener Lease) Held = Hold();
    private static int last;
    private static int lastPort;

    /// <summary>An address nobody else has.</summary>
    public static IPAddress Next()
    {
        var number = Interlocked.Increment(ref last);
        return number < 65_000
            ? new IPAddress([127, (byte)Held.Block, (byte)(number / 250), (byte)(1 + number % 250)])
            : throw new InvalidOperationException("this process has used up its loopback addresses");
    }

    /// <summary>
    /// A port of 127.0.0.1 that is free for TCP and UDP, for software that listens on the interface's own address only. They are handed out in order, each process beginning
    /// elsewhere, below those from which the kernel takes the near ends of connections (32768 and more): one of these could be taken before the software listens, or while it is
    /// restarted.
    /// </summary>
    public static int FreePort()
    {
        for (var attempt = 0; attempt < Ports; attempt++)
        {
            var port = FirstPort + (((Held.Block - FirstBlock) * PortsOfABlock) + Interlocked.Increment(ref lastPort)) % Ports;
            using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                tcp.Bind(new IPEndPoint(IPAddress.Loopback, port));
                tcp.Listen();
                udp.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Somebody listens there: the next one.
            }
        }

        throw new InvalidOperationException("no port of 127.0.0.1 is free for both TCP and UDP");
    }

    private static (int Block, TcpListener Lease) Hold()
    {
        for (var i = 0; i < Blocks; i++)
        {
            var block = FirstBlock + (Environment.ProcessId + i) % Blocks;
            var listener = new TcpListener(new IPAddress([127, (byte)block, 255, 254]), LeasePort);
            try
            {
                listener.Start();
                return (block, listener);
            }
            catch (SocketException)
            {
                listener.Dispose();
            }
        }

        throw new InvalidOperationException("every block of loopback addresses is held by another process");
    }
}
