using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Framing;

namespace EdgePool.Edge.Partners;

/// <summary>
/// Takes out of every queue what a new policy refuses, in either direction, and answers it as if it came now. Runs when nobody judges by an older
/// policy any more, so that nothing refused comes in behind it. What is kept keeps its order.
/// </summary>
internal sealed class QueueSweep(RouteTable routes, StanzaPolicy stanzas, Bouncer bouncer, EdgeLogs logs)
{
    /// <summary>Sweeps every queue.</summary>
    public void Sweep(PolicySnapshot now)
    {
        foreach (var route in routes.All)
            Sweep(route, now);
    }

    private void Sweep(Route route, PolicySnapshot now)
    {
        if (route.Queue.Bytes == 0)
            return;
        var lost = !routes.IsLocal(route.Pair.Remote) && now.Judge(route.Pair.Remote.Utf8, out _) != VerdictReason.Allowed;
        var framer = StreamFramer.Inside(route.Namespace, Bouncer.Rendered);
        var refused = route.Queue.TakeWhere((xml, own, _) => lost || (!own && IsRefused(framer, xml, now)));
        if (refused is null)
            return;
        var count = refused.Accepted;
        bouncer.Refuse(refused, route.Namespace, (in stanza) => stanzas.Rejudge(now, in stanza));
        route.Queue.Release(refused);
        StreamLog.QueueBounced(logs.Streams, route.ToString(), count, "policy");
    }

    private bool IsRefused(StreamFramer framer, ReadOnlySpan<byte> xml, PolicySnapshot now)
        => framer.Read(xml, out _, out var stanza) != FrameStatus.Element
            ? throw new InvalidOperationException("a queued stanza does not read back: the renderer is broken")
            : stanzas.Rejudge(now, in stanza).Reason != VerdictReason.Allowed;
}
