namespace EdgePool.Policy.Verdicts;

/// <summary>
/// Why policy lets a stream or stanza pass, or not. A closed vocabulary: logs, metrics, API, answers and texts share it; the texts are
/// <see cref="VerdictReasons"/>. The order is that of the decision: the first that applies is the reason.
/// </summary>
public enum VerdictReason
{
    /// <summary>It may pass.</summary>
    Allowed,

    /// <summary>The organisation has federation switched off.</summary>
    FederationOff,

    /// <summary>The organisation, or the user's site, has XMPP switched off.</summary>
    XmppOff,

    /// <summary>The user's site has no federation route.</summary>
    NoFederationRoute,

    /// <summary>The domain belongs to no partner and federation is closed.</summary>
    UnknownDomain,

    /// <summary>The partner is switched off.</summary>
    PartnerDisabled,

    /// <summary>The partner's settings and what the peer can do leave no way to authenticate.</summary>
    NoMethod,

    /// <summary>The user's access policy does not allow federation.</summary>
    UserFederationOff,

    /// <summary>The user's access policy does not allow XMPP.</summary>
    UserXmppOff,

    /// <summary>The user's access policy does not allow public providers, and the partner is one.</summary>
    UserPublicCloudOff,

    /// <summary>The partner's rules leave this local user out.</summary>
    LocalUserNotAllowed,

    /// <summary>The partner is public and unverified, and the local user has not taken up contact with this remote user.</summary>
    NotConsented,

    /// <summary>The local user takes up contact, but the ledger of consents is full.</summary>
    ConsentsFull,

    /// <summary>The partner's rules do not let this kind of stanza through.</summary>
    KindNotAllowed,

    /// <summary>Something inside the stanza may not cross.</summary>
    PayloadNotAllowed,

    /// <summary>The partner's rules demand a security label, and there is none.</summary>
    SecurityLabelMissing,

    /// <summary>The partner sends more than its rate.</summary>
    RateExceeded,

    /// <summary>The partner has as many streams as it may.</summary>
    ConnectionLimit,

    /// <summary>The sender's address is not of a domain that the stream is authenticated for.</summary>
    SpoofedAddress,
}
