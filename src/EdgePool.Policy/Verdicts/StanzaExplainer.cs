using System.Globalization;
using System.Text;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Policy.Verdicts;

/// <summary>Tells a decision part by part, from the same functions that take it. The verdict is the judge's own.</summary>
internal static class StanzaExplainer
{
    /// <summary>Explains what becomes of a stanza.</summary>
    public static Explanation Explain(
        PolicySnapshot snapshot, Direction direction, Partner? partner, in StanzaFrame stanza, JidSpan local, JidSpan remote, IConsents consents)
    {
        var parts = new List<ExplanationPart> { Organisation(snapshot), Site(snapshot, local), Partner(partner, remote) };
        if (partner is null)
        {
            return new Explanation(parts, FirstRefusal(parts));
        }

        var about = new StanzaCase(direction, partner, local, remote, consents);
        parts.Add(Negotiation(partner));
        parts.Add(Access(snapshot, in about));
        parts.Add(LocalUser(in about));
        parts.Add(Consent(in about, in stanza));
        parts.Add(Stanza(snapshot, in about, in stanza));
        var verdict = StanzaJudge.Judge(snapshot, in about, in stanza);
        return new Explanation(parts, verdict.Reason) { Observed = verdict.Observed };
    }

    /// <summary>Explains what would become of an ordinary stanza.</summary>
    public static Explanation Explain(PolicySnapshot snapshot, Jid from, Jid to, StanzaKind kind, IConsents consents)
    {
        var fromLocal = snapshot.IsLocal(from.Domain);
        if (fromLocal == snapshot.IsLocal(to.Domain))
        {
            return Outside(from.Domain, to.Domain, fromLocal);
        }

        var framer = StreamFramer.Inside(ContentNamespace.Server, FramerLimits.Authenticated);
        var (local, remote) = fromLocal ? (from, to) : (to, from);
        if (framer.Read(Sample(kind), out _, out var stanza) is not FrameStatus.Element
            || !JidSpan.TryParse(Encoding.UTF8.GetBytes(local.Unicode), out var localSpan)
            || !JidSpan.TryParse(Encoding.UTF8.GetBytes(remote.Unicode), out var remoteSpan))
        {
            throw new InvalidOperationException("an address or a sample does not read back");
        }

        var direction = fromLocal ? Direction.ToPartner : Direction.FromPartner;
        return Explain(snapshot, direction, snapshot.Find(remote.Domain), in stanza, localSpan, remoteSpan, consents);
    }

    /// <summary>Two domains of which both or neither is ours: no partner's business.</summary>
    private static Explanation Outside(DomainName from, DomainName to, bool local)
    {
        var (value, reason) = local
            ? ($"{from} and {to} are both local domains: nothing is federated", VerdictReason.Allowed)
            : ($"neither {from} nor {to} is a local domain", VerdictReason.UnknownDomain);
        return new Explanation([Part("organisation", value, reason, source: null)], reason);
    }

