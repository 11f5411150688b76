using System.Collections.Immutable;
using System.Net.Sockets;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Routing;
using EdgePool.Edge.StreamManagement;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Transport;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
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
internal abstract partial class StreamActor : UntypedActor, IWithTimers
{
    private SocketStream? transport;
    private StreamOutput? writer;
    private StreamPump? pump;
    private TlsSession? tls;
    private readonly List<NegotiationEffect.Authenticated> proofs = [];
    private bool closing;
    private bool leaving;
    private NegotiationEffect.Close? said;
    private PumpEvent? kept;
    private bool extended;
    private bool writerEnded;
    private bool pumpEnded;

    /// <param name="edge">What all actors share.</param>
    /// <param name="info">The stream, for operators.</param>
    /// <param name="past">Steps that led to it.</param>
    protected StreamActor(EdgeRuntime edge, StreamInfo info, ImmutableArray<NegotiationStep> past = default)
    {
        Edge = edge;
        Info = info;
        Trace = new NegotiationTrace(edge.Time, past);
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
    /// <param name="socket">The connection.</param>
    /// <param name="address">The peer's address and port.</param>
    /// <param name="upgrade">How it gets under TLS.</param>
    protected void Adopt(Socket socket, string address, TlsUpgrade upgrade)
    {
        Trace.Connected(address);
        transport = new SocketStream(socket);
        var self = Self;
        writer = new StreamOutput(transport, Edge.Ledger, Edge.Time, LoseSegment, fault => self.Tell(new WriterFailed(fault.Message)));
        pump = new StreamPump(self, transport, writer, Relay, upgrade, Edge.Options.Limits.Unauthenticated, LimitsOfNow, Edge.Time);
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
            case TlsaAgain again:
                OnTlsaAgain(again.Found);
                break;
            case EndStream end:
                Perform(said is null ? CloseWith(end.Reason, end.Error, end.Detail) : [said], end.Deliver);
                break;
            case StopReading stop when stop.Components == (Info.Kind == StreamKind.Component):
                OnStopReading();
                break;
            case StopReading:
                break;
            case JoinStream join:
                OnJoin(join);
                break;
            case JoinLate late:
                Perform(GiveUp(late.Pair));
                break;
            case ResumptionAnswer answer:
                OnResumption(answer);
                break;
            case Detached:
                OnDetached();
                break;
            case LeaveStream leave:
                OnLeave(leave);
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
        var began = Edge.Time.GetTimestamp();
        Info.Ageing = () => Edge.Time.GetElapsedTime(began);
        Info.Counters = () => new StreamCounts
        {
            StanzasIn = Relay.Accepted,
            StanzasOut = writer?.Delivered ?? 0,
            BytesIn = pump?.BytesRead ?? 0,
            BytesOut = writer?.BytesWritten ?? 0,
            Queued = writer?.Queued ?? 0,
            Unacknowledged = accounts?.Sent.Unacknowledged,
        };
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
        LetGoOfRoutes();
        OnStopped();
        EndManagement();
    }

    protected override SupervisorStrategy SupervisorStrategy() => EdgeRuntime.StopOnFault();

    /// <summary>TLS is up behind STARTTLS.</summary>
    protected abstract IReadOnlyList<NegotiationEffect> OnSecured(PeerCertificate certificate);

    /// <summary>The connection is up, perhaps under TLS already. What to do first.</summary>
    protected abstract IReadOnlyList<NegotiationEffect> OnOpened();

    protected virtual IReadOnlyList<NegotiationEffect> OnHeader(StreamHeader header) => Negotiation!.OnHeader(header);

    /// <summary>A pair may flow. Returns what more there is to do.</summary>
    protected abstract IReadOnlyList<NegotiationEffect> OnAuthenticated(NegotiationEffect.Authenticated authenticated);

    /// <summary>
    /// True when what was decided lets a pair flow, and it is not known yet whether there is a place for the stream: then it is decided again when that is known, and nothing more is read
    /// before.
    /// </summary>
    /// <param name="met">What the pump waits with; null: nothing.</param>
    /// <param name="effects">What was decided.</param>
    protected virtual bool MustAwaitPlace(PumpEvent? met, IReadOnlyList<NegotiationEffect> effects) => false;

    /// <summary>Something was decided that must wait so.</summary>
    protected virtual bool AwaitsPlace => false;

    /// <summary>Effects that only one kind of stream knows.</summary>
    protected virtual void OnEffect(NegotiationEffect effect)
        => throw new InvalidOperationException($"nobody carries out {effect.GetType().Name} here");

    /// <summary>The connection is gone and the writer has let go of its route.</summary>
    protected virtual void OnStopped()
    {
    }

    /// <summary>What becomes of stanzas that were not, or not certainly, written. Runs on the writer's thread.</summary>
    private void LoseSegment(StanzaSegment segment, Route route, BounceReason reason) => Edge.Bouncer.Refuse(segment, route.Namespace, reason);

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
            case PumpEvent.Element when said is not null:
                met.Reply.TrySetResult(PumpOrder.Continue);
                break;
            case var _ when said is not null:
                Decide(met, [said]);
                break;
            case PumpEvent.Header or PumpEvent.Element when AwaitsPlace || MustAwaitTlsa(met):
                kept = met; // the pump stands still until it is known whether there is a place, or the DNS has spoken
                break;
            case PumpEvent.Header header:
                Trace.Saw(header.Value);
                Decide(met, OnHeader(header.Value));
                break;
            case PumpEvent.Element { Value.Name: "message" or "presence" or "iq" } when leaving && !Pairs.IsEmpty:
                kept = met; // not taken, and no fault of the peer's: the pump stands still until the farewell
                break;
            case PumpEvent.Element element:
                if (Pairs.IsEmpty)
                    Trace.Saw(element.Value);
                Decide(met, Negotiation!.OnElement(element.Value));
                break;
            case PumpEvent.Violation violation:
                Decide(met, OnViolation(violation.Value));
                break;
            case PumpEvent.BadAddress address:
                Decide(met, Refuse(address));
                break;
            case PumpEvent.AccountFault fault:
                Decide(met, CloseWith(fault.Reason, fault.Error, fault.Detail));
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
    private IReadOnlyList<NegotiationEffect> OnOverRate()
    {
        var observed = Edge.Policy.Current.Find(Pairs[0].Remote) is { Mode: PartnerMode.Observe };
        Note(Pairs[0], VerdictReason.RateExceeded, observed);
        return observed ? [] : CloseWith(StreamEndReason.RateExceeded, new StreamError(StreamErrorCondition.PolicyViolation, "too much for too long"), "more than the partner's rate, for too long");
    }

    private void Take(TlsSession session)
    {
        tls = session;
        Trace.Secured(session);
        Timers.Cancel(HandshakeTimer);
        Info.Tls = session.Stream.SslProtocol.ToString();
        Info.Cipher = session.Stream.NegotiatedCipherSuite.ToString();
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
    protected void Decide(PumpEvent met, IReadOnlyList<NegotiationEffect> effects)
    {
        SayUnexpected();
        if (MustAwaitPlace(met, effects))
            return;
        var order = closing ? PumpOrder.Discard : Carry(effects, deliver: false);
        if (claimed is not null && !closing)
            held = met; // the pump stands still until it is known what goes on here
        else
            met.Reply.TrySetResult(order);
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
                case NegotiationEffect.AssumeDialbackPrefix:
                    order = PumpOrder.AssumeDialbackPrefix;
                    break;
                case NegotiationEffect.Restart:
                    order = PumpOrder.Restart;
                    break;
                case NegotiationEffect.Authenticated authenticated:
                    Admit(authenticated);
                    break;
                case NegotiationEffect.PairRefused refused:
                    OnRefusedPair(refused);
                    break;
                case NegotiationEffect.Managed managed:
                    Carry(OnManaged(managed.Element), deliver: false);
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

        Learn(authenticated);
        Timers.Cancel(NegotiationTimer);
        Timers.Cancel(HandshakeTimer);
        Timers.StartPeriodicTimer(TickTimer, Tick.Instance, TickEvery);
        Pairs = Pairs.Add(authenticated.Pair);
        proofs.Add(authenticated);
        Info.Pairs = Pairs;
        Info.Method = authenticated.Method.ToString();
        Info.State = "established";
        pump!.RenewLimits();
        StreamLog.Authenticated(Edge.Logs.Streams, Info.Number, authenticated.Pair.ToText(), authenticated.Method, Info.Tls);
        if (authenticated.SteppedDown)
        {
            Edge.Streams.CountStepDown();
            StreamLog.SteppedDown(Edge.Logs.Streams, Info.Number, authenticated.Pair.ToText(), authenticated.Method);
        }

        if (authenticated.StreamManagement)
            BeginManagement();
        Carry(OnAuthenticated(authenticated), deliver: false);
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

    private sealed class WriterEnded
    {
        public static WriterEnded Instance { get; } = new();
    }
}
