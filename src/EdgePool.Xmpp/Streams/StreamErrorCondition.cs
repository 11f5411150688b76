namespace EdgePool.Xmpp.Streams;

/// <summary>The defined conditions of RFC 6120 section 4.9.3; the wire name is the lower-case, hyphenated member name.</summary>
public enum StreamErrorCondition
{
#pragma warning disable CS1591 // the RFC defines each
    BadFormat,
    BadNamespacePrefix,
    Conflict,
    ConnectionTimeout,
    HostGone,
    HostUnknown,
    ImproperAddressing,
    InternalServerError,
    InvalidFrom,
    InvalidNamespace,
    InvalidXml,
    NotAuthorized,
    NotWellFormed,
    PolicyViolation,
    RemoteConnectionFailed,
    Reset,
    ResourceConstraint,
    RestrictedXml,
    SeeOtherHost,
    SystemShutdown,
    UndefinedCondition,
    UnsupportedEncoding,
    UnsupportedFeature,
    UnsupportedStanzaType,
    UnsupportedVersion,
#pragma warning restore CS1591
}
