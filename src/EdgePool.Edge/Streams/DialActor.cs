using System.Collections.Immutable;
using EdgePool.Edge.Partners;
using EdgePool.Edge.StreamManagement;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Transport;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <summary>
/// Finds a stream for a route, or for a question about a dialback key: one that is up and takes the route on, where policy allows that; else a new one. For
/// that it finds the domain's targets and tries them in order, one stream each, until one is authenticated (or has answered): the next one follows also
/// after a failure of TLS or of negotiation. Lives as long as its stream.
/// </summary>
internal sealed class DialActor : ReceiveActor, IWithTimers
{
    /// <summary>Hosts on end that may send us to another one (RFC 6120 section 4.9.3.19).</summary>
    public const int MostHops = 2;

    private readonly EdgeRuntime edge;
    private DialGoal goal;
    private readonly bool mayConnect;
    private readonly ConnectionPlace? place;
    private readonly CancellationTokenSource stopping = new();
    private readonly LinkedList<OutboundTarget> targets = [];
    private readonly List<IActorRef> asked = [];
    private ImmutableArray<NegotiationStep> past = [];
    private long stepSince;
    private OutboundTarget? current;
    private IActorRef? stream;
    private IActorRef? host;
    private Action? otherwise;
    private int hops;
    private TargetFailed? last;
    private bool reachedAny;
    private bool anyAddress;
    private bool done;

    /// <param name="edge">What all actors share.</param>
    /// <param name="goal">What the connection is for.</param>
    /// <param name="place">The stream's place among its partner's; given back when the dial ends. Null where none is needed.</param>
    /// <param name="mayConnect">False: there is no place for a stream of its own.</param>
    public DialActor(EdgeRuntime edge, DialGoal goal, ConnectionPlace? place = null, bool mayConnect = true)
    {
        (this.edge, this.goal, this.place, this.mayConnect) = (edge, goal, place, mayConnect);
        Receive<TargetPlan>(OnPlan);
        Receive<TargetFailed>(OnTargetFailed);
        Receive<DialUp>(OnUp);
        Receive<DialAnswered>(OnAnswered);
        Receive<ReceiveTimeout>(_ => OnTimeout());
        Receive<EndStream>(OnEnd);
        Receive<PolicyChange>(OnPolicy);
        Receive<DialOver>(over => Context.Parent.Tell(over));
        Receive<StreamGone>(word => Context.Parent.Tell(word));
        Receive<StreamLost>(OnLost);
        Receive<JoinAnswer>(OnJoin, _ => Sender.Equals(host));
        Receive<StopReading>(order => stream?.Tell(order));
        Receive<Terminated>(_ => OnHostGone(), gone => gone.ActorRef.Equals(host));
        Receive<Terminated>(_ => OnStreamGone(), gone => gone.ActorRef.Equals(stream));
        Receive<Status.Failure>(failure => Fail(BounceReason.RemoteServerTimeout, mayHelp: true, failure.Cause.Message));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        if (goal is DialGoal.Verify)
            Timers.StartSingleTimer("verification", ReceiveTimeout.Instance, edge.Options.Timeouts.Verification);
        stepSince = edge.Time.GetTimestamp();
        if (!TryJoin(ShareOrFind, new SharedKey.Reverse(goal.Pair)))
            ShareOrFind();
    }

    protected override void PostStop()
    {
        stopping.Cancel();
        stopping.Dispose();
        place?.Dispose();
    }

    protected override SupervisorStrategy SupervisorStrategy() => EdgeRuntime.StopOnFault();

    /// <summary>Further pairs are proven by dialback over TLS (XEP-0220 section 2.6): where that is not allowed, each pair has a stream of its own.</summary>
    private bool MayShare => goal is DialGoal.Carry && !edge.Routes.IsLocal(goal.Pair.Remote) && edge.Connector.TermsFor(goal.Pair) is { } terms && terms.AllowsDialback(tls: true);

    /// <summary>Asks a stream that is up to take the route on; false when there is none that was not asked yet.</summary>
    private bool TryJoin(Action ifNot, SharedKey key)
    {
        if (goal is not DialGoal.Carry { Former: null or { IsGone: true } } carry || done || edge.Shared.Find(key) is not { } found || asked.Contains(found))
            return false;
        asked.Add(found);
        host = Context.Watch(found);
        otherwise = ifNot;
        host.Tell(new JoinStream(carry.Route), Self);
        return true;
    }

