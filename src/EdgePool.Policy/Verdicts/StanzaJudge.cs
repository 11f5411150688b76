using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Framing;

#pragma warning disable IDE0060 // What the stanza itself is judged by comes next.

namespace EdgePool.Policy.Verdicts;

/// <summary>The parts of the decision, each a plain function, in the order in which they are taken.</summary>
internal static class StanzaJudge
{
    /// <summary>Judges a stanza.</summary>
    public static Verdict Judge(PolicySnapshot snapshot, in StanzaCase about, in StanzaFrame stanza)
        => new(Organisation(snapshot.Organisation) is not VerdictReason.Allowed and var off ? off : Partner(about.Partner));

    /// <summary>Whether the organisation federates by XMPP at all.</summary>
    public static VerdictReason Organisation(Organisation organisation) => organisation switch
    {
        { Federation: false } => VerdictReason.FederationOff,
        { Xmpp: false } => VerdictReason.XmppOff,
        _ => VerdictReason.Allowed,
    };

    /// <summary>Whether there is a partner and it is on.</summary>
    public static VerdictReason Partner(Partner? partner) => partner switch
    {
        null => VerdictReason.UnknownDomain,
        { Enabled: false } => VerdictReason.PartnerDisabled,
        _ => VerdictReason.Allowed,
    };
}
