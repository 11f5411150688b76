using System.Net;
using System.Net.Sockets;
using EdgePool.Edge.Routing;
using EdgePool.Edge.StreamManagement;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Transport;
using EdgePool.Xmpp.Components;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <summary>What the streams of one listener have in common.</summary>
/// <param name="Name">For the log.</param>
/// <param name="Kind">What they are when a connection is taken.</param>
/// <param name="Rules">Who may authenticate for what.</param>
/// <param name="Tls">How connections get under TLS.</param>
/// <param name="Internal">The listener's own options on 23456; null on 5269.</param>
internal sealed record ListenerRole(string Name, StreamKind Kind, INegotiationRules Rules, TlsUpgrade Tls, InternalListenerOptions? Internal);

/// <summary>A stream that a peer opened: a partner's on 5269, a component's or an internal server's on 23456, told apart by the namespace of its header.</summary>
internal sealed partial class InboundStreamActor : StreamActor, IPairStream
{
    private readonly ListenerRole role;
    private readonly Socket socket;
    private readonly IPAddress address;
    private readonly Dictionary<string, (DomainPair Pair, string StreamId)> verifications = new(StringComparer.Ordinal);
    private readonly List<DomainPair> entered = [];
    private bool stranger = true;
    private IActorRef? self;

    public InboundStreamActor(EdgeRuntime edge, StreamInfo info, Socket socket, ListenerRole role)
        : base(edge, info)
    {
        (this.socket, this.role) = (socket, role);
        address = ((IPEndPoint)socket.RemoteEndPoint!).Address;
    }

    void IPairStream.GiveWay()
        => self!.Tell(new EndStream(StreamEndReason.Conflict, new StreamError(StreamErrorCondition.Conflict), "silent, and a newer stream took its place"));

