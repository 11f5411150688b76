using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Sasl;
using EdgePool.Xmpp.Stanzas;
using Condition = EdgePool.Xmpp.Streams.StreamErrorCondition;
using Effects = System.Collections.Generic.IReadOnlyList<EdgePool.Xmpp.Streams.NegotiationEffect>;

namespace EdgePool.Xmpp.Streams;

/// <summary>
/// Negotiates one S2S stream that a peer opened: STARTTLS, SASL EXTERNAL (XEP-0178), dialback as receiving and as authoritative server
/// (XEP-0220). No I/O and no clock: each call says what came, and gives what to do next, in order. Not for use by two threads at a time.
/// </summary>
/// <remarks>
/// A stream is opened up to three times: plain, after TLS, after SASL. Each time everything is forgotten but the addresses agreed on, which
/// must stay the same, the certificate, and the number of SASL failures. Dialback proves pairs one by one, before or after any of that; every pair is
/// judged by its own terms at the moment of the request. Not guaranteed: that terms stay as they were when a pair was proven; that is
/// the owner's to watch.
/// </remarks>
public sealed partial class InboundNegotiation : StreamNegotiation<InboundState>
{
    private readonly NegotiationSettings settings;
    private readonly PairTable pairs;
    private IPeerCertificate? certificate;
    private DomainName? local;
    private DomainName? remote;
    private FeatureOffer offer;
    private int saslFailures;
    private bool versioned = true;
    private bool compressionRefused;
    private bool bidi;

    /// <summary>A stream that has just been accepted.</summary>
    public InboundNegotiation(NegotiationSettings settings)
        : base(settings?.DirectTls == true ? InboundState.AwaitingTls : InboundState.AwaitingHeader, InboundState.Closed)
    {
        ArgumentNullException.ThrowIfNull(settings);
        this.settings = settings;
        pairs = new PairTable(settings.Limits);
    }

    /// <summary>The id of the stream since its last opening; null before our header is sent.</summary>
    public string? StreamId { get; private set; }

    /// <summary>True once TLS is up.</summary>
    public bool Secured => certificate is not null;

    /// <summary>The domain that the peer's header asked for; null before a header.</summary>
    public DomainName? Local => local;

    /// <summary>The domain that the peer's header claims; null when it names none. A claim, not a proof.</summary>
    public DomainName? Remote => remote;

    /// <summary>The peer takes stanzas of the authenticated pairs on this stream, and policy allows it (XEP-0288).</summary>
    public bool Bidirectional => bidi && State is InboundState.Authenticated;

    /// <summary>What the peer takes on a bidirectional stream; null: it did not say (XEP-0478).</summary>
    public AnnouncedLimits? PeerLimits { get; private set; }

    /// <summary>The authenticated pairs.</summary>
    public IReadOnlyCollection<DomainPair> Pairs => pairs.Proven;

    /// <summary>The peer's stream header.</summary>
    public override Effects OnHeader(StreamHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        return Take(State switch
        {
            InboundState.AwaitingHeader => Open(header),
            InboundState.AwaitingRestart when EarlyElement(header) is { } early => Refuse(early, StreamEndReason.ProtocolViolation, "no new header after SASL"),
            InboundState.AwaitingRestart => Open(header),
            InboundState.Closed => Nothing(),
            _ => Refuse(Condition.BadFormat, StreamEndReason.ProtocolViolation, "a second header"),
        });
    }

