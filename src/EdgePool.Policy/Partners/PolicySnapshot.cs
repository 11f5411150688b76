using EdgePool.Policy.Access;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Tables;
using EdgePool.Policy.Topologies;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Policy.Partners;

/// <summary>
/// All policy, compiled: what every verdict is taken from. It never changes; a new policy is a new snapshot. A lookup or a verdict takes no lock and
/// allocates nothing. Local domains are no partners and are never found.
/// </summary>
/// <remarks>
/// There are two sorts. A store's snapshot has a <see cref="Gateway"/> and <see cref="Access"/> policies, and whatever nobody wrote is at its default, which is
/// closed. The snapshot of a node's own file has neither: the node's limits hold, and every local user may federate.
/// </remarks>
public sealed class PolicySnapshot
{
    private readonly Utf8Table<Partner> byDomain;
    private readonly Utf8Table<LocalDomainPolicy> locals;

    internal PolicySnapshot(PolicyParts parts)
    {
        (Parts, byDomain, locals) = (parts, parts.ByDomain, parts.Locals);
        Open = parts.Partners.FirstOrDefault(partner => partner.IsOpen);
        Elsewhere = new LocalDomainPolicy(Site: null, parts.Access?.Global);
    }

    /// <summary>No partner at all: every domain is unknown.</summary>
    public static PolicySnapshot Closed { get; } = new(new PolicyParts());

    /// <summary>The store's revision that it was compiled from; 0: the node's own file.</summary>
    public long Version => Parts.Version;

    /// <summary>Every partner, in the order written.</summary>
    public IReadOnlyList<Partner> Partners => Parts.Partners;

    /// <summary>The <c>*</c> partner of an open federation; null: federation is closed.</summary>
    public Partner? Open { get; }

    /// <summary>The organisation.</summary>
    public Organisation Organisation => Parts.Organisation;

    /// <summary>The gateway's configuration; null: the node's own file has the limits.</summary>
    public Gateway? Gateway => Parts.Gateway;

    /// <summary>The external access policies; null: the node's own file has none, every local user may federate.</summary>
    public AccessPolicies? Access => Parts.Access;

    /// <summary>Where everything stands; null: nobody wrote it.</summary>
    public Topology? Topology => Parts.Topology;

    internal PolicyParts Parts { get; }

    private LocalDomainPolicy Elsewhere { get; }

    /// <summary>The partner of a canonical domain (U-labels in UTF-8), enabled or not. One that is named goes before <see cref="Open"/>.</summary>
    public Partner? Find(ReadOnlySpan<byte> domain)
    {
        if (byDomain.TryGetValue(domain, out var partner))
            return partner;
        return Open is null || IsLocal(domain) ? null : Open;
    }

    /// <summary>The partner of a domain, enabled or not.</summary>
    public Partner? Find(DomainName domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return Find(domain.Utf8);
    }

    /// <summary>The domain is the organisation's.</summary>
    public bool IsLocal(DomainName domain) => Parts.LocalDomains.Contains(domain);

    /// <summary>Whether a domain may federate at all: what a stream is judged by.</summary>
    /// <param name="domain">A canonical domain (U-labels in UTF-8).</param>
    /// <param name="partner">Whose it is; null only when the domain is unknown.</param>
    public VerdictReason Judge(ReadOnlySpan<byte> domain, out Partner? partner)
    {
        partner = Find(domain);
        return StanzaJudge.Organisation(Organisation) is not VerdictReason.Allowed and var off ? off : StanzaJudge.Partner(partner);
    }

    /// <summary>Whether a stanza may pass. No lock, no allocation.</summary>
    /// <param name="direction">Which way it goes.</param>
    /// <param name="partner">Of this snapshot: what <see cref="Find(ReadOnlySpan{byte})"/> gives for the remote domain.</param>
    /// <param name="stanza">The stanza.</param>
    /// <param name="local">The local user, whichever way it goes.</param>
    /// <param name="remote">The remote user.</param>
    /// <param name="consents">Asked for partners that are public and unverified.</param>
    public Verdict Judge(Direction direction, Partner partner, in StanzaFrame stanza, in JidSpan local, in JidSpan remote, IConsents consents)
    {
        ArgumentNullException.ThrowIfNull(partner);
        ArgumentNullException.ThrowIfNull(consents);
        return StanzaJudge.Judge(this, new StanzaCase(direction, partner, local, remote, consents), in stanza);
    }

