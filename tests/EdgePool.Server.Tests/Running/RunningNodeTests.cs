using System.Net;
using System.Net.Sockets;
using EdgePool.Edge;
using EdgePool.Server.Configuration;
using EdgePool.Server.Running;
using EdgePool.Server.Tests.Configuration;
using EdgePool.Server.Tests.Management;
using EdgePool.Testing.Logging;
using Xunit;

namespace EdgePool.Server.Tests.Running;

public sealed class RunningNodeTests : IDisposable
{
    private readonly ConfigurationFolder folder = new();
    private readonly EventCollector logs = new();

    public void Dispose()
    {
        logs.Dispose();
        folder.Dispose();
    }

    // What follows the store has ended before the store does: nothing is left that would ask it.
    [Fact]
    public async Task Start_PortInUse_TakesBackTheStoreAndWhatFollowsIt()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen(1);
        var taken = Options(other.LocalEndPoint!.ToString()!);

        await Assert.ThrowsAsync<ListenException>(() => RunningNode.StartAsync(taken, logs, TimeProvider.System));

        Assert.DoesNotContain(logs.Events, e => e.Id.Id is 2001 or 2002 or 2003 or 2032);
        await using var again = await RunningNode.StartAsync(Options("127.0.0.1:0"), logs, TimeProvider.System);
        Assert.Single(logs.Events, e => e.Id.Id == 2001);
    }

    [Fact]
    public async Task Part_Fails_IsSaidAtOnceAndThrowsNothing()
    {
        var fault = new InvalidOperationException("it fell");

        await RunningNode.SayFaultAsync("The part", Task.FromException(fault), logs.CreateLogger("test"));

        var said = Assert.Single(logs.Events);
        Assert.Equal((3007, "The part", fault), (said.Id.Id, said.Values["Part"], said.Error));
    }

    private ServerOptions Options(string address)
        => folder.Load(NodeFixture.Yaml("store: { directory: store }").Replace("s2s: [ { address: \"127.0.0.1:0\" } ]", $"s2s: [ {{ address: \"{address}\" }} ]", StringComparison.Ordinal)).Options!;
}
