using System.Text;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Edge.Partners;

/// <summary>Between which sides the stanzas of one pair of domains go, under one version of the policy.</summary>
/// <param name="Snapshot">That version.</param>
/// <param name="Direction">Which way.</param>
/// <param name="Partner">The partner; null where none is concerned, or the domain is nobody's.</param>
/// <param name="Inside">Both domains are ours: there is nothing to judge.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct Passage(PolicySnapshot Snapshot, Direction Direction, Partner? Partner, bool Inside);

/// <summary>
/// Policy on the stanza path: who may send what to whom, and what a local user's stanzas consent to. What passes untouched costs the verdict and
/// nothing more; what is refused, stripped or would be refused is counted and, for the operator, kept.
/// </summary>
internal sealed class StanzaPolicy(LivePolicy policy, RouteTable routes, TimeProvider time, ConsentTable? consents = null)
{
    private readonly IConsents asked = (IConsents?)consents ?? NoConsents.Instance;

    /// <summary>The policy in force.</summary>
    public LivePolicy Live => policy;

    /// <summary>What was refused, would have been, or lost payloads.</summary>
    public VerdictCounters Counters { get; } = new();

    /// <summary>The last refusals of each partner.</summary>
    public RefusalLog Refusals { get; } = new();

    /// <summary>The last refusals of domains that are no partner's.</summary>
    public RefusalLog Strangers { get; } = new(RefusalLog.MostStrangers);

    /// <summary>Between which sides stanzas of these domains (canonical, UTF-8) go.</summary>
    public Passage Find(PolicySnapshot snapshot, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        var (fromUs, toUs) = (routes.IsLocal(from), routes.IsLocal(to));
        return toUs
            ? new Passage(snapshot, Direction.FromPartner, fromUs ? null : snapshot.Find(from), fromUs)
            : new Passage(snapshot, Direction.ToPartner, snapshot.Find(to), Inside: false);
    }

    /// <summary>
    /// Whether a stanza may go on: <see cref="VerdictReason.Allowed"/>, and which of its children do not go with it; or why not.
    /// The addresses are canonical. It is called once for each stanza that was accepted.
    /// </summary>
    public VerdictReason Judge(in Passage passage, in StanzaFrame stanza, JidSpan from, JidSpan to, out PayloadMask leaveOut)
    {
        leaveOut = default;
        if (passage.Inside)
            return VerdictReason.Allowed;
        if (passage.Partner is not { } partner)
            return VerdictReason.UnknownDomain;
        var verdict = Verdict(in passage, partner, in stanza, from, to);
        leaveOut = verdict.LeaveOut;
        if (verdict.Reason != VerdictReason.Allowed || !leaveOut.IsEmpty)
            return Settle(in passage, partner, verdict, in stanza, from, to);
        return Consent(in passage, partner, in stanza, from, to);
    }

    /// <summary>
    /// What another version of the policy says of a stanza that waits in a queue, by its own addresses. Nothing is counted or kept. A stanza that would lose
    /// payloads now is refused: it is rendered already.
    /// </summary>
    public (Direction Direction, VerdictReason Reason, bool Silent) Rejudge(PolicySnapshot now, in StanzaFrame stanza)
    {
        if (!JidSpan.TryParse(stanza.From, out var from) || !JidSpan.TryParse(stanza.To, out var to))
            throw new InvalidOperationException("a queued stanza has no addresses: the renderer is broken");
        var passage = Find(now, from.Domain, to.Domain);
        if (passage.Inside)
            return (passage.Direction, VerdictReason.Allowed, Silent: false);
        if (passage.Partner is null)
            return (passage.Direction, VerdictReason.UnknownDomain, Silent: false);
        var verdict = Verdict(in passage, passage.Partner, in stanza, from, to);
        var reason = !verdict.Passes ? verdict.Reason : verdict.LeaveOut.IsEmpty ? VerdictReason.Allowed : VerdictReason.PayloadNotAllowed;
        return (passage.Direction, reason, IsSilent(in passage, reason));
    }

