using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Policy.Tests.Negotiation;

/// <summary>How a peer announces STARTTLS.</summary>
internal enum StartTlsOffer
{
    None,
    Plain,
    Required,

    /// <summary>With a child <c>optional</c>, which no specification has.</summary>
    Optional,
}

/// <summary>What a peer offers to a stream that we open.</summary>
/// <param name="StartTls">Before TLS.</param>
/// <param name="Certificate">What its certificate is worth.</param>
/// <param name="External">SASL EXTERNAL, under TLS or not.</param>
/// <param name="Dialback">It knows dialback.</param>
/// <param name="RefusesExternal">It fails SASL EXTERNAL when it is used.</param>
internal sealed record OutboundPeer(StartTlsOffer StartTls, CertificateVerdict Certificate, bool External, bool Dialback, bool RefusesExternal)
{
    public static IReadOnlyList<OutboundPeer> All { get; } =
    [
        .. from tls in Enum.GetValues<StartTlsOffer>()
           from certificate in Enum.GetValues<CertificateVerdict>()
           from external in new[] { true, false }
           from dialback in new[] { true, false }
           from refuses in new[] { true, false }
           select new OutboundPeer(tls, certificate, external, dialback, refuses),
    ];
}

/// <summary>One stream that we open to a peer, and what we did on it.</summary>
internal sealed class OutboundTrial
{
    private readonly OutboundNegotiation negotiation;
    private readonly OutboundPeer peer;
    private readonly string remote;

    private OutboundTrial(NegotiationTerms terms, string remote, OutboundPeer peer, bool verifies)
    {
        (this.remote, this.peer) = (remote, peer);
        var pair = new DomainPair(DomainName.Parse(PeerScript.Local), DomainName.Parse(remote));
        OutboundGoal goal = verifies ? new OutboundGoal.Verify(pair, "s1", "a key") : new OutboundGoal.Authenticate(pair);
        negotiation = new OutboundNegotiation(new OutboundSettings(goal, terms, PeerScript.Keys));
    }

    /// <summary>We asked for STARTTLS.</summary>
    public bool Secured { get; private set; }

    /// <summary>The ways that we tried, in order: <c>external</c>, <c>tls-dialback</c>, <c>tcp-dialback</c>, <c>tls-verify</c>, <c>tcp-verify</c>.</summary>
    public List<string> Tried { get; } = [];

    /// <summary>Plays it up to our first way to authenticate, and the next if that one is refused. <paramref name="verifies"/>: the stream is opened to ask about a key.</summary>
    public static OutboundTrial Play(NegotiationTerms terms, string remote, OutboundPeer peer, bool verifies = false)
    {
        var trial = new OutboundTrial(terms, remote, peer, verifies);
        trial.Play();
        return trial;
    }

    private void Play()
    {
        negotiation.Start();
        negotiation.OnHeader(PeerScript.Header(remote, peer.Dialback));
        var effects = negotiation.OnElement(Features(secured: false));
        if (PeerScript.Sent(effects).Contains("<starttls", StringComparison.Ordinal))
        {
            Secured = true;
            negotiation.OnElement(PeerScript.Element("proceed", XmppNamespaces.Tls, []));
            negotiation.OnTlsEstablished(new PeerScript.Certificate(peer.Certificate));
            negotiation.OnHeader(PeerScript.Header(remote, peer.Dialback));
            effects = negotiation.OnElement(Features(secured: true));
        }

        Note(PeerScript.Sent(effects));
        if (Tried is ["external"] && peer.RefusesExternal)
            Note(PeerScript.Sent(negotiation.OnElement(PeerScript.Element("failure", XmppNamespaces.Sasl, [PeerScript.Element("not-authorized", XmppNamespaces.Sasl, [])]))));
    }

    private Xmpp.Stanzas.XmlElement Features(bool secured)
    {
        var offers = new List<object>();
        if (!secured && peer.StartTls is not StartTlsOffer.None)
        {
            object[] mark = peer.StartTls is StartTlsOffer.Plain ? [] : [PeerScript.Element(peer.StartTls is StartTlsOffer.Required ? "required" : "optional", XmppNamespaces.Tls, [])];
            offers.Add(PeerScript.Element("starttls", XmppNamespaces.Tls, mark));
        }

        if (peer.External)
            offers.Add(PeerScript.Element("mechanisms", XmppNamespaces.Sasl, [PeerScript.Element("mechanism", XmppNamespaces.Sasl, ["EXTERNAL"])]));
        if (peer.Dialback)
            offers.Add(PeerScript.Element("dialback", XmppNamespaces.DialbackFeature, []));
        return PeerScript.Element("features", XmppNamespaces.Streams, offers);
    }

    private void Note(string sent)
    {
        var side = negotiation.Secured ? "tls" : "tcp";
        if (sent.Contains("<auth", StringComparison.Ordinal))
            Tried.Add(negotiation.Secured ? "external" : "external without TLS");
        if (sent.Contains("<db:result", StringComparison.Ordinal))
            Tried.Add(side + "-dialback");
        if (sent.Contains("<db:verify", StringComparison.Ordinal))
            Tried.Add(side + "-verify");
    }
}
