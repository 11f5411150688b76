using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Routing;

/// <summary>
/// The way to one target: a component, or one domain pair of an S2S stream that we open (to a partner, or to an internal server).
/// It stands while streams come and go; sources hold it and append to its queue.
/// </summary>
/// <param name="Pair">Local: the domain that stanzas on it come from (any, for a component). Remote: the domain they go to.</param>
/// <param name="Namespace">The content namespace of its streams.</param>
/// <param name="Queue">What waits for it.</param>
internal sealed record Route(DomainPair Pair, ContentNamespace Namespace, StanzaQueue Queue)
{
    /// <summary>It came to be in the name of a domain that was neither local nor a partner's: it counts against <see cref="RouteTable.MostUnserved"/>.</summary>
    public bool Unserved { get; init; }

    /// <summary>For logs: its pair.</summary>
    public override string ToString() => Pair.ToText();
}
