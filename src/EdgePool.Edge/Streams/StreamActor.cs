using System.Collections.Immutable;
using System.Net.Sockets;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Transport;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <summary>
/// One stream: owns its connection, its negotiation and every deadline, and decides all that is not a stanza. Whatever happens to it ends this
/// stream alone.
/// </summary>
/// <remarks>
/// Life: connect or accept → negotiate → authenticated → closing → stopped. While closing, the farewell goes out and what the peer still sends
/// is read and thrown away; the connection is cut when both sides have ended or the deadline has passed. The pump and the writer belong to the
/// actor: they speak to it by messages, and it outlives both.
/// </remarks>
internal abstract class StreamActor : UntypedActor, IWithTimers
{
    private const string NegotiationTimer = "negotiation";
    private const string HandshakeTimer = "handshake";
    private const string TickTimer = "tick";
    private const string CloseTimer = "close";
    private static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(5);

    private SocketStream? transport;
    private StreamOutput? writer;
    private StreamPump? pump;
    private TlsSession? tls;
    private readonly List<NegotiationEffect.Authenticated> proofs = [];
    private bool closing;
    private bool leaving;
    private PumpEvent? kept;
    private bool extended;
    private bool writerEnded;
    private bool pumpEnded;

    protected StreamActor(EdgeRuntime edge, StreamInfo info)
    {
        Edge = edge;
        Info = info;
        Relay = new StanzaRelay(edge.Bouncer, edge.Stanzas, edge.Pings, edge.Rates, edge.Ledger, edge.Options.Timeouts.Stalled, edge.Presence, edge.Logs.Bodies);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected EdgeRuntime Edge { get; }

    protected StreamInfo Info { get; }

    protected StanzaRelay Relay { get; }

    /// <summary>The protocol's side of this stream; null until it is known which protocol is spoken.</summary>
    protected IStreamNegotiation? Negotiation { get; set; }

    protected ImmutableArray<DomainPair> Pairs { get; private set; } = [];

    protected PeerCertificate? Certificate => tls?.Certificate;

    protected StreamOutput Writer => writer!;

    /// <summary>How long nothing has come, though the pump would have read it. From any thread.</summary>
    public TimeSpan Silence => pump!.Silence;

    /// <summary>The connection is there: takes it over and begins to read.</summary>
    protected void Adopt(Socket socket, TlsUpgrade upgrade)
    {
        transport = new SocketStream(socket);
        var self = Self;
        writer = new StreamOutput(transport, Edge.Ledger, Edge.Time, LoseSegment, fault => self.Tell(new WriterFailed(fault.Message)), Pace());
        pump = new StreamPump(self, transport, writer, Relay, upgrade, Edge.Options.Limits.Unauthenticated, Edge.Time);
        _ = ReportEndAsync(writer.Ended, self);
        var establishment = Gateway?.StreamEstablishmentTimeout ?? Edge.Options.Timeouts.Authentication;
        var handshake = Edge.Options.Timeouts.Handshake;
        Timers.StartSingleTimer(HandshakeTimer, new Deadline(HandshakeTimer), handshake < establishment ? handshake : establishment);
        Timers.StartSingleTimer(NegotiationTimer, new Deadline(NegotiationTimer), establishment);
        writer.Start();
        pump.Start();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case PumpEvent met:
                OnMet(met);
                break;
            case WriterFailed failed:
                Cut(StreamEndReason.ConnectionLost, failed.Detail);
                break;
            case WriterEnded:
                writerEnded = true;
                StopWhenDone();
                break;
            case Deadline deadline:
                OnDeadline(deadline);
                break;
            case Tick:
                OnTick();
                break;
            case EndStream end:
                Perform(CloseWith(end.Reason, end.Error, end.Detail), end.Deliver);
                break;
            case StopReading:
                leaving = true;
                Relay.Close();
                break;
            case PolicyChange change when !closing:
                OnPolicy(change);
                break;
            case PolicyChange:
                break;
            case Status.Failure failure:
                throw new InvalidOperationException("the pump failed", failure.Cause);
            default:
                Unhandled(message);
                break;
        }
    }

    protected override void PreStart()
    {
        Edge.Streams.Add(Info);
        Info.Counters = () => (Relay.Accepted, writer?.Delivered ?? 0);
        Info.Writing = () => writer?.Blocked ?? TimeSpan.Zero;
    }

