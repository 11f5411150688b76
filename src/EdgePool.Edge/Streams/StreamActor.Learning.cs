using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <content>What is remembered of the negotiation, for operators.</content>
internal abstract partial class StreamActor
{
    /// <summary>The steps until now.</summary>
    protected NegotiationTrace Trace { get; }

    /// <summary>The pair that the stream is for; null: not known yet. A claim where the peer opened it.</summary>
    protected abstract DomainPair? Subject { get; }

    /// <summary>What the stream is for.</summary>
    protected abstract NegotiationWay Way { get; }

    /// <summary>The target that it leads to; null: the peer opened it.</summary>
    protected virtual string? Target => null;

    /// <summary>It has done what it was opened for.</summary>
    protected virtual bool Succeeded => !Pairs.IsEmpty;

    /// <summary>Keeps what came of it.</summary>
    protected void Learn(DomainPair pair, AuthenticationMethod? method, StreamEndReason? failure, string detail)
    {
        if (IsPartners)
            Edge.Learn(Trace.Record(pair, Way) with { Stream = Info.Number, Target = Target, Method = method, Failure = failure, Detail = LogText.Of(detail) });
    }

    private void Learn(NegotiationEffect.Authenticated authenticated)
    {
        Trace.Add(NegotiationStepKind.Authenticated, authenticated.Method.ToString());
        Learn(authenticated.Pair, authenticated.Method, failure: null, string.Empty);
    }

    /// <summary>The stream ends: was that a failure?</summary>
    private void Learn(StreamEndReason reason, string detail)
    {
        if (!reason.IsFailure(Succeeded) || (Trace.AskedAboutKey && Pairs.IsEmpty && reason is StreamEndReason.PeerClosed or StreamEndReason.ConnectionLost or StreamEndReason.NegotiationTimeout))
            return;
        if (Pairs.IsEmpty && Subject is { } wanted)
            Learn(wanted, method: null, reason, detail);
        foreach (var proof in proofs)
            Learn(proof.Pair, proof.Method, reason, detail);
    }
}
