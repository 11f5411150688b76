using System.Xml.Linq;
using EdgePool.Policy.Verdicts;

namespace EdgePool.Policy.Tests.Verdicts;

/// <summary>
/// The decision as POLICY.md words it, written a second time, slowly, over strings and LINQ to XML. Addresses are canonical ASCII here.
/// </summary>
internal sealed class VerdictOracle(RandomPolicy policy)
{
    private static readonly string[] Forbidden =
    [
        "jabber:iq:roster", "jabber:iq:register", "jabber:iq:privacy", "jabber:iq:auth", "urn:xmpp:blocking", "urn:xmpp:carbons:2",
        "http://jabber.org/protocol/commands", "urn:xmpp:mam:*", "urn:xmpp:push:0", "urn:xmpp:privilege:*", "urn:xmpp:delegation:*", "jabber:component:*",
    ];

    private static readonly string[] Content = ["jabber:server", "jabber:client", "urn:ietf:params:xml:ns:xmpp-stanzas"];

    /// <summary>The reason, whether it is only observed, and the children left out.</summary>
    public (VerdictReason Reason, bool Observed, string LeftOut) Judge(Direction direction, XElement stanza, string user, bool consented)
    {
        var standing = Standing(user);
        if (standing is not VerdictReason.Allowed)
            return (standing, false, "");
        var reason = User(direction, stanza, user, consented);
        var (content, hard, always, byRules) = Inside(direction, stanza);
        if (policy.Observe)
        {
            if (hard)
                return (VerdictReason.PayloadNotAllowed, false, "");
            reason = reason is VerdictReason.Allowed ? content : reason;
            reason = reason is VerdictReason.Allowed && byRules.Count > 0 ? VerdictReason.PayloadNotAllowed : reason;
            return (reason, reason is not VerdictReason.Allowed, Listed(always));
        }

        reason = reason is VerdictReason.Allowed ? content : reason;
        return reason is VerdictReason.Allowed ? (reason, false, Listed(always.Union(byRules))) : (reason, false, "");
    }

    private VerdictReason Standing(string user)
    {
        if (!policy.Federation)
            return VerdictReason.FederationOff;
        if (!policy.Xmpp || (policy.AtSite(user) && !policy.SiteXmpp))
            return VerdictReason.XmppOff;
        if (policy.AtSite(user) && !policy.SiteRoute)
            return VerdictReason.NoFederationRoute;
        return policy.Enabled ? VerdictReason.Allowed : VerdictReason.PartnerDisabled;
    }

    private VerdictReason User(Direction direction, XElement stanza, string user, bool consented)
    {
        var flags = policy.FlagsOf(user);
        if (!flags.Contains('f', StringComparison.Ordinal))
            return VerdictReason.UserFederationOff;
        if (!flags.Contains('x', StringComparison.Ordinal))
            return VerdictReason.UserXmppOff;
        if (policy.Type != "Federated" && !flags.Contains('p', StringComparison.Ordinal))
            return VerdictReason.UserPublicCloudOff;
        if (Lists(policy.DenyUsers, user) || (policy.LocalUsers is not null && !Lists(policy.LocalUsers, user)))
            return VerdictReason.LocalUserNotAllowed;
        return policy.Type == "PublicUnverified" && !consented && NeedsConsent(direction, stanza) ? VerdictReason.NotConsented : VerdictReason.Allowed;
    }

    private static bool NeedsConsent(Direction direction, XElement stanza)
    {
        var (kind, type) = (stanza.Name.LocalName, Type(stanza));
        return direction is Direction.FromPartner
            ? kind != "iq" || type is not ("result" or "error")
            : kind == "presence" && type is not ("subscribe" or "subscribed" or "unsubscribe" or "unsubscribed" or "unavailable" or "error");
    }

    private (VerdictReason Reason, bool Hard, HashSet<int> Always, HashSet<int> ByRules) Inside(Direction direction, XElement stanza)
    {
        var (kind, type) = (stanza.Name.LocalName, Type(stanza));
        HashSet<int> always = [], byRules = [];
        if (kind == "iq" && (type is "result" or "error"))
            return (VerdictReason.Allowed, false, always, byRules);
        var reasons = new List<VerdictReason>();
        if ((kind == "message" && !policy.Messages.Contains(type is "chat" or "headline" or "groupchat" or "error" ? type : "normal")) || (kind == "presence" && !policy.Presence))
            reasons.Add(VerdictReason.KindNotAllowed);
        var hard = false;
        var children = stanza.Elements().ToList();
        if (kind == "iq" && children.Count == 0)
            reasons.Add(VerdictReason.KindNotAllowed);
        foreach (var element in stanza.Descendants())
        {
            var child = children.IndexOf(element.AncestorsAndSelf().Single(ancestor => ancestor.Parent == stanza));
            var name = element.Name.NamespaceName;
            var depth = element.Ancestors().Count();
            if (Content.Contains(name))
            {
                if (depth == 1 && kind == "iq")
                    reasons.Add(VerdictReason.KindNotAllowed);
                else if (depth == 1 && kind == "presence" && direction is Direction.ToPartner && element.Name.LocalName == "status" && (policy.StripStatus || policy.Type != "Federated"))
                    always.Add(child);
                continue;
            }

            if (Lists(Forbidden, name))
            {
                if (kind == "iq")
                {
                    // Of several reasons for a request, the first in the document counts; this one is no matter of rules.
                    reasons.Add(VerdictReason.PayloadNotAllowed);
                    hard = true;
                    continue;
                }

                always.Add(child);
                if (policy.Action == "refuse")
                    reasons.Add(VerdictReason.PayloadNotAllowed);
            }
            else if (direction is Direction.FromPartner && Forged(element))
            {
                always.Add(child);
            }
            else if (kind == "iq" && depth == 1 && !Lists(policy.Iq, name))
            {
                reasons.Add(VerdictReason.KindNotAllowed);
            }
            else if ((policy.Deny is not null && Lists(policy.Deny, name)) || (policy.Allow is not null && !Lists(policy.Allow, name) && !(kind == "iq" && Lists(policy.Iq, name))))
            {
                if (kind == "iq" || policy.Action == "refuse" || policy.Observe)
                    reasons.Add(VerdictReason.PayloadNotAllowed);
                if (kind != "iq" && policy.Action != "refuse")
                    byRules.Add(child);
            }
        }

        if (policy.Label && kind == "message" && type != "error" && !Labelled(children))
            reasons.Add(VerdictReason.SecurityLabelMissing);
        return (reasons.FirstOrDefault(), hard, always, byRules);
    }

    private static bool Forged(XElement element) => element.Name == XName.Get("delay", "urn:xmpp:delay")
        && element.Attribute("from")?.Value is { } from && (from == "contoso.example" || from.EndsWith("@contoso.example", StringComparison.Ordinal));

    private static bool Labelled(List<XElement> children)
    {
        var label = XName.Get("securitylabel", "urn:xmpp:sec-label:0");
        var all = children.Where(child => child.Name == label).ToList();
        return all is [var one] && one.Elements(XName.Get("label", "urn:xmpp:sec-label:0")).Count() == 1;
    }

    private static bool Lists(IReadOnlyCollection<string> list, string value) => list.Any(entry => entry.EndsWith('*')
        ? value.StartsWith(entry[..^1], StringComparison.Ordinal)
        : entry == value || (entry.StartsWith('@') && (value == entry[1..] || value.EndsWith(entry, StringComparison.Ordinal))));

    private static string Type(XElement stanza) => stanza.Attribute("type")?.Value ?? "";

    private static string Listed(IEnumerable<int> children) => string.Join(',', children.Order());
}
