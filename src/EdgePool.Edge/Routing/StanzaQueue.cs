using EdgePool.Edge.StreamManagement;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Framing;

namespace EdgePool.Edge.Routing;

/// <summary>What became of a stanza given to a <see cref="StanzaQueue"/>.</summary>
internal enum Enqueued
{
    /// <summary>It waits in the queue.</summary>
    Queued,

    /// <summary>It waits in the queue, and the queue is over its limit: the source pauses before it brings more.</summary>
    QueuedAndFull,

    /// <summary>Not taken: <see cref="StanzaQueue.RefusedWith"/> says why.</summary>
    Refused,

    /// <summary>Not taken: this queue is out of use; look the route up again.</summary>
    Retired,
}

/// <summary>How many stanzas and bytes may wait.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct QueueLimits(int PendingStanzas, int PendingBytes, int OutputBytes);

/// <summary>
/// The stanzas that wait for one target, rendered as they go out. It lives as long as the target's route and outlives its streams:
/// while no stream is up it is <em>pending</em>, bounded by count and bytes; while one is up, by bytes. A source that fills it is paused, until there
/// is room, or until the queue is <em>stalled</em>: then it refuses what is more. Many sources append; one writer takes whole segments.
/// </summary>
/// <remarks>
/// Not guaranteed: that a segment whose write failed did not reach the peer. Its stanzas are bounced as <see cref="BounceReason.StreamLost"/>.
/// The limit may be passed by one stanza of each source, for a source learns that the queue is full when its stanza is in it; at twice the limit
/// nothing more is taken. What was pending when a stream came up stays beside the limit of that stream until it is written.
/// </remarks>
internal sealed partial class StanzaQueue
{
    private readonly Lock gate = new();
    private readonly QueueLimits limits;
    private readonly TimeProvider time;
    private readonly Action? demand;
    private readonly Action? drained;
    private StanzaSegment? head;
    private StanzaSegment? tail;
    private StanzaSegment? spare;
    private Action? kick;
    private List<TaskCompletionSource>? waiters;
    private int bytes;
    private int accepted;
    private int backlog;
    private long released;
    private bool demanded;
    private bool stalled;
    private BounceReason? closed;
    private bool retired;

    /// <param name="limits">How much may wait.</param>
    /// <param name="time">The clock for the age of what waits.</param>
    /// <param name="demand">Called once when the first stanza waits for a stream that is not up; null where nobody can be asked for one.</param>
    /// <param name="drained">Called whenever no accepted stanza waits any more; null where nobody cares.</param>
    public StanzaQueue(QueueLimits limits, TimeProvider time, Action? demand = null, Action? drained = null)
    {
        this.drained = drained;
        this.limits = limits;
        this.time = time;
        this.demand = demand;
    }

    /// <summary>Why the last stanza was refused.</summary>
    public BounceReason RefusedWith { get; private set; }

    /// <summary>Accepted stanzas in the queue, those being written included.</summary>
    public int Accepted
    {
        get
        {
            lock (gate)
                return accepted;
        }
    }

    /// <summary>True while a stream is up that writes it out.</summary>
    public bool HasStream => Volatile.Read(ref kick) is not null;

    /// <summary>Bytes in the queue, those being written included.</summary>
    public int Bytes
    {
        get
        {
            lock (gate)
                return bytes;
        }
    }

    /// <summary>Appends one accepted stanza, rendered for the target, without those children. When it was taken, its mark is sealed with its fate. One that is <paramref name="moved"/> from another queue comes in while this one rests.</summary>
    public Enqueued Enqueue(in StanzaFrame stanza, ContentNamespace target, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, PayloadMask leaveOut = default, StanzaMark mark = default, bool moved = false)
    {
        Action? ask = null;
        Enqueued result;
        lock (gate)
        {
            if (retired)
                return Enqueued.Retired;
            if ((Refuses(moved) ?? (holder is not null && mark.Source is { IsOfLink: true } ? BounceReason.RemoteServerTimeout : null)) is { } reason)
            {
                RefusedWith = reason; // what has come over a link does not go over another one
                return Enqueued.Refused;
            }

            var segment = SegmentFor(stanza.Bytes.Length + from.Length + to.Length);
            var before = segment.Length;
            stanza.WriteTo(segment, target, from, to, leaveOut);
            segment.EndEntry(own: false, in mark);
            bytes += segment.Length - before;
            accepted++;
            result = IsFull ? Enqueued.QueuedAndFull : Enqueued.Queued;
            if (kick is null && !demanded)
            {
                demanded = true;
                ask = demand;
            }
        }

        ask?.Invoke();
        return result;
    }