    /// <summary>Any top-level element that is not a stanza of an authenticated stream.</summary>
    public override Effects OnElement(XmlElement element)
    {
        ArgumentNullException.ThrowIfNull(element);
        return Take((State, InboundElements.Classify(element)) switch
        {
            (InboundState.Closed, _) => Nothing(),
            (_, InboundElement.StreamError) => PeerError(element),

            (InboundState.Negotiating, InboundElement.StartTls) when offer.StartTls => Proceed(),
            (InboundState.Negotiating or InboundState.Authenticated, InboundElement.StartTls) => RefuseTls(),
            (InboundState.Negotiating or InboundState.Authenticated, InboundElement.Compress) => RefuseCompression(),
            (InboundState.Negotiating, InboundElement.Bidi) when offer.Bidi => AgreeOnBidi(element),
            (InboundState.Negotiating, InboundElement.Bidi) => Drop("bidi-not-offered"),
            (InboundState.Authenticated, InboundElement.Bidi) =>
                Refuse(Condition.PolicyViolation, StreamEndReason.ProtocolViolation, "bidi is not offered on an authenticated stream"),

            (InboundState.Negotiating, InboundElement.Auth) => OnAuth(element),
            (InboundState.Negotiating, InboundElement.Response) => FailSasl(SaslFailureCondition.NotAuthorized),
            (InboundState.Negotiating or InboundState.AwaitingSaslResponse, InboundElement.Abort) => FailSasl(SaslFailureCondition.Aborted),
            (InboundState.AwaitingSaslResponse, InboundElement.Response) => Judge(ExternalClaim.ReadResponse(element)),
            (InboundState.AwaitingSaslResponse or InboundState.Authenticated, InboundElement.Auth) =>
                Refuse(Condition.PolicyViolation, StreamEndReason.ProtocolViolation, "a second auth"),

            (InboundState.Negotiating or InboundState.Authenticated, InboundElement.DialbackResult) => OnResult(element),
            (InboundState.Negotiating or InboundState.Authenticated, InboundElement.DialbackVerify) => OnVerify(element),
            (InboundState.Negotiating or InboundState.Authenticated, InboundElement.DialbackAnswer) => Drop("unsolicited-dialback"),

            (InboundState.Negotiating or InboundState.AwaitingSaslResponse or InboundState.Authenticated, InboundElement.Management) =>
                Stay(new NegotiationEffect.Managed(element)),

            (InboundState.Negotiating or InboundState.AwaitingSaslResponse or InboundState.Authenticated, InboundElement.Stanza) =>
                Refuse(Condition.NotAuthorized, StreamEndReason.NotAuthorized, "a stanza before authentication"),
            _ => Refuse(Condition.UnsupportedStanzaType, StreamEndReason.ProtocolViolation, $"{{{element.Namespace}}}{element.Name} has no place here"),
        });
    }

    /// <summary>
    /// What breaks the framing. Who was refused compression and compresses sends no XML, though its first byte, 'x', may pass for text between stanzas.
    /// </summary>
    public override Effects OnViolation(FramingViolation violation)
    {
        ArgumentNullException.ThrowIfNull(violation);
        return base.OnViolation(compressionRefused && violation.Condition is Condition.BadFormat ? violation with { Condition = Condition.NotWellFormed } : violation);
    }

    /// <summary>The pair for which the peer's certificate is judged when this header is taken; null: none that is allowed. Changes nothing.</summary>
    public DomainPair? ClaimOf(StreamHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        return TryDomain(header.To, out var to) && TryDomain(header.From, out var from) && to is not null && from is not null ? Claimable(new DomainPair(to, from)) : null;
    }

    /// <summary>The same for an element: <c>db:result</c> under terms by which the certificate counts.</summary>
    public DomainPair? ClaimOf(XmlElement element)
    {
        ArgumentNullException.ThrowIfNull(element);
        return InboundElements.Classify(element) is InboundElement.DialbackResult && DialbackPacket.TryRead(element, out var packet)
            && Claimable(new DomainPair(packet.To, packet.From)) is { } pair
            && settings.Rules.TermsFor(pair) is { } terms && (terms.RequireTrustedCertificate || terms.DialbackWithoutDialback) ? pair : null;
    }

    private DomainPair? Claimable(DomainPair pair)
        => settings.Rules.Serves(pair.Local) && !settings.Rules.IsOwn(pair.Remote) && settings.Rules.TermsFor(pair) is not null ? pair : null;

    /// <summary>The TLS handshake is done.</summary>
    /// <param name="peer">What the peer presented; also when it presented nothing.</param>
    public Effects OnTlsEstablished(IPeerCertificate peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (State is not InboundState.AwaitingTls)
            return Take(Nothing());
        certificate = peer;
        return Take(new Step(InboundState.AwaitingHeader, []));
    }

    private Step Open(StreamHeader header)
    {
        versioned = StreamHeaderCheck.HasFeatures(header);
        var (agreedLocal, agreedRemote) = (local, remote);
        var addressed = TryDomain(header.To, out local) & TryDomain(header.From, out remote);
        if (StreamHeaderCheck.Fault(header, XmppNamespaces.Server) is { } fault)
            return Refuse(fault, StreamEndReason.MalformedStream, "the header's namespaces or version");
        if (!addressed || (local is null && versioned))
            return Refuse(Condition.ImproperAddressing, StreamEndReason.ImproperAddressing, "the header's addresses");
        if (Differs(agreedLocal, local) || Differs(agreedRemote, remote))
            return Refuse(Condition.ImproperAddressing, StreamEndReason.ImproperAddressing, "the header's addresses changed");
        if (local is null)
            return OpenToNobody();
        if (!settings.Rules.Serves(local))
            return Refuse(Condition.HostUnknown, StreamEndReason.HostUnknown, $"{local.Ascii} is not served here");
        if (remote is not null && settings.Rules.IsOwn(remote))
            return End(StreamEndReason.PolicyViolation, OwnDomain, $"{remote.Ascii} is our own");
        return Offer(remote is null ? null : settings.Rules.TermsFor(new DomainPair(local, remote)));
    }

