using System.Net;
using System.Net.Sockets;
using EdgePool.Cluster.Documents;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Tests.Partners;
using EdgePool.Edge.Tests.Routing;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Logging;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// A node whose policy is the documents of a store.
public sealed class StoreNodeTests
{
    // POL-21: fail closed.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Start_POL21_NoPolicyCanBeHad_NoPortIsOpened(bool unreadable)
    {
        await using var store = await StoreFixture.OpenAsync();
        if (unreadable)
            store.Fail("the disk fails");
        else
            await store.WriteAsync(StoreFixture.Partner("p1.example", "{\"colour\": 1}"));
        using var logs = new EventCollector();
        var port = FreePort();
        await using var node = new EdgeNode(Options(store, port), logs);

        if (unreadable)
            await Assert.ThrowsAsync<StoreException>(() => node.StartAsync(TestContext.Current.CancellationToken));
        else
            await Assert.ThrowsAsync<PolicyException>(() => node.StartAsync(TestContext.Current.CancellationToken));

        Assert.Empty(node.S2SEndPoints);
        using var client = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(async () => await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Apply_RunningNode_IsInForceWhenItReturns()
    {
        await using var store = await StoreFixture.OpenAsync();
        using var logs = new EventCollector();
        await using var node = new EdgeNode(Options(store, port: 0), logs);
        await node.StartAsync(TestContext.Current.CancellationToken);
        Assert.Single(node.S2SEndPoints);
        Assert.Empty(node.Policy.Partners);

        var outcome = await node.ApplyAsync([StoreFixture.Partner("p1.example")], "ann", "", TestContext.Current.CancellationToken);

        Assert.Equal(node.PolicyState!.InForce, Assert.IsType<ApplyOutcome.InForce>(outcome).Revision);
        Assert.Equal("p1.example", node.Policy.Partners.Single().Name);
    }

    [Fact]
    public async Task Apply_NodeWithoutStore_Throws()
    {
        using var logs = new EventCollector();
        await using var node = new EdgeNode(Options(store: null, port: 0), logs);
        await node.StartAsync(TestContext.Current.CancellationToken);

        Assert.Null(node.PolicyState);
        await Assert.ThrowsAsync<InvalidOperationException>(() => node.ApplyAsync([], "ann", "", CancellationToken.None));
    }

    private static EdgeOptions Options(IDocumentStore? store, int port) => RoutingOptions.Create() with
    {
        Policy = PolicySnapshot.Closed,
        Documents = store,
        S2SListeners = [new S2SListenerOptions(new IPEndPoint(IPAddress.Loopback, port))],
        DnsServers = [new IPEndPoint(IPAddress.Loopback, 53)],
    };

    private static int FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