    /// <summary>Appends an answer of ours (a bounce); false when it cannot wait here.</summary>
    /// <param name="xml">One stanza.</param>
    /// <param name="mark">Of the stanza that it answers: sealed with the answer's fate, if it was taken.</param>
    /// <param name="moved">It comes from another queue, while this one rests.</param>
    public bool EnqueueOwn(ReadOnlySpan<byte> xml, StanzaMark mark = default, bool moved = false)
    {
        Action? ask = null;
        lock (gate)
        {
            if (retired || Refuses(moved) is not null)
                return false;
            var segment = SegmentFor(xml.Length);
            System.Buffers.BuffersExtensions.Write(segment, xml);
            segment.EndEntry(own: true, in mark);
            bytes += xml.Length;
            if (kick is null && !demanded)
            {
                demanded = true;
                ask = demand;
            }
        }

        ask?.Invoke();
        return true;
    }

    /// <summary>Wakes the writer, if a stream is up. Sources call it once a read batch.</summary>
    public void Flush() => Volatile.Read(ref kick)?.Invoke();

    /// <summary>A stream is up: <paramref name="writer"/> wakes its writer, now and at every flush.</summary>
    public void Attach(Action writer)
    {
        lock (gate)
        {
            closed = null;
            stalled = false;
            demanded = false;
            backlog = bytes;
            kick = writer;
        }

        writer();
    }

    /// <summary>
    /// The stream is gone. What waits goes on waiting for the next one, within the pending limits, and demand is raised again by the next stanza
    /// or at once when something waits. Does nothing when another stream's <paramref name="writer"/> is attached by now: a stream may end late.
    /// </summary>
    public void Detach(Action writer)
    {
        List<TaskCompletionSource>? wake;
        bool ask;
        lock (gate)
        {
            if (!ReferenceEquals(kick, writer))
                return;
            kick = null;
            stalled = false;
            ask = head is not null && closed is null;
            demanded = ask;
            wake = TakeWaiters();
        }

        Wake(wake);
        if (ask)
            demand?.Invoke();
    }

    /// <summary>No stream came up: sources are paused no longer, and what passes the pending limits is refused, until a stream is up.</summary>
    public void Stall()
    {
        List<TaskCompletionSource>? wake;
        lock (gate)
        {
            stalled = true;
            wake = TakeWaiters();
        }

        Wake(wake);
    }

    /// <summary>From now on every stanza is refused with <paramref name="reason"/>, until <see cref="Attach"/> or <see cref="Open"/>.</summary>
    public void Close(BounceReason reason)
    {
        List<TaskCompletionSource>? wake;
        lock (gate)
        {
            kick = null;
            closed = reason;
            wake = TakeWaiters();
        }

        Wake(wake);
    }

    /// <summary>
    /// As <see cref="Close(BounceReason)"/>, in one step with what waits: each entry goes on elsewhere, or is left. Whoever brings more meanwhile waits, and finds the queue closed.
    /// </summary>
    /// <param name="reason">Of what is refused from now on.</param>
    /// <param name="retire">The queue is out of use from now on.</param>
    /// <param name="goesOn">Takes an entry elsewhere; false: it is left. Called under the queue's lock, and may take another queue's.</param>
    /// <param name="gone">Called under the queue's lock, when nothing waits any more.</param>
    /// <returns>What was left, to be given back with <see cref="Release"/>.</returns>
    public StanzaSegment Close(BounceReason reason, bool retire, EntryMove goesOn, Action gone) => MoveAll(reason, goesOn, () =>
    {
        gone();
        (kick, closed, retired) = (null, reason, retired || retire);
    });

    /// <summary>Stanzas may wait again, and the next one raises demand.</summary>
    public void Open()
    {
        lock (gate)
        {
            closed = null;
            demanded = false;
        }
    }

    /// <summary>Takes the queue out of use if it is empty and no stream is up; false when it is not.</summary>
    public bool TryRetire()
    {
        lock (gate)
        {
            if (bytes > 0 || kick is not null || holder is not null)
                return false;
            retired = true;
            RefusedWith = BounceReason.RemoteServerTimeout; // for the source that looked the route up again before it had left the table
            return true;
        }
    }

    /// <summary>Takes the oldest segment, whoever carries the queue; give it back with <see cref="Release"/>.</summary>
    public StanzaSegment? Take()
    {
        lock (gate)
            return TakeHead();
    }