    private void OnJoin(JoinAnswer answer)
    {
        if (!answer.Joined)
        {
            OnHostGone();
            return;
        }

        otherwise = null;
        place?.Dispose(); // a stream has one place, however much it carries
        OnUp(DialUp.Instance);
    }

    /// <summary>It did not take the route on; or it did, and is gone.</summary>
    private void OnHostGone()
    {
        Context.Unwatch(host!);
        host = null;
        if (otherwise is not { } next || done)
        {
            Context.Stop(Self);
            return;
        }

        otherwise = null;
        next();
    }

    private void ShareOrFind()
    {
        if (!(MayShare && TryJoin(Find, new SharedKey.Remote(goal.Pair.Remote))))
            Find();
    }

    private void Find()
    {
        if (mayConnect)
            _ = edge.Connector.FindAsync(goal.Pair, stopping.Token).PipeTo(Self);
        else
            Fail(BounceReason.ConnectionLimit, mayHelp: true, "the partner has as many streams as it may, and none of them takes the pair on");
    }

    private void OnPlan(TargetPlan plan)
    {
        Note(NegotiationStepKind.Resolved, plan.Describe());
        foreach (var target in plan.Targets)
            targets.AddLast(target);
        PreferFormer();
        if (targets.Count == 0)
            Learn(plan.Absent ? StreamEndReason.ServiceAbsent : StreamEndReason.DnsFailed, plan.Detail);
        if (targets.Count == 0)
            Fail(plan.Absent ? BounceReason.RemoteServerNotFound : BounceReason.RemoteServerTimeout, mayHelp: !plan.Absent, plan.Detail);
        else
            TryNext();
    }

    /// <summary>
    /// What can be resumed can be where it was, if anywhere: that target goes first, where it still is one. Before it, the place that the peer named
    /// (<c>location</c>), where policy lets this partner's servers send us elsewhere; see <see cref="Follow"/>.
    /// </summary>
    private void PreferFormer()
    {
        if (goal is not DialGoal.Carry { Former: { IsGone: false, Terms: { Target: { } target } terms } })
            return;
        if (targets.Remove(target))
            targets.AddFirst(target);
        if (terms.Location is { } location && targets.Count > 0)
            Follow(target, location);
    }

    /// <summary>A stream is lost: one of ours before the peer said whether it goes on there, so that the next target may; or it had come up, and that is the route's to know.</summary>
    private void OnLost(StreamLost word)
    {
        if (!done && goal is DialGoal.Carry carry)
            goal = carry with { Former = word.Lost };
        Context.Parent.Tell(word);
    }

    private void TryNext()
    {
        if (targets.First?.Value is not { } target)
        {
            var nowhere = last is not null && !anyAddress;
            last ??= new TargetFailed(StreamEndReason.InternalError, "a fault of ours ended the stream");
            // RFC 6120 section 8.3.3.16: a name that leads nowhere is not a server that is late.
            var reason = nowhere ? BounceReason.RemoteServerNotFound
                : last.Reason is StreamEndReason.DialbackInvalid ? BounceReason.DialbackInvalid
                : BounceReason.RemoteServerTimeout;
            Fail(reason, mayHelp: !nowhere && !reachedAny, $"{last.Reason.ToText()}; {last.Detail}");
            return;
        }

        targets.RemoveFirst();
        if (!(MayShare && TryJoin(() => Connect(target), SharedKey.Host.Of(target))))
            Connect(target);
    }

    private void Connect(OutboundTarget target)
    {
        var kind = edge.Routes.IsLocal(goal.Pair.Remote) ? StreamKind.InternalOutbound : StreamKind.PartnerOutbound;
        var info = new StreamInfo(edge.Streams.NextNumber(), kind, target.ToString(), goal.Pair);
        StreamLog.Connecting(edge.Logs.Streams, info.Number, target.ToString(), goal.Pair.ToText());
        var (runtime, purpose, place, steps) = (edge, goal, target, past);
        current = target;
        stream = Context.Watch(Context.ActorOf(Props.Create(() => new OutboundStreamActor(runtime, info, purpose, place, steps)), info.Name));
    }

    private void OnTargetFailed(TargetFailed failed)
    {
        if (failed is { Elsewhere: { } elsewhere, By: { } by })
            Follow(by, elsewhere);
        last = failed;
        Note(NegotiationStepKind.TargetFailed, $"{current}: {failed.Reason.ToText()}");
        anyAddress |= !failed.NoAddress;
        reachedAny |= failed.Reason is not (StreamEndReason.ConnectFailed or StreamEndReason.ConnectionLost or StreamEndReason.NegotiationTimeout or StreamEndReason.StreamErrorReceived or StreamEndReason.PeerClosed
            or StreamEndReason.CertificateTlsaUnavailable);
    }