    /// <summary>The document that a verdict rests on, for logs of refusals; null where it rests on a default, or on none. Allocates nothing.</summary>
    /// <param name="reason">The verdict's reason.</param>
    /// <param name="partner">Null: the remote domain is unknown.</param>
    /// <param name="local">The local user.</param>
    public PolicyDocument? SourceOf(VerdictReason reason, Partner? partner, in JidSpan local) => reason switch
    {
        VerdictReason.Allowed or VerdictReason.UnknownDomain or VerdictReason.ConsentsFull or VerdictReason.SpoofedAddress => null,
        VerdictReason.FederationOff or VerdictReason.XmppOff or VerdictReason.NoFederationRoute => Organisation.Source,
        VerdictReason.UserFederationOff or VerdictReason.UserXmppOff or VerdictReason.UserPublicCloudOff => AccessOf(in local, Local(local.Domain))?.Policy.Source,
        _ => partner?.Source,
    };

    /// <summary>The same decision as <see cref="Judge(Direction, Partner, in StanzaFrame, in JidSpan, in JidSpan, IConsents)"/>, part by part. For people: it allocates.</summary>
    /// <param name="direction">Which way the stanza goes.</param>
    /// <param name="partner">Null: the remote domain is unknown.</param>
    /// <param name="stanza">The stanza.</param>
    /// <param name="local">The local user.</param>
    /// <param name="remote">The remote user.</param>
    /// <param name="consents">Asked for partners that are public and unverified.</param>
    public Explanation Explain(Direction direction, Partner? partner, in StanzaFrame stanza, in JidSpan local, in JidSpan remote, IConsents consents)
        => StanzaExplainer.Explain(this, direction, partner, in stanza, local, remote, consents);

    /// <summary>What would become of an ordinary stanza between two addresses: a chat message, available presence, or an <c>iq</c> that asks for <c>disco#info</c>.</summary>
    public Explanation Explain(Jid from, Jid to, StanzaKind kind, IConsents consents) => StanzaExplainer.Explain(this, from, to, kind, consents);

    /// <summary>The domain, canonical UTF-8 with U-labels, is the organisation's.</summary>
    internal bool IsLocal(ReadOnlySpan<byte> domain) => locals.Contains(domain);

    /// <summary>The access policy of the local user; null: there are none.</summary>
    internal AppliedPolicy? AccessOf(in JidSpan local, LocalDomainPolicy domain) => Parts.Access?.Of(local.Bare, domain.Access.GetValueOrDefault());

    /// <summary>What applies to all users of a local domain.</summary>
    internal LocalDomainPolicy Local(ReadOnlySpan<byte> domain) => locals.TryGetValue(domain, out var found) ? found! : Elsewhere;
}

/// <summary>What a snapshot is made of.</summary>
internal sealed record PolicyParts
{
    public long Version { get; init; }

    public IReadOnlyList<Partner> Partners { get; init; } = [];

    public Utf8Table<Partner> ByDomain { get; init; } = Utf8Table<Partner>.Empty;

    public Utf8Table<LocalDomainPolicy> Locals { get; init; } = Utf8Table<LocalDomainPolicy>.Empty;

    public IReadOnlySet<DomainName> LocalDomains { get; init; } = new HashSet<DomainName>();

    public Organisation Organisation { get; init; } = Organisation.Default;

    public Gateway? Gateway { get; init; }

    public AccessPolicies? Access { get; init; }

    public Topology? Topology { get; init; }

    /// <summary>The documents compiled, for the next compilation to take over.</summary>
    public CompiledDocuments Documents { get; init; } = CompiledDocuments.None;
}
