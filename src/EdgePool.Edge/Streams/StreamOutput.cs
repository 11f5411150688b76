using System.Buffers;
using System.Net.Security;
using System.Runtime.CompilerServices;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Routing;
using EdgePool.Edge.StreamManagement;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Transport;

namespace EdgePool.Edge.Streams;

/// <summary>
/// The one writer of a stream: control elements first, then whole segments of the attached routes' queues in turn, one write each. It runs on the thread
/// that wakes it, until the connection takes no more. Towards a partner with a rate it stands still, between segments, as long as the rate demands;
/// what is control, and what is delivered before a farewell, does not wait.
/// </summary>
/// <remarks>
/// A stanza counts as delivered when the operating system has taken its segment; under stream management, when the peer has acknowledged it: until
/// then it is the account's (<see cref="SentStanzas"/>), whatever becomes of the stream. Else, if the write of a segment fails, its stanzas are handed to
/// <c>lost</c> and nothing further is taken: what still waits belongs to its route.
/// </remarks>
internal sealed class StreamOutput(SocketStream transport, Ledger ledger, TimeProvider time, Action<StanzaSegment, Route, BounceReason> lost, Action<Exception> failed)
{
    /// <summary>Control output that a peer may leave unread; more means that it asks without listening.</summary>
    public const int ControlLimit = 64 * 1024;

    /// <summary>Segments written in a row on the thread that woke the writer; that thread has a stream of its own to serve.</summary>
    public const int SegmentsInPlace = 16;

    /// <summary>Timers are no finer.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(1);

    private readonly Lock gate = new();
    private readonly WakeSignal wake = new();
    private readonly CarriedRoutes routes = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Stream stream = transport;
    private long lastWrite = time.GetTimestamp();
    private long writing;
    private ArrayBufferWriter<byte>? control;
    private ArrayBufferWriter<byte>? composed;
    private StreamAccounts? accounts;
    private StreamAccounts? opened;
    private TaskCompletionSource? drained;
    private Action? kick;
    private volatile byte[]? farewell;
    private ITimer? pacing;
    private bool deliverFirst;
    private bool stopped;

    /// <summary>Stanzas of the ledger that were written to this stream.</summary>
    public long Delivered { get; private set; }

    /// <summary>Bytes of XML written, TLS apart.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Stanzas of the ledger that wait to go out here.</summary>
    public int Queued => routes.All.Sum(carried => carried.Queue.Accepted);

    /// <summary>How long ago something was written.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Interlocked.Read(ref lastWrite));

    /// <summary>How long the peer has not taken what is being written; zero while nothing is.</summary>
    public TimeSpan Blocked => Interlocked.Read(ref writing) is var since and not 0 ? time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Bytes of one stanza that the peer takes; what is larger is not written but handed to <c>lost</c>. Null: no limit is known.</summary>
    public int? PeerLimit { get; set; }

    /// <summary>Completes when the stream's last byte is written or writing failed.</summary>
    public Task Ended => ended.Task;

    public void Start() => _ = RunAsync();

    /// <summary>Queues control XML; false when the peer has left more than <see cref="ControlLimit"/> unread.</summary>
    /// <param name="xml">Elements that are no stanzas.</param>
    /// <param name="open">Accounts on which what is written behind them is entered.</param>
    public bool Send(ReadOnlySpan<byte> xml, StreamAccounts? open = null)
    {
        lock (gate)
        {
            if (stopped)
                return true;
            control ??= ControlBuffers.Rent();
            if (control.WrittenCount + xml.Length > ControlLimit)
                return false;
            control.Write(xml);
            opened = open ?? opened;
        }

        wake.Set();
        return true;
    }

    /// <summary>Lets the writer look for what there is to write.</summary>
    public void Wake() => wake.Set();

    /// <summary>From now on the route's stanzas go out here; false when the stream carries <see cref="CarriedRoutes.Most"/> already.</summary>
    /// <param name="route">Whose queue is written out.</param>
    /// <param name="pace">What slows it down; null: nothing.</param>
    public bool Attach(Route route, OutboundPace? pace = null)
    {
        if (!routes.TryAdd(route, pace))
            return false;
        route.Queue.Attach(kick ??= wake.Set);
        return true;
    }

    /// <summary>The route's stanzas go out here no longer, but for what is being written.</summary>
    public void Detach(Route route)
    {
        routes.Remove(route);
        if (kick is not null)
            route.Queue.Detach(kick);
    }

    /// <summary>No route's stanzas go out here any longer. Call it when writing has <see cref="Ended"/>.</summary>
    public void DetachAll()
    {
        foreach (var route in routes.All)
            Detach(route);
    }

    /// <summary>Completes when all control XML queued so far is written.</summary>
    public Task DrainAsync()
    {
        Task result;
        lock (gate)
        {
            if (stopped)
                return Task.CompletedTask;
            drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            result = drained.Task;
        }

        wake.Set();
        return result;
    }

    /// <summary>The TLS layer takes the place of the bare connection; only while nothing is being written.</summary>
    public void Replace(Stream secured)
    {
        lock (gate)
            stream = secured;
    }

    /// <summary>
    /// Ends the stream: writes <paramref name="last"/>, close_notify and FIN. With <paramref name="deliver"/> what waits in the queue goes out before.
    /// </summary>
    public void Complete(byte[] last, bool deliver)
    {
        lock (gate)
        {
            if (farewell is not null)
                return;
            deliverFirst = deliver;
            farewell = last;
        }

        wake.Set();
    }