    protected override void PostStop()
    {
        Relay.Close();
        pump?.Stop();
        writer?.Abandon();
        transport?.Dispose();
        if (tls is not null)
            _ = DisposeAfterAsync(pump!.Ended, tls.Stream);
        Edge.Streams.Remove(Info);
        OnStopped();
    }

    protected override SupervisorStrategy SupervisorStrategy() => EdgeRuntime.StopOnFault();

    /// <summary>True when the peer has come far enough without TLS, and may.</summary>
    protected abstract bool MayStayPlain { get; }

    /// <summary>What a stanza of the authenticated pairs may cost now.</summary>
    protected virtual FramerLimits LimitsOfNow() => Edge.Options.Limits.Authenticated;

    /// <summary>What policy allows for a pair now.</summary>
    protected abstract NegotiationTerms? TermsFor(DomainPair pair);

    /// <summary>
    /// What ends this stream under a new policy; null: it stands. Where other partners' pairs are on the stream, they are asked to come again.
    /// </summary>
    protected virtual StreamErrorCondition? EndsUnder(PolicyChange change)
    {
        var verdicts = Standing();
        return verdicts.TrueForAll(v => v is null) ? null
            : verdicts.TrueForAll(v => v == StreamErrorCondition.PolicyViolation) ? StreamErrorCondition.PolicyViolation
            : StreamErrorCondition.Reset;
    }

    /// <summary>What ends the stream, for each proof that it rests on; null: that one stands.</summary>
    private List<StreamErrorCondition?> Standing() => proofs.ConvertAll(p => StreamStanding.EndsWith(
        TermsFor(p.Pair), p.Method, Certificate?.Version, () => Certificate?.Proves(p.Pair.Remote) == CertificateVerdict.Valid));

    /// <summary>True while an authoritative server is asked on the peer's behalf: its time is not the peer's, once.</summary>
    protected virtual bool AwaitsVerification => false;

    /// <summary>The gateway's limits of now, for a stream with a partner; null: the node's own hold.</summary>
    protected Gateway? Gateway => IsPartners ? Edge.Policy.Current.Gateway : null;

    private bool IsPartners => Info.Kind is StreamKind.PartnerInbound or StreamKind.PartnerOutbound;

    /// <summary>Called every few seconds while the stream is up and a partner on it has keep-alive on; see <see cref="Streams.KeepAlive"/>.</summary>
    /// <param name="interval">The gateway's.</param>
    protected abstract void KeepAlive(TimeSpan interval);

    /// <summary>What slows down the stanzas that go out on this stream; null: nothing.</summary>
    protected virtual OutboundPace? Pace() => null;

    /// <summary>TLS is up behind STARTTLS.</summary>
    protected abstract IReadOnlyList<NegotiationEffect> OnSecured(PeerCertificate certificate);

    /// <summary>The connection is up, perhaps under TLS already. What to do first.</summary>
    protected abstract IReadOnlyList<NegotiationEffect> OnOpened();

    protected virtual IReadOnlyList<NegotiationEffect> OnHeader(StreamHeader header) => Negotiation!.OnHeader(header);

    /// <summary>A pair may flow. Returns what more there is to do.</summary>
    protected abstract IReadOnlyList<NegotiationEffect> OnAuthenticated(NegotiationEffect.Authenticated authenticated);

    /// <summary>Effects that only one kind of stream knows.</summary>
    protected virtual void OnEffect(NegotiationEffect effect)
        => throw new InvalidOperationException($"nobody carries out {effect.GetType().Name} here");

    /// <summary>The stream has ended, for this reason; called once, before the connection is gone.</summary>
    protected virtual void OnEnding(StreamEndReason reason, StreamError? error, string detail)
    {
    }

    /// <summary>The connection is gone and the writer has let go of its route.</summary>
    protected virtual void OnStopped()
    {
    }

    /// <summary>What becomes of stanzas whose write failed. Runs on the writer's thread.</summary>
    protected virtual void LoseSegment(StanzaSegment segment)
    {
    }

    protected IReadOnlyList<NegotiationEffect> CloseWith(StreamEndReason reason, StreamError? error, string detail)
        => Negotiation?.Close(reason, error, detail) ?? [new NegotiationEffect.Close(reason, error, detail)];