    // COMPAT: missing-to. Whoever does not say whom it wants is not believed who it is either.
    private Step OpenToNobody()
    {
        remote = null;
        return Offer(null);
    }

    private static StreamError OwnDomain { get; } = new(Condition.UndefinedCondition, "own domain");

    private Step Offer(NegotiationTerms? terms)
    {
        if (remote is not null && terms is null)
            return Refuse(Condition.PolicyViolation, StreamEndReason.PartnerNotAllowed, $"{remote.Ascii} is not an allowed partner of {local!.Ascii}");
        if (terms is not null && TlsTooOld(terms))
            return Refuse(Condition.PolicyViolation, StreamEndReason.TlsVersionTooLow, $"{remote!.Ascii} must not use {certificate!.Version}");
        if (State is InboundState.AwaitingRestart)
            return Welcome(terms!);
        offer = OfferFor(terms);
        var sent = Header(versioned ? offer : null);
        if (terms is null || HasWay(terms))
            return new Step(InboundState.Negotiating, [sent, .. DialbackPrefix(terms)]);
        var reason = Secured ? CertificateReason() : terms.OffersTls && versioned ? StreamEndReason.TlsUnavailable : StreamEndReason.NoAllowedMethod;
        var detail = $"{remote!.Ascii} has no allowed way to authenticate to {local!.Ascii}";
        return new Step(InboundState.Closed, [sent, Closing(reason, new StreamError(Condition.PolicyViolation), detail)]);
    }

    // SASL is done: the pair of the header, which Open held to be the same as before, is proven. Our header goes first: the owner may refuse the pair.
    private Step Welcome(NegotiationTerms terms)
    {
        if (!MayUseExternal(terms))
            return Refuse(Condition.PolicyViolation, StreamEndReason.PolicyChanged, "what SASL proved is no longer enough");
        var pair = new DomainPair(local!, remote!);
        pairs.Prove(pair);
        offer = new FeatureOffer(Dialback: terms.AllowsDialback(tls: true), Management: terms.StreamManagement, Limits: settings.Announce(pair));
        return new Step(InboundState.Authenticated,
        [
            Header(versioned ? offer : null),
            .. DialbackPrefix(terms),
            new NegotiationEffect.Authenticated(pair, AuthenticationMethod.SaslExternal) { StreamManagement = versioned && offer.Management },
        ]);
    }

    // COMPAT: missing-from. Such a peer has to name itself after TLS at the latest; until then it gets the strictest offer that there is.
    private FeatureOffer OfferFor(NegotiationTerms? terms)
    {
        if (!versioned)
            return default;
        if (Secured)
        {
            return Limited(new FeatureOffer(
                External: terms is not null && MayUseExternal(terms), Dialback: terms?.AllowsDialback(tls: true) ?? true, Bidi: terms is { Bidirectional: true }));
        }

        var startTls = settings.TlsAvailable && (terms?.OffersTls ?? true);
        return Limited(new FeatureOffer(startTls, TlsRequired: terms?.RequiresTls ?? true, Dialback: terms?.AllowsDialback(tls: false) ?? !startTls));
    }

    // Behind dialback no further features follow: what these say holds for the stanzas (XEP-0478 section 4).
    private FeatureOffer Limited(FeatureOffer features)
        => features with { Limits = settings.Announce(features.Dialback && remote is not null ? new DomainPair(local!, remote) : null) };

    // XEP-0288 section 2.2: before SASL or dialback. A stream is good for stanzas of ours only when the peer has proven a pair, which the owner sees to.
    private Step AgreeOnBidi(XmlElement element)
    {
        bidi = true;
        PeerLimits = AnnouncedLimits.Read(element);
        return Stay();
    }

    private bool HasWay(NegotiationTerms terms) => offer.StartTls || offer.External || terms.AllowsDialback(Secured);

    private bool MayUseExternal(NegotiationTerms terms) => terms.AllowsSasl && !TlsTooOld(terms) && certificate?.Proves(remote!) is CertificateVerdict.Valid;

    private bool TlsTooOld(NegotiationTerms terms) => certificate?.Version < terms.MinimumTls;

