using System.Net;
using System.Net.Sockets;

namespace EdgePool.Edge.Tests.Peers;

/// <summary>A line between two nodes that a test cuts: what is under way is gone, for both.</summary>
internal sealed class CutProxy : IAsyncDisposable
{
    private TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Lock gate = new();
    private readonly List<Socket> sockets = [];
    private readonly List<Task> pumps = [];
    private Task accepting;
    private volatile TaskCompletionSource? held;

    public CutProxy()
    {
        listener.Start();
        EndPoint = (IPEndPoint)listener.LocalEndpoint;
        accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint { get; }

    public IPEndPoint? Target { get; set; }

    /// <summary>Nothing comes through, and no connection ends, until <see cref="Release"/>.</summary>
    public void Hold() => held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What was held comes through, and all that follows.</summary>
    public void Release()
    {
        var waiting = held;
        held = null;
        waiting?.TrySetResult();
    }

    /// <summary>Ends every connection; the next one is taken.</summary>
    public void Cut()
    {
        lock (gate)
        {
            foreach (var socket in sockets)
            {
                socket.LingerState = new LingerOption(enable: true, 0);
                socket.Dispose();
            }

            sockets.Clear();
        }
    }

    /// <summary>Ends every connection, and none is taken any more.</summary>
    public void CutForGood()
    {
        listener.Stop();
        Cut();
    }

    /// <summary>Takes connections again.</summary>
    public async Task OpenAsync()
    {
        await accepting;
        listener = new TcpListener(EndPoint);
        listener.Start();
        accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        CutForGood();
        Release();
        await accepting;
        Cut();
        Task[] left;
        lock (gate)
            left = [.. pumps];
        await Task.WhenAll(left);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = await listener.AcceptSocketAsync();
                var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await far.ConnectAsync(Target!);
                lock (gate)
                {
                    sockets.AddRange([near, far]);
                    pumps.AddRange([PumpAsync(near, far), PumpAsync(far, near)]);
                }
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // cut for good
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, SocketFlags.None) is > 0 and var count)
            {
                if (held is { } waiting)
                    await waiting.Task;
                await to.SendAsync(buffer.AsMemory(0, count), SocketFlags.None);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // cut
        }
    }
}
