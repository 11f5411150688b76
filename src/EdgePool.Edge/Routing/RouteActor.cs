using EdgePool.Cluster.Entities;
using EdgePool.Edge.Exits;
using EdgePool.Edge.Partners;
using EdgePool.Edge.StreamManagement;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Routing;

/// <summary>
/// Brings up the outbound stream of one domain pair when stanzas wait for it, and answers them when it cannot: after
/// <see cref="StreamTimeouts.Pending"/> where trying again may help, at once where it will not.
/// </summary>
internal sealed partial class RouteActor : ReceiveActor, IWithTimers
{
    private const string RetryTimer = "retry";
    private const string SweepTimer = "sweep";
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(1);

    /// <summary>The wait for a place among the partner's streams.</summary>
    private static readonly TimeSpan PlaceAgain = TimeSpan.FromSeconds(1);

    private readonly EdgeRuntime edge;
    private readonly Route route;
    private readonly OutboundPair shared;
    private OutboundTerms terms;
    private IActorRef? dial;
    private readonly bool towardsPartner;
    private bool up;
    private bool limited;
    private int failures;
    private long upSince;
    private long idleSince;
    private long? failingSince;
    private bool gone;
    private bool ending;
    private bool offered;
    private bool slowly;
    private long? lastAtOnce;
    private LostStream? lost;
    private long lostAt;
    private PlaceWait? placeWait;

    public RouteActor(EdgeRuntime edge, Route route)
    {
        (this.edge, this.route) = (edge, route);
        shared = new OutboundPair(route.Pair.Local.Ascii, route.Pair.Remote.Ascii);
        towardsPartner = !edge.Routes.IsLocal(route.Pair.Remote);
        terms = edge.Connector.OutboundTermsFor(route.Pair);
        Receive<Demand>(OnDemand);
        Receive<Retry>(_ => OnRetry());
        Receive<PlaceWord>(_ => OnPlaceWord());
        Receive<Reachable>(_ => OnReachable());
        Receive<DialUp>(_ => OnUp(), _ => Sender.Equals(dial));
        Receive<DialUp>(_ => OnBetterUp(), _ => Sender.Equals(better));
        Receive<DialFailed>(OnBetterFailed, _ => Sender.Equals(better));
        Receive<Better>(_ => OnBetter());
        Receive<Bring>(OnBring);
        Receive<DialFailed>(OnFailed, _ => Sender.Equals(dial));
        Receive<Terminated>(OnTerminated);
        Receive<Sweep>(_ => OnSweep());
        Receive<EndStream>(OnEnd);
        Receive<PolicyChange>(OnPolicy);
        Receive<DialOver>(_ => LetGo(), _ => Sender.Equals(dial));
        Receive<StreamGone>(OnStreamGone, _ => Sender.Equals(dial));
        Receive<StreamLost>(OnLost);
        Receive<StopReading>(order => dial?.Tell(order));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        idleSince = edge.Time.GetTimestamp();
        Timers.StartPeriodicTimer(SweepTimer, Sweep.Instance, SweepEvery);
        OnRetry();
    }

    protected override void PostStop() => LeavePlaceWait();

    protected override SupervisorStrategy SupervisorStrategy() => EdgeRuntime.StopOnFault();

    private void OnDemand(Demand demand)
    {
        if (demand.AtOnce)
            Timers.Cancel(RetryTimer);
        offered |= demand.AtOnce && dial is not null && !up;
        Dial();
    }

    private void Dial()
    {
        if (dial is not null || ending || Timers.IsTimerActive(RetryTimer) || MustAwaitComeback())
            return;
        terms = edge.Connector.OutboundTermsFor(route.Pair); // the news of a change may still be on its way here
        if (terms.Terms is null)
        {
            Bounce(BounceReason.RemoteServerNotFound); // not so much as a DNS query
            return;
        }

        (refused, again) = (null, null);
        if (TryExits(Order(), from: 0))
        {
            LeavePlaceWait(); // it goes by another pool
            return;
        }

        route.Queue.Stall();
        if (!limited)
            failingSince ??= edge.Time.GetTimestamp();
        if (again is { } wait)
            Timers.StartSingleTimer(RetryTimer, Retry.Instance, wait);
        else
            RetryLater();
    }