    /// <summary>Where policy lets this partner's servers send us elsewhere, that is the next target; it has to prove the same domain on the same terms.</summary>
    private void Follow(OutboundTarget by, string elsewhere)
    {
        var partner = edge.Policy.Current.Find(goal.Pair.Remote);
        var refusal = goal is not DialGoal.Carry || partner is not { FollowSeeOtherHost: true } ? "policy does not follow (followSeeOtherHost)"
            : hops >= MostHops ? "too many hosts on end send us elsewhere"
            : null;
        if (refusal is null && edge.Connector.TryRedirect(by, elsewhere, out var target, out refusal))
        {
            hops++;
            targets.AddFirst(target);
            StreamLog.Redirected(edge.Logs.Streams, goal.Pair.ToText(), by.ToString(), target.ToString());
            return;
        }

        StreamLog.NotRedirected(edge.Logs.Streams, goal.Pair.ToText(), by.ToString(), LogText.Of(elsewhere), refusal!);
    }

    private void OnStreamGone()
    {
        stream = null;
        if (!done)
            TryNext();
        else
            Context.Stop(Self);
    }

    private void OnUp(DialUp message)
    {
        done = true;
        Context.Parent.Tell(message);
    }

    private void OnAnswered(DialAnswered answered)
    {
        done = true;
        Context.Parent.Tell(answered);
    }

    /// <summary>The stream ends, up or not, and no other target is tried.</summary>
    private void OnEnd(EndStream end)
    {
        if (host is not null)
        {
            OnEndAsGuest(end);
            return;
        }

        done = true;
        if (stream is null)
            Context.Stop(Self);
        else
            stream.Tell(end);
    }

    /// <summary>The stream is another route's to end, and with this node it ends anyway.</summary>
    private void OnEndAsGuest(EndStream end)
    {
        var up = done;
        done = true;
        if (up && end.Reason == StreamEndReason.Shutdown)
            return;
        host!.Tell(new LeaveStream(((DialGoal.Carry)goal).Route));
        Context.Stop(Self);
    }

    /// <summary>A lookup at a domain that is not allowed any more is dropped; a stream that is up judges itself.</summary>
    private void OnPolicy(PolicyChange change)
    {
        if (goal is DialGoal.Verify && edge.Connector.TermsFor(goal.Pair) is null)
            Fail(BounceReason.RemoteServerNotFound, mayHelp: false, "the domain is no longer allowed");
        else
            stream?.Tell(change);
    }

    private void OnTimeout()
    {
        const string Detail = "the authoritative server did not answer in time";
        if (!done)
            Learn(past.IsEmpty ? StreamEndReason.DnsFailed : StreamEndReason.NegotiationTimeout, Detail);
        Fail(BounceReason.RemoteServerTimeout, mayHelp: true, Detail);
    }

    /// <summary>A step that no stream records.</summary>
    private void Note(NegotiationStepKind kind, string what)
    {
        var now = edge.Time.GetTimestamp();
        past = past.Add(new NegotiationStep(kind, edge.Time.GetElapsedTime(stepSince, now), LogText.Of(what)));
        stepSince = now;
    }

    /// <summary>The dial failed where no stream is to blame.</summary>
    private void Learn(StreamEndReason reason, string detail)
    {
        if (edge.Routes.IsLocal(goal.Pair.Remote))
            return;
        edge.Learn(new NegotiationRecord
        {
            Pair = goal.Pair,
            Way = goal.Way,
            At = edge.Time.GetUtcNow(),
            Target = current?.Describe(),
            Steps = past,
            Failure = reason,
            Detail = LogText.Of(detail),
        });
    }

    private void Fail(BounceReason reason, bool mayHelp, string detail)
    {
        if (done)
            return;
        done = true;
        if (goal is DialGoal.Verify)
        {
            var outcome = reason == BounceReason.RemoteServerNotFound || last is { Reason: StreamEndReason.ConnectFailed, Tried: false } ? DialbackOutcome.Error(StanzaErrorCondition.RemoteServerNotFound)
                : DialbackOutcome.Unanswered(last?.Reason ?? StreamEndReason.NegotiationTimeout);
            Context.Parent.Tell(new DialAnswered(outcome));
        }
        else
        {
            Context.Parent.Tell(new DialFailed(reason, mayHelp, detail));
        }

        Context.Stop(Self);
    }
}
