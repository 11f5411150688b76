namespace EdgePool.Xmpp.Streams;

/// <summary>Where an accepted stream stands. Each state but the last two ends at a deadline of its owner.</summary>
public enum InboundState
{
    /// <summary>The TLS handshake is under way.</summary>
    AwaitingTls,

    /// <summary>The peer's header is due.</summary>
    AwaitingHeader,

    /// <summary>Our features are sent; the peer chooses.</summary>
    Negotiating,

    /// <summary>SASL: our challenge is sent.</summary>
    AwaitingSaslResponse,

    /// <summary>SASL has succeeded; a new header is due.</summary>
    AwaitingRestart,

    /// <summary>At least one pair is authenticated.</summary>
    Authenticated,

    /// <summary>Nothing more is read.</summary>
    Closed,
}
