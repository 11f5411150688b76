using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Policy.Tests.Negotiation;

/// <summary>How a peer that opens a stream to us behaves.</summary>
/// <param name="Secures">It asks for STARTTLS, offered or not.</param>
/// <param name="Certificate">What its certificate is worth.</param>
/// <param name="UsesExternal">It then uses SASL EXTERNAL, offered or not; else dialback, offered or not.</param>
internal sealed record InboundPeer(bool Secures, CertificateVerdict Certificate, bool UsesExternal)
{
    public static IReadOnlyList<InboundPeer> All { get; } =
    [
        .. from secures in new[] { true, false }
           from certificate in Enum.GetValues<CertificateVerdict>()
           from external in new[] { true, false }
           select new InboundPeer(secures, certificate, external),
    ];
}

/// <summary>One accepted stream with a peer that tries its way whatever we offer, and what came of it.</summary>
internal sealed class InboundTrial
{
    private readonly InboundNegotiation negotiation;
    private readonly InboundPeer peer;
    private readonly string remote;
    private readonly Action between;

    private InboundTrial(INegotiationRules rules, string remote, InboundPeer peer, Action between)
    {
        (this.remote, this.peer, this.between) = (remote, peer, between);
        var streams = 0;
        negotiation = new InboundNegotiation(new NegotiationSettings(rules, PeerScript.Keys, () => $"s{++streams}", TlsAvailable: true));
    }

    /// <summary>What was sent in answer to the first header.</summary>
    public string PlainOffer { get; private set; } = "";

    /// <summary>What was sent in answer to the header under TLS; null: no TLS.</summary>
    public string? SecureOffer { get; private set; }

    /// <summary>What was sent in answer to auth or db:result.</summary>
    public string Answer { get; private set; } = "";

    /// <summary>An authoritative server would have been asked.</summary>
    public bool Looked { get; private set; }

    /// <summary>We ended the stream.</summary>
    public bool Ended => negotiation.State is InboundState.Closed;

    /// <summary>How the pair was authenticated; null: it was not.</summary>
    public AuthenticationMethod? Method { get; private set; }

    /// <summary>Policy allowed better than <see cref="Method"/>.</summary>
    public bool SteppedDown { get; private set; }

    /// <summary>Plays it. <paramref name="between"/> runs before each move of the peer.</summary>
    public static InboundTrial Play(INegotiationRules rules, string remote, InboundPeer peer, Action? between = null)
    {
        var trial = new InboundTrial(rules, remote, peer, between ?? (() => { }));
        trial.Play();
        return trial;
    }

    private void Play()
    {
        between();
        PlainOffer = PeerScript.Sent(negotiation.OnHeader(PeerScript.Header(remote)));
        if (peer.Secures)
        {
            between();
            if (!negotiation.OnElement(PeerScript.Element("starttls", XmppNamespaces.Tls, [])).OfType<NegotiationEffect.StartTls>().Any())
                return;
            negotiation.OnTlsEstablished(new PeerScript.Certificate(peer.Certificate));
            between();
            SecureOffer = PeerScript.Sent(negotiation.OnHeader(PeerScript.Header(remote)));
        }

        between();
        if (peer.UsesExternal)
            Authenticate();
        else
            DialBack();
    }

    private void Authenticate()
    {
        var effects = negotiation.OnElement(PeerScript.Element("auth", XmppNamespaces.Sasl, ["="], "mechanism", "EXTERNAL"));
        Answer = PeerScript.Sent(effects);
        between();
        if (effects.OfType<NegotiationEffect.Restart>().Any())
            Note(negotiation.OnHeader(PeerScript.Header(remote)));
    }

    private void DialBack()
    {
        var effects = negotiation.OnElement(PeerScript.Element("result", XmppNamespaces.Dialback, ["a key"], "from", remote, "to", PeerScript.Local));
        Answer = PeerScript.Sent(effects);
        Looked = effects.OfType<NegotiationEffect.VerifyKey>().Any();
        between();
        if (Looked)
            Note(negotiation.OnVerification(new DomainPair(DomainName.Parse(PeerScript.Local), DomainName.Parse(remote)), negotiation.StreamId!, DialbackOutcome.Valid));
    }

    private void Note(IEnumerable<NegotiationEffect> effects)
    {
        var authenticated = effects.OfType<NegotiationEffect.Authenticated>().SingleOrDefault();
        (Method, SteppedDown) = (authenticated?.Method, authenticated?.SteppedDown ?? false);
    }
}
