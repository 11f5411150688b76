using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Routing;
using EdgePool.Edge.StreamManagement;
using EdgePool.Edge.Transport;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Edge.Streams;

/// <summary>
/// The reading side of one stream: bytes → framer → gate → route. Stanzas of authenticated pairs flow here without touching a mailbox, one read
/// batch at a time; everything else is an event for the stream's actor, and the pump stands still until the actor has answered, so a peer
/// can never fill a mailbox.
/// </summary>
/// <remarks>
/// Two ways of standing still are meant: for the actor's order, and for a full target. Both leave the peer's bytes in its TCP window. While the stream
/// is idle no buffer is held: the pump waits with an empty read.
/// </remarks>
internal sealed class StreamPump
{
    /// <summary>How long a peer may go on trying to send more than its rate (POL-18).</summary>
    public static readonly TimeSpan OverRateAtMost = TimeSpan.FromSeconds(30);

    private const int ReadBytes = 32 * 1024;

    private readonly IActorRef actor;
    private readonly SocketStream transport;
    private readonly StreamOutput writer;
    private readonly StanzaRelay relay;
    private readonly TlsUpgrade upgrade;
    private readonly TimeProvider time;
    private readonly Func<FramerLimits> limitsOfNow;
    private readonly CancellationTokenSource stopping = new();
    private Stream stream;
    private StreamFramer framer;
    private FramerLimits limits;
    private volatile bool limitsStale;
    private byte[]? buffer;
    private int start;
    private int end;
    private long lastRead;
    private long elementSince;
    private long? overRateSince;
    private StreamAccounts? accounts;

    /// <param name="actor">Whose stream it is; asked about everything that is not a stanza.</param>
    /// <param name="transport">The connection.</param>
    /// <param name="writer">What goes out on it.</param>
    /// <param name="relay">Where stanzas go.</param>
    /// <param name="upgrade">How TLS comes up.</param>
    /// <param name="limits">For the framer until the peer is authenticated.</param>
    /// <param name="limitsOfNow">For the framer from then on; asked when the policy has changed or <see cref="RenewLimits"/> was called.</param>
    /// <param name="time">The clock.</param>
    public StreamPump(
        IActorRef actor, SocketStream transport, StreamOutput writer, StanzaRelay relay, TlsUpgrade upgrade, FramerLimits limits, Func<FramerLimits> limitsOfNow, TimeProvider time)
    {
        (this.actor, this.transport, this.writer, this.relay, this.upgrade, this.time) = (actor, transport, writer, relay, upgrade, time);
        (this.limits, this.limitsOfNow) = (limits, limitsOfNow);
        stream = transport;
        framer = new StreamFramer(limits);
        lastRead = time.GetTimestamp();
    }

    /// <summary>How long ago the last byte came; zero while a full target keeps us from reading.</summary>
    public TimeSpan Silence => relay.FullTarget is null && relay.Exhausted is null ? time.GetElapsedTime(Interlocked.Read(ref lastRead)) : TimeSpan.Zero;

    /// <summary>How long an element has been incomplete; zero between elements.</summary>
    public TimeSpan ElementAge => Interlocked.Read(ref elementSince) is var since and not 0 ? time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Bytes of XML read, TLS apart.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Completes when the pump reads no more.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    public void Start() => Ended = RunAsync();

    /// <summary>From now on the peer's stanzas are counted, and it may ask and answer. Only while the pump waits for an order.</summary>
    public void Manage(StreamAccounts counted)
    {
        accounts = counted;
        relay.Received = counted.Received;
    }

    /// <summary>The peer is authenticated for something more: what its stanzas may cost is asked again before the next one.</summary>
    public void RenewLimits() => limitsStale = true;

    /// <summary>Ends every wait of the pump; the transport's owner disposes the transport afterwards.</summary>
    public void Stop() => stopping.Cancel();

    private async Task RunAsync()
    {
        try
        {
            var order = await BeginAsync();
            while (order != PumpOrder.Discard)
                order = await Obey(order);
            await DiscardAsync();
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException or ObjectDisposedException or OperationCanceledException)
        {
            if (!stopping.IsCancellationRequested)
                actor.Tell(transport.Flooded ? new PumpEvent.TlsFailed(exception.Message) : new PumpEvent.Broken(exception.Message));
        }
        catch (Exception bug)
        {
            actor.Tell(new Status.Failure(bug));
        }
        finally
        {
            ReturnBuffer();
            relay.Dispose();
        }
    }