    /// <summary>Carries out effects that no pump event asked for.</summary>
    protected void Perform(IReadOnlyList<NegotiationEffect> effects, bool deliver = false) => Carry(effects, deliver);

    private void OnMet(PumpEvent met)
    {
        switch (met)
        {
            case PumpEvent.Connected connected:
                if (!closing)
                    Info.State = "negotiating";
                if (connected.Tls is not null)
                    Take(connected.Tls);
                Decide(met, OnOpened());
                break;
            case PumpEvent.Secured secured:
                Take(secured.Tls);
                Decide(met, OnSecured(secured.Tls.Certificate));
                break;
            case PumpEvent.Closed closed:
                OnPeerClosed(closed);
                break;
            case PumpEvent.TlsFailed failed:
                Cut(StreamEndReason.TlsFailed, failed.Detail);
                break;
            case PumpEvent.Broken broken:
                Cut(StreamEndReason.ConnectionLost, broken.Detail);
                break;
            case var _ when closing:
                met.Reply.TrySetResult(PumpOrder.Discard);
                break;
            case PumpEvent.Header or PumpEvent.Element when MustAwaitTlsa(met):
                kept = met; // the pump stands still until the DNS has spoken
                break;
            case PumpEvent.Header header:
                Decide(met, OnHeader(header.Value));
                break;
            case PumpEvent.Element { Value.Name: "message" or "presence" or "iq" } when leaving && !Pairs.IsEmpty:
                kept = met; // not taken, and no fault of the peer's: the pump stands still until the farewell
                break;
            case PumpEvent.Element element:
                Decide(met, Negotiation!.OnElement(element.Value));
                break;
            case PumpEvent.Violation violation:
                Decide(met, OnViolation(violation.Value));
                break;
            case PumpEvent.BadAddress address:
                Decide(met, Refuse(address));
                break;
            case PumpEvent.OverRate:
                Decide(met, OnOverRate());
                break;
            case PumpEvent.EndTag:
                Decide(met, CloseWith(StreamEndReason.PeerClosed, error: null, "the peer ended the stream"));
                break;
            default:
                throw new InvalidOperationException($"nobody decides on {met.GetType().Name}");
        }
    }

    /// <summary>The partner has tried to send more than its rate for too long.</summary>
    protected virtual IReadOnlyList<NegotiationEffect> OnOverRate()
        => CloseWith(StreamEndReason.RateExceeded, new StreamError(StreamErrorCondition.PolicyViolation, "too much for too long"), "more than the partner's rate, for too long");

    /// <summary>True when what came turns on TLSA records that are being looked for; then <see cref="Learn"/> goes on with it.</summary>
    protected virtual bool MustAwaitTlsa(PumpEvent met) => false;

    /// <summary>The DNS has said what there is of TLSA records for a domain; what was kept for that is decided.</summary>
    protected void Learn(TlsaFindings found)
    {
        if (closing || Certificate is not { } shown)
            return;
        shown.Learn(found);
        Edge.Trust.SayTlsa(Info.Number, shown, found);
        if (kept is not { } met)
            return;
        kept = null;
        OnMet(met);
    }

    private void Take(TlsSession session)
    {
        tls = session;
        Timers.Cancel(HandshakeTimer);
        Info.Tls = session.Stream.SslProtocol.ToString();
        StreamLog.Secured(Edge.Logs.Streams, Info.Number, Info.Tls);
    }

    /// <summary>The peer's bytes break a rule.</summary>
    protected virtual IReadOnlyList<NegotiationEffect> OnViolation(FramingViolation violation) => Negotiation!.OnViolation(violation);

    private IReadOnlyList<NegotiationEffect> Refuse(PumpEvent.BadAddress address)
    {
        if (address.Claimed is { } claimed)
            StreamLog.SpoofAttempt(Edge.Logs.Streams, Info.Number, Info.Peer, LogText.Of(string.Join(", ", Pairs.Select(p => p.ToText()))), claimed);
        var reason = address.Condition switch
        {
            StreamErrorCondition.InvalidFrom => StreamEndReason.InvalidFrom,
            StreamErrorCondition.HostUnknown => StreamEndReason.HostUnknown,
            _ => StreamEndReason.ImproperAddressing,
        };
        return CloseWith(reason, new StreamError(address.Condition), address.Detail);
    }

