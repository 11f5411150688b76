using System.Buffers;
using System.Buffers.Binary;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;

namespace EdgePool.Edge.Peers;

/// <summary>
/// The stanzas that another node is to deliver, to one back end or for one pair of domains to a partner, numbered in the order of their queue: <c>Stanzas: name length u16, name | number of the
/// first u32 | stanzas, rendered for jabber:server</c>. They stay in the queue, and in flight for the ledger, until the other node says that their fate is sealed; on the next link it says which it has, and
/// the rest goes again.
/// </summary>
/// <remarks>
/// Its queue and the link's end may each be at work on any thread, so all is under one lock; what is answered or told to sources is so outside. Numbers are modulo 2^32, for no
/// more than a window is ever open.
/// </remarks>
/// <param name="name">What it is called.</param>
/// <param name="route">Where sources queue. That of a partner's pair the channel holds, until it is closed and the fate of all that it took is sealed.</param>
/// <param name="bouncer">Answers what is lost.</param>
/// <param name="ledger">Counts what is delivered.</param>
internal sealed class OutboundChannel(ChannelName name, Route route, Bouncer bouncer, Ledger ledger)
{
    /// <summary>Bytes under way without an acknowledgement: what a good line between sites holds, and of a few nodes together no more than a component's queue takes.</summary>
    public const int Window = 256 * 1024;

    /// <summary>The longest stanza that crosses a link, as it is rendered.</summary>
    public const int LongestStanza = PeerFrame.Longest - 1024;

    private readonly Lock gate = new();
    private readonly List<Held> held = [];
    private int next; // of the held segments, the one that goes again first; those behind it too
    private uint again; // the first number that goes again
    private uint sent;
    private uint handled;
    private int bytes;
    private bool closed;

    public ChannelName Name => name;

    public Route Route => route;

    /// <summary>Called once, when a channel to a partner is over: nothing is under way on it, and its route is free for another one.</summary>
    public Action? Over { get; init; }

    /// <summary>How many were sent: it changes while there is traffic.</summary>
    public uint Sent => Volatile.Read(ref sent);

    /// <summary>It takes nothing more.</summary>
    public bool IsClosed
    {
        get
        {
            lock (gate)
                return closed;
        }
    }

    /// <summary>It is closed, and nothing is under way.</summary>
    public bool IsOver
    {
        get
        {
            lock (gate)
                return closed && held.Count == 0;
        }
    }

    /// <summary>Takes nothing more.</summary>
    public void Close()
    {
        lock (gate)
            closed = true;
    }

    /// <summary>Writes the next frame; false when there is none that may go.</summary>
    public bool TryCompose(ArrayBufferWriter<byte> output)
    {
        lock (gate)
        {
            if (next < held.Count)
            {
                var (segment, first) = held[next++];
                var skip = Math.Max(0, (int)(again - first));
                Write(output, segment, skip, first + (uint)skip);
                return true;
            }

            while (!closed && bytes < Window && route.Queue.TakeFor(name.From is null ? null : this) is { } taken)
            {
                if (taken.Length > LongestStanza)
                {
                    ThreadPool.UnsafeQueueUserWorkItem(static lost => lost.Self.Refuse(lost.Taken), (Self: this, Taken: taken), preferLocal: false); // not under our lock
                    continue;
                }

                held.Add(new Held(taken, sent));
                next = held.Count;
                Write(output, taken, skip: 0, sent);
                sent += (uint)taken.Entries;
                bytes += taken.Length;
                return true;
            }

            return false;
        }
    }

    /// <summary>The other node has sealed the fate of so many; false: of more than it was sent.</summary>
    public bool Acknowledge(uint h)
    {
        lock (gate)
        {
            if (h - handled > sent - handled)
                return false;
            handled = h;
        }

        while (TakeHandled() is { } segment)
        {
            ledger.Deliver(segment.Accepted);
            route.Queue.Release(segment);
        }

        return true;
    }

    /// <summary>A new link: the other node has so many, and what follows goes again, before anything else; false: that cannot be.</summary>
    public bool Resume(uint taken)
    {
        lock (gate)
        {
            if (taken - handled > sent - handled)
                return false;
            again = taken;
            next = 0;
            while (next < held.Count && (int)(taken - held[next].First) >= held[next].Segment.Entries)
                next++;
            return true;
        }
    }

    /// <summary>The other node will not say what became of what it was sent: it is answered, and may have arrived. Numbers begin anew. Says how many they are.</summary>
    public int Lose()
    {
        List<Held> lost;
        uint from;
        lock (gate)
        {
            lost = [.. held];
            from = handled;
            held.Clear();
            (next, bytes, sent, handled, again) = (0, 0, 0, 0, 0);
        }

        var uncertain = 0;
        foreach (var (segment, first) in lost)
        {
            var sealedOnes = Math.Max(0, (int)(from - first));
            ledger.Deliver(Accepted(segment, sealedOnes));
            uncertain += segment.Entries - sealedOnes;
            bouncer.Refuse(segment, route.Namespace, BounceReason.StreamLost, sealedOnes);
            route.Queue.Release(segment);
        }

        return uncertain;
    }

    /// <summary>The oldest segment, if all of it is handled.</summary>
    private StanzaSegment? TakeHandled()
    {
        lock (gate)
        {
            if (held.Count == 0 || held[0] is var (oldest, first) && (int)(handled - first) < oldest.Entries)
                return null;
            held.RemoveAt(0);
            next = Math.Max(0, next - 1);
            bytes -= oldest.Length;
            return oldest;
        }
    }

    private void Refuse(StanzaSegment segment)
    {
        bouncer.Refuse(segment, route.Namespace, BounceReason.PeerLimit);
        route.Queue.Release(segment);
    }

    private void Write(ArrayBufferWriter<byte> output, StanzaSegment segment, int skip, uint number)
    {
        var called = name.Utf8.Span;
        Span<byte> head = stackalloc byte[sizeof(ushort) + ChannelName.Longest + sizeof(uint)];
        BinaryPrimitives.WriteUInt16BigEndian(head, (ushort)called.Length);
        called.CopyTo(head[sizeof(ushort)..]);
        BinaryPrimitives.WriteUInt32BigEndian(head[(sizeof(ushort) + called.Length)..], number);
        PeerFrame.Write(output, FrameKind.Stanzas, head[..(sizeof(ushort) + called.Length + sizeof(uint))], segment.Memory.Span[StartOf(segment, skip)..]);
    }

    private static int StartOf(StanzaSegment segment, int entry)
    {
        var start = 0;
        for (var i = 0; i < entry; i++)
            start += segment.Entry(i, out _).Length;
        return start;
    }

    private static int Accepted(StanzaSegment segment, int entries)
    {
        var counted = 0;
        for (var i = 0; i < entries; i++)
        {
            _ = segment.Entry(i, out var own);
            counted += own ? 0 : 1;
        }

        return counted;
    }

    private readonly record struct Held(StanzaSegment Segment, uint First);
}
