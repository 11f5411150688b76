using System.Runtime.InteropServices;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Policy.Verdicts;

/// <summary>
/// The last part of the decision: what the stanza is and what is inside it. An element counts at whatever depth it is and however its namespace is
/// written; what is taken out is the whole child of the stanza that holds it.
/// </summary>
/// <remarks>
/// Three sorts of payload are taken out whatever a partner's rules say: what never crosses between domains (<see cref="StanzaRules.ForbiddenPayloads"/>), what
/// a partner stamps with one of our domains (delays and stanza ids, XEP-0203 and XEP-0359), and status notes that go to public partners.
/// The answers to an <c>iq</c> pass as they are: clients take them for what they asked.
/// </remarks>
[StructLayout(LayoutKind.Auto)]
internal ref struct ContentJudge
{
    private readonly PolicySnapshot snapshot;
    private readonly StanzaRules rules;
    private readonly Direction direction;
    private readonly bool observed;
    private readonly StanzaKind kind;
    private readonly bool label;
    private PayloadMask leaveOut;
    private VerdictReason refusal;
    private int labels;
    private int labelsWithContent;
    private bool inLabel;
    private bool final;

    private ContentJudge(PolicySnapshot snapshot, in StanzaCase about, StanzaKind kind, bool label)
    {
        this.snapshot = snapshot;
        rules = about.Partner.Rules;
        direction = about.Direction;
        observed = about.Partner.Mode is PartnerMode.Observe;
        this.kind = kind;
        this.label = label;
    }

    /// <summary>
    /// Judges. Where the partner is observed, the reason of what the rules alone refuse comes with <see cref="Verdict.Observed"/>, and nothing is left out but
    /// what always is.
    /// </summary>
    public static Verdict Judge(PolicySnapshot snapshot, in StanzaCase about, in StanzaFrame stanza)
    {
        if (stanza.Kind is StanzaKind.Iq && StanzaJudge.IsAnswer(in stanza))
        {
            return default;
        }

        var written = about.Partner.Rules;
        var reason = Kind(written, in stanza);
        if (reason is not VerdictReason.Allowed && about.Partner.Mode is PartnerMode.Enforce)
        {
            return new Verdict(reason);
        }

        var labelled = NeedsLabel(written, in stanza);
        var status = stanza.Kind is StanzaKind.Presence && about.Direction is Direction.ToPartner && written.StripStatus;
        var judge = new ContentJudge(snapshot, in about, stanza.Kind, labelled) { refusal = reason };
        if (stanza.HasForeignPayloads || status)
        {
            judge.Read(stanza.ReadPayloads(), status);
        }
        else if (stanza.Kind is StanzaKind.Iq)
        {
            judge.Refuse(VerdictReason.KindNotAllowed);
        }

        if (labelled && (judge.labels != 1 || judge.labelsWithContent != 1))
        {
            judge.Refuse(VerdictReason.SecurityLabelMissing);
        }

        return judge.Result();
    }

    private static VerdictReason Kind(StanzaRules rules, in StanzaFrame stanza)
    {
        var allowed = stanza.Kind switch
        {
            StanzaKind.Message => rules.Allows(MessageKindOf(stanza.Type)),
            StanzaKind.Presence => rules.Presence,
            StanzaKind.Iq => true,
            _ => false,
        };
        return allowed ? VerdictReason.Allowed : VerdictReason.KindNotAllowed;
    }

    /// <summary>RFC 6121 section 5.2.2: no type, or an unknown one, is <c>normal</c>.</summary>
    private static MessageKind MessageKindOf(ReadOnlySpan<byte> type) => type.Length switch
    {
        4 when type.SequenceEqual("chat"u8) => MessageKind.Chat,
        8 when type.SequenceEqual("headline"u8) => MessageKind.Headline,
        9 when type.SequenceEqual("groupchat"u8) => MessageKind.Groupchat,
        5 when type.SequenceEqual("error"u8) => MessageKind.Error,
        _ => MessageKind.Normal,
    };

    /// <summary>A label belongs on every message but on the errors that come back (XEP-0258).</summary>
    private static bool NeedsLabel(StanzaRules rules, in StanzaFrame stanza)
        => rules.SecurityLabel is SecurityLabelRule.Required && stanza.Kind is StanzaKind.Message && !stanza.Type.SequenceEqual("error"u8);

    private void Read(PayloadReader reader, bool status)
    {
        var children = 0;
        while (!final && reader.MoveNext())
        {
            children += reader.Depth == 1 ? 1 : 0;
            if (label)
            {
                CountLabels(in reader);
            }

            if (IsContent(reader.Namespace))
            {
                JudgeContent(in reader, status);
            }
            else
            {
                JudgePayload(in reader);
            }
        }

        if (kind is StanzaKind.Iq && children == 0)
        {
            Refuse(VerdictReason.KindNotAllowed);
        }
    }

    private void CountLabels(in PayloadReader element)
    {
        if (element.Depth == 1)
        {
            inLabel = IsLabel(in element);
            labels += inLabel ? 1 : 0;
        }
        else if (inLabel && element.Depth == 2 && element.LocalName.SequenceEqual("label"u8) && element.Namespace.SequenceEqual(Label))
        {
            labelsWithContent++;
        }
    }

    /// <summary>An element of the stanza's own vocabulary, or of a stanza that is quoted inside.</summary>
    private void JudgeContent(in PayloadReader element, bool status)
    {
        if (element.Depth != 1)
        {
            return;
        }

        if (kind is StanzaKind.Iq)
        {
            Refuse(VerdictReason.KindNotAllowed);
        }
        else if (status && element.LocalName.SequenceEqual("status"u8))
        {
            leaveOut = leaveOut.Add(element.Child);
        }
    }

    private void JudgePayload(in PayloadReader element)
    {
        var name = element.Namespace;
        if (StanzaRules.ForbiddenPayloads.Contains(name))
        {
            Forbid(element.Child);
        }
        else if (direction is Direction.FromPartner && IsForged(in element))
        {
            leaveOut = leaveOut.Add(element.Child);
        }
        else if (kind is StanzaKind.Iq && element.Depth == 1 && !rules.Iq.Contains(name))
        {
            Refuse(VerdictReason.KindNotAllowed);
        }
        else if (rules.DeniedPayloads?.Contains(name) is true
            || (rules.AllowedPayloads is { } allowed && !allowed.Contains(name) && !IsAskedFor(name)))
        {
            TakeOut(element.Child);
        }
    }

    /// <summary>A request may hold what may be asked for.</summary>
    private readonly bool IsAskedFor(ReadOnlySpan<byte> name) => kind is StanzaKind.Iq && rules.Iq.Contains(name);

    /// <summary>Something that never crosses: a request with it is refused, also of a partner that is only observed.</summary>
    private void Forbid(int child)
    {
        if (kind is StanzaKind.Iq)
        {
            refusal = VerdictReason.PayloadNotAllowed;
            final = true;
            return;
        }

        leaveOut = leaveOut.Add(child);
        if (rules.Action is PayloadAction.Refuse)
        {
            Refuse(VerdictReason.PayloadNotAllowed);
        }
    }

    /// <summary>Something that this partner's rules keep out.</summary>
    private void TakeOut(int child)
    {
        if (observed || kind is StanzaKind.Iq || rules.Action is PayloadAction.Refuse)
        {
            Refuse(VerdictReason.PayloadNotAllowed);
        }
        else
        {
            leaveOut = leaveOut.Add(child);
        }
    }

    /// <summary>Takes the first reason. Where nothing is refused for real, reading goes on: what always goes out must still be found.</summary>
    private void Refuse(VerdictReason reason)
    {
        refusal = refusal is VerdictReason.Allowed ? reason : refusal;
        final |= !observed;
    }

    private readonly Verdict Result()
    {
        if (refusal is VerdictReason.Allowed)
        {
            return new Verdict(VerdictReason.Allowed, leaveOut);
        }

        return observed && !final ? new Verdict(refusal, leaveOut, Observed: true) : new Verdict(refusal);
    }

    /// <summary>
    /// A delay or stanza id in the name of one of our domains: what only we may say of a stanza (XEP-0203 section 4.1, XEP-0359 section 6). An address that is
    /// none says nothing that anyone may rely on and goes too.
    /// </summary>
    private readonly bool IsForged(in PayloadReader element)
    {
        var name = element.Namespace;
        ReadOnlySpan<byte> by;
        if (name.SequenceEqual("urn:xmpp:sid:0"u8))
        {
            return element.LocalName.SequenceEqual("stanza-id"u8) && element.TryGetAttribute("by"u8, out by) && IsOurs(by);
        }

        return (name.SequenceEqual("urn:xmpp:delay"u8) || name.SequenceEqual("jabber:x:delay"u8))
            && element.TryGetAttribute("from"u8, out by) && IsOurs(by);
    }

    private readonly bool IsOurs(ReadOnlySpan<byte> address) => !JidSpan.TryParse(address, out var by) || snapshot.IsLocal(by.Domain);

    private static ReadOnlySpan<byte> Label => "urn:xmpp:sec-label:0"u8;

    private static bool IsLabel(in PayloadReader element) => element.LocalName.SequenceEqual("securitylabel"u8) && element.Namespace.SequenceEqual(Label);

    /// <summary>
    /// The stanza's own vocabulary: the content namespaces (also the component's: what waits for a component is judged again as it was rendered), that of
    /// clients, which quoted stanzas have, and that of stanza errors.
    /// </summary>
    private static bool IsContent(ReadOnlySpan<byte> name)
        => name.SequenceEqual("jabber:server"u8)
            || name.SequenceEqual("jabber:client"u8)
            || name.SequenceEqual("jabber:component:accept"u8)
            || name.SequenceEqual("urn:ietf:params:xml:ns:xmpp-stanzas"u8);
}