    /// <summary>Carries out what was decided and lets the pump go on.</summary>
    private void Decide(PumpEvent met, IReadOnlyList<NegotiationEffect> effects)
    {
        SayUnexpected();
        met.Reply.TrySetResult(closing ? PumpOrder.Discard : Carry(effects, deliver: false));
    }

    /// <summary>A certificate that was refused for its key is worth an alarm, whatever becomes of the stream.</summary>
    private void SayUnexpected()
    {
        if (Certificate?.TakeUnexpected() is { } unexpected)
            Edge.Trust.Refused(Info.Number, Certificate, unexpected);
    }

    private PumpOrder Carry(IReadOnlyList<NegotiationEffect> effects, bool deliver)
    {
        var order = PumpOrder.Continue;
        foreach (var effect in effects)
        {
            if (closing)
                return PumpOrder.Discard;
            switch (effect)
            {
                case NegotiationEffect.Send send:
                    if (!writer!.Send(send.Xml.Span))
                        Cut(StreamEndReason.ResourceConstraint, "the peer asks and does not read the answers");
                    break;
                case NegotiationEffect.StartTls:
                    order = PumpOrder.StartTls;
                    break;
                case NegotiationEffect.Restart:
                    order = PumpOrder.Restart;
                    break;
                case NegotiationEffect.Authenticated authenticated:
                    Admit(authenticated);
                    break;
                case NegotiationEffect.Dropped dropped:
                    StreamLog.Ignored(Edge.Logs.Streams, Info.Number, LogText.Of(dropped.Reason));
                    break;
                case NegotiationEffect.Close close:
                    End(close, deliver);
                    break;
                default:
                    OnEffect(effect);
                    break;
            }
        }

        return closing ? PumpOrder.Discard : order;
    }

    private void Admit(NegotiationEffect.Authenticated authenticated)
    {
        if (IsPartners && Certificate is { } shown && !Edge.Trust.Admits(Info.Number, authenticated.Pair.Remote, shown))
        {
            Carry(CloseWith(StreamEndReason.CertificateKeyChanged, new StreamError(StreamErrorCondition.PolicyViolation), "another key than before, and policy does not take changes"), deliver: false);
            return;
        }

        Timers.Cancel(NegotiationTimer);
        Timers.Cancel(HandshakeTimer);
        Timers.StartPeriodicTimer(TickTimer, Tick.Instance, TickEvery);
        Pairs = Pairs.Add(authenticated.Pair);
        proofs.Add(authenticated);
        Info.Pairs = Pairs;
        Info.State = "established";
        pump!.Limits = LimitsOfNow();
        StreamLog.Authenticated(Edge.Logs.Streams, Info.Number, authenticated.Pair.ToText(), authenticated.Method, Info.Tls);
        if (authenticated.SteppedDown)
        {
            Edge.Streams.CountStepDown();
            StreamLog.SteppedDown(Edge.Logs.Streams, Info.Number, authenticated.Pair.ToText(), authenticated.Method);
        }

        Carry(OnAuthenticated(authenticated), deliver: false);
    }

    private void OnPolicy(PolicyChange change)
    {
        var ends = EndsUnder(change);
        SayUnexpected();
        if (ends is { } condition)
            Perform(CloseWith(StreamEndReason.PolicyChanged, new StreamError(condition), "policy has changed and does not allow this stream"));
        else if (!Pairs.IsEmpty)
            pump!.Limits = LimitsOfNow();
    }

    /// <summary>The orderly end: the farewell goes out, the connection is cut when both sides are done or in time.</summary>
    private void End(NegotiationEffect.Close close, bool deliver)
    {
        closing = true;
        Info.State = "closing";
        Relay.Close();
        Timers.CancelAll();
        Timers.StartSingleTimer(CloseTimer, new Deadline(CloseTimer), Edge.Options.Timeouts.Close);
        LogEnd(close.Reason, close.Error, close.Detail);
        OnEnding(close.Reason, close.Error, close.Detail);
        kept?.Reply.TrySetResult(PumpOrder.Discard);
        if (writer is null)
        {
            Context.Stop(Self);
            return;
        }

        writer.Complete(close.Farewell.ToArray(), deliver);
    }

    /// <summary>The end without a word: the connection is of no more use.</summary>
    protected void Cut(StreamEndReason reason, string detail)
    {
        if (!closing)
        {
            closing = true;
            LogEnd(reason, error: null, detail);
            OnEnding(reason, error: null, detail);
        }

        Relay.Close();
        Context.Stop(Self);
    }

