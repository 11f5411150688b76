using System.Buffers;
using EdgePool.Edge.Streams;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.StreamManagement;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.StreamManagement;

/// <summary>Both accounts of a stream under stream management (XEP-0198), and what its pump and its writer do with them.</summary>
/// <param name="Received">What the peer sent.</param>
/// <param name="Sent">What we sent.</param>
/// <param name="Wake">Wakes the stream's writer.</param>
internal sealed record StreamAccounts(ReceivedStanzas Received, SentStanzas Sent, Action Wake)
{
    /// <summary>The writer has an answer to write.</summary>
    public bool HasControl => Received.IsDue;

    /// <summary>Takes a request or an answer of the peer's; false: the element is something else.</summary>
    /// <param name="frame">No stanza.</param>
    /// <param name="fault">What the stream's actor must decide; null: nothing.</param>
    public bool TryTake(in StanzaFrame frame, out PumpEvent? fault)
    {
        fault = null;
        var element = frame.ToElement();
        if (element.Is("r", XmppNamespaces.StreamManagement))
        {
            if (!Received.Request())
                fault = Fault(StreamEndReason.RateExceeded, new StreamError(StreamErrorCondition.PolicyViolation), "asks for acknowledgements over and over, with nothing to acknowledge");
            return true;
        }

        if (!element.Is("a", XmppNamespaces.StreamManagement))
            return false;
        if (!ManagementMarkup.TryReadCount(element, out var h))
            fault = Fault(StreamEndReason.ProtocolViolation, new StreamError(StreamErrorCondition.InvalidXml), "<a/> without a count");
        else if (!Sent.Acknowledge(h))
            fault = Fault(StreamEndReason.ProtocolViolation, ManagementMarkup.HandledCountTooHigh, "acknowledges what it was not sent");
        else
            Wake();
        return true;
    }

    /// <summary>What was read at once is relayed: answers the peer's requests, and refuses to let it run ahead for ever.</summary>
    public PumpEvent? EndBatch()
    {
        Received.Answer();
        return Received.IsFull
            ? Fault(StreamEndReason.ResourceConstraint, new StreamError(StreamErrorCondition.ResourceConstraint), "too many stanzas are behind one that is not settled")
            : null;
    }

    /// <summary>Writes what goes out again on a stream that was resumed; else the answer that is due and the request that has its time; false when there is nothing to write.</summary>
    /// <param name="output">Where.</param>
    /// <param name="idle">The writer has nothing else to write.</param>
    /// <param name="last">The stream ends.</param>
    public bool TryCompose(ArrayBufferWriter<byte> output, bool idle, bool last = false)
    {
        output.ResetWrittenCount();
        if (Sent.TryRepeat(output))
            return true;
        if (Received.TryTakeDue(out var h, last))
            ManagementMarkup.WriteAnswer(output, h);
        if (Sent.MustAsk(idle || last))
            output.Write(ManagementMarkup.Request);
        return output.WrittenCount > 0;
    }

    /// <summary>From time to time: the peer is told, and asked, what went without.</summary>
    public void OnTick()
    {
        Received.OnTick();
        if (Sent.OnTick())
            Wake();
    }

    private static PumpEvent.AccountFault Fault(StreamEndReason reason, StreamError error, string detail) => new(reason, error, detail);
}
