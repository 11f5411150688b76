using System.Buffers;
using System.Net.Security;
using System.Runtime.CompilerServices;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Transport;

namespace EdgePool.Edge.Streams;

/// <summary>
/// The one writer of a stream: control elements first, then whole segments of the attached route's queue, one write each. It runs on the thread that
/// wakes it, until the connection takes no more. Towards a partner with a rate it stands still, between segments, as long as the rate demands;
/// what is control, and what is delivered before a farewell, does not wait.
/// </summary>
/// <remarks>
/// A stanza counts as delivered when the operating system has taken its segment. If the write of a segment fails, its stanzas are handed to
/// <c>lost</c> and nothing further is taken: what still waits belongs to the route.
/// </remarks>
internal sealed class StreamOutput(SocketStream transport, Ledger ledger, TimeProvider time, Action<StanzaSegment> lost, Action<Exception> failed, OutboundPace? pace = null)
{
    /// <summary>Control output that a peer may leave unread; more means that it asks without listening.</summary>
    public const int ControlLimit = 64 * 1024;

    /// <summary>Segments written in a row on the thread that woke the writer; that thread has a stream of its own to serve.</summary>
    public const int SegmentsInPlace = 16;

    /// <summary>Timers are no finer.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(1);

    private readonly Lock gate = new();
    private readonly WakeSignal wake = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Stream stream = transport;
    private long lastWrite = time.GetTimestamp();
    private long writing;
    private ArrayBufferWriter<byte>? control;
    private TaskCompletionSource? drained;
    private Route? route;
    private Action? kick;
    private byte[]? farewell;
    private ITimer? pacing;
    private bool deliverFirst;
    private bool stopped;

    /// <summary>Stanzas of the ledger that this stream delivered.</summary>
    public long Delivered { get; private set; }

    /// <summary>Bytes of XML written, TLS apart.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Stanzas of the ledger that wait to go out here.</summary>
    public int Queued => route?.Queue.Accepted ?? 0;

    /// <summary>How long ago something was written.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Interlocked.Read(ref lastWrite));

    /// <summary>How long the peer has not taken what is being written; zero while nothing is.</summary>
    public TimeSpan Blocked => Interlocked.Read(ref writing) is var since and not 0 ? time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Completes when the stream's last byte is written or writing failed.</summary>
    public Task Ended => ended.Task;

    public void Start() => _ = RunAsync();

    /// <summary>Queues control XML; false when the peer has left more than <see cref="ControlLimit"/> unread.</summary>
    public bool Send(ReadOnlySpan<byte> xml)
    {
        lock (gate)
        {
            if (stopped)
                return true;
            control ??= new ArrayBufferWriter<byte>(1024);
            if (control.WrittenCount + xml.Length > ControlLimit)
                return false;
            control.Write(xml);
        }

        wake.Set();
        return true;
    }

    /// <summary>From now on the route's stanzas go out here.</summary>
    public void Attach(Route target)
    {
        lock (gate)
            route = target;
        target.Queue.Attach(kick ??= wake.Set);
    }

    /// <summary>The route's stanzas go out here no longer. Call it when writing has <see cref="Ended"/>.</summary>
    public void Detach()
    {
        if (kick is not null)
            route?.Queue.Detach(kick);
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
            farewell = last;
            deliverFirst = deliver;
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
                if (farewell is { } last && (!deliverFirst || route is null || !await WriteSegmentAsync(route)))
                {
                    await FinishAsync(last);
                    return;
                }

                if (farewell is null && (route is null || MustPause() || !await WriteSegmentAsync(route)) && NothingToControl())
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

    /// <summary>True while the partner's rate lets nothing go; the writer is woken when it does.</summary>
    private bool MustPause()
    {
        if (pace is null || pace.Wait() is not { Ticks: > 0 } wait)
            return false;
        pacing ??= time.CreateTimer(static writer => ((StreamOutput)writer!).wake.Set(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        pacing.Change(wait > ShortestPause ? wait : ShortestPause, Timeout.InfiniteTimeSpan);
        return true;
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
                    drained?.TrySetResult();
                    drained = null;
                    return;
                }

                taken = control;
                control = null;
            }

            await WriteAsync(taken.WrittenMemory);
        }
    }

    private bool NothingToControl()
    {
        lock (gate)
            return control is null && drained is null && farewell is null && !stopped;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WriteSegmentAsync(Route target)
    {
        if (target.Queue.Take() is not { } segment)
            return false;
        pace?.Take(segment.Entries, segment.Length);
        try
        {
            await WriteAsync(segment.Memory);
        }
        catch
        {
            lost(segment);
            target.Queue.Release(segment);
            throw;
        }

        Interlocked.Exchange(ref lastWrite, time.GetTimestamp());
        Delivered += segment.Accepted;
        ledger.Deliver(segment.Accepted);
        target.Queue.Release(segment);
        return true;
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
            await WriteAsync(last);
        if (stream is SslStream secured)
            await secured.ShutdownAsync();
        transport.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
    }
}
