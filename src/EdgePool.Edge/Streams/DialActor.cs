using System.Collections.Immutable;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Transport;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <summary>
/// Finds a domain's targets and tries them in order, one stream each, until one is authenticated (or has answered): the next one follows also
/// after a failure of TLS or of negotiation. Lives as long as its stream.
/// </summary>
internal sealed class DialActor : ReceiveActor, IWithTimers
{
    private readonly EdgeRuntime edge;
    private readonly DialGoal goal;
    private readonly ConnectionPlace? place;
    private readonly CancellationTokenSource stopping = new();
    private readonly Queue<OutboundTarget> targets = [];
    private ImmutableArray<NegotiationStep> past = [];
    private long stepSince;
    private OutboundTarget? current;
    private IActorRef? stream;
    private TargetFailed? last;
    private bool reachedAny;
    private bool anyAddress;
    private bool done;

    /// <param name="edge">What all actors share.</param>
    /// <param name="goal">What the connection is for.</param>
    /// <param name="place">The stream's place among its partner's; given back when the dial ends. Null where none is needed.</param>
    public DialActor(EdgeRuntime edge, DialGoal goal, ConnectionPlace? place = null)
    {
        (this.edge, this.goal, this.place) = (edge, goal, place);
        Receive<TargetPlan>(OnPlan);
        Receive<TargetFailed>(OnTargetFailed);
        Receive<DialUp>(OnUp);
        Receive<DialAnswered>(OnAnswered);
        Receive<ReceiveTimeout>(_ => OnTimeout());
        Receive<EndStream>(OnEnd);
        Receive<PolicyChange>(OnPolicy);
        Receive<DialOver>(over => Context.Parent.Tell(over));
        Receive<Terminated>(_ => OnStreamGone());
        Receive<Status.Failure>(failure => Fail(BounceReason.RemoteServerTimeout, mayHelp: true, failure.Cause.Message));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        if (goal is DialGoal.Verify)
            Timers.StartSingleTimer("verification", ReceiveTimeout.Instance, edge.Options.Timeouts.Verification);
        stepSince = edge.Time.GetTimestamp();
        _ = edge.Connector.FindAsync(goal.Pair, stopping.Token).PipeTo(Self);
    }

    protected override void PostStop()
    {
        stopping.Cancel();
        stopping.Dispose();
        place?.Dispose();
    }

    protected override SupervisorStrategy SupervisorStrategy() => EdgeRuntime.StopOnFault();

    private void OnPlan(TargetPlan plan)
    {
        Note(NegotiationStepKind.Resolved, plan.Describe());
        foreach (var target in plan.Targets)
            targets.Enqueue(target);
        if (targets.Count == 0)
            Learn(plan.Absent ? StreamEndReason.ServiceAbsent : StreamEndReason.DnsFailed, plan.Detail);
        if (targets.Count == 0)
            Fail(plan.Absent ? BounceReason.RemoteServerNotFound : BounceReason.RemoteServerTimeout, mayHelp: !plan.Absent, plan.Detail);
        else
            TryNext();
    }

    private void TryNext()
    {
        if (!targets.TryDequeue(out var target))
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

        var kind = edge.Routes.IsLocal(goal.Pair.Remote) ? StreamKind.InternalOutbound : StreamKind.PartnerOutbound;
        var info = new StreamInfo(edge.Streams.NextNumber(), kind, target.ToString(), goal.Pair);
        StreamLog.Connecting(edge.Logs.Streams, info.Number, target.ToString(), goal.Pair.ToText());
        var (runtime, purpose, place, steps) = (edge, goal, target, past);
        current = target;
        stream = Context.Watch(Context.ActorOf(Props.Create(() => new OutboundStreamActor(runtime, info, purpose, place, steps)), info.Name));
    }

    private void OnTargetFailed(TargetFailed failed)
    {
        last = failed;
        Note(NegotiationStepKind.TargetFailed, $"{current}: {failed.Reason.ToText()}");
        anyAddress |= !failed.NoAddress;
        reachedAny |= failed.Reason is not (StreamEndReason.ConnectFailed or StreamEndReason.ConnectionLost or StreamEndReason.NegotiationTimeout or StreamEndReason.StreamErrorReceived or StreamEndReason.PeerClosed);
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
        done = true;
        if (stream is null)
            Context.Stop(Self);
        else
            stream.Tell(end);
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
            var condition = reason == BounceReason.RemoteServerNotFound || last is { Reason: not StreamEndReason.NegotiationTimeout }
                ? StanzaErrorCondition.RemoteServerNotFound : StanzaErrorCondition.RemoteServerTimeout;
            Context.Parent.Tell(new DialAnswered(DialbackOutcome.Error(condition)));
        }
        else
        {
            Context.Parent.Tell(new DialFailed(reason, mayHelp, detail));
        }

        Context.Stop(Self);
    }
}
