using System.Net;
using System.Net.Sockets;

namespace EdgePool.Interop.Tests.Faults;

/// <summary>A line to one address that a test can interrupt: bytes stay where they are, connections are taken and nobody answers on them, as behind a router that drops everything.</summary>
internal sealed class CutProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private readonly List<Task> lines = [];
    private readonly IPEndPoint target;
    private readonly Task accepting;
    private TaskCompletionSource flows = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CutProxy(IPEndPoint target)
    {
        this.target = target;
        flows.SetResult();
        listener.Start();
        accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)listener.LocalEndpoint;

    /// <summary>Nothing passes any more.</summary>
    public void Interrupt() => flows = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Everything passes again, from where it stood.</summary>
    public void Mend() => flows.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await stopping.CancelAsync();
        await accepting;
        Task[] left;
        lock (gate)
            left = [.. lines];
        await Task.WhenAll(left);
        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = await listener.AcceptSocketAsync(stopping.Token);
                lock (gate)
                {
                    lines.RemoveAll(static line => line.IsCompleted);
                    lines.Add(CarryAsync(near));
                }
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // closed
        }
    }

    private async Task CarryAsync(Socket near)
    {
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (near)
        {
            near.NoDelay = true;
            try
            {
                await flows.Task.WaitAsync(stopping.Token);
                await far.ConnectAsync(target, stopping.Token);
                await Task.WhenAll(PumpAsync(near, far), PumpAsync(far, near));
            }
            catch (Exception fault) when (fault is SocketException or OperationCanceledException)
            {
                // nobody is there, or the line is closed
            }
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, stopping.Token) is > 0 and var count)
            {
                await flows.Task.WaitAsync(stopping.Token);
                for (var sent = 0; sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), stopping.Token);
            }

            await flows.Task.WaitAsync(stopping.Token);
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            from.Close(0);
            to.Close(0);
        }
    }
}
