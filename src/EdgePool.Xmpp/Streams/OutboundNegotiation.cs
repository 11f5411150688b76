using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Sasl;
using EdgePool.Xmpp.Stanzas;
using Condition = EdgePool.Xmpp.Streams.StreamErrorCondition;
using Effects = System.Collections.Generic.IReadOnlyList<EdgePool.Xmpp.Streams.NegotiationEffect>;

namespace EdgePool.Xmpp.Streams;

/// <summary>
/// Negotiates one S2S stream that we open, to send stanzas of one pair or to have one dialback key verified. Prefers SASL EXTERNAL over TLS,
/// then dialback over TLS, then dialback; never steps below the terms. No I/O and no clock. Not for use by two threads at a time.
/// </summary>
/// <remarks>
/// With a verify goal, <see cref="NegotiationEffect.Answered"/> comes only when the authoritative server has spoken; a Close without it leaves the
/// owner free to try its next address, and in the end <see cref="DialbackOutcome.Unanswered"/> says what to answer.
/// </remarks>
public sealed class OutboundNegotiation : StreamNegotiation<OutboundState>
{
    private readonly OutboundSettings settings;
    private readonly DomainPair pair;
    private readonly NegotiationTerms terms;
    private IPeerCertificate? certificate;
    private string? peerStreamId;
    private bool opened;
    private bool peerKnowsDialback;
    private bool saslDone;
    private bool challenged;

    /// <summary>A stream over a connection that has just come up.</summary>
    public OutboundNegotiation(OutboundSettings settings)
        : base(OutboundState.Connected, OutboundState.Closed)
    {
        ArgumentNullException.ThrowIfNull(settings);
        this.settings = settings;
        pair = settings.Goal.Pair;
        terms = settings.Terms;
    }

    /// <summary>True once TLS is up.</summary>
    public bool Secured => certificate is not null;

    /// <summary>The id that the peer gave the stream; null before its header.</summary>
    public string? StreamId => peerStreamId;

    /// <summary>Begins: our header, or TLS first.</summary>
    public Effects Start() => Take(State is not OutboundState.Connected ? Nothing()
        : settings.DirectTls ? new Step(OutboundState.AwaitingTls, [new NegotiationEffect.StartTls()])
        : Open());

    /// <summary>The peer's stream header.</summary>
    public override Effects OnHeader(StreamHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        return Take(State switch
        {
            OutboundState.AwaitingHeader => Opened(header),
            OutboundState.Closed => Nothing(),
            _ => Refuse(Condition.BadFormat, StreamEndReason.ProtocolViolation, "a second header"),
        });
    }

    /// <summary>Any top-level element.</summary>
    public override Effects OnElement(XmlElement element)
    {
        ArgumentNullException.ThrowIfNull(element);
        return Take((State, OutboundElements.Classify(element)) switch
        {
            (OutboundState.Closed, _) => Nothing(),
            (_, OutboundElement.StreamError) => PeerError(element),
            (OutboundState.AwaitingFeatures, OutboundElement.Features) => Choose(element),

            (OutboundState.AwaitingProceed, OutboundElement.TlsProceed) => Proceed(),
            (OutboundState.AwaitingProceed, OutboundElement.TlsFailure) => End(StreamEndReason.TlsRefused, null, "the peer refused STARTTLS"),

            (OutboundState.AwaitingSaslOutcome, OutboundElement.SaslChallenge) when !challenged => Respond(),
            (OutboundState.AwaitingSaslOutcome, OutboundElement.SaslSuccess) => Restart(),
            (OutboundState.AwaitingSaslOutcome, OutboundElement.SaslFailure) => FallBack(element),

            (OutboundState.AwaitingResult, OutboundElement.DialbackResult) when Answers(element, null) is { } answer => OnResult(answer, element),
            (OutboundState.AwaitingVerification, OutboundElement.DialbackVerify)
                when Answers(element, ((OutboundGoal.Verify)settings.Goal).StreamId) is { } answer => OnVerification(answer, element),
            (_, OutboundElement.DialbackResult or OutboundElement.DialbackVerify) =>
                Stay(new NegotiationEffect.Dropped("unsolicited-dialback")),

            (OutboundState.Authenticated, OutboundElement.Management) => Stay(new NegotiationEffect.Managed(element)),

            (_, OutboundElement.Stanza) => Refuse(Condition.NotAuthorized, StreamEndReason.NotAuthorized, "a stanza on a stream that we opened"),
            _ => Refuse(Condition.UnsupportedStanzaType, StreamEndReason.ProtocolViolation, $"{{{element.Namespace}}}{element.Name} has no place here"),
        });
    }

