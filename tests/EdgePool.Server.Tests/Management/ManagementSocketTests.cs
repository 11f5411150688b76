using System.Net.Sockets;
using EdgePool.Server.Management.Listening;
using Xunit;

namespace EdgePool.Server.Tests.Management;

public sealed class ManagementSocketTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string folder = Directory.CreateTempSubdirectory("edgepool-socket-").FullName;

    private string SocketPath => Path.Combine(folder, "edgepool.sock");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Open_NewPath_IsTheOwnersAloneAndLeavesNothingElse()
    {
        using (ManagementSocket.Open(SocketPath))
        {
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(SocketPath));
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(SocketPath + ".lock"));
            Assert.Equal(["edgepool.sock", "edgepool.sock.lock"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).Order());
        }

        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public void Open_SocketOfADeadProcess_IsReplaced()
    {
        // Its process ended without a word: the file stays, nobody listens.
        var other = Path.Combine(folder, "other");
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(other));
            File.Move(other, SocketPath);
        }

        using var opened = ManagementSocket.Open(SocketPath);
        opened.Socket.Listen(1);
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(SocketPath));

        Assert.True(client.Connected);
    }

    [Fact]
    public void Open_LiveNode_IsRefusedAndStaysReachable()
    {
        using var first = ManagementSocket.Open(SocketPath);
        first.Socket.Listen(1);

        var refused = Assert.Throws<ManagementSocketException>(() => ManagementSocket.Open(SocketPath));

        Assert.Contains("another node answers there", refused.Message, StringComparison.Ordinal);
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(SocketPath));
    }

    [Fact]
    public void Open_ListenerWithoutOurLock_IsRefused()
    {
        using var foreign = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        foreign.Bind(new UnixDomainSocketEndPoint(SocketPath));
        foreign.Listen(1);

        Assert.Throws<ManagementSocketException>(() => ManagementSocket.Open(SocketPath));
    }

    [Fact]
    public void Open_OrdinaryFileInTheWay_IsNotReplaced()
    {
        File.WriteAllText(SocketPath, "precious");

        var refused = Assert.Throws<ManagementSocketException>(() => ManagementSocket.Open(SocketPath));

        Assert.Contains("there is something else of that name", refused.Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(SocketPath));
    }

    [Fact]
    public void Open_NoDirectory_SaysSo()
    {
        var refused = Assert.Throws<ManagementSocketException>(() => ManagementSocket.Open(Path.Combine(folder, "none", "edgepool.sock")));

        Assert.Contains("make its directory", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_LongestPathAllowed_Binds()
    {
        var path = Path.Combine(folder, "s").PadRight(98, 's');

        using var opened = ManagementSocket.Open(path);

        Assert.True(File.Exists(path));
    }
}
