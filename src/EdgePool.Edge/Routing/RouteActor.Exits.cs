using System.Collections.Immutable;
using EdgePool.Edge.Exits;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Routing;

/// <content>
/// The pools by which the route's stanzas leave (<see cref="FederationExits"/>): the first of the order that can, the next one when it cannot, and again a better one when that can. The queue stays one,
/// and who carried it last has ended before the next one takes of it, so that stanzas keep their order.
/// </content>
internal sealed partial class RouteActor
{
    private const string BetterTimer = "better";

    /// <summary>The longest wait between two looks whether a better pool can.</summary>
    private static readonly TimeSpan BetterMost = TimeSpan.FromSeconds(15);

    /// <summary>How long what another node has sent waits for a stream that is lost: that node holds back all that follows.</summary>
    private static readonly TimeSpan OthersWait = TimeSpan.FromSeconds(5);

    /// <summary>Nodes that wait for a stream of this one at one time.</summary>
    private const int MostAskers = 64;

    private readonly List<TaskCompletionSource<string?>> brought = [];
    private string? exit;
    private string? betterExit;
    private IActorRef? better;
    private IActorRef? leaving;
    private int looked;
    private DialFailed? refused;
    private TimeSpan? again;

    private string Own => edge.Exits?.Own ?? string.Empty;

    /// <summary>The stanzas leave, or are to leave, from this node.</summary>
    private bool IsHere => exit is null || string.Equals(exit, Own, StringComparison.Ordinal);

    /// <summary>What has come from another node leaves from here or not at all.</summary>
    private ImmutableArray<string> Order()
        => !towardsPartner || edge.Exits is not { } exits || brought.Count > 0 || route.Queue.WaitsForLink ? [Own] : exits.Order(route.Pair.Local);

    /// <summary>Tries the pools from that one on; false: none of them can be tried now.</summary>
    private bool TryExits(ImmutableArray<string> order, int from)
    {
        foreach (var pool in order.AsSpan()[from..])
        {
            if (Begin(pool, lost) is not { } begun)
                continue;
            (dial, exit) = (begun, pool);
            return true;
        }

        return false;
    }

    private IActorRef? Begin(string pool, StreamManagement.LostStream? former)
    {
        if (string.Equals(pool, Own, StringComparison.Ordinal))
            return DialHere(former);
        if (edge.Exits!.NodeOf(pool, route.Pair) is not { } node)
            return null;
        var (runtime, exits, carried) = (edge, edge.Exits, route);
        return Context.Watch(Context.ActorOf(Props.Create(() => new ExitActor(runtime, exits, carried, pool, node))));
    }

    /// <summary>What was tried failed: the next pool of the order may do. False: there is none.</summary>
    private bool GoesOn(DialFailed failed)
    {
        var here = IsHere;
        if (here)
        {
            refused = failed;
            AnswerBrought(LogText.Of(failed.Detail));
        }

        if (exit is null || route.Queue.Bytes == 0)
            return false;
        var order = Order();
        var at = order.IndexOf(exit);
        if (at < 0 || at + 1 == order.Length || !TryExits(order, at + 1))
            return false;
        if (here && failed is { MayHelpToTryAgain: true, Reason: not BounceReason.ConnectionLimit })
            edge.Troubles?.Failed(shared, looked + 1, BetterLater());
        return true;
    }

    /// <summary>The node that the stanzas left over is lost, or cannot carry them any more: another one of its pool may, or one of the pools behind it. False: nothing waits, or there is none.</summary>
    private bool GoesOnThere()
    {
        var order = Order();
        if (route.Queue.Bytes == 0 || order.IndexOf(exit!) is not (>= 0 and var at) || !TryExits(order, at))
            return false;
        up = false;
        return true;
    }

    /// <summary>Another pool's node has a stream up for the pair: what waits goes there, as soon as who carried it last has ended.</summary>
    private void LeaveElsewhere()
    {
        (failingSince, gone, upSince) = (null, false, edge.Time.GetTimestamp());
        if (leaving is null)
            dial!.Tell(Carry());
        BetterLater();
    }

    private ExitActor.Carry Carry()
        => new(Order().IndexOf(exit!) == 0 ? null : refused is { } why ? LogText.Of(why.Detail) : "the pools before it in the federation route cannot");

    private void LookForBetter(TimeSpan wait)
    {
        if (edge.Exits is not null && towardsPartner)
            Timers.StartSingleTimer(BetterTimer, Better.Instance, wait);
    }

