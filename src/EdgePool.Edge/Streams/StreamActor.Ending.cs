using System.Net;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <content>The end of the stream: in order, or cut.</content>
internal abstract partial class StreamActor
{
    /// <summary>The stream has ended, for this reason; called once, before the connection is gone.</summary>
    protected virtual void OnEnding(StreamEndReason reason, StreamError? error, string detail)
    {
    }

    /// <summary>The end has begun; the connection may be gone.</summary>
    protected bool IsClosing => closing;

    /// <summary>The peer's stream error, while the stream ends for it.</summary>
    protected StreamError? Received { get; private set; }

    /// <summary>What those whose routes the stream carried must know of its end at once; null: that they see when it is gone.</summary>
    protected object? LastWord(StreamEndReason reason)
        => reason is StreamEndReason.PolicyChanged ? DialOver.Instance : Received is { } error ? new StreamGone(Reconnections.After(error.Condition)) : null;

    protected IReadOnlyList<NegotiationEffect> CloseWith(StreamEndReason reason, StreamError? error, string detail)
        => Negotiation?.Close(reason, error, detail) ?? [new NegotiationEffect.Close(reason, error, detail)];

    /// <summary>The peer is told nothing of what becomes of its stanzas, and none of ours wait for the stream to come.</summary>
    protected virtual bool HearsOut => false;

    /// <summary>Whether stanzas that come are counted (XEP-0198).</summary>
    protected bool IsManaged => accounts is not null;

    /// <summary>The farewell is said, and what the peer still says is taken.</summary>
    protected virtual void OnFarewell()
    {
    }

    private void OnStopReading()
    {
        if (closing || said is not null)
            return;
        if (HearsOut && CloseWith(StreamEndReason.Shutdown, new StreamError(StreamErrorCondition.SystemShutdown), "this node shuts down").OfType<NegotiationEffect.Close>().FirstOrDefault() is { } close)
        {
            said = close;
            Info.State = "leaving";
            writer!.Complete(close.Farewell.ToArray(), deliver: true);
            OnFarewell();
            return;
        }

        leaving = true;
        Relay.Close();
        Info.State = "stopping";
        Edge.Streams.Changed?.Invoke();
    }

    /// <summary>The orderly end: the farewell goes out, the connection is cut when both sides are done or in time.</summary>
    private void End(NegotiationEffect.Close close, bool deliver)
    {
        yielding = close.Reason == StreamEndReason.Conflict && IsResumable;
        closing = true;
        Info.State = "closing";
        Relay.Close();
        Timers.CancelAll();
        Timers.StartSingleTimer(CloseTimer, new Deadline(CloseTimer), Edge.Options.Timeouts.Close);
        Received = close.Received;
        LogEnd(close.Reason, close.Error, close.Detail);
        Learn(close.Reason, close.Detail);
        LetGoOfRoutes();
        if (LastWord(close.Reason) is { } word)
            TellGuests(word);
        OnEnding(close.Reason, close.Error, close.Detail);
        kept?.Reply.TrySetResult(PumpOrder.Discard);
        held?.Reply.TrySetResult(PumpOrder.Discard);
        if (writer is null)
        {
            Context.Stop(Self);
            return;
        }

        writer.Complete(close.Farewell.ToArray(), deliver);
    }

    /// <summary>The end without a word: the connection is of no more use.</summary>
    protected void Cut(StreamEndReason reason, string detail)
    {
        var leaves = yielding;
        if (!closing)
        {
            leaves = reason is StreamEndReason.ConnectionLost or StreamEndReason.WriteTimeout && IsResumable;
            closing = true;
            LogEnd(reason, error: null, detail);
            Learn(reason, detail);
            LetGoOfRoutes();
            OnEnding(reason, error: null, detail);
        }

        Relay.Close();
        if (leaves)
            Detach();
        else if (!detaching)
            Context.Stop(Self);
    }

    private void LogEnd(StreamEndReason reason, StreamError? error, string detail)
    {
        var log = Edge.Logs.Streams;
        var why = reason.ToText();
        if (error is not null && reason is not (StreamEndReason.Shutdown or StreamEndReason.PolicyChanged))
        {
            var level = Edge.Logs.Repeated.Note(StreamLog.PeerFaultId, Claimed?.Remote.Ascii ?? Host(Info.Peer), why);
            if (log.IsEnabled(level))
            {
                var (claimed, condition, said) = (Claimed?.ToText() ?? "nothing", error.Condition.WireName(), LogText.Of(detail));
                StreamLog.PeerFault(log, level, Info.Number, Info.Peer, claimed, why, condition, said);
            }
        }
        else if (Pairs.IsEmpty)
            StreamLog.StrangerEnded(log, Info.Number, Info.Peer, Claimed?.ToText() ?? "nothing", why, LogText.Of(detail));
        else
            StreamLog.Ended(log, Info.Number, why, LogText.Of(detail), Info.StanzasIn, Info.StanzasOut);
    }

    private static string Host(string peer) => IPEndPoint.TryParse(peer, out var address) ? address.Address.ToString() : peer;

    // COMPAT: no-end-tag
    private void OnPeerClosed(PumpEvent.Closed closed)
    {
        pumpEnded = true;
        if (closing)
        {
            closed.Reply.TrySetResult(PumpOrder.Discard);
            StopWhenDone();
            return;
        }

        var how = closed.MidElement ? "closed in the middle of an element" : "closed without an end tag";
        if (said is not null)
            Decide(closed, [said]);
        else if (IsResumable)
            Cut(StreamEndReason.ConnectionLost, how); // no farewell of ours either, which would end it for good
        else
            Decide(closed, CloseWith(StreamEndReason.ConnectionLost, error: null, how));
    }

    private void StopWhenDone()
    {
        if (yielding && writerEnded)
            Detach();
        else if (closing && writerEnded && pumpEnded && !detaching)
            Context.Stop(Self);
    }
}
