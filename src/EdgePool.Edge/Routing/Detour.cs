using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;

namespace EdgePool.Edge.Routing;

/// <summary>
/// Leads what waits on a lost way to a back end over to another one, and answers what has none; and to a component that has come to this node, what waits for other nodes that have it. What was taken
/// for writing may have arrived and is not touched, so nothing is doubled; and who brings more finds the way closed only when all that waited there has gone over, so stanzas of one pair keep their order.
/// </summary>
/// <remarks>
/// Not guaranteed: that a component which is connected at two nodes takes in what comes on its two connections in the order in which we write it. Nor is order kept where a lost way had stanzas
/// under way, or where a component comes to another node while a third one has it: that one's share of the pairs goes to it at once.
/// </remarks>
/// <param name="routes">Where else they can go.</param>
/// <param name="bouncer">Answers what cannot go on.</param>
/// <param name="time">The clock.</param>
internal sealed class Detour(RouteTable routes, Bouncer bouncer, TimeProvider time)
{
    // One at a time: a queue is locked while another one takes what waited in it.
    private readonly Lock one = new();

    /// <summary>Another node has the back end no more, or is lost itself.</summary>
    public void LeaveNode(Route way) => Leave(way, BounceReason.BackEndUnavailable, retire: false, ofLinks: true, () => routes.Elsewhere.Remove(way));

    /// <summary>This node cannot reach an internal server. What came over a link is answered: it is not sent over another one. The route is out of use then.</summary>
    public void LeaveServer(Route pair, BounceReason reason) => Leave(pair, reason, retire: true, ofLinks: false, () => routes.Forget(pair));

    /// <summary>
    /// A component is connected here no longer; likewise. What waits has gone over when that is told, and is not answered yet; the ways to other nodes are in use again.
    /// </summary>
    public void LeaveComponent(Route component, Action told) => Leave(component, BounceReason.BackEndUnavailable, retire: false, ofLinks: false, () => Swap(component), told);

    /// <summary>
    /// A component is connected here, and its stream is attached: what waits for other nodes that have it comes here, and so does all that follows; those ways rest as long as it stays. The component is
    /// sent nothing before the fate of what is under way to those nodes is sealed, or <see cref="Homecoming.AtMost"/> has passed.
    /// </summary>
    public void EnterComponent(Route component)
    {
        Route[] ways;
        Homecoming? coming;
        Stack<StanzaSegment> left = [];
        lock (one)
        {
            ways = routes.Elsewhere.Of(component.Pair.Remote);
            coming = ways.Length == 0 ? null : new Homecoming(component.Queue, ways.Length, time);
            component.Queue.Await(coming);
            RestAll(ways, component, left);
        }

        foreach (var way in ways)
        {
            Answer(way, left.Pop(), BounceReason.QueueFull); // the component's takes no more
            way.Queue.WhenEmpty(coming!.OneArrived);
        }

        component.Queue.Flush(); // what it awaited when it was here last is awaited no longer
    }

    /// <summary>Another node has a back end. A way to a component that is connected here rests.</summary>
    /// <param name="node">Its name.</param>
    /// <param name="way">The way, on which nothing waits.</param>
    /// <param name="far">It is of another pool.</param>
    public void Enter(string node, Route way, bool far)
    {
        StanzaSegment? left = null;
        lock (one)
        {
            if (routes.Elsewhere.Of(way.Pair.Remote).Contains(way))
                return;
            if (routes.Component(way.Pair.Remote) is { Queue.HasStream: true } component)
                left = Rest(way, component, static () => { });
            else
                way.Queue.Resume();
            routes.Elsewhere.Add(node, way, far);
        }

        if (left is not null)
            Answer(way, left, BounceReason.QueueFull);
    }

    /// <summary>Each way rests while the next ones are seen to, so that nobody finds one at rest before the component takes.</summary>
    private void RestAll(ReadOnlyMemory<Route> ways, Route component, Stack<StanzaSegment> left)
    {
        if (ways.IsEmpty)
            component.Queue.Resume();
        else
            left.Push(Rest(ways.Span[0], component, () => RestAll(ways[1..], component, left)));
    }

    /// <summary>Under the lock of the component that leaves: who still takes it to be here finds it at rest, also when it has come again and what waits for other nodes has not.</summary>
    private void Swap(Route component)
    {
        foreach (var way in routes.Elsewhere.Of(component.Pair.Remote))
            way.Queue.Resume();
        component.Queue.Rest();
    }

    private StanzaSegment Rest(Route way, Route component, Action gone) => way.Queue.Rest((segment, entry) => GoesOn(way, segment, entry, [], component), gone);

    private void Leave(Route lost, BounceReason reason, bool retire, bool ofLinks, Action gone, Action? told = null)
    {
        List<StanzaQueue> reached = [];
        StanzaSegment left;
        lock (one)
            left = lost.Queue.Close(reason, retire, (segment, entry) => (ofLinks || !segment.IsOfLink(entry)) && GoesOn(lost, segment, entry, reached), gone);
        foreach (var queue in reached)
            queue.Flush();
        told?.Invoke();
        Answer(lost, left, reason);
    }

    private void Answer(Route way, StanzaSegment left, BounceReason reason)
    {
        bouncer.Refuse(left, way.Namespace, reason);
        way.Queue.Release(left);
    }

    private bool GoesOn(Route lost, StanzaSegment segment, int entry, List<StanzaQueue> reached, Route? there = null)
    {
        var xml = segment.Entry(entry, out var own).Span;
        if (StreamFramer.Inside(lost.Namespace, Bouncer.Rendered).Read(xml, out _, out var stanza) != FrameStatus.Element
            || !JidSpan.TryParse(stanza.From, out var from) || !JidSpan.TryParse(stanza.To, out var to)
            || (there ?? routes.ToBackEnd(from.Domain, lost.Pair.Remote, except: lost)) is not { } other)
        {
            return false;
        }

        var mark = segment.MarkOf(entry);
        var taken = own
            ? other.Queue.EnqueueOwn(xml, mark, moved: true)
            : other.Queue.Enqueue(in stanza, other.Namespace, from.Full, to.Full, mark: mark, moved: true) is Enqueued.Queued or Enqueued.QueuedAndFull;
        if (taken)
        {
            _ = segment.TakeMark(entry);
            if (!reached.Contains(other.Queue))
                reached.Add(other.Queue);
        }

        return taken;
    }
}
