using System.Globalization;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

public sealed class PartnerHistoryTests
{
    private readonly PartnerHistory history = new();

    [Fact]
    public void Add_SuccessesAndFailures_AreCountedForEachWay()
    {
        Add("p1.example", NegotiationWay.Inbound, StreamEndReason.TlsFailed);
        Add("p1.example", NegotiationWay.Inbound, StreamEndReason.TlsFailed);
        Add("p1.example", NegotiationWay.Outbound);
        Add("p1.example", NegotiationWay.Inbound);
        Add("p1.example", NegotiationWay.Inbound, StreamEndReason.ConnectionLost);

        var read = history.Read("p1.example")!;

        Assert.Equal((1, 3, 1, StreamEndReason.ConnectionLost), (read.Inbound!.Successes, read.Inbound.Failures, read.Inbound.FailuresInARow, read.Inbound.LastFailure!.Failure!.Value));
        Assert.Equal((1, 0, null), (read.Outbound!.Successes, read.Outbound.Failures, read.Outbound.LastFailure));
        Assert.Null(read.Verification);
        Assert.Null(history.Read("p2.example"));
    }

    [Fact]
    public void Add_MoreStrangersThanAreKept_PushesOutStrangersAlone()
    {
        Add("p1.example", NegotiationWay.Inbound);
        for (var i = 0; i <= PartnerHistory.MostStrangers; i++)
            Add(Name("s", i), NegotiationWay.Inbound, StreamEndReason.PartnerNotAllowed, stranger: true);

        Assert.NotNull(history.Read("p1.example"));
        Assert.Null(history.Read(Name("s", 0)));
        Assert.NotNull(history.Read(Name("s", 1)));
        Assert.NotNull(history.Read(Name("s", PartnerHistory.MostStrangers)));
    }

    [Fact]
    public void Add_MorePartnersThanAreKept_ForgetsTheOneWrittenLeastLately()
    {
        for (var i = 0; i < PartnerHistory.MostDomains; i++)
            Add(Name("p", i), NegotiationWay.Inbound);
        Add(Name("p", 0), NegotiationWay.Outbound);
        Add("one.example", NegotiationWay.Inbound);

        Assert.NotNull(history.Read(Name("p", 0)));
        Assert.Null(history.Read(Name("p", 1)));
        Assert.NotNull(history.Read("one.example"));
    }

    private static string Name(string prefix, int number) => string.Create(CultureInfo.InvariantCulture, $"{prefix}{number}.example");

    private void Add(string domain, NegotiationWay way, StreamEndReason? failure = null, bool stranger = false) => history.Add(
        new NegotiationRecord
        {
            Pair = new DomainPair(DomainName.Parse("edge.example"), DomainName.Parse(domain)),
            Way = way,
            At = DateTimeOffset.UnixEpoch,
            Steps = [],
            Failure = failure,
        },
        stranger);
}