    void IPairStream.Probe() => self!.Tell(ProbeConnection.Instance);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case DialAnswered answered:
                OnVerified(answered);
                break;
            case PlaceWord:
                OnPlaceWord();
                break;
            case ProbeConnection when !IsClosing:
                OnProbe();
                break;
            case ProbeConnection:
                break;
            case TlsaFindings found:
                OnFound(found);
                break;
            default:
                base.OnReceive(message);
                break;
        }
    }

    protected override void PreStart()
    {
        base.PreStart();
        self = Self;
        Adopt(socket, Info.Peer, role.Tls); // when the log says so, its deadlines run
        StreamLog.Accepted(Edge.Logs.Streams, Info.Number, role.Name, Info.Peer);
    }

    protected override bool HearsOut => !Pairs.IsEmpty && !IsManaged && !BothWays.Any();

    protected override DomainPair? Claimed => Negotiation is InboundNegotiation { Local: { } local, Remote: { } remote } ? new DomainPair(local, remote) : null;

    protected override bool MayStayPlain => Negotiation switch
    {
        ComponentNegotiation component => component.State != ComponentState.AwaitingHeader,
        InboundNegotiation when Claimed is { } pair => role.Rules.TermsFor(pair) is { RequiresTls: false },
        _ => false,
    };

    protected override DomainPair? Subject => Negotiation is InboundNegotiation { Local: { } local, Remote: { } remote } ? new DomainPair(local, remote) : null;

    protected override NegotiationWay Way => NegotiationWay.Inbound;

    protected override bool AwaitsVerification => verifications.Count > 0;

    /// <summary>On 23456 it is the header that tells which protocol is spoken.</summary>
    protected override IReadOnlyList<NegotiationEffect> OnOpened()
    {
        if (RefusedCertificate() is { } refused)
            return refused;
        if (role.Internal is null)
            Negotiation = ServerNegotiation();
        return [];
    }

    protected override IReadOnlyList<NegotiationEffect> OnSecured(PeerCertificate certificate)
        => RefusedCertificate() ?? ((InboundNegotiation)Negotiation!).OnTlsEstablished(certificate);

    protected override IReadOnlyList<NegotiationEffect> OnViolation(FramingViolation violation)
    {
        Negotiation ??= ServerNegotiation();
        return base.OnViolation(violation);
    }

    protected override IReadOnlyList<NegotiationEffect> OnHeader(StreamHeader header)
    {
        if (Negotiation is null)
        {
            var component = Xmpp.Components.ComponentNegotiation.Recognizes(header);
            Info.Kind = component ? StreamKind.Component : StreamKind.InternalInbound;
            Negotiation = component ? ComponentNegotiation() : ServerNegotiation();
            if (component && !role.Internal!.AllowPlain && Certificate is null)
            {
                return Negotiation.Close(
                    StreamEndReason.PolicyViolation,
                    new StreamError(StreamErrorCondition.PolicyViolation, "TLS is required here"),
                    "a component without TLS on a listener that demands it");
            }
        }

        return Negotiation.OnHeader(header);
    }

    protected override IReadOnlyList<NegotiationEffect> OnAuthenticated(NegotiationEffect.Authenticated authenticated)
    {
        LeaveStrangers();
        var pair = authenticated.Pair;
        if (authenticated.Method == AuthenticationMethod.ComponentHandshake)
        {
            if (!Edge.Components.TryEnter(pair.Local, this, Writer, Edge.Detour))
                return CloseWith(StreamEndReason.Conflict, new StreamError(StreamErrorCondition.Conflict), "the component is connected already");
            Relay.Open(new ComponentGate(Edge.Routes, pair.Local));
            return [];
        }

        if (role.Internal is null && !TryTakePlace(pair.Remote))
            return CloseWith(StreamEndReason.ConnectionLimit, new StreamError(StreamErrorCondition.PolicyViolation, "too many streams"), $"{pair.Remote.Ascii} has as many streams as it may");
        if (!Edge.Pairs.TryEnter(pair, this))
            return CloseWith(StreamEndReason.LimitExceeded, new StreamError(StreamErrorCondition.PolicyViolation, "too many streams for this pair of domains"), "too many streams for one pair");
        entered.Add(pair);
        Relay.Open(new PairGate(Edge.Routes, Pairs, role.Rules.Serves, bounceUnserved: role.Internal is not null));
        if (Negotiation is InboundNegotiation { Bidirectional: true } negotiation && role.Internal is null && MayGoBothWays(pair))
            GoBothWays(pair, negotiation);
        return [];
    }

    /// <summary>Stanzas to the partner may go out here, instead of on a stream of ours; those that wait for one do at once.</summary>
    private void GoBothWays(DomainPair pair, InboundNegotiation negotiation)
    {
        Writer.PeerLimit = negotiation.PeerLimits?.MaxBytes;
        OpenBothWays(pair);
        ShowAs(new SharedKey.Reverse(pair));
        Edge.Routes.Offer(pair);
    }

    protected override JoinVerdict MayJoin(DomainPair pair) => BothWays.Contains(pair) && MayGoBothWays(pair) ? JoinVerdict.Carry : JoinVerdict.Refuse;

    protected override void OnEffect(NegotiationEffect effect)
    {
        switch (effect)
        {
            case NegotiationEffect.VerifyKey verify:
                Verify(verify);
                break;
            case NegotiationEffect.DialbackRefused refused:
                Edge.Streams.CountDialbackRefusal();
                Trace.Add(NegotiationStepKind.Dialback, "refused with " + refused.Condition.WireName());
                StreamLog.DialbackRefused(Edge.Logs.Streams, Info.Number, refused.Pair.ToText(), refused.Condition.WireName());
                break;
            default:
                base.OnEffect(effect);
                break;
        }
    }

    private void Verify(NegotiationEffect.VerifyKey verify)
    {
        if (!Edge.Streams.TryEnterVerification(address, Edge.Options.Limits.VerificationsPerAddress))
        {
            Answer(verify.Pair, verify.StreamId, DialbackOutcome.Error(StanzaErrorCondition.ResourceConstraint));
            return;
        }

        var goal = new DialGoal.Verify(verify.Pair, verify.StreamId, verify.Key);
        var edge = Edge;
        var dial = Context.ActorOf(Props.Create(() => new DialActor(edge, goal)));
        verifications.Add(dial.Path.Name, (verify.Pair, verify.StreamId));
    }

    protected override void OnStopped()
    {
        LeaveStrangers();
        LeavePlaces();
        ForgetPings();
        LeaveLookup();
        foreach (var pair in entered)
            Edge.Pairs.Leave(pair, this);
        for (var pending = verifications.Count; pending > 0; pending--)
            Edge.Streams.LeaveVerification(address);
        OnFarewell();
    }

    /// <summary>What is for a component goes elsewhere, when all that waited for it is written.</summary>
    protected override void OnFarewell()
    {
        if (Info.Kind == StreamKind.Component && !Pairs.IsEmpty)
            _ = LeaveAfterAsync(Writer.Ended, Pairs[0]);
    }

    protected override void Leave(StreamLost word) => TellGuests(word);

    private InboundNegotiation ServerNegotiation()
    {
        var negotiation = new InboundNegotiation(new NegotiationSettings(role.Rules, Edge.Keys, StreamIds.New, TlsAvailable: Edge.Certificates.Any, DirectTls: Certificate is not null) { Announce = Announced });
        if (Certificate is { } shown)
            negotiation.OnTlsEstablished(shown);
        return negotiation;
    }

    private ComponentNegotiation ComponentNegotiation() => new(new ComponentSettings(
        domain => Edge.Routes.Local(domain)?.BackEnd is BackEndOptions.Component component ? component.Secret : null,
        Edge.Components.IsConnected,
        StreamIds.New));

    /// <summary>On an internal listener with mutual TLS, who has no certificate of ours goes, whatever the stream.</summary>
    private NegotiationEffect[]? RefusedCertificate()
        => role.Internal is { RequireClientCertificate: true } demanded && Certificate is { } shown && !shown.EndsIn(demanded.Clients)
            ? [new NegotiationEffect.Close(StreamEndReason.CertificateUntrusted, new StreamError(StreamErrorCondition.NotAuthorized), "the client certificate does not end in the roots of this listener")]
            : null;

    /// <summary>A space, which TCP has to acknowledge in the time that a write may take; else the connection is dead, and the stream ends as lost.</summary>
    private void OnProbe()
    {
        var timeouts = Edge.Options.Timeouts;
        UserTimeout.Set(socket, timeouts.Write < timeouts.UserTimeout ? timeouts.Write : timeouts.UserTimeout);
        Writer.Send(" "u8);
    }

    private void OnVerified(DialAnswered answered)
    {
        if (!verifications.Remove(Sender.Path.Name, out var asked))
            return;
        Edge.Streams.LeaveVerification(address);
        Trace.Add(NegotiationStepKind.Verified, answered.Outcome.Describe());
        StreamLog.Verified(Edge.Logs.Streams, asked.Pair.ToText(), answered.Outcome.Describe());
        Answer(asked.Pair, asked.StreamId, answered.Outcome);
    }

    private void Answer(DomainPair pair, string streamId, DialbackOutcome outcome)
        => Settle(((InboundNegotiation)Negotiation!).OnVerification(pair, streamId, outcome));

    private void LeaveStrangers()
    {
        if (stranger)
            Edge.Streams.Leave(address);
        stranger = false;
    }

    private async Task LeaveAfterAsync(Task ended, DomainPair pair)
    {
        await ended;
        Edge.Components.Leave(pair.Local, this, Edge.Detour);
    }

    private sealed class ProbeConnection
    {
        public static ProbeConnection Instance { get; } = new();
    }
}