    /// <summary>The TLS handshake is done.</summary>
    /// <param name="peer">The server's certificate.</param>
    public Effects OnTlsEstablished(IPeerCertificate peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (State is not OutboundState.AwaitingTls)
            return Take(Nothing());
        certificate = peer;
        return Take(!Probing && Unacceptable() is { } end ? end : Open());
    }

    private bool Probing => settings.Goal is OutboundGoal.Probe;

    // What TLS brought is not enough for any allowed way.
    private Step? Unacceptable()
    {
        if (certificate!.Version < terms.MinimumTls)
            return End(StreamEndReason.TlsVersionTooLow, null, $"{pair.Remote.Ascii} speaks no better than {certificate.Version}");
        var mayBeUnproven = terms.AllowsDialback(tls: true) && !terms.RequireTrustedCertificate;
        return Unproven() is { } reason && !mayBeUnproven ? End(reason, null, $"the certificate does not prove {pair.Remote.Ascii}") : null;
    }

    private Step Open(params IEnumerable<NegotiationEffect> before)
    {
        opened = true;
        peerStreamId = null;
        var header = WireWriter.Compose(w => StreamMarkup.WriteServerHeader(w, from: pair.Local, to: pair.Remote, id: null, versioned: true));
        return new Step(OutboundState.AwaitingHeader, [.. before, new NegotiationEffect.Send(header)]);
    }

    // COMPAT: unaddressed-answer. Nothing rests on whom the answer names.
    private Step Opened(StreamHeader header)
    {
        if (StreamHeaderCheck.Fault(header, XmppNamespaces.Server) is { } fault)
            return Refuse(fault, StreamEndReason.MalformedStream, "the header's namespaces or version");
        peerStreamId = header.Id;
        if (string.IsNullOrEmpty(peerStreamId))
            return Refuse(Condition.InvalidXml, StreamEndReason.MalformedStream, "a header without 'id'");
        peerKnowsDialback = header.Declares(XmppNamespaces.Dialback); // COMPAT: dialback-by-declaration
        if (StreamHeaderCheck.HasFeatures(header))
            return new Step(OutboundState.AwaitingFeatures, [.. DialbackPrefix(terms)]);
        return saslDone ? Established(AuthenticationMethod.SaslExternal) : WithoutTls();
    }

