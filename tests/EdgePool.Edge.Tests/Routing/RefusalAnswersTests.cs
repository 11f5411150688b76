using EdgePool.Edge.Routing;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Stanzas;
using Xunit;

namespace EdgePool.Edge.Tests.Routing;

/// <summary>What senders are told, reason by reason.</summary>
public sealed class RefusalAnswersTests
{
    public static TheoryData<Direction, VerdictReason> All
    {
        get
        {
            var all = new TheoryData<Direction, VerdictReason>();
            foreach (var direction in Enum.GetValues<Direction>())
            {
                foreach (var reason in Enum.GetValues<VerdictReason>().Where(r => r != VerdictReason.Allowed))
                    all.Add(direction, reason);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void EveryReason_HasAnAnswer(Direction direction, VerdictReason reason)
    {
        var expected = reason switch
        {
            VerdictReason.UnknownDomain => (StanzaErrorType.Cancel, StanzaErrorCondition.RemoteServerNotFound),
            VerdictReason.ConsentsFull or VerdictReason.RateExceeded or VerdictReason.ConnectionLimit => (StanzaErrorType.Wait, StanzaErrorCondition.ResourceConstraint),
            VerdictReason.SecurityLabelMissing => (StanzaErrorType.Modify, StanzaErrorCondition.PolicyViolation),
            _ => (StanzaErrorType.Cancel, direction == Direction.FromPartner ? StanzaErrorCondition.ServiceUnavailable : StanzaErrorCondition.NotAllowed),
        };
        Assert.Equal(expected, RefusalAnswers.For(direction, reason));
    }
}
