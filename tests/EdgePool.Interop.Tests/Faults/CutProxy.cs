using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EdgePool.Interop.Tests.Faults;

/// <summary>
/// A line to one address that a test can interrupt: bytes stay where they are, as behind a router that drops everything. A line with an address of its own stands for the
/// target there: it refuses connections while nobody listens at the target, and while it is interrupted they are neither taken nor refused. Another one takes them, and nobody answers.
/// </summary>
internal sealed class CutProxy : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan LastBreath = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private readonly List<Task> tasks = [];
    private readonly HashSet<Socket> ends = [];
    private readonly IPEndPoint target;
    private readonly bool standsFor;
    private TaskCompletionSource flows = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Socket? listener;
    private Socket? filler;

    /// <param name="target">Where it leads.</param>
    /// <param name="at">The address in which it stands for the target; null: a port of loopback that is free.</param>
    public CutProxy(IPEndPoint target, IPEndPoint? at = null)
    {
        (this.target, standsFor, EndPoint) = (target, at is not null, at ?? new IPEndPoint(IPAddress.Loopback, 0));
        flows.SetResult();
        if (standsFor)
        {
            tasks.Add(FollowAsync());
            return;
        }

        Open();
        EndPoint = (IPEndPoint)listener!.LocalEndPoint!;
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Told of each connection that was taken: when, and the first that was said on it.</summary>
    public Action<long, string>? Taken { get; init; }

    /// <summary>After this long an interruption ends the connections, as the kernels of both ends do that send and hear nothing; null: they stay.</summary>
    public TimeSpan? GivesUp { get; init; }

    private bool IsInterrupted => !flows.Task.IsCompleted;

    /// <summary>Nothing passes any more.</summary>
    public void Interrupt()
    {
        lock (gate)
        {
            flows = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (standsFor)
                Drop();
            if (GivesUp is { } time)
                tasks.Add(GiveUpAsync(flows.Task, time));
        }
    }

    /// <summary>Everything passes again, from where it stood.</summary>
    public void Mend()
    {
        lock (gate)
        {
            if (!flows.TrySetResult() || !standsFor)
                return;
            Shut();
            Follow();
        }
    }

    /// <summary>Ends every connection.</summary>
    public void EndAll()
    {
        lock (gate)
        {
            foreach (var socket in ends)
                socket.Close(0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] left;
        await stopping.CancelAsync();
        lock (gate)
        {
            Shut();
            left = [.. tasks];
        }

        await Task.WhenAll(left);
        stopping.Dispose();
    }

    private async Task GiveUpAsync(Task mended, TimeSpan time)
    {
        if (await Task.WhenAny(mended, Task.Delay(time, stopping.Token)) != mended)
            EndAll();
    }

    private void Open()
    {
        listener = Bound(EndPoint);
        listener.Listen();
        tasks.Add(AcceptAsync(listener));
    }

    private void Shut()
    {
        listener?.Dispose();
        filler?.Dispose();
        (listener, filler) = (null, null);
    }

    /// <summary>Linux drops what would connect to a port whose queue is full, without a word: a queue of one, with one in it.</summary>
    private void Drop()
    {
        Shut();
        listener = Bound(EndPoint);
        listener.Listen(0);
        filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        filler.Connect(EndPoint);
    }

    private async Task FollowAsync()
    {
        using var pace = new PeriodicTimer(Look);
        do
        {
            lock (gate)
                Follow();
        }
        while (await pace.WaitForNextTickAsync(CancellationToken.None) && !stopping.IsCancellationRequested);
    }

    /// <summary>Takes connections while the target does.</summary>
    private void Follow()
    {
        if (IsInterrupted || stopping.IsCancellationRequested || Listens(target) == listener is not null)
            return;
        if (listener is null)
            Open();
        else
            Shut();
    }

    /// <summary>An address cannot be bound while somebody listens there.</summary>
    private static bool Listens(IPEndPoint endPoint)
    {
        try
        {
            Bound(endPoint).Dispose();
            return false;
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return true;
        }
    }

    private static Socket Bound(IPEndPoint endPoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endPoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task AcceptAsync(Socket door)
    {
        try
        {
            while (true)
            {
                var taken = await door.AcceptAsync(stopping.Token);
                lock (gate)
                {
                    tasks.RemoveAll(static line => line.IsCompleted);
                    tasks.Add(CarryAsync(taken));
                }
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // shut
        }
    }

    private async Task CarryAsync(Socket taken)
    {
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (taken)
        {
            lock (gate)
                ends.UnionWith([taken, far]);
            try
            {
                taken.NoDelay = true;
                await flows.Task.WaitAsync(stopping.Token);
                await far.ConnectAsync(target, stopping.Token);
                await Task.WhenAll(PumpAsync(taken, far, Taken), PumpAsync(far, taken, heard: null));
            }
            catch (Exception fault) when (fault is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // nobody is there, or the line is closed
            }

            lock (gate)
                ends.ExceptWith([taken, far]);
        }
    }

    private async Task PumpAsync(Socket from, Socket to, Action<long, string>? heard)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, stopping.Token) is > 0 and var count)
            {
                heard?.Invoke(Stopwatch.GetTimestamp(), Encoding.UTF8.GetString(buffer, 0, count));
                heard = null;
                await flows.Task.WaitAsync(stopping.Token);
                for (var sent = 0; sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), stopping.Token);
            }

            await EndingAsync();
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            await EndingAsync();
            from.Close(0);
            to.Close(0);
        }
    }

    /// <summary>An end passes as bytes do; and who hears of it, and comes again, finds the target as it is then: a process that dies does not close all its sockets at once.</summary>
    private async Task EndingAsync()
    {
        await flows.Task.WaitAsync(stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!standsFor)
            return;
        await Task.Delay(LastBreath, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (gate)
            Follow();
    }
}