    /// <summary>Takes nothing more from the queue and writes nothing more.</summary>
    public void Abandon()
    {
        lock (gate)
            stopped = true;
        wake.Set();
    }

    private async Task RunAsync()
    {
        try
        {
            for (var inPlace = 0; !stopped; inPlace++)
            {
                if (inPlace == SegmentsInPlace)
                {
                    inPlace = 0;
                    await Task.Yield();
                }

                await WriteControlAsync();
                while (await WriteAccountsAsync(idle: false) && accounts!.Sent.Repeats && farewell is null)
                    await WriteControlAsync();
                var last = farewell;
                if ((last is null || deliverFirst) && accounts is not ({ Sent.IsFull: true } or { Sent.Repeats: true }) && TakeNext(paced: last is null, out var route) is { } segment)
                {
                    await WriteSegmentAsync(segment, route!);
                }
                else if (last is not null)
                {
                    await FinishAsync(last);
                    return;
                }
                else if (NothingToControl() && !await WriteAccountsAsync(idle: true))
                {
                    inPlace = 0;
                    await wake.WaitAsync();
                }
            }
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            failed(exception);
        }
        finally
        {
            lock (gate)
            {
                stopped = true;
                drained?.TrySetResult();
            }

            pacing?.Dispose();
            ended.TrySetResult();
        }
    }

    /// <summary>The next segment that may go; null while a rate lets nothing go: the writer is woken when it does.</summary>
    private StanzaSegment? TakeNext(bool paced, out Route? route)
    {
        var segment = routes.Take(paced, out route, out var wait);
        if (wait > TimeSpan.Zero && segment is null)
            WakeAfter(wait);
        return segment;
    }

    private void WakeAfter(TimeSpan wait)
    {
        pacing ??= time.CreateTimer(static writer => ((StreamOutput)writer!).wake.Set(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        pacing.Change(wait > ShortestPause ? wait : ShortestPause, Timeout.InfiniteTimeSpan);
    }

    private async ValueTask WriteControlAsync()
    {
        while (true)
        {
            ArrayBufferWriter<byte> taken;
            lock (gate)
            {
                if (control is null)
                {
                    accounts = opened;
                    drained?.TrySetResult();
                    drained = null;
                    return;
                }

                taken = control;
                control = null;
            }

            if (taken.WrittenCount > 0)
                await WriteAsync(taken.WrittenMemory);
            ControlBuffers.Return(taken);
        }
    }

    /// <summary>Answers and asks, where the stream is under stream management and it is time to; false when nothing was written.</summary>
    private ValueTask<bool> WriteAccountsAsync(bool idle, bool last = false)
        => accounts is not null && accounts.TryCompose(composed ??= new ArrayBufferWriter<byte>(128), idle, last) ? WriteComposedAsync() : new ValueTask<bool>(false);

    private async ValueTask<bool> WriteComposedAsync()
    {
        await WriteAsync(composed!.WrittenMemory);
        if (composed.Capacity > ControlBuffers.Largest)
            composed = null; // it carried stanzas once more
        return true;
    }

    private bool NothingToControl()
    {
        lock (gate)
            return control is null && drained is null && farewell is null && !stopped && accounts is not { HasControl: true };
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteSegmentAsync(StanzaSegment segment, Route route)
    {
        if (PeerLimit is { } limit && segment.HasLongerThan(limit) && !Shed(segment, route, limit))
            return;
        var held = false;
        try
        {
            if (Volatile.Read(ref control) is not null)
                await WriteControlAsync(); // said before the route was attached: it goes first
            held = accounts is not null && accounts.Sent.TryHold(segment);
            await WriteAsync(segment.Memory);
        }
        catch
        {
            if (!held)
                lost(segment, route, BounceReason.StreamLost);
            route.Queue.Release(segment);
            throw;
        }

        Interlocked.Exchange(ref lastWrite, time.GetTimestamp());
        Delivered += segment.Accepted;
        if (!held)
            ledger.Deliver(segment.Accepted);
        route.Queue.Release(segment);
    }

    /// <summary>What the peer would end the stream for is answered instead of written (XEP-0478 section 4). False: nothing is left of the segment.</summary>
    private bool Shed(StanzaSegment segment, Route route, int limit)
    {
        var larger = new StanzaSegment();
        segment.MoveWhere((xml, _, _) => xml.Length > limit, larger);
        lost(larger, route, BounceReason.PeerLimit);
        route.Queue.Release(larger);
        if (segment.Entries > 0)
            return true;
        route.Queue.Release(segment);
        return false;
    }

    /// <summary>Only a write that has to wait is timed: most complete at once.</summary>
    private ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        BytesWritten += bytes.Length;
        var written = stream.WriteAsync(bytes);
        return written.IsCompletedSuccessfully ? written : TimedAsync(written);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TimedAsync(ValueTask written)
    {
        Interlocked.Exchange(ref writing, Math.Max(1, time.GetTimestamp()));
        try
        {
            await written;
        }
        finally
        {
            Interlocked.Exchange(ref writing, 0);
        }
    }

    private async ValueTask FinishAsync(byte[] last)
    {
        if (last.Length > 0)
        {
            await WriteAccountsAsync(idle: true, last: true);
            await WriteAsync(last);
        }

        if (stream is SslStream secured)
            await CloseNotify.SendAsync(secured);
        transport.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
    }
}