    /// <summary>Direct TLS, if the listener wants it or the first byte says so, then the first event.</summary>
    private async Task<PumpOrder> BeginAsync()
    {
        if (upgrade.NeedsFirstByte && !await FillAsync())
            return await AskAsync(new PumpEvent.Closed(MidElement: false));
        TlsSession? tls = null;
        switch (upgrade.Judge(buffer.AsSpan(start, end - start)))
        {
            case Opening.Refused:
                return await AskAsync(new PumpEvent.TlsFailed("a TLS record where this listener takes none"));
            case Opening.DirectTls when (tls = await SecureAsync(direct: true)) is null:
                return PumpOrder.Discard;
            default:
                break;
        }

        return await AskAsync(new PumpEvent.Connected(tls));
    }

    private async Task<PumpOrder> Obey(PumpOrder order)
    {
        switch (order)
        {
            case PumpOrder.AssumeDialbackPrefix:
                framer.AssumeDialbackPrefix();
                break;
            case PumpOrder.Restart:
                framer = new StreamFramer(limits);
                break;
            case PumpOrder.StartTls:
                await writer.DrainAsync();
                return await SecureAsync(direct: false) is { } tls ? await AskAsync(new PumpEvent.Secured(tls)) : PumpOrder.Discard;
            default:
                break;
        }

        return await ReadAsync();
    }

    /// <summary>Reads and relays until something needs the actor.</summary>
    private async Task<PumpOrder> ReadAsync()
    {
        while (true)
        {
            if ((relay.BeginBatch() || limitsStale) && relay.Admits)
            {
                limitsStale = false;
                framer.Limits = limits = limitsOfNow();
            }

            var asked = Parse();
            relay.EndBatch();
            relay.Flush();
            asked ??= accounts?.EndBatch();
            if (asked is not null)
                return await AskAsync(asked);
            if (relay.FullTarget is { } full)
            {
                await full.WhenRoomAsync(relay.Patience, stopping.Token);
                Interlocked.Exchange(ref lastRead, time.GetTimestamp());
                relay.FullTarget = null;
                continue;
            }

            if (relay.Exhausted is { } meter)
            {
                if (!await RateAllowsAsync(meter))
                    return await AskAsync(new PumpEvent.OverRate());
                continue;
            }

            if (!await FillAsync())
                return await AskAsync(new PumpEvent.Closed(framer.InsideElement));
        }
    }

    /// <summary>
    /// Stands still as long as the partner's rate demands. False: the peer has had more to say than it may for <see cref="OverRateAtMost"/> on end. It has
    /// caught up, and the time begins anew, when a read finds nothing waiting.
    /// </summary>
    private async Task<bool> RateAllowsAsync(RateMeter meter)
    {
        overRateSince ??= time.GetTimestamp();
        if (time.GetElapsedTime(overRateSince.Value) >= OverRateAtMost)
        {
            overRateSince = null; // whoever lets it go on is asked again
            return false;
        }

        await Task.Delay(meter.Wait(), time, stopping.Token);
        Interlocked.Exchange(ref lastRead, time.GetTimestamp());
        relay.Exhausted = null;
        return true;
    }

    /// <summary>Everything complete in the buffer; null when more bytes, or room in a target, are needed.</summary>
    private PumpEvent? Parse()
    {
        while (start < end || buffer is null)
        {
            if (buffer is null)
                return null;
            var status = framer.Read(buffer.AsSpan(start, end - start), out var consumed, out var frame);
            start += consumed;
            switch (status)
            {
                case FrameStatus.Incomplete:
                    Interlocked.Exchange(ref elementSince, !framer.InsideElement ? 0 : elementSince == 0 ? Math.Max(1, lastRead) : elementSince);
                    return null;
                case FrameStatus.Header:
                    return new PumpEvent.Header(framer.Header!);
                case FrameStatus.End:
                    return new PumpEvent.EndTag();
                case FrameStatus.Violation:
                    return new PumpEvent.Violation(framer.Violation!);
                default:
                    Interlocked.Exchange(ref elementSince, 0);
                    if (frame.Kind == StanzaKind.None && accounts is not null && accounts.TryTake(in frame, out var fault))
                    {
                        if (fault is not null)
                            return fault;
                        break;
                    }

                    if (frame.Kind == StanzaKind.None || !relay.Admits)
                        return new PumpEvent.Element(frame.ToElement());
                    if (relay.Relay(in frame) is { } refused)
                        return refused;
                    if (relay.FullTarget is not null || relay.Exhausted is not null)
                        return null;
                    break;
            }
        }

        Interlocked.Exchange(ref elementSince, 0);
        return null;
    }

