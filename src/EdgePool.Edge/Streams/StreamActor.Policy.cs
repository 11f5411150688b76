using EdgePool.Edge.Partners;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <content>What policy, as it is now, demands of a stream that is up.</content>
internal abstract partial class StreamActor
{
    /// <summary>What policy allows for a pair now.</summary>
    protected abstract NegotiationTerms? TermsFor(DomainPair pair);

    /// <summary>
    /// What ends this stream under a new policy; null: it stands. Where other partners' pairs are on the stream, they are asked to come again.
    /// </summary>
    protected virtual StreamErrorCondition? EndsUnder(PolicyChange change)
    {
        var verdicts = Standing();
        return verdicts.TrueForAll(v => v is null) ? null
            : verdicts.TrueForAll(v => v == StreamErrorCondition.PolicyViolation) ? StreamErrorCondition.PolicyViolation
            : StreamErrorCondition.Reset;
    }

    /// <summary>What ends the stream, for each proof that it rests on; null: that one stands.</summary>
    private List<StreamErrorCondition?> Standing() => proofs.ConvertAll(p => StreamStanding.EndsWith(
        TermsFor(p.Pair), p.Method, Certificate?.Version, () => Certificate?.Proves(p.Pair.Remote) == CertificateVerdict.Valid));

    /// <summary>The gateway's limits of now, for a stream with a partner; null: the node's own hold.</summary>
    protected Gateway? Gateway => IsPartners ? Edge.Policy.Current.Gateway : null;

    private bool IsPartners => Info.Kind is StreamKind.PartnerInbound or StreamKind.PartnerOutbound;

    private void OnPolicy(PolicyChange change)
    {
        var ends = EndsUnder(change);
        SayUnexpected();
        if (ends is { } condition)
            Perform(CloseWith(StreamEndReason.PolicyChanged, new StreamError(condition), "policy has changed and does not allow this stream"));
    }
}
