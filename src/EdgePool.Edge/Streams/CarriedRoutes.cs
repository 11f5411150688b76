using EdgePool.Edge.Partners;
using EdgePool.Edge.Routing;

namespace EdgePool.Edge.Streams;

/// <summary>
/// The routes whose stanzas go out on one stream, one for each domain pair that it carries. They take turns, a segment each, so that a busy pair does not
/// hold up the others; one whose partner's rate is used up is passed over until it may send again.
/// </summary>
/// <remarks>Routes come and go on any thread; only the stream's writer takes. The list is replaced whole, so taking needs no lock.</remarks>
internal sealed class CarriedRoutes
{
    /// <summary>Routes on one stream: the same number of pairs as a peer may have on one of its own.</summary>
    public const int Most = 16;

    private readonly Lock gate = new();
    private volatile Carried[] carried = [];
    private int turn;

    /// <summary>The routes of now.</summary>
    public IReadOnlyList<Route> All => Array.ConvertAll(carried, static c => c.Route);

    /// <summary>Adds a route at the end of the round; false when there are <see cref="Most"/> already.</summary>
    /// <param name="route">Whose segments are taken.</param>
    /// <param name="pace">What slows it down; null: nothing.</param>
    public bool TryAdd(Route route, OutboundPace? pace)
    {
        lock (gate)
        {
            if (Array.Exists(carried, c => ReferenceEquals(c.Route, route)))
                return true;
            if (carried.Length == Most)
                return false;
            carried = [.. carried, new Carried(route, pace)];
            return true;
        }
    }

    /// <summary>Takes from the route no more.</summary>
    public void Remove(Route route)
    {
        lock (gate)
            carried = Array.FindAll(carried, c => !ReferenceEquals(c.Route, route));
    }

    /// <summary>The next segment in turn; null when no route has one that may go now.</summary>
    /// <param name="paced">Rates count.</param>
    /// <param name="route">Whose it is: it goes back to that route's queue.</param>
    /// <param name="wait">With null: how long until a rate lets something go; zero when nothing waits for a rate.</param>
    public StanzaSegment? Take(bool paced, out Route? route, out TimeSpan wait)
    {
        var all = carried;
        wait = default;
        for (var i = 0; i < all.Length; i++)
        {
            var next = all[(turn + i) % all.Length];
            if (paced && next.Pace?.Wait() is { Ticks: > 0 } pause)
            {
                wait = wait == default || pause < wait ? pause : wait;
                continue;
            }

            if (next.Route.Queue.TakeFor(carrier: null) is not { } segment)
                continue;
            turn = (turn + i + 1) % all.Length;
            next.Pace?.Take(segment.Entries, segment.Length);
            route = next.Route;
            return segment;
        }

        route = null;
        return null;
    }

    private sealed record Carried(Route Route, OutboundPace? Pace);
}
