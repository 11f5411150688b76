namespace EdgePool.Xmpp.Streams;

/// <summary>Where a stream that we open stands. Each state but the last two ends at a deadline of its owner.</summary>
public enum OutboundState
{
    /// <summary>Connected; nothing is sent yet.</summary>
    Connected,

    /// <summary>The TLS handshake is under way.</summary>
    AwaitingTls,

    /// <summary>Our header is sent.</summary>
    AwaitingHeader,

    /// <summary>The peer's header is there; its features are due.</summary>
    AwaitingFeatures,

    /// <summary>STARTTLS is asked for.</summary>
    AwaitingProceed,

    /// <summary>SASL EXTERNAL is under way.</summary>
    AwaitingSaslOutcome,

    /// <summary>Our dialback key is sent.</summary>
    AwaitingResult,

    /// <summary>Our question about a key is sent.</summary>
    AwaitingVerification,

    /// <summary>Stanzas may flow, from us to the peer.</summary>
    Authenticated,

    /// <summary>Nothing more is read.</summary>
    Closed,
}

/// <summary>What a stream is opened for: a closed set.</summary>
public abstract record OutboundGoal
{
    private OutboundGoal(DomainPair pair) => Pair = pair;

    /// <summary>Our domain and the peer's.</summary>
    public DomainPair Pair { get; }

    /// <summary>To send stanzas of the pair.</summary>
    public sealed record Authenticate(DomainPair Pair) : OutboundGoal(Pair);

    /// <summary>To ask the remote domain's authoritative server about a dialback key (XEP-0220 section 2.1.2).</summary>
    /// <param name="Pair">Our domain that received the key, and the domain that the key speaks for.</param>
    /// <param name="StreamId">The id of the stream that the key came on.</param>
    /// <param name="Key">The key.</param>
    public sealed record Verify(DomainPair Pair, string StreamId, string Key) : OutboundGoal(Pair);

    /// <summary>
    /// To see how far one would come. All that the peer offers is heard before it is judged; the stream ends without a stream error of ours, and with
    /// <see cref="StreamEndReason.Retired"/> where only dialback is left to be tried.
    /// </summary>
    /// <param name="Pair">Our domain and the peer's.</param>
    /// <param name="Dialback">Dialback is tried: somebody answers the peer's question about our key.</param>
    public sealed record Probe(DomainPair Pair, bool Dialback) : OutboundGoal(Pair);
}

/// <summary>What a stream that we open needs to be negotiated.</summary>
/// <param name="Goal">What it is for.</param>
/// <param name="Terms">What policy allows for the pair.</param>
/// <param name="Keys">Our dialback keys.</param>
/// <param name="DirectTls">The connection begins with a TLS handshake (XEP-0368).</param>
/// <param name="HaveCertificate">We present a certificate for our domain, so SASL EXTERNAL makes sense.</param>
public sealed record OutboundSettings(
    OutboundGoal Goal, NegotiationTerms Terms, Dialback.DialbackKeys Keys, bool DirectTls = false, bool HaveCertificate = true);
