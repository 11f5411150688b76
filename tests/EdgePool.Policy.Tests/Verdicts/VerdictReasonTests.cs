using EdgePool.Policy.Verdicts;
using Xunit;

namespace EdgePool.Policy.Tests.Verdicts;

public sealed class VerdictReasonTests
{
    [Fact]
    public void Reasons_Each_HasATextAndARemedyOfItsOwn()
    {
        var reasons = Enum.GetValues<VerdictReason>();

        Assert.Equal(reasons.Length, reasons.Select(reason => reason.Describe()).Distinct().Count());
        Assert.All(reasons, reason => Assert.Equal(reason is VerdictReason.Allowed, reason.Remedy().Length == 0));
        Assert.All(reasons, reason => Assert.DoesNotContain('.', reason.Describe()[^1..]));
    }

    [Fact]
    public void Default_Verdict_Passes()
    {
        Assert.True(default(Verdict).Passes);
        Assert.True(default(Verdict).LeaveOut.IsEmpty);
        Assert.False(new Verdict(VerdictReason.NotConsented).Passes);
    }
}
