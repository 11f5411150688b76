using System.Buffers.Binary;
using EdgePool.Edge.Routing;
using EdgePool.Edge.StreamManagement;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Edge.Peers;

/// <summary>
/// The stanzas that another node sends to the back end of one local domain here. They go to it and nowhere else: where it is gone they are answered, for what came over a link
/// is not sent over another one. What is handled is told as XEP-0198 has it: the fate of a stanza, and of all before it, is sealed.
/// </summary>
/// <param name="domain">The local domain.</param>
/// <param name="routes">The ways to its back end.</param>
/// <param name="bouncer">Answers what cannot go there.</param>
/// <param name="ledger">Takes the responsibility.</param>
/// <param name="wake">Wakes the writer of the link that stands.</param>
internal sealed class InboundChannel(DomainName domain, RouteTable routes, Bouncer bouncer, Ledger ledger, Action wake)
{
    private readonly StreamFramer framer = StreamFramer.Inside(ContentNamespace.Server, Bouncer.Rendered);
    private readonly ReceivedStanzas received = new(wake) { IsOfLink = true };
    private readonly List<StanzaQueue> touched = [];
    private Route? last;

    public DomainName Domain => domain;

    /// <summary>How many have come.</summary>
    public uint Taken { get; private set; }

    /// <summary>Takes stanzas; false: they are not those that follow, or no stanzas for this component.</summary>
    /// <param name="first">The number of the first.</param>
    /// <param name="xml">Whole stanzas.</param>
    public bool Take(uint first, ReadOnlySpan<byte> xml)
    {
        if (first != Taken || received.IsFull)
            return false;
        while (!xml.IsEmpty)
        {
            if (framer.Read(xml, out var consumed, out var stanza) != FrameStatus.Element || stanza.Kind == StanzaKind.None
                || !JidSpan.TryParse(stanza.From, out var from) || !JidSpan.TryParse(stanza.To, out var to) || !to.Domain.SequenceEqual(Domain.Utf8))
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

    /// <summary>Says what is handled, where that is due: <c>Handled: number u32 | domain</c>.</summary>
    public bool TryCompose(System.Buffers.ArrayBufferWriter<byte> output)
    {
        if (!received.IsDue || !received.TryTakeDue(out var h))
            return false;
        Span<byte> head = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(head, h);
        PeerFrame.Write(output, FrameKind.Handled, head, Domain.Utf8);
        return true;
    }

    /// <summary>A new link: what was told on the last one may not have arrived.</summary>
    public void Resume()
    {
        received.Request();
        received.Answer();
    }

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
        => last is { } route && (route.Namespace == ContentNamespace.Component || from.Domain.SequenceEqual(route.Pair.Local.Utf8)) ? route : last = routes.FromHere(from.Domain, domain);
}