    /// <summary>Reads once. Holds no buffer while nothing comes. False: the peer has closed.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FillAsync()
    {
        if (start == end)
        {
            ReturnBuffer();
            _ = await Waiting(stream.ReadAsync(Memory<byte>.Empty));
        }

        MakeRoom();
        var count = await Waiting(stream.ReadAsync(buffer.AsMemory(end)));
        end += count;
        Interlocked.Exchange(ref lastRead, time.GetTimestamp()); // before the count, by which others know that it was heard
        BytesRead += count;
        transport.Earn(count);
        return count > 0;
    }

    /// <summary>Notes whether the peer had nothing more to say by now.</summary>
    private ValueTask<int> Waiting(ValueTask<int> read)
    {
        if (!read.IsCompleted)
            overRateSince = null;
        return read;
    }

    [MemberNotNull(nameof(buffer))]
    private void MakeRoom()
    {
        buffer ??= ArrayPool<byte>.Shared.Rent(ReadBytes);
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
        }

        if (buffer.Length - end >= ReadBytes / 4)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }

    private void ReturnBuffer()
    {
        if (buffer is not null)
            ArrayPool<byte>.Shared.Return(buffer);
        (buffer, start, end) = (null, 0, 0);
    }

    /// <summary>The TLS handshake over what was read too far and what comes; null when it failed, and the actor knows.</summary>
    private async Task<TlsSession?> SecureAsync(bool direct)
    {
        while (upgrade.MustSeeMore(buffer.AsSpan(start, end - start), direct))
        {
            if (await FillAsync())
                continue;
            await AskAsync(new PumpEvent.Closed(MidElement: false));
            return null;
        }

        var ahead = buffer.AsSpan(start, end - start);
        if (!upgrade.MayFollow(ahead, direct, out var belongsToTls))
        {
            await AskAsync(new PumpEvent.TlsFailed("the peer sent plaintext behind <proceed/>"));
            return null;
        }

        transport.Unread(belongsToTls);
        ReturnBuffer();
        var (session, failure) = await upgrade.AuthenticateAsync(transport, new TlsStart(direct, framer.Header?.To), stopping.Token);
        Interlocked.Exchange(ref lastRead, time.GetTimestamp());
        if (session is null)
        {
            await AskAsync(new PumpEvent.TlsFailed(failure));
            return null;
        }

        stream = session.Stream;
        transport.Meter();
        writer.Replace(stream);
        framer = new StreamFramer(limits);
        return session;
    }

    /// <summary>Takes what the peer acknowledges and nothing else; false when nothing more can come.</summary>
    private bool HearsOut(StreamAccounts last)
    {
        while (start < end)
        {
            var status = framer.Read(buffer.AsSpan(start, end - start), out var consumed, out var frame);
            start += consumed;
            if (status == FrameStatus.Incomplete)
                return true;
            if (status != FrameStatus.Element || (frame.Kind == StanzaKind.None && last.TryTake(in frame, out var fault) && fault is not null))
                return false;
        }

        return true;
    }

    private async Task<PumpOrder> AskAsync(PumpEvent asked)
    {
        actor.Tell(asked);
        return await asked.Reply.Task.WaitAsync(stopping.Token);
    }

    /// <summary>
    /// The stream is over: the peer's remaining bytes are read so that our last ones are not lost to a reset, and looked at no more, but for what the peer says of the
    /// stanzas that it has not acknowledged yet.
    /// </summary>
    private async Task DiscardAsync()
    {
        while (accounts is { Sent.Unacknowledged: > 0 } && HearsOut(accounts))
        {
            if (!await FillAsync())
            {
                actor.Tell(new PumpEvent.Closed(MidElement: false));
                return;
            }
        }

        (start, end) = (0, 0);
        buffer ??= ArrayPool<byte>.Shared.Rent(ReadBytes);
        while (await stream.ReadAsync(buffer, stopping.Token) is > 0 and var count)
            transport.Earn(count); // and nothing of it is looked at

        actor.Tell(new PumpEvent.Closed(MidElement: false));
    }
}