    private TimeSpan BetterLater()
    {
        var timeouts = edge.Options.Timeouts;
        var wait = Backoff.After(looked, timeouts.BackoffMin, timeouts.BackoffMax < BetterMost ? timeouts.BackoffMax : BetterMost, edge.Random.NextDouble());
        LookForBetter(wait);
        return wait;
    }

    /// <summary>A pool that comes before the one in use is tried, while that one goes on.</summary>
    private void OnBetter()
    {
        if (!up || ending || better is not null || leaving is not null || exit is null)
            return;
        var order = Order();
        var at = order.IndexOf(exit);
        if (at == 0)
        {
            looked = 0;
            return;
        }

        foreach (var pool in at < 0 ? order : order[..at])
        {
            better = Begin(pool, former: null);
            if (better is null)
                continue;
            betterExit = pool;
            return;
        }

        looked++;
        BetterLater();
    }

    private void OnBetterFailed(DialFailed failed)
    {
        looked++;
        AnswerBrought(LogText.Of(failed.Detail));
        if (string.Equals(betterExit, Own, StringComparison.Ordinal) && failed.MayHelpToTryAgain && !limited)
            edge.Troubles?.Failed(shared, looked, BetterLater());
    }

    /// <summary>It is better: the one in use ends, in order, and what waits goes by the better one.</summary>
    private void OnBetterUp()
    {
        leaving = dial;
        (dial, exit, better, betterExit) = (better, betterExit, null, null);
        looked = 0;
        leaving?.Tell(new EndStream(StreamEndReason.Retired, Error: null, "stanzas leave by a better pool again"));
        if (!up)
        {
            OnUp();
            return;
        }

        if (!IsHere)
        {
            LeaveElsewhere();
            return;
        }

        upSince = edge.Time.GetTimestamp();
        edge.Troubles?.Reached(shared);
        StreamLog.LeavesAgain(edge.Logs.Streams, route.ToString(), exit!);
        OnHere();
    }

    /// <summary>Stanzas leave from here: those of other nodes too, and ours until a pool that comes before this one can.</summary>
    private void OnHere()
    {
        AnswerBrought(whyNot: null);
        if (exit is not null && Order().IndexOf(exit) > 0)
            BetterLater();
    }

    private void OnOtherTerminated(IActorRef ended)
    {
        if (ended.Equals(leaving))
        {
            leaving = null;
            if (up && !IsHere)
                dial?.Tell(Carry());
        }
        else if (ended.Equals(better))
        {
            better = null;
            if (!Timers.IsTimerActive(BetterTimer))
                BetterLater();
        }
    }

    /// <summary>A node of another pool asks for a stream of ours. What leaves elsewhere itself is no way for others.</summary>
    private void OnBring(Bring bring)
    {
        if (ending)
        {
            bring.Answer.TrySetResult("it leaves service");
            return;
        }

        if (up && IsHere)
        {
            bring.Answer.TrySetResult(null);
            return;
        }

        if (brought.Count == MostAskers)
            AnswerBrought("too many nodes ask");
        brought.Add(bring.Answer);
        if (dial is not null && !IsHere)
            ComeHome();
        else
            Dial();
        if (dial is null)
            AnswerBrought("it could not reach the partner a moment ago, and waits before it tries again");
    }

    /// <summary>A pool that comes before this one in the route asks for a stream of this one: it cannot do it itself, and what leaves by it leaves from here again.</summary>
    private void ComeHome()
    {
        if (better is not null && string.Equals(betterExit, Own, StringComparison.Ordinal))
            return;
        if (better is not null || leaving is not null || DialHere(former: null) is not { } begun)
            AnswerBrought($"its own stanzas leave by pool {exit}");
        else
            (better, betterExit) = (begun, Own);
    }

    private void AnswerBrought(string? whyNot)
    {
        brought.ForEach(waiting => waiting.TrySetResult(whyNot));
        brought.Clear();
    }

    /// <summary>What another node has sent here, and the stream is lost since: that node may have another way for what follows.</summary>
    private void BounceWhatOthersSent()
    {
        if (failingSince is not { } since || edge.Time.GetElapsedTime(since) < OthersWait || route.Queue.TakeWhere(static (_, _, ofLink) => ofLink) is not { } theirs)
            return;
        edge.Bouncer.Refuse(theirs, route.Namespace, BounceReason.RemoteServerTimeout);
        route.Queue.Release(theirs);
    }

    private sealed class Better
    {
        public static Better Instance { get; } = new();
    }
}
