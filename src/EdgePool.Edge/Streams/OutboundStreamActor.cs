using System.Collections.Immutable;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Routing;
using EdgePool.Edge.StreamManagement;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Transport;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <summary>A stream that we open to one target: carries a route's stanzas, or asks about one dialback key and ends.</summary>
internal sealed class OutboundStreamActor : StreamActor
{
    private readonly DialGoal goal;
    private readonly OutboundTarget target;
    private readonly CancellationTokenSource stopping = new();
    private long lastSpace;
    private TimeSpan peerIdle = TimeSpan.MaxValue;
    private bool succeeded;
    private bool noAddress;
    private bool tried;
    private DaneUse dane;
    private TlsaFindings? tlsa;
    private ConnectOutcome? connected;

    public OutboundStreamActor(EdgeRuntime edge, StreamInfo info, DialGoal goal, OutboundTarget target, ImmutableArray<NegotiationStep> past)
        : base(edge, info, past)
    {
        (this.goal, this.target) = (goal, target);
    }

    protected override DomainPair? Subject => goal.Pair;

    protected override NegotiationWay Way => goal.Way;

    protected override string? Target => target.Describe();

    protected override bool Succeeded => succeeded;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ConnectOutcome outcome:
                connected = outcome;
                OnConnect();
                break;
            case TlsaFindings found:
                tlsa = found;
                OnConnect();
                break;
            default:
                base.OnReceive(message);
                break;
        }
    }

    protected override void PreStart()
    {
        base.PreStart();
        dane = Edge.Connector.DaneFor(goal.Pair);
        _ = Edge.Connector.ConnectAsync(target, stopping.Token).PipeTo(Self);
        if (dane is not DaneUse.Off)
            _ = Edge.Connector.FindTlsaAsync(goal.Pair, target, stopping.Token).PipeTo(Self);
    }

    protected override IReadOnlyList<NegotiationEffect> OnOpened()
    {
        var terms = Edge.Connector.TermsFor(goal.Pair);
        if (terms is null)
            return [new NegotiationEffect.Close(StreamEndReason.PartnerNotAllowed, Error: null, "the remote domain is no longer allowed")];
        OutboundGoal wanted = goal is DialGoal.Verify verify
            ? new OutboundGoal.Verify(verify.Pair, verify.StreamId, verify.Key)
            : new OutboundGoal.Authenticate(goal.Pair);
        var outbound = new OutboundNegotiation(new OutboundSettings(wanted, terms, Edge.Keys, DirectTls: Certificate is not null, HaveCertificate: Edge.Certificates.Prove(goal.Pair.Local))
        {
            Announced = Announced(goal.Pair),
        });
        Negotiation = outbound;
        var first = outbound.Start();
        return Certificate is { } shown ? OnSecured(shown) : first;
    }

    protected override DomainPair? Claimed => goal.Pair;

    /// <summary>Of the pair that the stream was opened for, those of its target: nobody else's count here.</summary>
    protected override Task<TlsaFindings> FindTlsaAgainAsync(DomainPair pair)
        => pair == goal.Pair ? Edge.Connector.FindTlsaAsync(pair, target, stopping.Token) : base.FindTlsaAgainAsync(pair);

    protected override bool MayStayPlain => Edge.Connector.TermsFor(goal.Pair) is { RequiresTls: false };

    protected override IReadOnlyList<NegotiationEffect> OnSecured(PeerCertificate certificate)
    {
        if (tlsa is not null)
            TakeTlsa(tlsa);
        return ((OutboundNegotiation)Negotiation!).OnTlsEstablished(certificate);
    }

    protected override IReadOnlyList<NegotiationEffect> OnAuthenticated(NegotiationEffect.Authenticated authenticated)
    {
        if (Resuming)
            return [];
        var negotiation = (OutboundNegotiation)Negotiation!;
        var pair = authenticated.Pair;
        if (negotiation.Bidirectional && MayGoBothWays(pair))
        {
            OpenBothWays(pair);
            Relay.Open(new PairGate(Edge.Routes, BothWays, Edge.Routes.IsLocal, bounceUnserved: false));
        }

        if (succeeded)
        {
            TryWelcome(pair);
            return [];
        }

        succeeded = true;
        peerIdle = negotiation.PeerLimits?.IdleSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue;
        Writer.PeerLimit = negotiation.PeerLimits?.MaxBytes;
        if (negotiation.TakesFurtherPairs && Info.Kind == StreamKind.PartnerOutbound)
        {
            ShowAs(new SharedKey.Remote(pair.Remote));
            ShowAs(SharedKey.Host.Of(target));
        }

        TryCarry(((DialGoal.Carry)goal).Route);
        Context.Parent.Tell(DialUp.Instance);
        return [];
    }

    protected override LostStream? Former => (goal as DialGoal.Carry)?.Former is { IsGone: false } former ? former : null;

    protected override IReadOnlyCollection<DomainPair> GoingBothWays
        => Negotiation is OutboundNegotiation { Bidirectional: true } && MayGoBothWays(goal.Pair) ? [goal.Pair] : [];

    protected override OutboundTarget ComesFrom => target;

    /// <summary>Further pairs would have to be proven again before anything goes on: such a stream is over when it is lost.</summary>
    protected override bool MayBeLeft => Pairs.Length == 1 && !HasGuests;

    protected override void Leave(StreamLost word) => Context.Parent.Tell(word);

    protected override bool MayGoBothWays(DomainPair pair) => Info.Kind == StreamKind.PartnerOutbound && base.MayGoBothWays(pair) && Proves(pair.Remote);

    protected override JoinVerdict MayJoin(DomainPair pair)
        => Pairs.Contains(pair) ? JoinVerdict.Carry
        : Edge.Connector.TermsFor(pair) is { } terms && Certificate?.Proves(pair.Remote) is not (CertificateVerdict.PinMismatch or CertificateVerdict.KeyChanged)
            && ((OutboundNegotiation)Negotiation!).MayCarry(pair, terms) ? JoinVerdict.Ask
        : JoinVerdict.Refuse;

    protected override IReadOnlyList<NegotiationEffect> AskFor(DomainPair pair)
        => Edge.Connector.TermsFor(pair) is { } terms ? ((OutboundNegotiation)Negotiation!).Ask(pair, terms) : [new NegotiationEffect.PairRefused(pair, "the remote domain is not allowed")];

    protected override IReadOnlyList<NegotiationEffect> GiveUp(DomainPair pair) => ((OutboundNegotiation)Negotiation!).GiveUp(pair);

    protected override void OnEffect(NegotiationEffect effect)
    {
        if (effect is not NegotiationEffect.Answered answered)
        {
            base.OnEffect(effect);
            return;
        }

        succeeded = true;
        Trace.Add(NegotiationStepKind.Verified, answered.Outcome.Describe());
        Learn(goal.Pair, method: null, failure: null, answered.Outcome.Describe());
        Context.Parent.Tell(new DialAnswered(answered.Outcome));
    }

    protected override void KeepAlive(TimeSpan interval)
    {
        interval = interval < peerIdle ? interval : peerIdle;
        if (Writer.Silence < interval / 2 || (lastSpace != 0 && Edge.Time.GetElapsedTime(lastSpace) < interval / 2))
            return;
        lastSpace = Edge.Time.GetTimestamp();
        Writer.Send(" "u8);
    }

    protected override Func<DomainPair, NegotiationTerms?> TermsSource => Edge.Connector.TermsFor;

    protected override void OnEnding(StreamEndReason reason, StreamError? error, string detail)
    {
        if (goal is DialGoal.Carry && (succeeded || reason == StreamEndReason.PolicyChanged) && LastWord(reason) is { } word)
            Context.Parent.Tell(word);
        if (succeeded || reason == StreamEndReason.PolicyChanged)
            return;
        var level = Edge.Logs.Repeated.Note(StreamLog.TargetFailedId, goal.Pair.Remote.Ascii, reason.ToText());
        if (Edge.Logs.Streams.IsEnabled(level))
            StreamLog.TargetFailed(Edge.Logs.Streams, level, goal.Pair.ToText(), target.ToString(), reason.ToText(), LogText.Of(detail));
        var elsewhere = Received is { Condition: StreamErrorCondition.SeeOtherHost } && Proves(goal.Pair.Remote) ? Received.Host : null;
        Context.Parent.Tell(new TargetFailed(reason, detail, noAddress) { Elsewhere = elsewhere, By = target, Tried = tried });
    }

    protected override void OnStopped()
    {
        stopping.Cancel();
        stopping.Dispose();
        connected?.Socket?.Dispose();
    }

    /// <summary>Goes on when the connection is there, and what TLSA records say, where policy lets them speak: both are sought at the same time.</summary>
    private void OnConnect()
    {
        if (connected is not { } outcome || (dane is not DaneUse.Off && tlsa is null && outcome.Socket is not null))
            return;
        if (outcome.Socket is null)
        {
            (noAddress, tried) = (outcome.NoAddress, outcome.Tried);
            Cut(StreamEndReason.ConnectFailed, outcome.Failure);
            return;
        }

        // RFC 7673 section 3.4: where nothing could vouch for it, the server gets not a byte.
        if (dane is DaneUse.Require && !tlsa!.Usable.Any())
        {
            Cut(tlsa.Incomplete ? StreamEndReason.CertificateTlsaUnavailable : StreamEndReason.CertificateTlsaMissing, $"TLSA: {tlsa.ToText()}");
            return;
        }

        connected = null;
        Adopt(outcome.Socket, outcome.Address, Edge.Connector.TlsFor(goal.Pair, target));
    }
}
