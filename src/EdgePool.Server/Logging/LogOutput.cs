using System.Text;
using System.Threading.Channels;

namespace EdgePool.Server.Logging;

/// <summary>
/// Writes lines from a bounded queue, so that a reader of the log who stands still never holds up a stream. When the queue is full, lines are dropped,
/// counted, and the count is written as soon as there is room.
/// </summary>
internal sealed class LogOutput : IAsyncDisposable
{
    /// <summary>Lines that wait; at 200 bytes each, under 2 MiB.</summary>
    public const int Capacity = 8_192;

    private static readonly TimeSpan LongestFlush = TimeSpan.FromSeconds(1);

    private readonly Channel<string> lines = Channel.CreateBounded<string>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly Stream target;
    private readonly TimeProvider time;
    private readonly Func<long, string> dropNotice;
    private readonly Task writing;
    private long dropped;

    /// <summary>An output that writes at once.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="dropNotice">The line that tells how many lines were dropped.</param>
    public LogOutput(Stream target, TimeProvider time, Func<long, string> dropNotice)
    {
        (this.target, this.time, this.dropNotice) = (target, time, dropNotice);
        writing = Task.Run(WriteAsync);
    }

    /// <summary>Queues a line, or counts it as dropped.</summary>
    public void Write(string line)
    {
        if (!lines.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref dropped);
        }
    }

    /// <summary>Writes what is queued, for a second at most.</summary>
    public async ValueTask DisposeAsync()
    {
        lines.Writer.TryComplete();
        try
        {
            await writing.WaitAsync(LongestFlush, time);
        }
        catch (TimeoutException)
        {
            // Whoever reads the log stands still; the process ends all the same.
        }
    }

    private async Task WriteAsync()
    {
        var batch = new StringBuilder();
        try
        {
            while (await lines.Reader.WaitToReadAsync())
            {
                for (var room = 256; room > 0 && lines.Reader.TryRead(out var line); room--)
                {
                    batch.Append(line).Append('\n');
                }

                if (Interlocked.Exchange(ref dropped, 0) is > 0 and var missing)
                {
                    batch.Append(dropNotice(missing)).Append('\n');
                }

                await target.WriteAsync(Encoding.UTF8.GetBytes(batch.ToString()));
                await target.FlushAsync();
                batch.Clear();
            }
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException)
        {
            // Nobody reads the log any more: federation goes on without it.
            lines.Writer.TryComplete();
        }
    }
}