    /// <summary>The sender of what was refused gets no answer, by the partner's <see cref="Partner.WithoutConsent"/>.</summary>
    public static bool IsSilent(in Passage passage, VerdictReason reason)
        => reason == VerdictReason.NotConsented && passage is { Direction: Direction.FromPartner, Partner.WithoutConsent: WithoutConsent.Silence };

    /// <summary>Keeps a refusal for the operator.</summary>
    public void Note(in Passage passage, Partner partner, VerdictReason reason, in StanzaFrame stanza, JidSpan from, JidSpan to, bool observed)
    {
        if (observed)
            Counters.Observe(partner.Name, reason);
        else
            Counters.Refuse(partner.Name, reason);
        var source = passage.Snapshot.SourceOf(reason, partner, passage.Direction == Direction.ToPartner ? from : to);
        Refusals.Add(new PolicyRefusal(
            time.GetUtcNow(), partner.Name, passage.Direction, Shown(from.Full), Shown(to.Full), KindOf(in stanza), reason, passage.Snapshot.Version, observed)
        {
            Document = source?.Path,
            DocumentVersion = source?.Version,
        });
    }

    private VerdictReason Settle(in Passage passage, Partner partner, Verdict verdict, in StanzaFrame stanza, JidSpan from, JidSpan to)
    {
        if (verdict.Reason != VerdictReason.Allowed)
            Note(in passage, partner, verdict.Reason, in stanza, from, to, verdict.Passes);
        if (!verdict.Passes)
            return verdict.Reason;
        if (!verdict.LeaveOut.IsEmpty)
            Counters.Strip(partner.Name);
        return Consent(in passage, partner, in stanza, from, to);
    }

    private Verdict Verdict(in Passage passage, Partner partner, in StanzaFrame stanza, JidSpan from, JidSpan to)
        => passage.Direction == Direction.ToPartner
            ? passage.Snapshot.Judge(Direction.ToPartner, partner, in stanza, in from, in to, asked)
            : passage.Snapshot.Judge(Direction.FromPartner, partner, in stanza, in to, in from, asked);

    /// <summary>
    /// POLICY.md section 4: the local user's message, <c>subscribe</c> or <c>subscribed</c> takes up contact; <c>unsubscribe</c> or <c>unsubscribed</c> drops it.
    /// </summary>
    private VerdictReason Consent(in Passage passage, Partner partner, in StanzaFrame stanza, JidSpan from, JidSpan to)
    {
        if (passage.Direction != Direction.ToPartner || partner.Type != PartnerType.PublicUnverified || consents is null)
            return VerdictReason.Allowed;
        switch (ContactOf(in stanza))
        {
            case Contact.TakenUp when consents.Give(from.Bare, to.Bare, partner.Name) == ConsentGift.Full:
                Note(in passage, partner, VerdictReason.ConsentsFull, in stanza, from, to, observed: false);
                return VerdictReason.ConsentsFull;
            case Contact.Dropped:
                consents.Revoke(from.Bare, to.Bare);
                break;
        }

        return VerdictReason.Allowed;
    }

    private static Contact ContactOf(in StanzaFrame stanza)
    {
        var type = stanza.Type;
        return stanza.Kind switch
        {
            StanzaKind.Message => type.SequenceEqual("error"u8) ? Contact.Unchanged : Contact.TakenUp,
            StanzaKind.Presence when type.SequenceEqual("subscribe"u8) || type.SequenceEqual("subscribed"u8) => Contact.TakenUp,
            StanzaKind.Presence when type.SequenceEqual("unsubscribe"u8) || type.SequenceEqual("unsubscribed"u8) => Contact.Dropped,
            _ => Contact.Unchanged,
        };
    }

    private static string KindOf(in StanzaFrame stanza)
    {
        var name = stanza.Kind switch
        {
            StanzaKind.Message => "message",
            StanzaKind.Presence => "presence",
            _ => "iq",
        };
        return stanza.Type.IsEmpty ? name : $"{name} {Shown(stanza.Type)}";
    }

    private static string Shown(ReadOnlySpan<byte> utf8) => LogText.Of(Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, 2 * LogText.LongestBytes)]));

    private enum Contact
    {
        Unchanged,
        TakenUp,
        Dropped,
    }
}
