using EdgePool.Cluster.Entities;
using EdgePool.Edge.Partners;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <content>
/// The stream's places among those of its partners. In a pool it may be that no owner has told this node yet how many it may have: a node that has just become a member, anew or for the
/// first time. Then what proves a pair waits, and the stream is read no further, until the node knows: at most <see cref="ShareBook.Patience"/>, and no longer than the negotiation may
/// take. It counts as unauthenticated meanwhile.
/// </content>
internal sealed partial class InboundStreamActor
{
    private const string PlaceTimer = "place";

    private readonly Dictionary<string, ConnectionPlace> places = new(StringComparer.Ordinal);
    private readonly List<(PumpEvent? Met, IReadOnlyList<NegotiationEffect> Effects)> unplaced = [];
    private PlaceWait? wait;
    private long? waitsSince;

    protected override bool AwaitsPlace => unplaced.Count > 0;

    protected override bool MustAwaitPlace(PumpEvent? met, IReadOnlyList<NegotiationEffect> effects)
    {
        if (role.Internal is not null || IsClosing)
            return false;
        foreach (var effect in effects)
        {
            if (effect is not NegotiationEffect.Authenticated { Pair: var pair } || TryTakePlace(pair.Remote) || wait is null)
                continue;
            unplaced.Add((met, effects));
            return true;
        }

        return false;
    }

    /// <summary>One place for each partner on the stream. False: there is none; or none yet, and the stream is among those that wait.</summary>
    private bool TryTakePlace(DomainName remote)
    {
        wait?.Dispose();
        wait = null;
        if (places.ContainsKey(Edge.Connections.HolderOf(remote)))
            return true;
        if (Edge.Connections.TryEnter(remote, () => self!.Tell(PlaceWord.Instance), out wait) is not { } place)
        {
            LimitWait();
            return false;
        }

        waitsSince = null;
        if (!places.TryAdd(place.Holder, place))
            place.Dispose(); // policy has just given the domain to a partner that is on the stream
        place.End = self!.Tell;
        return true;
    }

    private void LimitWait()
    {
        if (wait is null)
            return;
        var left = ShareBook.Patience - Edge.Time.GetElapsedTime(waitsSince ??= Edge.Time.GetTimestamp());
        if (left > TimeSpan.Zero)
        {
            Timers.StartSingleTimer(PlaceTimer, PlaceWord.Instance, left < wait.AtMost ? left : wait.AtMost);
            return;
        }

        wait.Dispose();
        wait = null;
    }

    /// <summary>It may be known by now whether there is a place.</summary>
    private void OnPlaceWord()
    {
        Timers.Cancel(PlaceTimer);
        (PumpEvent? Met, IReadOnlyList<NegotiationEffect> Effects)[] again = [.. unplaced];
        unplaced.Clear();
        foreach (var (met, effects) in again)
        {
            if (met is not null)
                Decide(met, effects);
            else
                Settle(effects);
        }

        if (again.Length > 0 && !AwaitsPlace && lookup is null)
            TakeKept();
    }

    /// <summary>Carries out what no event of the pump asked for.</summary>
    private void Settle(IReadOnlyList<NegotiationEffect> effects)
    {
        if (!MustAwaitPlace(met: null, effects))
            Perform(effects);
    }

    private void LeaveWait()
    {
        wait?.Dispose();
        wait = null;
        unplaced.ForEach(static pending => pending.Met?.Reply.TrySetResult(PumpOrder.Discard));
        unplaced.Clear();
    }

    private void LeavePlaces()
    {
        LeaveWait();
        foreach (var place in places.Values)
            place.Dispose();
    }

    private sealed class PlaceWord
    {
        public static PlaceWord Instance { get; } = new();
    }
}
