using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Telemetry;

public sealed class StreamRemediesTests
{
    public static TheoryData<StreamEndReason> Reasons => [.. Enum.GetValues<StreamEndReason>()];

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Remedy_EachReason_HasOneLineForTheOperator(StreamEndReason reason)
    {
        var remedy = reason.Remedy();

        Assert.InRange(remedy.Length, 10, 300);
        Assert.DoesNotContain('\n', remedy);
        Assert.False(remedy.EndsWith('.'), remedy);
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Remedy_SaysNothing_OnlyWhereNothingIsWrong(StreamEndReason reason)
    {
        if (reason.Remedy().StartsWith("nothing:", StringComparison.Ordinal))
            Assert.False(reason.IsFailure(succeeded: true), reason.ToText());
    }

    [Theory]
    [InlineData(StreamEndReason.PeerClosed, false, true)]
    [InlineData(StreamEndReason.PeerClosed, true, false)]
    [InlineData(StreamEndReason.Shutdown, false, false)]
    [InlineData(StreamEndReason.ConnectionLost, true, true)]
    public void IsFailure_DependsOnWhatTheStreamHadDone(StreamEndReason reason, bool succeeded, bool expected) => Assert.Equal(expected, reason.IsFailure(succeeded));
}
