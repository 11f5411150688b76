using System.Collections.Concurrent;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Addressing;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Peers;

/// <summary>The stanzas between this node and all others: what they have in common.</summary>
/// <param name="edge">The node.</param>
internal sealed class LinkedStanzas(EdgeRuntime edge)
{
    private readonly ConcurrentDictionary<string, PeerStanzas> nodes = new(StringComparer.Ordinal);
    private readonly ILogger log = edge.Logs.Peers;
    private volatile bool leaving;
    private long uncertain;

    public RouteTable Routes => edge.Routes;

    public Bouncer Bouncer => edge.Bouncer;

    public Ledger Ledger => edge.Ledger;

    /// <summary>Stanzas that were answered as lost, though the node that was to deliver them may have done so: see <see cref="EdgeNode.UncertainStanzas"/>.</summary>
    public long Uncertain => Interlocked.Read(ref uncertain);

    public Detour Detour => edge.Detour;

    /// <summary>This node leaves service.</summary>
    public bool IsLeaving => leaving;

    public PeerStanzas Open(string node) => nodes[node] = new PeerStanzas(node, this);

    /// <summary>Those between this node and that one; null: there never was a link.</summary>
    public PeerStanzas? With(string node) => nodes.GetValueOrDefault(node);

    public void Close(string node, PeerStanzas stanzas)
    {
        nodes.TryRemove(new KeyValuePair<string, PeerStanzas>(node, stanzas));
        stanzas.Retire();
    }

    /// <summary>The back end is connected here, or can be reached from here, and the node does not leave service.</summary>
    public bool IsHere(DomainName domain) => !leaving && edge.Routes.Reaches(domain);

    /// <summary>A back end has connected here, or was reached, or is gone: the other nodes hear of it.</summary>
    public void Changed(DomainName domain)
    {
        foreach (var stanzas in nodes.Values)
            stanzas.Changed(domain);
    }

    /// <summary>This node leaves service: others send it nothing more.</summary>
    public void Leave()
    {
        leaving = true;
        foreach (var domain in Routes.LocalDomains)
            Changed(domain);
        foreach (var stanzas in nodes.Values)
            stanzas.Leave();
    }

    /// <summary>A number that no session of this node's had before, for all that matters.</summary>
    public ulong NewSession() => (ulong)edge.Random.NextInt64();

    /// <summary>So many stanzas to a node were answered as lost.</summary>
    public void Lost(string node, int stanzas)
    {
        if (stanzas == 0)
            return;
        Interlocked.Add(ref uncertain, stanzas);
        PeerLog.StanzasLost(log, node, stanzas);
    }
}
