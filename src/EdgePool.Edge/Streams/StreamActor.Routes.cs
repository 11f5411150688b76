using EdgePool.Edge.Partners;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <content>
/// The routes that the stream carries: the one that it was opened for, and those that join it (XEP-0220 section 2.6, XEP-0288). A guest's dial watches the
/// stream; it learns of an end that it must not wait out from <see cref="StreamGone"/>.
/// </content>
internal abstract partial class StreamActor
{
    /// <summary>How long a peer may think about a further pair. It may have to connect to us, to verify the key; and then the route dials for itself.</summary>
    public static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(10);

    private readonly Dictionary<DomainPair, (Route Route, IActorRef Guest)> asking = [];
    private readonly Dictionary<Route, IActorRef> guests = new(ReferenceEqualityComparer.Instance);
    private readonly List<SharedKey> shownAs = [];
    private bool carrying;

    /// <summary>Whether a route of this pair may join.</summary>
    protected virtual JoinVerdict MayJoin(DomainPair pair) => JoinVerdict.Refuse;

    /// <summary>Asks the peer for a further pair.</summary>
    protected virtual IReadOnlyList<NegotiationEffect> AskFor(DomainPair pair) => [];

    /// <summary>No longer waits for the peer's answer on a further pair.</summary>
    protected virtual IReadOnlyList<NegotiationEffect> GiveUp(DomainPair pair) => [];

    /// <summary>The route's stanzas go out here from now on; false when the stream carries too many.</summary>
    protected bool TryCarry(Route route)
    {
        carrying = true;
        return Writer.Attach(route, IsPartners ? new OutboundPace(Edge.Policy, Edge.Rates, route.Pair.Remote) : null);
    }

    /// <summary>Routes may find the stream under this key.</summary>
    protected void ShowAs(SharedKey key)
    {
        if (shownAs.Contains(key))
            return;
        shownAs.Add(key);
        Edge.Shared.Enter(key, Self);
    }

    /// <summary>The peer has agreed to a pair; false when no guest waits for it.</summary>
    protected bool TryWelcome(DomainPair pair)
    {
        if (!asking.Remove(pair, out var waiting))
            return false;
        Welcome(waiting.Route, waiting.Guest);
        return true;
    }

    private void OnJoin(JoinStream join)
    {
        var pair = join.Route.Pair;
        switch (closing || asking.ContainsKey(pair) ? JoinVerdict.Refuse : MayJoin(pair))
        {
            case JoinVerdict.Carry:
                Welcome(join.Route, Sender);
                break;
            case JoinVerdict.Ask:
                asking.Add(pair, (join.Route, Sender));
                Timers.StartSingleTimer(pair, new JoinLate(pair), JoinTimeout);
                Perform(AskFor(pair));
                break;
            default:
                Sender.Tell(new JoinAnswer(Joined: false));
                break;
        }
    }

    private void Welcome(Route route, IActorRef guest)
    {
        var joined = TryCarry(route);
        if (joined)
        {
            guests[route] = guest;
            StreamLog.Joined(Edge.Logs.Streams, Info.Number, route.Pair.ToText());
        }

        guest.Tell(new JoinAnswer(joined));
    }

    private void OnRefusedPair(NegotiationEffect.PairRefused refused)
    {
        StreamLog.JoinRefused(Edge.Logs.Streams, Info.Number, refused.Pair.ToText(), LogText.Of(refused.Detail));
        if (asking.Remove(refused.Pair, out var waiting))
            waiting.Guest.Tell(new JoinAnswer(Joined: false));
    }

    private void OnLeave(LeaveStream leave)
    {
        asking.Remove(leave.Route.Pair);
        if (guests.Remove(leave.Route))
            Writer.Detach(leave.Route);
    }

    /// <summary>
    /// No route finds the stream any more, and its routes are free for the next one when its last write has ended, however long its connection takes to close.
    /// </summary>
    private void LetGoOfRoutes()
    {
        shownAs.ForEach(key => Edge.Shared.Leave(key, Self));
        shownAs.Clear();
        if (carrying)
            _ = DetachAfterAsync(Writer);
        carrying = false;
    }

    /// <summary>The stream carries routes beside the one that it was opened for, or is asked to.</summary>
    protected bool HasGuests => guests.Count + asking.Count > 0;

    /// <summary>A word to those whose routes joined it.</summary>
    protected void TellGuests(object message)
    {
        foreach (var guest in guests.Values)
            guest.Tell(message);
    }

    private static async Task DetachAfterAsync(StreamOutput writer)
    {
        await writer.Ended;
        writer.DetachAll();
    }

    private sealed record JoinLate(DomainPair Pair);
}
