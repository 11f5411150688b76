using System.Net.Sockets;
using EdgePool.Edge.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Peers;

/// <summary>Callers of the peer port that take every place there is and say nothing, or not enough (MGT-07: the member stays).</summary>
public sealed class PeerFloodTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0x16, 3, 1, 2 })] // the beginning of a TLS handshake
    public async Task Calls_ThatTakeAllPlacesAndAreSilent_AreCutInTimeAndNodesLink(byte[] said)
    {
        await using var scene = new PoolScene();
        var node = await scene.StartAsync(
            "n", change: options => options with { Pool = options.Pool! with { Timeouts = options.Pool.Timeouts with { Handshake = TimeSpan.FromSeconds(1) } } });
        var calls = new List<Socket>();
        for (var call = 0; call < PeersActor.MostUnknown; call++)
        {
            calls.Add(new Socket(SocketType.Stream, ProtocolType.Tcp));
            await calls[^1].ConnectAsync(node.PeerEndPoint!);
            await calls[^1].SendAsync(said);
        }

        var other = await scene.StartAsync("a"); // it calls, and not n
        await PoolScene.LinkedAsync(node, "a");

        using var patience = new CancellationTokenSource(Patience);
        foreach (var call in calls)
        {
            Assert.Equal(0, await EndOfAsync(call, patience.Token));
            call.Dispose();
        }

        await PoolScene.LinkedAsync(other, "n");
    }

    private static async Task<int> EndOfAsync(Socket call, CancellationToken patience)
    {
        try
        {
            return await call.ReceiveAsync(new byte[64], SocketFlags.None, patience);
        }
        catch (SocketException)
        {
            return 0; // reset
        }
    }
}
