using EdgePool.Xmpp.Streams;

namespace EdgePool.Xmpp.Stanzas;

/// <summary>The defined conditions of RFC 6120 section 8.3.3, and the one that XEP-0220 section 2.5 adds; the wire name is the lower-case, hyphenated member name.</summary>
public enum StanzaErrorCondition
{
#pragma warning disable CS1591 // the RFC defines each
    UndefinedCondition,
    BadRequest,
    Conflict,
    FeatureNotImplemented,
    Forbidden,
    Gone,
    InternalServerError,
    ItemNotFound,
    JidMalformed,
    NotAcceptable,
    NotAllowed,
    NotAuthorized,
    PolicyViolation,
    RecipientUnavailable,
    Redirect,
    RegistrationRequired,
    RemoteConnectionFailed, // XEP-0220, in answers of dialback alone
    RemoteServerNotFound,
    RemoteServerTimeout,
    ResourceConstraint,
    ServiceUnavailable,
    SubscriptionRequired,
    UnexpectedRequest,
#pragma warning restore CS1591
}

/// <summary>What the sender may do about a stanza error (RFC 6120 section 8.3.2); the wire name is the lower-case member name.</summary>
public enum StanzaErrorType
{
    /// <summary>Retry after authentication.</summary>
    Auth,

    /// <summary>Do not retry.</summary>
    Cancel,

    /// <summary>Go on; a warning.</summary>
    Continue,

    /// <summary>Retry after a change.</summary>
    Modify,

    /// <summary>Retry after a while.</summary>
    Wait,
}

/// <summary>Names and types of <see cref="StanzaErrorCondition"/>.</summary>
public static class StanzaErrorConditionName
{
    /// <summary>The element's name, such as <c>remote-server-not-found</c>.</summary>
    public static string WireName(this StanzaErrorCondition condition) => WireName<StanzaErrorCondition>.Of(condition);

    /// <summary>The type's name, such as <c>cancel</c>.</summary>
    public static string WireName(this StanzaErrorType type) => WireName<StanzaErrorType>.Of(type);

    /// <summary>The condition in an <c>error</c> child; undefined-condition when there is none that RFC 6120 defines.</summary>
    public static StanzaErrorCondition Read(XmlElement stanza)
    {
        ArgumentNullException.ThrowIfNull(stanza);
        var error = stanza.Children.FirstOrDefault(c => string.Equals(c.Name, "error", StringComparison.Ordinal));
        foreach (var child in error?.Children ?? [])
        {
            if (string.Equals(child.Namespace, XmppNamespaces.StanzaErrors, StringComparison.Ordinal)
                && WireName<StanzaErrorCondition>.TryParse(child.Name, out var condition))
                return condition;
        }

        return StanzaErrorCondition.UndefinedCondition;
    }

    /// <summary>The type that RFC 6120 section 8.3.3 gives the condition.</summary>
    public static StanzaErrorType UsualType(this StanzaErrorCondition condition) => condition switch
    {
        StanzaErrorCondition.Forbidden or StanzaErrorCondition.NotAuthorized or StanzaErrorCondition.RegistrationRequired
            or StanzaErrorCondition.SubscriptionRequired => StanzaErrorType.Auth,
        StanzaErrorCondition.BadRequest or StanzaErrorCondition.JidMalformed or StanzaErrorCondition.NotAcceptable
            or StanzaErrorCondition.PolicyViolation or StanzaErrorCondition.Redirect => StanzaErrorType.Modify,
        StanzaErrorCondition.RecipientUnavailable or StanzaErrorCondition.RemoteServerTimeout or StanzaErrorCondition.ResourceConstraint
            or StanzaErrorCondition.UnexpectedRequest => StanzaErrorType.Wait,
        _ => StanzaErrorType.Cancel,
    };
}
