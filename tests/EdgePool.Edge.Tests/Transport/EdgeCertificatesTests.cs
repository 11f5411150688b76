using EdgePool.Edge.Transport;
using EdgePool.Testing.Certificates;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Edge.Tests.Transport;

// RFC 6120 section 13.7.1.2, XEP-0368 section 3 (SNI).
public sealed class EdgeCertificatesTests : IDisposable
{
    private readonly TestCertificateAuthority authority = new();
    private readonly EdgeCertificates certificates;

    public EdgeCertificatesTests()
        => certificates = new EdgeCertificates(
        [
            Own(authority.Issue("edge.example")),
            Own(authority.Issue("other.example", "xn--bcher-kva.example")),
            Own(authority.Issue(new LeafRequest { ServiceNames = ["_xmpp-server.srv.example"], ByIntermediate = true })),
        ]);

    public void Dispose() => authority.Dispose();

    [Theory]
    [InlineData("edge.example", "edge.example")]
    [InlineData("EDGE.example", "edge.example")]
    [InlineData("other.example", "other.example")]
    [InlineData("bücher.example", "other.example")]
    [InlineData("xn--bcher-kva.example", "other.example")]
    [InlineData("srv.example", "_xmpp-server.srv.example")]
    [InlineData("nobody.example", "edge.example")]
    [InlineData("", "edge.example")]
    [InlineData("not a name", "edge.example")]
    public void ForServerName_TakesTheCertificateOfTheName(string name, string subject)
        => Assert.Equal("CN=" + subject, certificates.ForServerName(name)!.Context.TargetCertificate.Subject);

    [Theory]
    [InlineData("edge.example", true)]
    [InlineData("bücher.example", true)]
    [InlineData("srv.example", true)]
    [InlineData("sub.edge.example", false)]
    public void Prove_Domain(string domain, bool proven) => Assert.Equal(proven, certificates.Prove(DomainName.Parse(domain)));

    [Fact]
    public void ForDomain_IntermediatesGoAlong()
        => Assert.Single(certificates.ForDomain(DomainName.Parse("srv.example"))!.Context.IntermediateCertificates);

    private static EdgeCertificate Own(IssuedCertificate issued) => new(issued.Certificate, [.. issued.Intermediates]);

    [Fact]
    public void ForDomain_WithoutAnyCertificate_IsNone()
    {
        var none = new EdgeCertificates([]);
        Assert.False(none.Any);
        Assert.Null(none.ForServerName("edge.example"));
        Assert.Null(none.ForServerName(""));
        Assert.Null(none.ForDomain(DomainName.Parse("edge.example")));
        Assert.False(none.Prove(DomainName.Parse("edge.example")));
    }
}
