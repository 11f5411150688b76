using EdgePool.Edge.Certificates;
using EdgePool.Testing.Certificates;
using Xunit;

namespace EdgePool.Edge.Tests.Certificates;

public sealed class CertificateExpiryTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly TestCertificateAuthority authority = new();

    public void Dispose() => authority.Dispose();

    [Theory]
    [InlineData(31, 0, CertificateExpiry.Far)]
    [InlineData(30, 0, CertificateExpiry.Far)]
    [InlineData(30, -1, CertificateExpiry.Within30Days)]
    [InlineData(14, 0, CertificateExpiry.Within30Days)]
    [InlineData(14, -1, CertificateExpiry.Within14Days)]
    [InlineData(3, 0, CertificateExpiry.Within14Days)]
    [InlineData(3, -1, CertificateExpiry.Within3Days)]
    [InlineData(0, 0, CertificateExpiry.Within3Days)]
    [InlineData(0, -1, CertificateExpiry.Expired)]
    public void At_BothSidesOfEachStage(int days, int seconds, CertificateExpiry stage)
        => Assert.Equal(stage, CertificateExpiries.At(Now.AddDays(days).AddSeconds(seconds), Now));

    [Fact]
    public void Watch_EachStage_IsSaidOnce()
    {
        var ours = FakeCertificateSource.Own(authority.Issue(LeafRequest.For("edge.example") with { NotAfter = TimeSpan.FromDays(60) }));
        var watch = new ExpiryWatch();
        var start = ours.ValidUntil.AddDays(-60);
        var said = new List<(int Day, CertificateExpiry Stage)>();
        for (var day = 0; day <= 61; day++)
            said.AddRange(watch.Look([ours], start.AddDays(day).AddSeconds(1)).Select(news => (day, news.Stage)));

        Assert.Equal([(30, CertificateExpiry.Within30Days), (46, CertificateExpiry.Within14Days), (57, CertificateExpiry.Within3Days), (60, CertificateExpiry.Expired)], said);
    }

    [Fact]
    public void Watch_StartsLate_SaysTheStageItIsAtAlone()
    {
        var ours = FakeCertificateSource.Own(authority.Issue(LeafRequest.For("edge.example") with { NotAfter = TimeSpan.FromDays(2) }));
        var watch = new ExpiryWatch();

        Assert.Equal(CertificateExpiry.Within3Days, Assert.Single(watch.Look([ours, ours], ours.ValidUntil.AddDays(-2))).Stage);
        Assert.Empty(watch.Look([ours], ours.ValidUntil.AddDays(-1)));
    }

    // What was renewed is forgotten, and what comes back is news again: nothing is kept of a certificate that is not in force.
    [Fact]
    public void Watch_Renewal_BeginsAnew()
    {
        var old = FakeCertificateSource.Own(authority.Issue(LeafRequest.For("edge.example") with { NotAfter = TimeSpan.FromDays(2) }));
        var fresh = FakeCertificateSource.Own(authority.Issue("edge.example"));
        var watch = new ExpiryWatch();
        var now = DateTimeOffset.UtcNow;
        watch.Look([old], now);

        Assert.Empty(watch.Look([fresh], now));
        Assert.Single(watch.Look([old], now));
    }
}
