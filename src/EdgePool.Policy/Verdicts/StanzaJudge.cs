using EdgePool.Policy.Access;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Policy.Verdicts;

/// <summary>
/// The decision on a stanza: its parts, each a plain function, and their order. The first part that refuses gives the reason.
/// </summary>
/// <remarks>
/// A partner that is only observed keeps what switches are for: the organisation's, the site's and its own <c>enabled</c> act on it as on any other, and
/// what never crosses between domains is taken out or refused all the same. Everything else that would be refused passes and is told as observed.
/// </remarks>
internal static class StanzaJudge
{
    /// <summary>Judges a stanza.</summary>
    public static Verdict Judge(PolicySnapshot snapshot, in StanzaCase about, in StanzaFrame stanza)
    {
        var domain = snapshot.Local(about.Local.Domain);
        var standing = Standing(snapshot, about.Partner, domain);
        if (standing is not VerdictReason.Allowed)
        {
            return new Verdict(standing);
        }

        var user = User(snapshot, in about, domain, in stanza);
        var observed = about.Partner.Mode is PartnerMode.Observe;
        if (user is not VerdictReason.Allowed && !observed)
        {
            return new Verdict(user);
        }

        var content = ContentJudge.Judge(snapshot, in about, in stanza);
        return observed ? Observed(user, content) : content;
    }

    /// <summary>The switches: organisation, site, partner, and whether its streams could authenticate at all.</summary>
    private static VerdictReason Standing(PolicySnapshot snapshot, Partner partner, LocalDomainPolicy domain)
    {
        var reason = Organisation(snapshot.Organisation);
        reason = reason is VerdictReason.Allowed ? Site(domain.Site) : reason;
        reason = reason is VerdictReason.Allowed ? Partner(partner) : reason;
        return reason is VerdictReason.Allowed ? Negotiation(partner) : reason;
    }

    /// <summary>The local user: access policy, the partner's lists, consent.</summary>
    private static VerdictReason User(PolicySnapshot snapshot, in StanzaCase about, LocalDomainPolicy domain, in StanzaFrame stanza)
    {
        var reason = Access(snapshot.AccessOf(about.Local, domain)?.Policy, about.Partner);
        reason = reason is VerdictReason.Allowed ? LocalUser(in about) : reason;
        return reason is VerdictReason.Allowed ? Consent(in about, in stanza) : reason;
    }

    /// <summary>Whether the organisation federates by XMPP at all.</summary>
    public static VerdictReason Organisation(Organisation organisation) => organisation switch
    {
        { Federation: false } => VerdictReason.FederationOff,
        { Xmpp: false } => VerdictReason.XmppOff,
        _ => VerdictReason.Allowed,
    };

    /// <summary>Whether the user's site does. A user at no site is not held back by one.</summary>
    public static VerdictReason Site(Site? site) => site switch
    {
        { Xmpp: false } => VerdictReason.XmppOff,
        { FederationRoute: false } => VerdictReason.NoFederationRoute,
        _ => VerdictReason.Allowed,
    };

    /// <summary>Whether there is a partner and it is on.</summary>
    public static VerdictReason Partner(Partner? partner) => partner switch
    {
        null => VerdictReason.UnknownDomain,
        { Enabled: false } => VerdictReason.PartnerDisabled,
        _ => VerdictReason.Allowed,
    };

    /// <summary>Whether its streams could authenticate.</summary>
    public static VerdictReason Negotiation(Partner partner)
        => partner.Terms.Methods is AuthenticationMethods.None ? VerdictReason.NoMethod : VerdictReason.Allowed;

    /// <summary>Whether the user's access policy lets him reach the partner; null: there are no access policies.</summary>
    public static VerdictReason Access(AccessPolicy? policy, Partner partner) => policy switch
    {
        null => VerdictReason.Allowed,
        { FederationAccess: false } => VerdictReason.UserFederationOff,
        { XmppAccess: false } => VerdictReason.UserXmppOff,
        { PublicCloudAccess: false } when partner.IsPublic => VerdictReason.UserPublicCloudOff,
        _ => VerdictReason.Allowed,
    };

    /// <summary>Whether the partner's rules are for this local user. Who is denied is denied, in whatever list else.</summary>
    public static VerdictReason LocalUser(in StanzaCase about)
    {
        var rules = about.Partner.Rules;
        return rules.DenyLocalUsers?.Contains(about.Local) is true || rules.LocalUsers?.Contains(about.Local) is false
            ? VerdictReason.LocalUserNotAllowed
            : VerdictReason.Allowed;
    }

    /// <summary>Whether the two users are in contact, where that is asked for.</summary>
    public static VerdictReason Consent(in StanzaCase about, in StanzaFrame stanza)
        => !NeedsConsent(in about, in stanza) || about.Consents.Has(about.Local.Bare, about.Remote.Bare) ? VerdictReason.Allowed : VerdictReason.NotConsented;

    /// <summary>
    /// A partner that is public and unverified needs consent for whatever it begins, and to see a local user's presence. What answers a request of ours needs
    /// none, and neither does what a local user writes: that is how consent is given and taken back.
    /// </summary>
    public static bool NeedsConsent(in StanzaCase about, in StanzaFrame stanza)
    {
        if (about.Partner.Type is not PartnerType.PublicUnverified)
        {
            return false;
        }

        return about.Direction is Direction.FromPartner
            ? stanza.Kind is not StanzaKind.Iq || !IsAnswer(in stanza)
            : stanza.Kind is StanzaKind.Presence && ShowsPresence(stanza.Type);
    }

    /// <summary>An <c>iq</c> that is a result or an error: the edge is not who asked, so it passes.</summary>
    public static bool IsAnswer(in StanzaFrame stanza) => stanza.Type.SequenceEqual("result"u8) || stanza.Type.SequenceEqual("error"u8);

    /// <summary>Available presence and probes; not the four of a subscription, <c>unavailable</c> or errors.</summary>
    private static bool ShowsPresence(ReadOnlySpan<byte> type)
        => !(type.SequenceEqual("subscribe"u8) || type.SequenceEqual("subscribed"u8) || type.SequenceEqual("unsubscribe"u8)
            || type.SequenceEqual("unsubscribed"u8) || type.SequenceEqual("unavailable"u8) || type.SequenceEqual("error"u8));

    private static Verdict Observed(VerdictReason user, Verdict content)
    {
        if (content is { Reason: not VerdictReason.Allowed, Observed: false })
        {
            return content;
        }

        var reason = user is VerdictReason.Allowed ? content.Reason : user;
        return new Verdict(reason, content.LeaveOut, reason is not VerdictReason.Allowed);
    }
}