    private StreamEndReason CertificateReason() => certificate!.Proves(remote!).EndReason() ?? StreamEndReason.NoAllowedMethod;

    private Step Proceed()
    {
        StreamId = null;
        bidi = false;
        pairs.Restart();
        return new Step(InboundState.AwaitingTls,
            [new NegotiationEffect.Send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"u8.ToArray()), new NegotiationEffect.StartTls()]);
    }

    // RFC 6120 section 5.4.2.2: the failure, the end of the stream, and no stream error.
    private Step RefuseTls()
    {
        var end = End(StreamEndReason.ProtocolViolation, null, "starttls was not offered");
        return end with { Effects = [new NegotiationEffect.Send("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"u8.ToArray()), .. end.Effects] };
    }

    private Step RefuseCompression()
    {
        compressionRefused = true;
        return Stay(new NegotiationEffect.Send("<failure xmlns='http://jabber.org/protocol/compress'><setup-failed/></failure>"u8.ToArray()));
    }

    private Step OnAuth(XmlElement auth)
    {
        var claim = ExternalClaim.ReadAuth(auth);
        if (claim.Fault is SaslFailureCondition.InvalidMechanism)
            return FailSasl(SaslFailureCondition.InvalidMechanism);
        if (!Secured)
            return FailSasl(SaslFailureCondition.EncryptionRequired);
        return claim.NeedsChallenge
            ? new Step(InboundState.AwaitingSaslResponse, [new NegotiationEffect.Send(SaslMarkup.EmptyChallenge)])
            : Judge(claim);
    }

    // What the header claims, the certificate has to prove, and the identity asked for has to be the same (XEP-0178 section 3).
    private Step Judge(ExternalClaim claim)
    {
        if (remote is null || settings.Rules.TermsFor(new DomainPair(local!, remote)) is not { } terms || !MayUseExternal(terms))
            return FailSasl(SaslFailureCondition.NotAuthorized);
        if (claim.Fault is { } fault)
            return FailSasl(fault);
        if (Differs(claim.Identity, remote))
            return FailSasl(SaslFailureCondition.InvalidAuthzid);
        StreamId = null;
        pairs.Restart();
        return new Step(InboundState.AwaitingRestart, [new NegotiationEffect.Send(SaslMarkup.Success), new NegotiationEffect.Restart()]);
    }

    private Step FailSasl(SaslFailureCondition condition) => ++saslFailures >= settings.Limits.SaslFailures
        ? Refuse(Condition.PolicyViolation, StreamEndReason.NotAuthorized, "too many SASL failures")
        : new Step(InboundState.Negotiating, [new NegotiationEffect.Send(SaslMarkup.Failure(condition))]);

    // After SASL the framer waits for a header; a stanza or a second auth in its place shows up as a root (RFC 6120 section 6.4.6).
    private static Condition? EarlyElement(StreamHeader header) => header.Name switch
    {
        "message" or "presence" or "iq" => Condition.NotAuthorized,
        "auth" => Condition.PolicyViolation,
        _ => null,
    };

    private NegotiationEffect.Send Header(FeatureOffer? features)
    {
        var id = StreamId = settings.NewStreamId();
        return new NegotiationEffect.Send(WireWriter.Compose(w =>
        {
            StreamMarkup.WriteServerHeader(w, from: local, to: remote, id, versioned);
            if (features is { } offered)
                StreamMarkup.WriteFeatures(w, offered);
        }));
    }

    // RFC 6120 section 4.9.1.2: an error needs an open stream, so our header goes first; but never into a TLS handshake.
    private protected override Step End(StreamEndReason reason, StreamError? error, string detail, StreamError? received = null)
    {
        if (error is null || StreamId is not null || State is InboundState.AwaitingTls)
            return new Step(InboundState.Closed, [Closing(reason, StreamId is null ? null : error, detail) with { Received = received }]);
        return new Step(InboundState.Closed, [Header(null), Closing(reason, error, detail)]);
    }

    private NegotiationEffect.Close Closing(StreamEndReason reason, StreamError? error, string detail)
        => new(reason, error, detail) { Farewell = StreamMarkup.Farewell(StreamId is not null, error) };

    private Step Drop(string reason) => Stay(new NegotiationEffect.Dropped(reason));

    private static bool Differs(DomainName? agreed, DomainName? now) => agreed is not null && !agreed.Equals(now);

    // Absent is good and gives null.
    private static bool TryDomain(string? text, out DomainName? domain)
    {
        domain = null;
        return text is null || DomainName.TryParse(text, out domain);
    }
}