    /// <summary>A stream of this node's own; null: not now, and <see cref="again"/> says when.</summary>
    private IActorRef? DialHere(LostStream? former)
    {
        limited = false;
        again = WaitForOthers();
        if (again is not null)
            return null;
        var place = towardsPartner ? TryEnter() : null;
        var mayConnect = !towardsPartner || place is not null;
        limited = !mayConnect && !MayShare();
        if (limited)
        {
            again = placeWait?.AtMost ?? PlaceAgain;
            return null;
        }

        var (runtime, goal) = (edge, new DialGoal.Carry(route, former));
        var made = Context.Watch(Context.ActorOf(Props.Create(() => new DialActor(runtime, goal, place, mayConnect))));
        if (place is not null)
            place.End = made.Tell;
        return made;
    }

    /// <summary>Null: there is no place; or it is not known yet, and the route is among those that wait for that.</summary>
    private ConnectionPlace? TryEnter()
    {
        LeavePlaceWait();
        var self = Self;
        return edge.Connections.TryEnter(route.Pair.Remote, dial is null ? () => self.Tell(PlaceWord.Instance) : null, out placeWait);
    }

    /// <summary>It may be known by now whether there is a place.</summary>
    private void OnPlaceWord()
    {
        if (placeWait is null || dial is not null)
            return;
        LeavePlaceWait();
        Timers.Cancel(RetryTimer);
        OnRetry();
    }

    private void LeavePlaceWait()
    {
        placeWait?.Dispose();
        placeWait = null;
    }

    /// <summary>A stream that is there may take the route on.</summary>
    private bool MayShare() => edge.Shared.Find(new SharedKey.Reverse(route.Pair)) is not null || edge.Shared.Find(new SharedKey.Remote(route.Pair.Remote)) is not null;

    /// <summary>The partner is dead, and another node of the pool tries whether it still is: for how long, or until that node says otherwise.</summary>
    private TimeSpan? WaitForOthers() => towardsPartner && edge.Troubles?.Wait(shared) is { Ticks: > 0 } wait && !MayShare() ? wait : null;

    private void OnReachable()
    {
        if (up)
            LookForBetter(TimeSpan.Zero);
        if (up || dial is not null)
            return;
        failures = 0;
        Timers.Cancel(RetryTimer);
        OnRetry();
    }

    /// <summary>Only for stanzas that wait: without any, the next one asks.</summary>
    private void OnRetry()
    {
        route.Queue.Open();
        if (route.Queue.Bytes > 0 || lost is { IsGone: false, Terms.IsOurs: true })
            Dial();
    }

    /// <summary>The stream is lost and may be resumed: before anything else goes out, for it holds what went before.</summary>
    private void OnLost(StreamLost word)
    {
        if (!Sender.Equals(dial))
        {
            if (word.Lost.Terms.IsOurs)
                edge.Lost.End(word.Lost); // another stream carries the route by now
            return;
        }

        lost = word.Lost;
        lostAt = edge.Time.GetTimestamp();
    }

    /// <summary>The stream that is lost was the peer's: for a while it is the peer's turn to come again.</summary>
    private bool MustAwaitComeback()
    {
        if (lost is not { IsGone: false, Terms.IsOurs: false })
            return false;
        var wait = edge.Options.Timeouts.Comeback - edge.Time.GetElapsedTime(lostAt);
        if (wait > TimeSpan.Zero)
            Timers.StartSingleTimer(RetryTimer, Retry.Instance, wait);
        else
            edge.Lost.End(lost);
        return wait > TimeSpan.Zero;
    }

