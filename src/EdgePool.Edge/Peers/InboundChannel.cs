using System.Buffers.Binary;
using EdgePool.Edge.Routing;
using EdgePool.Edge.StreamManagement;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Edge.Peers;

/// <summary>
/// The stanzas that another node sends to the back end of one local domain here, or from here to a partner. They go there and nowhere else: where it is out of reach they are answered, for what
/// came over a link is not sent over another one. What is handled is told as XEP-0198 has it: the fate of a stanza, and of all before it, is sealed.
/// </summary>
/// <param name="name">What it is called.</param>
/// <param name="routes">The ways on.</param>
/// <param name="bouncer">Answers what cannot go there.</param>
/// <param name="ledger">Takes the responsibility.</param>
/// <param name="wake">Wakes the writer of the link that stands.</param>
internal sealed class InboundChannel(ChannelName name, RouteTable routes, Bouncer bouncer, Ledger ledger, Action wake)
{
    private readonly StreamFramer framer = StreamFramer.Inside(ContentNamespace.Server, Bouncer.Rendered);
    private readonly ReceivedStanzas received = new(wake) { IsOfLink = true };
    private readonly List<StanzaQueue> touched = [];
    private Route? last;

    public ChannelName Name => name;

    /// <summary>How many have come.</summary>
    public uint Taken { get; private set; }

    /// <summary>Takes stanzas; false: they are not those that follow, or no stanzas of this channel.</summary>
    /// <param name="first">The number of the first.</param>
    /// <param name="xml">Whole stanzas.</param>
    public bool Take(uint first, ReadOnlySpan<byte> xml)
    {
        if (first != Taken || received.IsFull)
            return false;
        while (!xml.IsEmpty)
        {
            if (framer.Read(xml, out var consumed, out var stanza) != FrameStatus.Element || stanza.Kind == StanzaKind.None
                || !JidSpan.TryParse(stanza.From, out var from) || !JidSpan.TryParse(stanza.To, out var to) || !IsMeant(from.Domain, to.Domain))
            {
                return false;
            }

            Relay(in stanza, from, to);
            xml = xml[consumed..];
        }

        foreach (var queue in touched)
            queue.Flush();
        touched.Clear();
        received.Request();
        received.Answer();
        return true;
    }

    /// <summary>Says what is handled, where that is due: <c>Handled: number u32 | name</c>.</summary>
    public bool TryCompose(System.Buffers.ArrayBufferWriter<byte> output)
    {
        if (!received.IsDue || !received.TryTakeDue(out var h))
            return false;
        Span<byte> head = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(head, h);
        PeerFrame.Write(output, FrameKind.Handled, head, name.Utf8.Span);
        return true;
    }

    /// <summary>A new link: what was told on the last one may not have arrived.</summary>
    public void Resume()
    {
        received.Request();
        received.Answer();
    }

    private bool IsMeant(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) => to.SequenceEqual(name.To.Utf8) && (name.From is not { } sender || from.SequenceEqual(sender.Utf8));

    private void Relay(in StanzaFrame stanza, JidSpan from, JidSpan to)
    {
        ledger.Accept();
        Taken++;
        var mark = received.Take();
        if (TryEnqueue(in stanza, from, to, mark) is { } refused)
            bouncer.Refuse(in stanza, from.Full, to.Full, refused, mark);
    }

    /// <summary>Null: it is queued.</summary>
    private BounceReason? TryEnqueue(in StanzaFrame stanza, JidSpan from, JidSpan to, StanzaMark mark)
    {
        for (var again = false; ; again = true)
        {
            if (RouteOf(from) is not { } route)
                return BounceReason.RemoteServerNotFound;
            var result = route.Queue.Enqueue(in stanza, route.Namespace, from.Full, to.Full, mark: mark);
            if (result is Enqueued.Queued or Enqueued.QueuedAndFull)
            {
                if (!touched.Contains(route.Queue))
                    touched.Add(route.Queue);
                return null;
            }

            last = null;
            if (result == Enqueued.Refused || again)
                return route.Queue.RefusedWith;
        }
    }

    /// <summary>The last one's, as long as the sender's domain is the same or the route is one for all.</summary>
    private Route? RouteOf(JidSpan from)
        => last is { } route && (route.Namespace == ContentNamespace.Component || from.Domain.SequenceEqual(route.Pair.Local.Utf8)) ? route : last = name.Pair is { } pair ? routes.ToPartner(pair) : routes.FromHere(from.Domain, name.To);
}
