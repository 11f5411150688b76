using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Xmpp.Sasl;

/// <summary>The defined conditions of RFC 6120 section 6.5; the wire name is the lower-case, hyphenated member name.</summary>
internal enum SaslFailureCondition
{
    NotAuthorized,
    Aborted,
    AccountDisabled,
    CredentialsExpired,
    EncryptionRequired,
    IncorrectEncoding,
    InvalidAuthzid,
    InvalidMechanism,
    MalformedRequest,
    MechanismTooWeak,
    TemporaryAuthFailure,
}

/// <summary>The elements of a SASL exchange (RFC 6120 section 6.4) for the mechanism EXTERNAL.</summary>
internal static class SaslMarkup
{
    public static ReadOnlyMemory<byte> Success { get; } = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"u8.ToArray();

    public static ReadOnlyMemory<byte> EmptyChallenge { get; } = "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"u8.ToArray();

    public static ReadOnlyMemory<byte> Abort { get; } = "<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"u8.ToArray();

    public static ReadOnlyMemory<byte> Failure(SaslFailureCondition condition) => WireWriter.Compose(w => w
        .Markup("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><"u8).Markup(WireName<SaslFailureCondition>.Of(condition)).Markup("/></failure>"u8));

    /// <summary>The condition in a peer's failure, as its name; a name that RFC 6120 does not define gives <c>not-authorized</c>.</summary>
    public static SaslFailureCondition ReadFailure(XmlElement failure)
    {
        foreach (var child in failure.Children)
        {
            if (WireName<SaslFailureCondition>.TryParse(child.Name, out var condition))
                return condition;
        }

        return SaslFailureCondition.NotAuthorized;
    }
}
