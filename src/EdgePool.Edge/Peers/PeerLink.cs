using System.Buffers;
using EdgePool.Edge.Streams;

namespace EdgePool.Edge.Peers;

/// <summary>Takes a frame that has come; false: it is none that may come, and the link ends. Called on the link's reading path, which waits.</summary>
internal delegate bool TakeFrame(FrameKind kind, ReadOnlyMemory<byte> body);

/// <summary>
/// An established link to a node: one reader, which never waits for anything but the other side, and one writer. Whatever ends it ends it for both, and it says
/// why; who needs the other node waits for the next link.
/// </summary>
/// <param name="session">The connection; the link's from now on.</param>
/// <param name="time">The clock.</param>
internal sealed class PeerLink(PeerSession session, TimeProvider time)
{
    /// <summary>Bytes that may wait to be written, stanzas apart: sixteen of the longest questions.</summary>
    public const int MostWaiting = 4 * 1024 * 1024;

    private const int ReadBytes = 64 * 1024;

    private readonly Lock gate = new();
    private readonly WakeSignal wake = new();
    private readonly TaskCompletionSource<string> cut = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ArrayBufferWriter<byte> waiting = new();
    private ArrayBufferWriter<byte> leaving = new();
    private long lastRead = time.GetTimestamp();
    private long writing;
    private bool stopped;

    /// <summary>Who the other side is.</summary>
    public PeerHello Peer => session.Peer;

    /// <summary>The key that it has shown.</summary>
    public string Key => session.Key;

    /// <summary>How long nothing has come, or what is written has not been taken, whichever is longer.</summary>
    public TimeSpan Silence
    {
        get
        {
            var silent = time.GetElapsedTime(Interlocked.Read(ref lastRead));
            var blocked = Interlocked.Read(ref writing) is var since and not 0 ? time.GetElapsedTime(since) : TimeSpan.Zero;
            return silent > blocked ? silent : blocked;
        }
    }

    /// <summary>Reads and writes until the link ends; then nothing of it is left. Says why it ended.</summary>
    /// <param name="take">Takes what comes.</param>
    /// <param name="compose">Adds what there is to write besides; false: nothing.</param>
    public async Task<string> RunAsync(TakeFrame take, Func<ArrayBufferWriter<byte>, bool> compose)
    {
        var reading = EndedAsync(ReadAsync(take));
        var writer = EndedAsync(WriteAsync(compose));
        try
        {
            return await await Task.WhenAny(reading, writer, cut.Task);
        }
        finally
        {
            lock (gate)
                stopped = true;
            session.Socket.Dispose(); // what is being read or written fails; only then TLS may go
            wake.Set();
            await Task.WhenAll(reading, writer);
            await session.Stream.DisposeAsync();
        }
    }

    /// <summary>Lets the writer look for what there is to write.</summary>
    public void Wake() => wake.Set();

    /// <summary>Queues a frame; false when the link has ended, or the other side has left too much unread.</summary>
    public bool TrySend(FrameKind kind, ReadOnlySpan<byte> head = default, ReadOnlySpan<byte> rest = default)
    {
        lock (gate)
        {
            if (stopped || waiting.WrittenCount + head.Length + rest.Length + PeerFrame.HeaderBytes > MostWaiting)
                return false;
            PeerFrame.Write(waiting, kind, head, rest);
        }

        wake.Set();
        return true;
    }

    /// <summary>Ends it.</summary>
    public void Cut(string why) => cut.TrySetResult(why);

    private static async Task<string> EndedAsync(Task<string> loop)
    {
        try
        {
            return await loop;
        }
        catch (Exception fault) when (fault is IOException or System.Net.Sockets.SocketException or ObjectDisposedException or InvalidOperationException)
        {
            return fault.Message;
        }
    }

    private async Task<string> ReadAsync(TakeFrame take)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        try
        {
            for (var end = 0; ;)
            {
                var count = await session.Stream.ReadAsync(buffer.AsMemory(end));
                if (count == 0)
                    return "the other side has closed";
                Interlocked.Exchange(ref lastRead, time.GetTimestamp());
                end += count;
                if (TakeAll(take, buffer, ref end, out var needed) is { } fault)
                    return fault;
                if (needed > buffer.Length || buffer.Length - end < ReadBytes / 4)
                    buffer = Larger(buffer, end, needed);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Takes every whole frame and moves the rest to the front; null, or why the link ends.</summary>
    private static string? TakeAll(TakeFrame take, byte[] buffer, ref int end, out int needed)
    {
        var start = 0;
        while (true)
        {
            var read = PeerFrame.Read(buffer.AsSpan(start, end - start), PeerFrame.Longest, out var kind, out needed);
            if (read == FrameRead.Incomplete)
                break;
            if (read != FrameRead.Frame)
                return read == FrameRead.TooLong ? "a frame longer than any may be" : "a frame that is none";
            if (!take(kind, buffer.AsMemory(start + PeerFrame.HeaderBytes, needed - PeerFrame.HeaderBytes)))
                return $"{kind} with what does not belong there";
            start += needed;
        }

        buffer.AsSpan(start, end - start).CopyTo(buffer);
        end -= start;
        return null;
    }

    private static byte[] Larger(byte[] buffer, int used, int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, used + ReadBytes));
        buffer.AsSpan(0, used).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private async Task<string> WriteAsync(Func<ArrayBufferWriter<byte>, bool> compose)
    {
        for (var inPlace = 0; TryTakeWaiting(out var some); inPlace++)
        {
            if (!some && !compose(leaving))
            {
                inPlace = 0;
                await wake.WaitAsync();
                continue;
            }

            if (inPlace == StreamOutput.SegmentsInPlace)
            {
                inPlace = 0;
                await Task.Yield();
            }

            Interlocked.Exchange(ref writing, Math.Max(1, time.GetTimestamp()));
            await session.Stream.WriteAsync(leaving.WrittenMemory);
            Interlocked.Exchange(ref writing, 0);
            if (leaving.Capacity > ReadBytes)
                leaving = new ArrayBufferWriter<byte>(); // what was large for once is not kept
            else
                leaving.ResetWrittenCount();
        }

        return "it has ended";
    }

    /// <summary>Swaps what waits with what is written; false: nothing more is to be written.</summary>
    private bool TryTakeWaiting(out bool some)
    {
        lock (gate)
        {
            some = waiting.WrittenCount > 0;
            if (some)
                (waiting, leaving) = (leaving, waiting);
            return !stopped;
        }
    }
}
