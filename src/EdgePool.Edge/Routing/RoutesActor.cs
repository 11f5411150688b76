using EdgePool.Edge.Exits;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Streams;

namespace EdgePool.Edge.Routing;

/// <summary>A stanza waits on a route that has no stream.</summary>
/// <param name="Route">The route.</param>
/// <param name="AtOnce">A stream that may carry it is there: no wait for another one counts.</param>
internal sealed record Demand(Route Route, bool AtOnce = false);

/// <summary>Another node of the pool has reached what was dead: stanzas that wait on the route need not wait longer.</summary>
/// <param name="Route">The route.</param>
internal sealed record Reachable(Route Route);

/// <summary>Keeps one actor for each pair route in use: <c>/edge/routes</c>.</summary>
internal sealed class RoutesActor : ReceiveActor
{
    private readonly EdgeRuntime edge;
    private readonly Dictionary<Route, IActorRef> children = new(ReferenceEqualityComparer.Instance);

    public RoutesActor(EdgeRuntime edge)
    {
        this.edge = edge;
        Receive<Demand>(OnDemand);
        Receive<Bring>(bring => Of(bring.Route).Tell(bring));
        Receive<Reachable>(reachable => children.GetValueOrDefault(reachable.Route)?.Tell(reachable));
        Receive<Terminated>(OnTerminated);
        Receive<EndStream>(ToAll);
        Receive<StopReading>(ToAll);
        Receive<PolicyChange>(ToAll);
    }

    private void OnDemand(Demand demand) => Of(demand.Route).Forward(demand);

    private IActorRef Of(Route route)
    {
        if (!children.TryGetValue(route, out var child))
        {
            var runtime = edge;
            child = Context.Watch(Context.ActorOf(Props.Create(() => new RouteActor(runtime, route))));
            children.Add(route, child);
        }

        return child;
    }

    private void ToAll(object message) => Array.ForEach([.. children.Values], child => child.Tell(message));

    private void OnTerminated(Terminated terminated)
    {
        foreach (var (route, child) in children)
        {
            if (child.Equals(terminated.ActorRef))
            {
                children.Remove(route);
                return;
            }
        }
    }
}
