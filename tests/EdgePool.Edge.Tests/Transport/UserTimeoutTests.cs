using System.Globalization;
using System.Runtime.InteropServices;
using EdgePool.Edge.Tests.Peers;
using EdgePool.Edge.Transport;
using Xunit;

namespace EdgePool.Edge.Tests.Transport;

/// <summary>TCP_USER_TIMEOUT (tcp(7), RFC 5482) on every connection of a node, as the system has it.</summary>
public sealed class UserTimeoutTests
{
    private const string Established = "01";

    [Fact]
    public async Task Connections_AcceptedAndMade_HaveTheTimeOfTheConfiguration()
    {
        var timeout = TimeSpan.FromMilliseconds(77_777);
        await using var scene = new PoolScene();
        var a = await scene.StartAsync("a", change: options => options with { Timeouts = options.Timeouts with { UserTimeout = timeout } });
        var b = await scene.StartAsync("b", change: options => options with { Timeouts = options.Timeouts with { UserTimeout = timeout * 2 } });
        await PoolScene.LinkedAsync(a, "b");
        await PoolScene.LinkedAsync(b, "a");
        await using var component = await scene.ConnectAsync(a, "d.example");
        await using var partner = await scene.PartnerAtAsync(a);
        await component.SendAsync("<message from='x@d.example' to='u@p1.example' type='chat' id='1'/>");
        await scene.Partner.ReceiveAsync();

        var connections = Connections();
        Assert.Equal([77_777u], TimeoutsOf(connections, connection => connection.Local == a.InternalEndPoints[0].Port));
        Assert.Equal([77_777u], TimeoutsOf(connections, connection => connection.Local == a.S2SEndPoints[0].Port));
        Assert.Equal([77_777u], TimeoutsOf(connections, connection => connection.Remote == scene.Partner.EndPoint.Port));
        Assert.Equal([77_777u], TimeoutsOf(connections, connection => connection.Remote == b.PeerEndPoint!.Port));
        Assert.Equal([155_554u], TimeoutsOf(connections, connection => connection.Local == b.PeerEndPoint!.Port));
    }

    private static IEnumerable<uint> TimeoutsOf(Dictionary<string, (int Local, int Remote)> connections, Func<(int Local, int Remote), bool> meant)
    {
        foreach (var file in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            var length = sizeof(uint);
            if (TargetOf(file) is { } target && connections.TryGetValue(target, out var connection) && meant(connection)
                && GetSocketOption(int.Parse(Path.GetFileName(file), CultureInfo.InvariantCulture), UserTimeout.Level, UserTimeout.Option, out var value, ref length) == 0)
            {
                yield return value;
            }
        }
    }

    /// <summary>The ports of each established connection of this machine, by what a file descriptor of it leads to.</summary>
    private static Dictionary<string, (int Local, int Remote)> Connections()
    {
        string[] tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];
        return tables.Where(File.Exists).SelectMany(File.ReadLines)
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(static fields => fields is [_, _, _, Established, ..])
            .GroupBy(static fields => $"socket:[{fields[9]}]", StringComparer.Ordinal)
            .ToDictionary(static same => same.Key, static same => (PortOf(same.First()[1]), PortOf(same.First()[2])), StringComparer.Ordinal);
    }

    private static int PortOf(string address) => int.Parse(address.AsSpan(address.LastIndexOf(':') + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static string? TargetOf(string file)
    {
        try
        {
            return new FileInfo(file).LinkTarget;
        }
        catch (IOException)
        {
            return null; // another test's, closed meanwhile
        }
    }

    [DllImport("libc", EntryPoint = "getsockopt", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetSocketOption(int socket, int level, int option, out uint value, ref int length);
}
