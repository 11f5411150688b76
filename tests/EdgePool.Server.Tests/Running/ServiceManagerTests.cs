using System.Net.Sockets;
using System.Text;
using EdgePool.Server.Running;
using EdgePool.Testing.Time;
using Xunit;

namespace EdgePool.Server.Tests.Running;

public sealed class ServiceManagerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("edgepool-notify-").FullName;
    private readonly Socket listening = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly VirtualTimeProvider time = new();

    public void Dispose()
    {
        listening.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Manager_HearsThatItIsReadyAliveAndStops(bool nameless)
    {
        var path = Path.Combine(folder, "notify");
        listening.Bind(new UnixDomainSocketEndPoint(nameless ? '\0' + path : path));
        await using var manager = Open(("NOTIFY_SOCKET", nameless ? '@' + path : path), ("WATCHDOG_USEC", "6000000"));

        manager!.Ready();
        Assert.Equal("WATCHDOG=1", await HeardAsync());
        Assert.Equal("READY=1", await HeardAsync());
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("WATCHDOG=1", await HeardAsync());
        manager.Stopping();
        Assert.Equal("STOPPING=1", await HeardAsync());
    }

    [Fact]
    public async Task Watchdog_OfAnotherProcess_IsNotFed()
    {
        var path = Path.Combine(folder, "notify");
        listening.Bind(new UnixDomainSocketEndPoint(path));
        await using var manager = Open(("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", "6000000"), ("WATCHDOG_PID", "1"));

        manager!.Ready();
        Assert.Equal("READY=1", await HeardAsync());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("relative")]
    public void Manager_WithoutAnAddress_IsNone(string? address) => Assert.Null(Open(("NOTIFY_SOCKET", address)));

    [Fact]
    public async Task Manager_ThatDoesNotListen_IsNoHarm()
    {
        await using var manager = Open(("NOTIFY_SOCKET", Path.Combine(folder, "nobody")), ("WATCHDOG_USEC", "1000"));
        manager!.Ready();
    }

    // unix(7): a send waits while the queue of the other side is full.
    [Fact]
    public async Task Manager_ThatTakesNothing_HoldsTheNodeUpNoLongerThanItsPatience()
    {
        var path = Path.Combine(folder, "notify");
        listening.Bind(new UnixDomainSocketEndPoint(path));
        using (var other = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false })
            Assert.Equal(SocketError.WouldBlock, Assert.Throws<SocketException>(() => Fill(other, path)).SocketErrorCode);
        await using var manager = Open(("NOTIFY_SOCKET", path));

        await Task.Run(manager!.Ready).WaitAsync(ServiceManager.Patience * 20, TestContext.Current.CancellationToken);
    }

    private static void Fill(Socket socket, string path)
    {
        while (true)
            socket.SendTo("X=1"u8, new UnixDomainSocketEndPoint(path));
    }

    private ServiceManager? Open(params (string Name, string? Value)[] variables) => ServiceManager.Open(name => Array.Find(variables, variable => variable.Name == name).Value, time);

    private async Task<string> HeardAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var buffer = new byte[64];
        return Encoding.ASCII.GetString(buffer, 0, await listening.ReceiveAsync(buffer, SocketFlags.None, patience.Token));
    }
}
