namespace EdgePool.Policy.Verdicts;

/// <summary>The texts of the vocabulary of verdicts: the only place that has them.</summary>
public static class VerdictReasons
{
    /// <summary>What is the matter, in one sentence without a full stop.</summary>
    public static string Describe(this VerdictReason reason) => reason switch
    {
        VerdictReason.Allowed => "allowed",
        VerdictReason.FederationOff => "the organisation has federation switched off",
        VerdictReason.XmppOff => "XMPP federation is switched off for the organisation or the user's site",
        VerdictReason.NoFederationRoute => "the user's site has no federation route",
        VerdictReason.UnknownDomain => "the domain belongs to no partner, and federation is closed",
        VerdictReason.PartnerDisabled => "the partner is switched off",
        VerdictReason.NoMethod => "no way to authenticate is allowed by the partner's settings and possible with the peer",
        VerdictReason.UserFederationOff => "the user's access policy does not allow federation",
        VerdictReason.UserXmppOff => "the user's access policy does not allow XMPP",
        VerdictReason.UserPublicCloudOff => "the user's access policy does not allow public providers, and the partner is one",
        VerdictReason.LocalUserNotAllowed => "the partner's rules leave this local user out",
        VerdictReason.NotConsented => "the partner is public and unverified, and the local user has not taken up contact with this address",
        VerdictReason.ConsentsFull => "the ledger of consents is full",
        VerdictReason.KindNotAllowed => "the partner's rules do not allow this kind of stanza",
        VerdictReason.PayloadNotAllowed => "the stanza holds a payload that may not cross to or from this partner",
        VerdictReason.SecurityLabelMissing => "the partner's rules demand one security label on every message, and there is none",
        VerdictReason.RateExceeded => "the partner is over its rate",
        VerdictReason.ConnectionLimit => "the partner has as many streams as it may have",
        VerdictReason.SpoofedAddress => "the sender's address is not of a domain that the stream is authenticated for",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, message: null),
    };

    /// <summary>What an operator can do about it; empty where nothing is wrong.</summary>
    public static string Remedy(this VerdictReason reason) => reason switch
    {
        VerdictReason.Allowed => "",
        VerdictReason.FederationOff => "set federation: true in the Organisation document",
        VerdictReason.XmppOff => "set xmpp: true in the Organisation document, there or at the user's site",
        VerdictReason.NoFederationRoute => "set federationRoute: true at the user's site in the Organisation document",
        VerdictReason.UnknownDomain => "add a Partner document for the domain, or list it under additionalDomains of the partner that it belongs to",
        VerdictReason.PartnerDisabled => "set enabled: true in the Partner document",
        VerdictReason.NoMethod => "compare tlsNegotiation, saslNegotiation and supportDialback with what the peer offers",
        VerdictReason.UserFederationOff => "set enableFederationAccess: true in the AccessPolicy that applies, or grant the user another",
        VerdictReason.UserXmppOff => "set enableXmppAccess: true in the AccessPolicy that applies, or grant the user another",
        VerdictReason.UserPublicCloudOff => "set enablePublicCloudAccess: true in the AccessPolicy that applies, or grant the user another",
        VerdictReason.LocalUserNotAllowed => "change localUsers or denyLocalUsers under rules of the Partner document",
        VerdictReason.NotConsented => "let the local user add the contact or write to it first, or set partnerType: Federated",
        VerdictReason.ConsentsFull => "revoke consents that nobody needs any more",
        VerdictReason.KindNotAllowed => "change messages, presence or iq under rules of the Partner document",
        VerdictReason.PayloadNotAllowed => "change payloads under rules of the Partner document; what steers a client or an account never crosses",
        VerdictReason.SecurityLabelMissing => "label the message (XEP-0258), or set securityLabel: ignore under rules of the Partner document",
        VerdictReason.RateExceeded => "raise rate in the Partner or Gateway document",
        VerdictReason.ConnectionLimit => "raise connectionLimit in the Partner or Gateway document",
        VerdictReason.SpoofedAddress => "ask the partner why it sends in another's name",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, message: null),
    };
}