    /// <summary>Takes the oldest segment if its first stanza has waited for <paramref name="age"/> or longer.</summary>
    public StanzaSegment? TakeOlderThan(TimeSpan age)
    {
        lock (gate)
            return head is null || time.GetElapsedTime(head.Since) < age ? null : TakeHead();
    }

    /// <summary>
    /// Takes out of what waits the entries that are meant, in one segment; null when there is none. What a writer has taken stays with it. Give the segment back
    /// with <see cref="Release"/>.
    /// </summary>
    /// <param name="meant">Called under the queue's lock: it looks at the entry alone.</param>
    public StanzaSegment? TakeWhere(EntryTest meant)
    {
        var taken = new StanzaSegment();
        lock (gate)
        {
            StanzaSegment? kept = null;
            for (StanzaSegment? segment = head, next; segment is not null; segment = next)
            {
                next = segment.Next;
                segment.MoveWhere(meant, taken);
                if (segment.Entries > 0)
                {
                    kept = segment;
                    continue;
                }

                if (kept is null)
                    head = next;
                else
                    kept.Next = next;
                segment.Clear();
            }

            tail = kept;
        }

        return taken.Entries > 0 ? taken : null;
    }

    /// <summary>Gives back a segment whose stanzas have ended, one way or the other, and wakes paused sources when there is room.</summary>
    public void Release(StanzaSegment segment)
    {
        List<TaskCompletionSource>? wake = null;
        Action? then = null;
        bool empty;
        segment.SealMarks();
        lock (gate)
        {
            bytes -= segment.Length;
            accepted -= segment.Accepted;
            backlog = Math.Max(0, backlog - segment.Length);
            released++;
            stalled &= kick is null;
            segment.Clear();
            spare = segment;
            if (bytes <= limits.OutputBytes / 2)
                wake = TakeWaiters();
            if (bytes == 0)
                (then, emptied) = (emptied, null);
            empty = accepted == 0;
        }

        Wake(wake);
        if (empty)
            drained?.Invoke();
        then?.Invoke();
    }

    /// <summary>
    /// Waits until the queue has room again. When the target took nothing at all for <paramref name="patience"/>, the queue is stalled: it refuses what
    /// is more until it moves again, so that one dead target does not hold its sources for ever.
    /// </summary>
    public async ValueTask WhenRoomAsync(TimeSpan patience, CancellationToken cancellation)
    {
        while (true)
        {
            TaskCompletionSource waiter;
            long before;
            lock (gate)
            {
                if (stalled || retired || closed is not null || !IsFull)
                    return;
                waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                (waiters ??= []).Add(waiter);
                before = released;
            }

            try
            {
                await waiter.Task.WaitAsync(patience, time, cancellation);
            }
            catch (TimeoutException)
            {
                lock (gate)
                {
                    waiters?.Remove(waiter);
                    stalled |= released == before;
                }
            }
        }
    }

    private BounceReason? Refuses(bool moved)
    {
        if (closed is { } reason)
            return reason;
        if (resting && !moved)
            return BounceReason.BackEndUnavailable;
        if (kick is not null)
            return stalled || bytes - backlog > 2L * limits.OutputBytes ? BounceReason.QueueFull : null;
        return IsFull && (stalled || bytes >= 2L * limits.PendingBytes || accepted >= 2L * limits.PendingStanzas) ? BounceReason.RemoteServerTimeout : null;
    }

    private bool IsFull => kick is not null
        ? bytes > limits.OutputBytes
        : bytes >= limits.PendingBytes || accepted >= limits.PendingStanzas;

    private StanzaSegment SegmentFor(int expected)
    {
        if (tail is not null && tail.HasRoomFor(expected))
            return tail;
        var segment = spare ?? new StanzaSegment();
        spare = null;
        segment.Since = time.GetTimestamp();
        if (tail is null)
            head = segment;
        else
            tail.Next = segment;
        return tail = segment;
    }

    private StanzaSegment? TakeHead()
    {
        var segment = head;
        if (segment is null)
            return null;
        head = segment.Next;
        if (head is null)
            tail = null;
        segment.Next = null;
        return segment;
    }

    private List<TaskCompletionSource>? TakeWaiters() => Interlocked.Exchange(ref waiters, null);

    private static void Wake(List<TaskCompletionSource>? wake)
    {
        if (wake is null)
            return;
        foreach (var waiter in wake)
            waiter.TrySetResult();
    }
}