    private void OnUp()
    {
        if (lost is { Terms.IsOurs: true })
            edge.Lost.End(lost); // nothing, where the stream goes on with it
        lost = null;
        (up, offered) = (true, false);
        if (!IsHere)
        {
            LeaveElsewhere();
            return;
        }

        OnHere();
        if (!towardsPartner && edge.Routes.NoteReached(route.Pair.Remote, reached: true))
            edge.Components.Changed?.Invoke(route.Pair.Remote);
        (failingSince, gone) = (null, false);
        upSince = edge.Time.GetTimestamp();
        edge.Troubles?.Reached(shared);
    }

    private void OnFailed(DialFailed failed)
    {
        if (offered)
            return; // a stream has come up meanwhile, the other way round
        if (!towardsPartner && LeavesToOthers(failed.Reason))
            return;
        if (GoesOn(failed))
            return;
        failed = refused ?? failed;
        route.Queue.Stall();
        limited = failed.Reason == BounceReason.ConnectionLimit;
        failingSince ??= edge.Time.GetTimestamp();
        if (!failed.MayHelpToTryAgain)
        {
            if (lost is not null)
                edge.Lost.End(lost);
            Bounce(failed.Reason);
        }

        failures = Math.Max(failures, edge.Troubles?.FailuresOf(shared) ?? 0);
        var wait = RetryLater();
        if (towardsPartner && failed.MayHelpToTryAgain && !limited)
            edge.Troubles?.Failed(shared, failures, wait);
        var next = route.Queue.Bytes > 0 ? "next attempt in" : "nothing waits, and a stanza that comes now is tried after";
        StreamLog.DialFailed(edge.Logs.Streams, route.ToString(), LogText.Of(failed.Detail), next, wait);
    }

    /// <summary>An internal server cannot be reached from here: another node that can takes over what waits, and what comes.</summary>
    private bool LeavesToOthers(BounceReason reason)
    {
        var server = route.Pair.Remote;
        if (edge.Routes.NoteReached(server, reached: false))
            edge.Components.Changed?.Invoke(server);
        if (ending || lost is { IsGone: false } || edge.Routes.Elsewhere.Find(route.Pair.Local.Utf8, server) is null)
            return false;
        var waiting = route.Queue.Accepted;
        edge.Detour.LeaveServer(route, reason);
        edge.Routes.Release(route);
        StreamLog.LeftToOthers(edge.Logs.Streams, route.ToString(), waiting);
        Context.Stop(Self);
        return true;
    }

    /// <summary>The dial, and with it the stream, is gone. Who stayed up for a while starts again without delay; who flaps backs off.</summary>
    private void OnTerminated(Terminated terminated)
    {
        if (!terminated.ActorRef.Equals(dial))
        {
            OnOtherTerminated(terminated.ActorRef); // it was let go before, or is the one that was to be better
            return;
        }

        dial = null;
        idleSince = edge.Time.GetTimestamp();
        if (up && !IsHere && edge.Time.GetElapsedTime(upSince) >= PlaceAgain && GoesOnThere())
            return;
        if (offered && !up)
        {
            offered = false;
            OnRetry();
            return;
        }

        if (!up)
        {
            if (!Timers.IsTimerActive(RetryTimer))
                RetryLater();
            return;
        }

        up = false;
        if (slowly)
            failures = Math.Max(failures, Reconnections.SlowFailures);
        else if (edge.Time.GetElapsedTime(upSince) >= edge.Options.Timeouts.Pending)
            failures = 0;
        slowly = false;
        if (lost is { IsGone: false } && MayDialAtOnce())
            OnRetry();
        else
            RetryLater();
    }

    /// <summary>The peer has ended the stream with an error, and that says when the next one may follow.</summary>
    private void OnStreamGone(StreamGone word)
    {
        slowly = word.Next == Reconnection.Slowly;
        if (word.Next == Reconnection.AtOnce && MayDialAtOnce())
            LetGo();
    }

    private bool MayDialAtOnce()
    {
        if (lastAtOnce is { } last && edge.Time.GetElapsedTime(last) < Reconnections.AtOnceAtMostEvery)
            return false;
        lastAtOnce = edge.Time.GetTimestamp();
        return true;
    }

