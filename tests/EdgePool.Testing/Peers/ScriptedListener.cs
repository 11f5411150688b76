using System.Net;
using System.Net.Sockets;

namespace EdgePool.Testing.Peers;

/// <summary>Accepts connections on loopback and hands each out as a <see cref="ScriptedPeer"/>.</summary>
public sealed class ScriptedListener : IDisposable
{
    private readonly TcpListener listener;

    /// <summary>Listens at once; port 0 takes a free port.</summary>
    public ScriptedListener(IPEndPoint? at = null)
    {
        listener = new TcpListener(at ?? new IPEndPoint(IPAddress.Loopback, 0));
        listener.Start();
    }

    public IPEndPoint EndPoint => (IPEndPoint)listener.LocalEndpoint;

    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The next connection.</summary>
    public async Task<ScriptedPeer> AcceptAsync(string name = "peer", CancellationToken cancellationToken = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            var socket = await listener.AcceptSocketAsync(patience.Token);
            socket.NoDelay = true;
            return new ScriptedPeer(new NetworkStream(socket, ownsSocket: true), name);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DialogueException($"nobody connected to {EndPoint} ({name}) for {Patience.TotalSeconds:0.###} s", e);
        }
    }

    public void Dispose() => listener.Dispose();
}
