using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.StreamManagement;

namespace EdgePool.Edge.StreamManagement;

/// <summary>How many stanzas and bytes may be under way to one peer without its acknowledgement.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct SentLimits(int Stanzas, int Bytes);

/// <summary>
/// The account of what we sent on a stream under stream management (XEP-0198): copies of all that the peer has not acknowledged. They are in flight for the
/// ledger until then. When the stream is lost they are answered, or sent again on the stream that takes its place.
/// </summary>
/// <remarks>
/// The stream's writer holds each segment before it writes it, for the peer may be quicker than the write's return; its pump takes the answers; its actor
/// ends it. A full account takes no further segment: the writer waits, and the sources behind it as for any slow target. The limit on bytes may be passed by one
/// segment. Copies of small segments share memory, so that little traffic costs little.
/// </remarks>
internal sealed partial class SentStanzas : IDisposable
{
    /// <summary>Under steady traffic the peer is asked after this many stanzas; else whenever the writer has nothing more to write.</summary>
    public const int RequestEvery = 512;

    private readonly Lock gate = new();
    private readonly Queue<Held> held = [];
    private readonly SentLimits limits;
    private readonly Ledger ledger;
    private readonly TimeProvider time;
    private readonly Action? drained;
    private Held? tail;
    private SentCount count;
    private int first; // entries of the oldest segment that the peer has acknowledged
    private int accepted;
    private int bytes;
    private uint requestedAt;
    private bool requested;
    private bool asks = true;
    private bool ended;

    /// <param name="limits">How much may be held.</param>
    /// <param name="ledger">Where what is held is in flight.</param>
    /// <param name="time">The clock for the age of what is held.</param>
    /// <param name="drained">Called whenever nothing that the ledger counts is held any more.</param>
    public SentStanzas(SentLimits limits, Ledger ledger, TimeProvider time, Action? drained = null)
    {
        (this.limits, this.ledger, this.time, this.drained) = (limits, ledger, time, drained);
        ledger.Hold(this, () => Volatile.Read(ref accepted));
    }

    /// <summary>Stanzas that are not acknowledged.</summary>
    public int Unacknowledged
    {
        get
        {
            lock (gate)
                return ended ? 0 : (int)count.Outstanding;
        }
    }

    /// <summary>Nothing more may be written before the peer has acknowledged something.</summary>
    public bool IsFull
    {
        get
        {
            lock (gate)
                return !ended && (count.Outstanding >= limits.Stanzas || bytes >= limits.Bytes);
        }
    }

    /// <summary>How long the oldest stanza has waited for its acknowledgement; zero when none does.</summary>
    public TimeSpan Age
    {
        get
        {
            lock (gate)
                return held.TryPeek(out var oldest) ? time.GetElapsedTime(oldest.Since) : TimeSpan.Zero;
        }
    }

    /// <summary>
    /// Copies a segment that is about to be written, and takes its marks; false when nothing is counted any more: the segment is delivered when it is written.
    /// </summary>
    public bool TryHold(StanzaSegment segment)
    {
        lock (gate)
        {
            if (ended)
                return false;
            if (tail is null || !tail.Segment.HasRoomFor(segment.Length))
                held.Enqueue(tail = new Held(new StanzaSegment(), time.GetTimestamp()));
            tail.Segment.Append(segment);
            count.Send(segment.Entries);
            accepted += segment.Accepted;
            bytes += segment.Length;
            return true;
        }
    }

    /// <summary>The peer has handled as many as <paramref name="h"/> says; false when that cannot be.</summary>
    public bool Acknowledge(uint h)
    {
        bool empty;
        lock (gate)
        {
            if (ended)
                return true;
            if (!count.TryHandle(h, out var more))
                return false;
            requested = false;
            Release(more);
            empty = accepted == 0;
        }

        if (empty)
            drained?.Invoke();
        return true;
    }

    /// <summary>True when the peer is to be asked now; the caller asks.</summary>
    /// <param name="idle">The writer has nothing else to write.</param>
    public bool MustAsk(bool idle)
    {
        lock (gate)
        {
            var since = unchecked(count.Sent - requestedAt);
            if (ended || requested || count.Outstanding == 0 || (since == 0 && !asks) || (!idle && since < RequestEvery))
                return false;
            requestedAt = count.Sent;
            requested = true;
            asks = false;
            return true;
        }
    }

    /// <summary>From time to time: the peer is asked again, though nothing new was sent. True when it is to be.</summary>
    public bool OnTick()
    {
        lock (gate)
        {
            asks = !ended && !requested && count.Outstanding > 0;
            return asks;
        }
    }

    /// <summary>The peer does not acknowledge after all: what is held counts as delivered, for it was written, and nothing more is held.</summary>
    public void GiveUp() => End((segment, from) => Deliver(segment, from, segment.Entries - from));

    /// <summary>The stream is lost for good.</summary>
    /// <param name="lose">Ends the stanzas of a segment from that entry on.</param>
    public void Lose(Action<StanzaSegment, int> lose) => End((segment, from) =>
    {
        lose(segment, from);
        segment.SealMarks();
    });

    public void Dispose() => GiveUp();

    private void End(Action<StanzaSegment, int> settle)
    {
        List<Held> left;
        int from;
        lock (gate)
        {
            if (ended)
                return;
            ended = true;
            left = [.. held];
            from = first;
            held.Clear();
            tail = null;
        }

        foreach (var entry in left)
        {
            settle(entry.Segment, from);
            entry.Segment.Clear();
            from = 0;
        }

        Volatile.Write(ref accepted, 0);
        ledger.Release(this);
        drained?.Invoke();
    }

    private void Release(int stanzas)
    {
        while (stanzas > 0)
        {
            var segment = held.Peek().Segment;
            var now = Math.Min(stanzas, segment.Entries - first);
            Deliver(segment, first, now);
            first += now;
            stanzas -= now;
            if (first < segment.Entries)
                return;
            bytes -= segment.Length;
            first = 0;
            if (ReferenceEquals(held.Dequeue(), tail))
                tail = null;
            segment.Clear();
        }
    }

    private void Deliver(StanzaSegment segment, int from, int entries)
    {
        var delivered = 0;
        for (var i = from; i < from + entries; i++)
        {
            segment.TakeMark(i).Seal();
            _ = segment.Entry(i, out var own);
            delivered += own ? 0 : 1;
        }

        ledger.Deliver(delivered);
        accepted -= delivered;
    }

    private sealed class Held(StanzaSegment segment, long since)
    {
        public StanzaSegment Segment => segment;

        public long Since { get; set; } = since;
    }
}
