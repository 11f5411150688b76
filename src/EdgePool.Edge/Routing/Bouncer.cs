using System.Buffers;
using EdgePool.Edge.StreamManagement;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Edge.Routing;

/// <summary>Which way a queued stanza goes, why policy refuses it, and whether in silence.</summary>
internal delegate (Direction Direction, VerdictReason Reason, bool Silent) RefusalTest(in StanzaFrame stanza);

/// <summary>
/// Ends accepted stanzas that cannot be delivered: an error goes back to the sender by the route of the opposite direction, or, where no error may be
/// sent, the stanza is dropped. Either way the ledger has its line. The stanza's mark goes over to the error, and is sealed where there is none.
/// </summary>
internal sealed class Bouncer(RouteTable routes, Ledger ledger)
{
    /// <summary>Limits for reading stanzas back: what we rendered was within the limits when it came; escapes may have made it longer.</summary>
    internal static readonly FramerLimits Rendered = FramerLimits.Authenticated with { ElementBytes = int.MaxValue, AttributeValueBytes = int.MaxValue };

    /// <summary>Ends one stanza. The addresses are canonical; <paramref name="to"/> becomes the sender of the error.</summary>
    public void Refuse(in StanzaFrame stanza, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, BounceReason reason, StanzaMark mark = default)
    {
        if (!StanzaError.MayAnswer(stanza.Kind, stanza.Type))
        {
            mark.Seal();
            var ofPresenceAlone = StanzaError.MayAnswer(stanza.Kind, stanza.Type, answerPresence: true);
            ledger.Drop(ofPresenceAlone ? DropReason.PresenceUndeliverable : DropReason.UnanswerableUndeliverable);
            return;
        }

        ledger.Bounce(reason);
        var (type, condition) = Answer(reason);
        Answer(in stanza, from, to, type, condition, mark);
    }

    /// <summary>
    /// Ends one stanza that policy refuses. The addresses are canonical; <paramref name="to"/> becomes the sender of the error, unless policy wants
    /// <paramref name="silent"/>.
    /// </summary>
    public void Refuse(in StanzaFrame stanza, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, Direction direction, VerdictReason reason, bool silent, StanzaMark mark = default)
    {
        if (silent || !StanzaError.MayAnswer(stanza.Kind, stanza.Type))
        {
            mark.Seal();
            ledger.Drop(DropReason.Policy);
            return;
        }

        ledger.Bounce(BounceReason.Policy);
        var (type, condition) = RefusalAnswers.For(direction, reason);
        Answer(in stanza, from, to, type, condition, mark);
    }

    private void Answer(
        in StanzaFrame stanza, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, StanzaErrorType type, StanzaErrorCondition condition, StanzaMark mark)
    {
        var error = new ArrayBufferWriter<byte>(256 + from.Length + to.Length + stanza.Id.Length);
        StanzaError.WriteBounce(error, stanza.Kind, to: from, from: to, stanza.Id, condition, type);
        Send(error.WrittenSpan, back: from, by: to, mark);
    }

    /// <summary>Ends every stanza of a segment that could not be written, reading them again from their rendered form.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="rendered">The content namespace of its stanzas.</param>
    /// <param name="reason">Why.</param>
    /// <param name="first">The entry to begin with.</param>
    public void Refuse(StanzaSegment segment, ContentNamespace rendered, BounceReason reason, int first = 0)
    {
        for (var i = first; i < segment.Entries; i++)
        {
            if (TryReadBack(segment, i, rendered, out var stanza))
                Refuse(in stanza, stanza.From, stanza.To, reason, segment.TakeMark(i));
        }
    }

    /// <summary>Ends every stanza of a segment that policy has come to refuse.</summary>
    public void Refuse(StanzaSegment segment, ContentNamespace rendered, RefusalTest why)
    {
        for (var i = 0; i < segment.Entries; i++)
        {
            if (!TryReadBack(segment, i, rendered, out var stanza))
                continue;
            var (direction, reason, silent) = why(in stanza);
            Refuse(in stanza, stanza.From, stanza.To, direction, reason, silent, segment.TakeMark(i));
        }
    }

    /// <summary>Ends everything that waits in a route's queue.</summary>
    public void RefuseAll(Route route, BounceReason reason)
    {
        while (route.Queue.Take() is { } segment)
        {
            Refuse(segment, route.Namespace, reason);
            route.Queue.Release(segment);
        }
    }

    // False: an answer of ours, which nobody answers.
    private bool TryReadBack(StanzaSegment segment, int entry, ContentNamespace rendered, out StanzaFrame stanza)
    {
        var xml = segment.Entry(entry, out var own);
        if (own)
        {
            ledger.ErrorLost();
            stanza = default;
            return false;
        }

        if (StreamFramer.Inside(rendered, Rendered).Read(xml.Span, out _, out stanza) != FrameStatus.Element)
            throw new InvalidOperationException("a queued stanza does not read back: the renderer is broken");
        return true;
    }

    private static (StanzaErrorType Type, StanzaErrorCondition Condition) Answer(BounceReason reason) => reason switch
    {
        BounceReason.JidMalformed => (StanzaErrorType.Modify, StanzaErrorCondition.JidMalformed),
        BounceReason.RemoteServerNotFound => (StanzaErrorType.Cancel, StanzaErrorCondition.RemoteServerNotFound),
        BounceReason.RemoteServerTimeout or BounceReason.StreamLost => (StanzaErrorType.Wait, StanzaErrorCondition.RemoteServerTimeout),
        BounceReason.PeerLimit => (StanzaErrorType.Modify, StanzaErrorCondition.PolicyViolation),
        BounceReason.DialbackInvalid => (StanzaErrorType.Cancel, StanzaErrorCondition.InternalServerError),
        BounceReason.QueueFull or BounceReason.ConnectionLimit => (StanzaErrorType.Wait, StanzaErrorCondition.ResourceConstraint),
        BounceReason.BackEndUnavailable or BounceReason.Shutdown => (StanzaErrorType.Wait, StanzaErrorCondition.ServiceUnavailable),
        BounceReason.Policy => (StanzaErrorType.Cancel, StanzaErrorCondition.ServiceUnavailable), // where nobody knows the verdict any more
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "a reason without an answer"),
    };

    private void Send(ReadOnlySpan<byte> error, ReadOnlySpan<byte> back, ReadOnlySpan<byte> by, StanzaMark mark)
    {
        if (!JidSpan.TryParse(back, out var receiver) || !JidSpan.TryParse(by, out var sender)
            || routes.Find(sender.Domain, receiver.Domain) is not { } route || !route.Queue.EnqueueOwn(error, mark))
        {
            mark.Seal();
            ledger.ErrorLost();
            return;
        }

        ledger.ErrorSent();
        route.Queue.Flush();
    }
}