    private static ReadOnlySpan<byte> Sample(StanzaKind kind) => kind switch
    {
        StanzaKind.Message => "<message type='chat'><body>?</body></message>"u8,
        StanzaKind.Presence => "<presence/>"u8,
        StanzaKind.Iq => "<iq type='get' id='why'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a stanza"),
    };

    private static ExplanationPart Organisation(PolicySnapshot snapshot)
    {
        var organisation = snapshot.Organisation;
        var value = $"federation {OnOff(organisation.Federation)}, XMPP {OnOff(organisation.Xmpp)}";
        return Part("organisation", value, StanzaJudge.Organisation(organisation), organisation.Source);
    }

    private static ExplanationPart Site(PolicySnapshot snapshot, JidSpan local)
    {
        var site = snapshot.Local(local.Domain).Site;
        var value = site is null
            ? $"{Domain(local)} is at no site"
            : $"{site.Name}: XMPP {OnOff(site.Xmpp)}, {(site.FederationRoute ? "federation route" : "no federation route")}";
        return Part("site", value, StanzaJudge.Site(site), snapshot.Organisation.Source);
    }

    private static ExplanationPart Partner(Partner? partner, JidSpan remote)
    {
        var reason = StanzaJudge.Partner(partner);
        if (partner is null)
        {
            return Part("partner", $"{Domain(remote)} is no partner's domain", reason, source: null);
        }

        var why = partner.DisabledReason.Length == 0 ? "" : $" ({partner.DisabledReason})";
        var state = partner.Enabled ? partner.Mode is PartnerMode.Observe ? "enabled, observed" : "enabled" : "disabled" + why;
        return Part("partner", $"{(partner.IsOpen ? "* (open federation)" : partner.Name)}, {partner.Type}, {state}", reason, partner.Source);
    }

    private static ExplanationPart Negotiation(Partner partner)
    {
        var methods = new List<string>(3);
        Add(AuthenticationMethods.SaslOverTls, "SASL over TLS");
        Add(AuthenticationMethods.TlsDialback, "dialback over TLS");
        Add(AuthenticationMethods.TcpDialback, "dialback over TCP");
        var value = methods.Count == 0 ? "no method" : string.Join(", ", methods);
        return Part("negotiation", string.Concat(value, Demands(partner)), StanzaJudge.Negotiation(partner), partner.Source);

        void Add(AuthenticationMethods method, string name)
        {
            if (partner.Terms.Methods.HasFlag(method))
            {
                methods.Add(name);
            }
        }
    }

    /// <summary>What goes beyond the defaults, for an operator who wonders why no stream comes up.</summary>
    private static string Demands(Partner partner)
    {
        var rules = partner.Certificates;
        var demands = new List<string>(4);
        if (partner.Terms.MinimumTls is not TlsVersion.Tls12)
        {
            demands.Add($"TLS {Words.Of(partner.Terms.MinimumTls)} or newer");
        }

        if (rules.Pins.Count > 0)
        {
            demands.Add($"one of {Invariant(rules.Pins.Count)} pinned keys");
        }

        if (rules.FirstUse)
        {
            demands.Add(rules.RefusesChanges ? "the key seen first" : "an alarm for another key than the first");
        }

        if (rules.Dane is not DaneUse.Off)
        {
            demands.Add(rules.Dane is DaneUse.Require ? "a certificate that TLSA records vouch for" : "TLSA records to vouch for a certificate that no root vouches for");
        }

        if (!rules.AllowServerAuthOnly)
        {
            demands.Add("a certificate for TLS clients");
        }

        return demands.Count == 0 ? "" : $"; with {string.Join(", ", demands)}";
    }

    private static ExplanationPart Access(PolicySnapshot snapshot, in StanzaCase about)
    {
        if (snapshot.AccessOf(about.Local, snapshot.Local(about.Local.Domain)) is not { } applied)
        {
            return Part("access policy", "none: this node takes its partners from its file", VerdictReason.Allowed, source: null);
        }

        var policy = applied.Policy;
        var by = applied.Grant is { } grant ? $" (granted by {grant.Path} version {Invariant(grant.Version)})" : policy.Source is null ? " (nothing written)" : "";
        var flags = $"federation {OnOff(policy.FederationAccess)}, XMPP {OnOff(policy.XmppAccess)}, public providers {OnOff(policy.PublicCloudAccess)}";
        return Part("access policy", $"{policy.Name}{by}: {flags}", StanzaJudge.Access(policy, about.Partner), policy.Source);
    }

    private static ExplanationPart LocalUser(in StanzaCase about)
    {
        var rules = about.Partner.Rules;
        var user = Bare(about.Local);
        var reason = StanzaJudge.LocalUser(in about);
        var value = (rules, reason) switch
        {
            ({ LocalUsers: null, DenyLocalUsers: null }, _) => "every local user",
            (_, VerdictReason.Allowed) => $"{user} is allowed",
            ({ DenyLocalUsers: { } denied }, _) when denied.Contains(about.Local) => $"{user} is under denyLocalUsers",
            _ => $"{user} is not under localUsers",
        };
        return Part("local user", value, reason, about.Partner.Source);
    }

    private static ExplanationPart Consent(in StanzaCase about, in StanzaFrame stanza)
    {
        var reason = StanzaJudge.Consent(in about, in stanza);
        var value = (StanzaJudge.NeedsConsent(in about, in stanza), reason) switch
        {
            (false, _) => $"not needed ({about.Partner.Type})",
            (_, VerdictReason.Allowed) => $"{Bare(about.Local)} has taken up contact with {Bare(about.Remote)}",
            _ => $"{Bare(about.Local)} has not taken up contact with {Bare(about.Remote)}{Answer(in about, in stanza)}",
        };
        return Part("consent", value, reason, about.Partner.Source);
    }

    /// <summary>Who hears nothing wonders: what the partner's setting makes of what comes without consent.</summary>
    private static string Answer(in StanzaCase about, in StanzaFrame stanza)
        => about is { Direction: Direction.FromPartner, Partner.WithoutConsent: WithoutConsent.Silence } && stanza.Kind is not StanzaKind.Presence
            ? "; the sender gets no answer (withoutConsent: silence)"
            : "";

    private static ExplanationPart Stanza(PolicySnapshot snapshot, in StanzaCase about, in StanzaFrame stanza)
    {
        var verdict = ContentJudge.Judge(snapshot, in about, in stanza);
        var type = stanza.Type.IsEmpty ? "" : $" of type {ShownText.Of(Encoding.UTF8.GetString(stanza.Type), 32)}";
        var left = verdict.LeaveOut.IsEmpty ? "" : ", without some of its payloads";
        var what = stanza.Kind.ToString().ToLowerInvariant() + type;
        var value = verdict.Reason is VerdictReason.Allowed ? $"{what} passes{left}" : $"{what}: {verdict.Reason.Describe()}";
        return Part("stanza rule", value, verdict.Reason, about.Partner.Source);
    }

    private static VerdictReason FirstRefusal(List<ExplanationPart> parts)
        => parts.Find(part => part.Reason is not VerdictReason.Allowed)?.Reason ?? VerdictReason.Allowed;

    private static ExplanationPart Part(string part, string value, VerdictReason reason, PolicyDocument? source)
        => new(part, value, reason, source?.Path, source?.Version);

    private static string OnOff(bool flag) => flag ? "on" : "off";

    private static string Domain(JidSpan jid) => DomainName.TryParse(jid.Domain, out var domain) ? domain.Ascii : "?";

    private static string Bare(JidSpan jid) => Jid.From(jid).Bare.ToString();

    private static string Invariant(long number) => number.ToString(CultureInfo.InvariantCulture);
}