    // Before TLS the only question is STARTTLS; after it, how to authenticate; after SASL the features end the negotiation.
    private Step Choose(XmlElement features)
    {
        peerKnowsDialback |= features.Child("dialback", XmppNamespaces.DialbackFeature) is not null;
        if (saslDone)
            return Established(AuthenticationMethod.SaslExternal, terms.StreamManagement && features.Child("sm", XmppNamespaces.StreamManagement) is not null);
        if (Secured)
            return Prove(features);
        return terms.OffersTls && features.Child("starttls", XmppNamespaces.Tls) is { } offer && Acceptable(offer)
            ? new Step(OutboundState.AwaitingProceed, [new NegotiationEffect.Send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"u8.ToArray())])
            : WithoutTls();
    }

    // <starttls><optional/></starttls> comes from no specification: where TLS is a must, a peer to whom it is a choice is not met.
    private bool Acceptable(XmlElement offer) => !terms.RequiresTls || offer.Child("optional", XmppNamespaces.Tls) is null;

    // No TLS offered, or none wanted, or a server before XMPP 1.0.
    private Step WithoutTls()
    {
        if (terms.AllowsDialback(Secured))
            return Dialback();
        return Secured
            ? Refuse(Condition.PolicyViolation, StreamEndReason.NoAllowedMethod, "the peer offers nothing that is allowed")
            : Refuse(Condition.PolicyViolation, StreamEndReason.TlsNotOffered, "TLS is required and not offered");
    }

    private Step Proceed()
    {
        opened = false;
        return new Step(OutboundState.AwaitingTls, [new NegotiationEffect.StartTls()]);
    }

    private Step Prove(XmlElement features)
    {
        if (Probing && Unacceptable() is { } end)
            return end;
        if (settings.Goal is not OutboundGoal.Verify && terms.AllowsSasl && settings.HaveCertificate && Unproven() is null && OffersExternal(features))
            return new Step(OutboundState.AwaitingSaslOutcome, [new NegotiationEffect.Send(ExternalClaim.Auth(pair.Local))]);
        return terms.AllowsDialback(tls: true) || settings.Goal is OutboundGoal.Verify
            ? Dialback()
            : Refuse(
                Condition.PolicyViolation,
                StreamEndReason.NoAllowedMethod,
                settings.HaveCertificate ? "SASL EXTERNAL is required and not offered" : $"SASL EXTERNAL is required, and we have no certificate for {pair.Local.Ascii}");
    }

    private static bool OffersExternal(XmlElement features) => features.Child("mechanisms", XmppNamespaces.Sasl) is { } mechanisms
        && mechanisms.Children.Any(m => m.Is("mechanism", XmppNamespaces.Sasl) && string.Equals(m.Text.Trim(), "EXTERNAL", StringComparison.Ordinal));

    private Step Respond()
    {
        challenged = true;
        return Stay(new NegotiationEffect.Send(ExternalClaim.Response(pair.Local)));
    }

    private Step Restart()
    {
        saslDone = true;
        return Open(new NegotiationEffect.Restart());
    }

    // COMPAT: external-refused. XEP-0178 section 3 step 11: the stream is still good for dialback, where that is allowed.
    private Step FallBack(XmlElement failure)
    {
        var condition = WireName<SaslFailureCondition>.Of(SaslMarkup.ReadFailure(failure));
        return terms.AllowsDialback(tls: true) && peerKnowsDialback
            ? Dialback()
            : End(StreamEndReason.SaslRejected, null, $"SASL EXTERNAL: {condition}");
    }

    private Step Dialback() => settings.Goal switch
    {
        OutboundGoal.Verify verify => new Step(OutboundState.AwaitingVerification,
            [new NegotiationEffect.Send(DialbackPacket.Verify(pair, verify.StreamId, verify.Key))]),
        _ when !peerKnowsDialback => Refuse(Condition.PolicyViolation, StreamEndReason.NoAllowedMethod, "the peer does not know dialback"),
        OutboundGoal.Probe { Dialback: false } => End(StreamEndReason.Retired, null, "dialback is offered and allowed, and not tried"),
        _ => new Step(OutboundState.AwaitingResult,
            [new NegotiationEffect.Send(DialbackPacket.Result(pair, settings.Keys.KeyFor(pair.Remote, pair.Local, peerStreamId!)))]),
    };

    // Only an answer to what we asked on this very stream counts (XEP-0220 section 3.1).
    private DialbackOutcome? Answers(XmlElement element, string? streamId)
    {
        if (!DialbackPacket.TryRead(element, out var packet) || !packet.From.Equals(pair.Remote) || !packet.To.Equals(pair.Local))
            return null;
        if (streamId is not null && !string.Equals(packet.Id, streamId, StringComparison.Ordinal))
            return null;
        return packet.Type switch
        {
            "valid" => DialbackOutcome.Valid,
            "invalid" => DialbackOutcome.Invalid,
            "error" => DialbackOutcome.Error(StanzaErrorCondition.RemoteServerNotFound),
            _ => null,
        };
    }

    private Step OnResult(DialbackOutcome answer, XmlElement element) => answer.Verdict switch
    {
        DialbackVerdict.Valid => Established(Secured ? AuthenticationMethod.DialbackOverTls : AuthenticationMethod.DialbackOverTcp),
        DialbackVerdict.Invalid => End(StreamEndReason.DialbackInvalid, null, "the peer found our dialback key false"),
        _ => End(StreamEndReason.DialbackFailed, null, $"dialback: {StanzaErrorConditionName.Read(element).WireName()}"),
    };

    // XEP-0220 section 2.5: whatever error the authoritative server gives, the peer is told remote-server-not-found.
    private Step OnVerification(DialbackOutcome answer, XmlElement element)
    {
        var detail = answer.Verdict is DialbackVerdict.Error
            ? $"dialback: {StanzaErrorConditionName.Read(element).WireName()}"
            : WireName<DialbackVerdict>.Of(answer.Verdict);
        var end = End(StreamEndReason.VerificationDone, null, detail);
        return end with { Effects = [new NegotiationEffect.Answered(answer), .. end.Effects] };
    }

    private Step Established(AuthenticationMethod method, bool management = false) => new(OutboundState.Authenticated,
        [new NegotiationEffect.Authenticated(pair, method) { SteppedDown = terms.IsStepDown(method), StreamManagement = management }]);

    private StreamEndReason? Unproven() => (certificate?.Proves(pair.Remote) ?? CertificateVerdict.None).EndReason();

    // RFC 6120 sections 5.3.3 and 6.3.5: not a byte stands between our request and its answer, for with the answer the peer begins anew. An error that
    // crosses <proceed/> is a broken TLS record; one that crosses <success/> is a document whose prefix 'stream' nobody declared. So we go without a word.
    private protected override Step Leave(StreamEndReason reason, StreamError? error, string detail)
    {
        opened &= State is not (OutboundState.AwaitingProceed or OutboundState.AwaitingSaslOutcome);
        return End(reason, error, detail);
    }

    private protected override Step End(StreamEndReason reason, StreamError? error, string detail, StreamError? received = null)
    {
        var sent = opened && !Probing ? error : null;
        return new Step(OutboundState.Closed,
            [new NegotiationEffect.Close(reason, sent, detail) { Farewell = StreamMarkup.Farewell(opened, sent), Received = received }]);
    }
}
