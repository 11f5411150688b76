using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Edge.Routing;

/// <summary>What a sender is told when policy refuses a stanza: the one table from <see cref="VerdictReason"/> to a stanza error.</summary>
internal static class RefusalAnswers
{
    /// <summary>
    /// Type and condition. A partner hears the same whatever the reason, and what an existing server says of a user that does not exist: the answer
    /// tells nothing of our users. Our own users hear that it is forbidden: <c>not-allowed</c> is of type <c>cancel</c>, so that no client tries again, and it
    /// sends them to their administrator; <c>policy-violation</c> (of type <c>modify</c>) is kept for what they can mend themselves.
    /// </summary>
    public static (StanzaErrorType Type, StanzaErrorCondition Condition) For(Direction direction, VerdictReason reason) => reason switch
    {
        VerdictReason.Allowed => throw new ArgumentOutOfRangeException(nameof(reason), reason, "what is allowed is not answered"),
        VerdictReason.UnknownDomain => (StanzaErrorType.Cancel, StanzaErrorCondition.RemoteServerNotFound),
        VerdictReason.SecurityLabelMissing => (StanzaErrorType.Modify, StanzaErrorCondition.PolicyViolation),
        VerdictReason.ConsentsFull or VerdictReason.RateExceeded or VerdictReason.ConnectionLimit => (StanzaErrorType.Wait, StanzaErrorCondition.ResourceConstraint),
        _ when direction == Direction.FromPartner => (StanzaErrorType.Cancel, StanzaErrorCondition.ServiceUnavailable),
        _ => (StanzaErrorType.Cancel, StanzaErrorCondition.NotAllowed),
    };
}
