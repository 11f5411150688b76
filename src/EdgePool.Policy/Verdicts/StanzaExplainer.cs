using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Policy.Verdicts;

/// <summary>Tells a decision part by part, from the same functions that take it.</summary>
internal static class StanzaExplainer
{
#pragma warning disable IDE0060 // The parts behind the partner come with the rest of the judge.
    public static Explanation Explain(
        PolicySnapshot snapshot, Direction direction, Partner? partner, in StanzaFrame stanza, JidSpan local, JidSpan remote, IConsents consents)
        => Explain(snapshot, partner, "");

    public static Explanation Explain(PolicySnapshot snapshot, Jid from, Jid to, StanzaKind kind, IConsents consents)
    {
        var remote = snapshot.IsLocal(from.Domain) ? to : from;
        return Explain(snapshot, snapshot.Find(remote.Domain), remote.Domain.Ascii);
    }

    private static Explanation Explain(PolicySnapshot snapshot, Partner? partner, string domain)
    {
        ExplanationPart[] parts =
        [
            new("organisation", "", StanzaJudge.Organisation(snapshot.Organisation), snapshot.Organisation.Source?.Path, snapshot.Organisation.Source?.Version),
            new("partner", partner?.Name ?? domain, StanzaJudge.Partner(partner), partner?.Source?.Path, partner?.Source?.Version),
        ];
        return new Explanation(parts, Array.Find(parts, part => part.Reason is not VerdictReason.Allowed)?.Reason ?? VerdictReason.Allowed);
    }
}
