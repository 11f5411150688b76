using System.Buffers;
using System.Threading.Channels;
using EdgePool.Server.Demo.Peers;

namespace EdgePool.Server.Demo.Load;

/// <summary>How much is sent.</summary>
/// <param name="Rate">Messages a second; 0: as many as the window lets go.</param>
/// <param name="Window">Messages that may be under way at one time.</param>
/// <param name="Count">Messages in all.</param>
internal sealed record LoadPlan(int Rate, int Window, long Count = long.MaxValue);

/// <summary>
/// Sends the messages of one flow, or of several in turn, by one way: evenly at a rate, or as fast as the window allows. A sender that cannot keep up
/// does not make up for it later in a burst.
/// </summary>
internal sealed class LoadSender(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> write, IReadOnlyList<NumberedFlow> flows, Func<long> underWay, TimeProvider time)
{
    private const int LargestBatch = 128;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan MostBehind = TimeSpan.FromMilliseconds(250);

    private readonly Channel<bool> moved = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ArrayBufferWriter<byte> batch = new(LargestBatch * NumberedMessage.Length);
    private long sent;

    /// <summary>Sends on a stream as long as it lives.</summary>
    public LoadSender(PeerStream stream, IReadOnlyList<NumberedFlow> flows, Func<long> underWay, TimeProvider time)
        : this(stream.WriteAsync, flows, underWay, time)
    {
    }

    /// <summary>Something arrived: there may be room in the window.</summary>
    public void Moved() => moved.Writer.TryWrite(true);

    /// <summary>Sends until the plan's count is reached or <paramref name="stop"/> is cancelled. A write under way is finished.</summary>
    public async Task RunAsync(LoadPlan plan, CancellationToken stop)
    {
        try
        {
            await (plan.Rate == 0 ? FloodAsync(plan, stop) : PaceAsync(plan, stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // asked for
        }
    }

    /// <summary>Sends that many now.</summary>
    public async Task SendAsync(long count, CancellationToken cancellation)
    {
        while (count > 0)
        {
            batch.ResetWrittenCount();
            for (var room = Math.Min(count, LargestBatch); room > 0; room--, count--)
            {
                flows[(int)(sent++ % flows.Count)].Write(batch);
            }

            await write(batch.WrittenMemory, cancellation);
        }
    }

    private async Task FloodAsync(LoadPlan plan, CancellationToken stop)
    {
        while (sent < plan.Count)
        {
            stop.ThrowIfCancellationRequested();
            var room = Math.Min(plan.Window - underWay(), plan.Count - sent);
            if (room > 0)
            {
                await SendAsync(Math.Min(room, LargestBatch), CancellationToken.None);
            }
            else
            {
                await moved.Reader.ReadAsync(stop);
            }
        }
    }

    private async Task PaceAsync(LoadPlan plan, CancellationToken stop)
    {
        using var ticks = new PeriodicTimer(Tick, time);
        var first = sent;
        var start = time.GetTimestamp();
        var forgiven = 0L;
        var mostBehind = (long)(MostBehind.TotalSeconds * plan.Rate) + 1;
        while (sent < plan.Count && await ticks.WaitForNextTickAsync(stop))
        {
            var planned = (long)(time.GetElapsedTime(start).TotalSeconds * plan.Rate) - forgiven;
            var due = planned - (sent - first);
            if (due > mostBehind)
            {
                forgiven += due - mostBehind;
                due = mostBehind;
            }

            await SendAsync(Math.Clamp(Math.Min(due, plan.Count - sent), 0, Math.Max(0, plan.Window - underWay())), CancellationToken.None);
        }
    }
}
