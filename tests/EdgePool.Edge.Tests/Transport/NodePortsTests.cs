using System.Net;
using System.Net.Sockets;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Membership;
using EdgePool.Dns.Messages;
using EdgePool.Edge.InternalDns;
using EdgePool.Edge.Peers;
using EdgePool.Edge.Tests.Routing;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Logging;
using Xunit;

namespace EdgePool.Edge.Tests.Transport;

// A node takes all its addresses or none.
public sealed class NodePortsTests
{
    private const int Ports = 6;

    /// <summary>No other test's.</summary>
    private static readonly IPAddress Loopback = IPAddress.Parse("127.23.45.6");

    /// <summary>Of the ports for partners (two), back ends, other nodes and internal servers' questions (two), the one that another process has.</summary>
    [Theory]
    [InlineData(0, "listeners")]
    [InlineData(1, "listeners")]
    [InlineData(2, "listeners")]
    [InlineData(3, "cluster.peer")]
    [InlineData(5, "internalView.listen")]
    public async Task Start_OnePortIsTaken_AllOthersAreFreeAgain(int taken, string setting)
    {
        var addresses = FreeAddresses();
        using var other = Exclusive(addresses[taken]);
        other.Listen();
        using var logs = new EventCollector();
        var node = new EdgeNode(Options(addresses), logs);

        var fault = Assert.Throws<ListenException>(node.Start);
        await node.DisposeAsync();

        Assert.Equal((addresses[taken], setting), (fault.Address, fault.Setting));
        foreach (var address in addresses.Where((_, at) => at != taken))
            Exclusive(address).Dispose();
    }

    private static EdgeOptions Options(IPEndPoint[] addresses) => RoutingOptions.Create() with
    {
        S2SListeners = [new S2SListenerOptions(addresses[0]), new S2SListenerOptions(addresses[1])],
        InternalListeners = [new InternalListenerOptions(addresses[2], AllowPlain: true, RequireClientCertificate: false, new TrustAnchors(System: false, []))],
        Pool = new PoolOptions("pool", "1", addresses[3], PeerIdentity.Create(), static () => PoolView.Empty, new EmbeddedCoordinator()),
        InternalView = new InternalViewOptions([addresses[4], addresses[5]], [new ViewHost(DnsName.Parse("node.edgepool.internal"), [IPAddress.Loopback])]),
        DnsServers = [new IPEndPoint(IPAddress.Loopback, 53)],
    };

    private static IPEndPoint[] FreeAddresses()
    {
        var sockets = Enumerable.Range(0, Ports).Select(_ => Exclusive(new IPEndPoint(Loopback, 0))).ToList();
        IPEndPoint[] addresses = [.. sockets.Select(socket => (IPEndPoint)socket.LocalEndPoint!)];
        sockets.ForEach(socket => socket.Dispose());
        return addresses;
    }

    /// <summary>Bound as only one can be, whether or not somebody listens: where the protocol is said to be TCP, .NET lets several be bound (SO_REUSEADDR).</summary>
    private static Socket Exclusive(IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(address);
        return socket;
    }
}
