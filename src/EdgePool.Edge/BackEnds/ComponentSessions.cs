using System.Collections.Concurrent;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.BackEnds;

/// <summary>Which stream speaks for which component: one at a time, and the first one stays (XEP-0114).</summary>
internal sealed class ComponentSessions(RouteTable routes, EdgeLogs logs)
{
    private readonly ConcurrentDictionary<DomainName, object> sessions = new();

    /// <summary>Called when a component has connected or is gone, or an internal server was reached or could not be.</summary>
    public Action<DomainName>? Changed { get; set; }

    public bool IsConnected(DomainName component) => sessions.ContainsKey(component);

    /// <summary>The stream of <paramref name="owner"/> becomes the component's, with what waits for other nodes that have it; false when there is one already.</summary>
    public bool TryEnter(DomainName component, object owner, StreamOutput writer, Detour detour)
    {
        if (routes.Component(component) is not { } route || !sessions.TryAdd(component, owner))
            return false;
        writer.Attach(route);
        detour.EnterComponent(route);
        NodeLog.ComponentUp(logs.Node, component.Ascii);
        Changed?.Invoke(component);
        return true;
    }

    /// <summary>
    /// The stream is over and its writer has ended: what still waits goes to another node that has the component, or is answered, and so is all that comes until it is back.
    /// </summary>
    public void Leave(DomainName component, object owner, Detour detour)
    {
        if (!sessions.TryGetValue(component, out var current) || !ReferenceEquals(current, owner))
            return;
        detour.LeaveComponent(routes.Component(component)!, () =>
        {
            NodeLog.ComponentDown(logs.Node, component.Ascii);
            sessions.TryRemove(new KeyValuePair<DomainName, object>(component, owner)); // before anybody hears of it: the component may come again at once
            Changed?.Invoke(component); // before its stanzas are answered: an answer may bring more, which go where it is now
        });
    }
}
