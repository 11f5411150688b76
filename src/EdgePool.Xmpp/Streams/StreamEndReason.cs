namespace EdgePool.Xmpp.Streams;

/// <summary>How a stream ended: the one closed vocabulary of logs, metrics, API and panel.</summary>
public enum StreamEndReason
{
    /// <summary>The peer ended the stream in order.</summary>
    PeerClosed,

    /// <summary>The connection ended without the end of the stream.</summary>
    ConnectionLost,

    /// <summary>No connection came up.</summary>
    ConnectFailed,

    /// <summary>The DNS says that the domain has no service, or no address.</summary>
    ServiceAbsent,

    /// <summary>The DNS did not say where the domain's service is.</summary>
    DnsFailed,

    /// <summary>Not secured or authenticated in time.</summary>
    NegotiationTimeout,

    /// <summary>A stanza began and did not end in time.</summary>
    StanzaTimeout,

    /// <summary>The peer did not take what we sent in time.</summary>
    WriteTimeout,

    /// <summary>The peer did not acknowledge what we sent in time (XEP-0198).</summary>
    AcknowledgementTimeout,

    /// <summary>Nothing flowed for too long.</summary>
    IdleTimeout,

    /// <summary>The partner gave no sign of life within the keep-alive interval.</summary>
    KeepAliveTimeout,

    /// <summary>The peer sent a stream error.</summary>
    StreamErrorReceived,

    /// <summary>Bytes that are not an XML stream of RFC 6120.</summary>
    MalformedStream,

    /// <summary>A limit on size, depth or number was passed.</summary>
    LimitExceeded,

    /// <summary>An element that has no place at this point.</summary>
    ProtocolViolation,

    /// <summary>Missing, malformed or changed addresses.</summary>
    ImproperAddressing,

    /// <summary>The peer asked for a domain that we do not serve.</summary>
    HostUnknown,

    /// <summary>The TLS handshake failed.</summary>
    TlsFailed,

    /// <summary>TLS is required, and the peer does not offer it.</summary>
    TlsNotOffered,

    /// <summary>The peer answered STARTTLS with a failure.</summary>
    TlsRefused,

    /// <summary>TLS is required, and we have no certificate.</summary>
    TlsUnavailable,

    /// <summary>The peer speaks no version of TLS that policy takes.</summary>
    TlsVersionTooLow,

    /// <summary>A proven name is required, and the peer gave no certificate.</summary>
    CertificateMissing,

    /// <summary>A proven name is required, and the peer's certificate is not trusted.</summary>
    CertificateUntrusted,

    /// <summary>A proven name is required, and the peer's certificate names another.</summary>
    CertificateWrongName,

    /// <summary>A proven name is required, and the peer's certificate, though trusted, has none of the keys that policy has pinned.</summary>
    CertificatePinMismatch,

    /// <summary>The peer's certificate, though trusted, has another key than before, and policy does not take changes.</summary>
    CertificateKeyChanged,

    /// <summary>TLSA records have to vouch for the peer's certificate, and DNSSEC vouches for none.</summary>
    CertificateTlsaMissing,

    /// <summary>TLSA records decide on the peer's certificate, and the DNS did not say what they are.</summary>
    CertificateTlsaUnavailable,

    /// <summary>No TLSA record of the peer's domain matches its certificate.</summary>
    CertificateTlsaMismatch,

    /// <summary>The peer did not prove who it is.</summary>
    NotAuthorized,

    /// <summary>The peer refused our SASL EXTERNAL, and nothing else is allowed.</summary>
    SaslRejected,

    /// <summary>A dialback key was found to be false.</summary>
    DialbackInvalid,

    /// <summary>Dialback could not be carried out.</summary>
    DialbackFailed,

    /// <summary>The dialback key that this stream was opened for has been verified, or not; its work is done.</summary>
    VerificationDone,

    /// <summary>Nothing that the peer offers is allowed by policy.</summary>
    NoAllowedMethod,

    /// <summary>The peer's domain is not an allowed partner.</summary>
    PartnerNotAllowed,

    /// <summary>The peer broke a rule of policy.</summary>
    PolicyViolation,

    /// <summary>The peer sent a stanza from a domain that is not its own.</summary>
    InvalidFrom,

    /// <summary>Another stream took, or holds, its place.</summary>
    Conflict,

    /// <summary>The partner, or the gateway, has as many streams as it may.</summary>
    ConnectionLimit,

    /// <summary>We lack the resources.</summary>
    ResourceConstraint,

    /// <summary>Too much for too long.</summary>
    RateExceeded,

    /// <summary>Policy changed while the stream was up.</summary>
    PolicyChanged,

    /// <summary>The certificate that the stream was authenticated by has expired.</summary>
    CertificateExpired,

    /// <summary>No more use for the stream.</summary>
    Retired,

    /// <summary>This node ends.</summary>
    Shutdown,

    /// <summary>A fault of ours.</summary>
    InternalError,
}

/// <summary>Texts of <see cref="StreamEndReason"/>.</summary>
public static class StreamEndReasonText
{
    /// <summary>The stable text for logs, metrics and API, such as <c>tls-not-offered</c>.</summary>
    public static string ToText(this StreamEndReason reason) => WireName<StreamEndReason>.Of(reason);
}
