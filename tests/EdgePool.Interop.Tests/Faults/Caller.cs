using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Xml.Linq;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Faults;

/// <summary>
/// One side that calls the nodes of the pool in its order, as a server does by SRV records and a component by its list, and writes a flow of numbered messages. It calls
/// again, from the first, whenever its stream ends, or when nothing has come on it for <see cref="Silence"/> while it writes.
/// </summary>
/// <param name="nodes">Where the nodes are.</param>
/// <param name="fates">What it writes.</param>
/// <param name="take">Takes what comes.</param>
/// <param name="rate">Messages a second.</param>
internal abstract class Caller(IReadOnlyList<IPEndPoint> nodes, NumberedFates fates, Action<XElement> take, int rate) : IAsyncDisposable
{
    /// <summary>What a node may take before it counts as dead.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>What a node that was given up may take to say that it ends, too.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private const int Ticks = 40;
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Opening = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource stopping = new();
    private readonly TaskCompletionSource up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task running = Task.CompletedTask;
    private long writesSince;
    private volatile bool writes;

    /// <summary>Silence on a stream that is written to, after which it counts as dead.</summary>
    public TimeSpan Silence { get; init; } = Patience;

    /// <summary>Told whenever a stream stands, and when it has ended.</summary>
    public Action<bool>? Stands { get; init; }

    /// <summary>Completes when the first stream stands.</summary>
    public Task Up => up.Task;

    /// <summary>Streams that ended without a word, or were given up.</summary>
    public int Broken { get; private set; }

    /// <summary>What it writes.</summary>
    protected NumberedFates Fates => fates;

    /// <summary>Begins to call.</summary>
    public void Start() => running = RunAsync();

    /// <summary>Begins or ends to write.</summary>
    public void Write(bool on)
    {
        Volatile.Write(ref writesSince, Stopwatch.GetTimestamp());
        writes = on;
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running;
        stopping.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Negotiates until stanzas may flow.</summary>
    protected abstract Task OpenAsync(ScriptedPeer peer);

    /// <summary>Stanzas may flow: what is to be said first.</summary>
    protected virtual string Begin() => "";

    /// <summary>These were taken to be written; adds what is to be said behind them.</summary>
    protected abstract string OnWrite(int first, int count);

    /// <summary>Something came that is no stanza of a flow; null, or what is to be answered.</summary>
    protected virtual string? OnElement(XElement element) => null;

    /// <summary>The stream has ended, with the stream's end tag of the other side or without.</summary>
    protected abstract void OnEnded(bool orderly);

    private async Task RunAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            foreach (var node in nodes)
            {
                if (await TryOpenAsync(node) is not { } peer)
                    continue;
                up.TrySetResult();
                Stands?.Invoke(true);
                var orderly = await CarryAsync(peer);
                Stands?.Invoke(false);
                Broken += orderly || stopping.IsCancellationRequested ? 0 : 1;
                OnEnded(orderly || stopping.IsCancellationRequested);
                break;
            }

            await Task.Delay(Again, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<ScriptedPeer?> TryOpenAsync(IPEndPoint node)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        patience.CancelAfter(Opening);
        ScriptedPeer? peer = null;
        try
        {
            peer = await ScriptedPeer.ConnectAsync(node, fates.Name, patience.Token);
            peer.Patience = Opening;
            await OpenAsync(peer).WaitAsync(patience.Token);
            peer.Patience = Timeout.InfiniteTimeSpan;
            return peer;
        }
        catch (Exception e) when (e is SocketException or IOException or DialogueException or OperationCanceledException or AuthenticationException or InvalidOperationException)
        {
            if (peer is not null)
                await peer.DisposeAsync();
            return null;
        }
    }

    private async Task<bool> CarryAsync(ScriptedPeer peer)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        var heard = new Moment(Stopwatch.GetTimestamp());
        var reading = ReadAsync(peer, heard);
        var writing = WriteAsync(peer, heard, over.Token);
        await Task.WhenAny(reading, writing);
        await over.CancelAsync();
        await writing; // nothing is said behind the end
        await EndAsync(peer, reading, stopping.IsCancellationRequested ? Patience : LastWords);
        await peer.DisposeAsync();
        return await reading;
    }

    /// <summary>RFC 6120 section 4.4: our end, and then what comes until the other side's. Who gives a node up may be wrong, and what is under way to it counts as delivered.</summary>
    private static async Task EndAsync(ScriptedPeer peer, Task reading, TimeSpan patience)
    {
        try
        {
            await peer.SendAsync("</stream:stream>").WaitAsync(patience);
            await reading.WaitAsync(patience);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException or TimeoutException)
        {
            // The other side is gone.
        }
    }

    /// <summary>Reads to the end; true: the other side has ended the stream.</summary>
    private async Task<bool> ReadAsync(ScriptedPeer peer, Moment heard)
    {
        try
        {
            var next = await peer.HearAsync();
            for (; next is { Kind: HeardKind.Element, Element: { } element }; next = await peer.HearAsync())
            {
                heard.Value = Stopwatch.GetTimestamp();
                take(element);
                if (OnElement(element) is { } answer)
                    await peer.SendAsync(answer);
            }

            return next.Kind == HeardKind.StreamEnd;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException or InvalidOperationException)
        {
            return false;
        }
    }

    private async Task WriteAsync(ScriptedPeer peer, Moment heard, CancellationToken over)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1) / Ticks);
        try
        {
            if (Begin() is { Length: > 0 } first)
                await peer.SendAsync(first, CancellationToken.None).WaitAsync(Patience, CancellationToken.None);
            for (var due = 0; !over.IsCancellationRequested && (!writes || Stopwatch.GetElapsedTime(Math.Max(heard.Value, Volatile.Read(ref writesSince))) < Silence); due %= Ticks)
            {
                due += rate;
                if (writes && due / Ticks is > 0 and var count)
                {
                    var (number, text) = fates.Next(count);
                    await peer.SendAsync(text + OnWrite(number, count), CancellationToken.None).WaitAsync(Patience, CancellationToken.None);
                }

                await pace.WaitForNextTickAsync(over);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException or TimeoutException)
        {
            // The stream has ended, or takes nothing, or this side ends.
        }
    }

    private sealed class Moment(long value)
    {
        private long value = value;

        public long Value
        {
            get => Volatile.Read(ref value);
            set => Volatile.Write(ref this.value, value);
        }
    }
}