    private void LogEnd(StreamEndReason reason, StreamError? error, string detail)
    {
        var log = Edge.Logs.Streams;
        var why = reason.ToText();
        if (error is not null && reason is not (StreamEndReason.Shutdown or StreamEndReason.PolicyChanged))
            StreamLog.PeerFault(log, Info.Number, Info.Peer, why, error.Condition.WireName(), LogText.Of(detail));
        else if (Pairs.IsEmpty)
            StreamLog.StrangerEnded(log, Info.Number, Info.Peer, why, LogText.Of(detail));
        else
            StreamLog.Ended(log, Info.Number, why, LogText.Of(detail), Info.StanzasIn, Info.StanzasOut);
    }

    private void OnPeerClosed(PumpEvent.Closed closed)
    {
        pumpEnded = true;
        if (closing)
        {
            closed.Reply.TrySetResult(PumpOrder.Discard);
            StopWhenDone();
            return;
        }

        Decide(closed, CloseWith(StreamEndReason.ConnectionLost, error: null, closed.MidElement ? "closed in the middle of an element" : "closed without an end tag"));
    }

    private void StopWhenDone()
    {
        if (closing && writerEnded && pumpEnded)
            Context.Stop(Self);
    }

    private void OnDeadline(Deadline deadline)
    {
        switch (deadline.Name)
        {
            case CloseTimer:
                Context.Stop(Self);
                break;
            case HandshakeTimer when MayStayPlain:
                break;
            case NegotiationTimer when AwaitsVerification && !extended:
                extended = true;
                Timers.StartSingleTimer(NegotiationTimer, new Deadline(NegotiationTimer), Edge.Options.Timeouts.Verification);
                break;
            default:
                Perform(CloseWith(StreamEndReason.NegotiationTimeout, new StreamError(StreamErrorCondition.ConnectionTimeout), $"{deadline.Name} took too long"));
                break;
        }
    }

    private void OnTick()
    {
        if (writer!.Blocked > Edge.Options.Timeouts.Write)
        {
            Cut(StreamEndReason.WriteTimeout, "the peer takes nothing of what we send");
            return;
        }

        if (Certificate?.Expires < Edge.Time.GetUtcNow() && Standing().Exists(v => v is not null))
            Perform(CloseWith(StreamEndReason.CertificateExpired, new StreamError(StreamErrorCondition.Reset), "the certificate that proved the peer's name has expired"));
        else if (pump!.ElementAge > Edge.Options.Timeouts.Stanza)
            Perform(CloseWith(StreamEndReason.StanzaTimeout, new StreamError(StreamErrorCondition.ConnectionTimeout), "a stanza began and did not end in time"));
        else if ((Gateway?.StreamInactivityTimeout ?? Edge.Options.Timeouts.Idle) is var idle && pump.Silence > idle && writer.Silence > idle)
            Perform(CloseWith(StreamEndReason.IdleTimeout, error: null, "nothing came and nothing went"), deliver: true);
        else if (Gateway is { } gateway && Edge.Policy.Current is var policy && Pairs.Any(p => policy.Find(p.Remote) is { EnableKeepAlive: true }))
            KeepAlive(gateway.KeepAliveInterval);
    }

    private static async Task ReportEndAsync(Task ended, IActorRef self)
    {
        await ended;
        self.Tell(WriterEnded.Instance);
    }

    private static async Task DisposeAfterAsync(Task ended, System.Net.Security.SslStream stream)
    {
        await ended;
        await stream.DisposeAsync();
    }

    private sealed record WriterFailed(string Detail);

    private sealed record Deadline(string Name);

    private sealed class WriterEnded
    {
        public static WriterEnded Instance { get; } = new();
    }

    private sealed class Tick
    {
        public static Tick Instance { get; } = new();
    }
}

/// <summary>Orders a stream to end.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Error">The stream error to send; null for none.</param>
/// <param name="Detail">For the log.</param>
/// <param name="Deliver">What waits for the stream goes out first.</param>
internal sealed record EndStream(StreamEndReason Reason, StreamError? Error, string Detail, bool Deliver = false);

/// <summary>Orders a stream to take no further stanza; what it has taken goes on.</summary>
internal sealed class StopReading
{
    public static StopReading Instance { get; } = new();
}