    /// <summary>
    /// What policy says of this route has changed: a dial under way is dropped, and past failures count no more. A stream that is up judges itself; one that
    /// leads elsewhere than policy says now is closed in order.
    /// </summary>
    private void OnPolicy(PolicyChange change)
    {
        if (up)
        {
            dial!.Tell(change);
            LookForBetter(TimeSpan.Zero); // the topology may name another pool
        }

        var now = edge.Connector.OutboundTermsFor(route.Pair);
        if (ending || now.Equals(terms))
            return;
        var moved = !Equals(now.Proxy, terms.Proxy);
        terms = now;
        failures = 0;
        edge.Troubles?.Forget(shared);
        Timers.Cancel(RetryTimer);
        if (up && !moved)
            return;
        var error = now.Terms is null ? new StreamError(StreamErrorCondition.PolicyViolation) : moved ? null : new StreamError(StreamErrorCondition.Reset);
        dial?.Tell(new EndStream(StreamEndReason.PolicyChanged, error, moved ? "policy says to connect elsewhere" : "policy has changed while the stream came up"));
        LetGo();
    }

    /// <summary>The stream says farewell, or never came up; it is not this route's any more.</summary>
    private void LetGo()
    {
        dial = null;
        up = false;
        failures = 0;
        idleSince = edge.Time.GetTimestamp();
        if (!ending)
            OnRetry();
    }

    private TimeSpan RetryLater()
    {
        failures++;
        var timeouts = edge.Options.Timeouts;
        var wait = Backoff.After(failures - 1, timeouts.BackoffMin, timeouts.BackoffMax, edge.Random.NextDouble());
        Timers.StartSingleTimer(RetryTimer, Retry.Instance, wait);
        return wait;
    }

    private void OnSweep()
    {
        if (up)
            return;
        BounceWhatOthersSent();
        if (route.Queue.Bytes > 0)
            edge.Troubles?.Waits(shared);
        var before = route.Queue.Accepted;
        var reason = limited ? BounceReason.ConnectionLimit : BounceReason.RemoteServerTimeout;
        while (route.Queue.TakeOlderThan(edge.Options.Timeouts.Pending) is { } segment)
        {
            edge.Bouncer.Refuse(segment, route.Namespace, reason);
            route.Queue.Release(segment);
        }

        if (before > route.Queue.Accepted)
            StreamLog.QueueBounced(edge.Logs.Streams, route.ToString(), before - route.Queue.Accepted, reason.ToString());
        if (!gone && failingSince is { } since && edge.Time.GetElapsedTime(since) >= edge.Options.Timeouts.Pending)
        {
            gone = true;
            edge.Presence.RouteGone(route.Pair);
        }

        if (dial is null && lost is not { IsGone: false } && edge.Time.GetElapsedTime(idleSince) > edge.Options.Timeouts.Idle && edge.Routes.TryRetire(route))
            Context.Stop(Self);
    }

    private void Bounce(BounceReason reason)
    {
        var waiting = route.Queue.Accepted;
        edge.Bouncer.RefuseAll(route, reason);
        route.Queue.Open();
        if (waiting > 0)
            StreamLog.QueueBounced(edge.Logs.Streams, route.ToString(), waiting, reason.ToString());
    }

    /// <summary>The node ends: no further stanza is taken, and what never got a stream is answered.</summary>
    private void OnEnd(EndStream end)
    {
        ending = true;
        Timers.CancelAll();
        AnswerBrought("it leaves service");
        better?.Tell(end);
        if (up)
        {
            dial!.Tell(end);
            return;
        }

        route.Queue.Close(BounceReason.Shutdown);
        edge.Bouncer.RefuseAll(route, BounceReason.Shutdown);
        Context.Stop(Self);
    }

    private sealed class Retry
    {
        public static Retry Instance { get; } = new();
    }

    private sealed class PlaceWord
    {
        public static PlaceWord Instance { get; } = new();
    }

    private sealed class Sweep
    {
        public static Sweep Instance { get; } = new();
    }
}
