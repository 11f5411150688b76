using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;

namespace EdgePool.Edge.Routing;

/// <summary>
/// Leads what waits on a lost way to a back end over to another one, and answers what has none. What was taken for writing may have arrived and is not touched, so nothing is
/// doubled; and who brings more finds the lost way closed only when all that waited there has gone over, so stanzas of one pair keep their order.
/// </summary>
/// <param name="routes">Where else they can go.</param>
/// <param name="bouncer">Answers what cannot go on.</param>
internal sealed class Detour(RouteTable routes, Bouncer bouncer)
{
    // One at a time: a queue is locked while another one takes what waited in it.
    private readonly Lock one = new();

    /// <summary>Another node has the back end no more, or is lost itself.</summary>
    public void LeaveNode(Route way) => Leave(way, BounceReason.BackEndUnavailable, retire: false, ofLinks: true, () => routes.Elsewhere.Remove(way));

    /// <summary>This node cannot reach an internal server. What came over a link is answered: it is not sent over another one. The route is out of use then.</summary>
    public void LeaveServer(Route pair, BounceReason reason) => Leave(pair, reason, retire: true, ofLinks: false, () => routes.Forget(pair));

    /// <summary>A component is connected here no longer; likewise. What waits has gone over when that is told, and is not answered yet.</summary>
    public void LeaveComponent(Route component, Action told) => Leave(component, BounceReason.BackEndUnavailable, retire: false, ofLinks: false, static () => { }, told);

    private void Leave(Route lost, BounceReason reason, bool retire, bool ofLinks, Action gone, Action? told = null)
    {
        List<StanzaQueue> reached = [];
        StanzaSegment left;
        lock (one)
            left = lost.Queue.Close(reason, retire, (segment, entry) => (ofLinks || !segment.IsOfLink(entry)) && GoesOn(lost, segment, entry, reached), gone);
        foreach (var queue in reached)
            queue.Flush();
        told?.Invoke();
        bouncer.Refuse(left, lost.Namespace, reason);
        lost.Queue.Release(left);
    }

    private bool GoesOn(Route lost, StanzaSegment segment, int entry, List<StanzaQueue> reached)
    {
        var xml = segment.Entry(entry, out var own).Span;
        if (StreamFramer.Inside(lost.Namespace, Bouncer.Rendered).Read(xml, out _, out var stanza) != FrameStatus.Element
            || !JidSpan.TryParse(stanza.From, out var from) || !JidSpan.TryParse(stanza.To, out var to)
            || routes.ToBackEnd(from.Domain, lost.Pair.Remote, except: lost) is not { } other)
        {
            return false;
        }

        var mark = segment.MarkOf(entry);
        var taken = own
            ? other.Queue.EnqueueOwn(xml, mark)
            : other.Queue.Enqueue(in stanza, other.Namespace, from.Full, to.Full, mark: mark) is Enqueued.Queued or Enqueued.QueuedAndFull;
        if (taken)
        {
            _ = segment.TakeMark(entry);
            if (!reached.Contains(other.Queue))
                reached.Add(other.Queue);
        }

        return taken;
    }
}
