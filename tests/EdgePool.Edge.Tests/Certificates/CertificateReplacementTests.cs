using EdgePool.Edge.Certificates;
using EdgePool.Testing.Certificates;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Edge.Tests.Certificates;

// CERT-39: which certificates may take the place of those in force.
public sealed class CertificateReplacementTests : IDisposable
{
    private readonly TestCertificateAuthority authority = new();

    public void Dispose() => authority.Dispose();

    [Theory]
    [InlineData("a.example b.example", "a.example b.example")]
    [InlineData("a.example", "a.example b.example")]
    [InlineData("a.example", "a.example")]
    [InlineData("", "other.example")]
    [InlineData("a.example b.example", "*.example.example a.example b.example")]
    [InlineData("a.example b.example", "a.example", "no certificate proves the local domain b.example, which one in force does")]
    [InlineData("a.example b.example", "other.example", "no certificate proves the local domain a.example, which one in force does", "no certificate proves the local domain b.example, which one in force does")]
    public void Judge_Domains_AreNotLost(string before, string after, params string[] reasons)
        => Assert.Equal(reasons, CertificateReplacement.Judge(Of(before), Of(after), Locals("a.example", "b.example"), DateTimeOffset.UtcNow));

    [Theory]
    [InlineData(LeafUsage.None, true)]
    [InlineData(LeafUsage.Both, true)]
    [InlineData(LeafUsage.ServerOnly, true)]
    [InlineData(LeafUsage.ClientOnly, false)]
    public void Judge_NotForServers_ProvesNothing(LeafUsage usage, bool taken)
    {
        var next = FakeCertificateSource.Own(authority.Issue(LeafRequest.For("a.example") with { Usage = usage }));

        Assert.Equal(taken, CertificateReplacement.Judge(Of("a.example"), [next], Locals("a.example"), DateTimeOffset.UtcNow).Count == 0);
    }

    [Theory]
    [InlineData(-2, -1, false)]
    [InlineData(-1, 1, true)]
    [InlineData(1, 2, false)]
    public void Judge_NotValidNow_IsRefused(int from, int until, bool taken)
    {
        var next = FakeCertificateSource.Own(authority.Issue(LeafRequest.For("a.example") with { NotBefore = TimeSpan.FromHours(from), NotAfter = TimeSpan.FromHours(until) }));

        Assert.Equal(taken, CertificateReplacement.Judge(Of("a.example"), [next], Locals("a.example"), DateTimeOffset.UtcNow).Count == 0);
    }

    [Fact]
    public void Judge_None_IsRefused() => Assert.Equal(["there is no certificate"], CertificateReplacement.Judge([], [], [], DateTimeOffset.UtcNow));

    [Fact]
    public void IsSame_OrderAndIntermediates_Count()
    {
        var (one, other) = (Of("a.example")[0], Of("b.example")[0]);

        Assert.True(CertificateReplacement.IsSame([one, other], [one, other]));
        Assert.False(CertificateReplacement.IsSame([one, other], [other, one]));
        Assert.False(CertificateReplacement.IsSame([one], [one with { Intermediates = [authority.Intermediate] }]));
    }

    private EdgeCertificate[] Of(string domains) => domains.Length == 0 ? [] : [FakeCertificateSource.Own(authority.Issue(domains.Split(' ')))];

    private static LocalDomain[] Locals(params string[] names) => [.. names.Select(name => new LocalDomain(DomainName.Parse(name), new BackEndOptions.Component("secret")))];
}
