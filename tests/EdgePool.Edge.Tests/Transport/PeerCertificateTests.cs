using System.Security.Cryptography.X509Certificates;
using EdgePool.Edge.Transport;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Transport;

// RFC 6120 section 13.7.2, RFC 5280 section 6; real chains, no network.
public sealed class PeerCertificateTests : IDisposable
{
    private static readonly DomainName Partner = DomainName.Parse("p1.example");

    private readonly VirtualTimeProvider time = new(DateTimeOffset.UtcNow);
    private readonly TestCertificateAuthority authority = new();
    private readonly CertificateChain chain = new();

    public void Dispose()
    {
        authority.Dispose();
        chain.Dispose();
    }

    [Theory]
    [InlineData("CERT-01 serverAuth alone", LeafUsage.ServerOnly, CertificateVerdict.Valid)]
    [InlineData("CERT-02 clientAuth alone", LeafUsage.ClientOnly, CertificateVerdict.Untrusted)]
    [InlineData("CERT-04 no purpose named", LeafUsage.None, CertificateVerdict.Valid)]
    [InlineData("both", LeafUsage.Both, CertificateVerdict.Valid)]
    public void Proves_ByPurpose(string id, LeafUsage usage, CertificateVerdict verdict)
    {
        var issued = authority.Issue(new LeafRequest { DnsNames = ["p1.example"], Usage = usage });

        Assert.True(verdict == Judge(issued), id);
    }

    [Fact]
    public void Proves_CERT04_AnyPurposeAlone_IsNotServerAuth()
    {
        var root = chain.Root();
        var leaf = chain.Below(root, "p1.example", usages: CertificateChain.AnyUsage);

        Assert.Equal(CertificateVerdict.Untrusted, Judge(leaf, [], root));
    }

    [Theory]
    [InlineData("CERT-06 serverAuth", CertificateChain.ServerAuth, CertificateVerdict.Valid)]
    [InlineData("intermediate for clients alone", CertificateChain.ClientAuth, CertificateVerdict.Untrusted)]
    public void Proves_IntermediateWithPurposes_BoundsTheLeaf(string id, string usage, CertificateVerdict verdict)
    {
        var root = chain.Root();
        var intermediate = chain.Below(root, "Intermediate", authority: true, usages: usage);
        var leaf = chain.Below(intermediate, "p1.example", usages: [CertificateChain.ServerAuth, CertificateChain.ClientAuth]);

        Assert.True(verdict == Judge(leaf, [intermediate], root), id);
    }

    [Theory]
    [InlineData("CERT-33 other name", "p2.example", CertificateVerdict.Untrusted)]
    [InlineData("CERT-33 own name", "p1.example", CertificateVerdict.Valid)]
    public void Proves_NameConstraints_AreKept(string id, string permitted, CertificateVerdict verdict)
    {
        var root = chain.Root();
        var intermediate = chain.Below(root, "Intermediate", authority: true, permittedSubtree: permitted);
        var leaf = chain.Below(intermediate, "p1.example");

        Assert.True(verdict == Judge(leaf, [intermediate], root), id);
    }

    [Fact]
    public void Proves_CERT34_LeafThatIssues_IsNoAuthority()
    {
        var root = chain.Root();
        var issuer = chain.Below(root, "evil.example");
        var leaf = chain.Below(issuer, "p1.example");

        Assert.Equal(CertificateVerdict.Untrusted, Judge(leaf, [issuer], root));
    }

    [Theory]
    [InlineData(0, CertificateVerdict.Untrusted)]
    [InlineData(1, CertificateVerdict.Valid)]
    public void Proves_CERT34_PathLength_IsKept(int pathLength, CertificateVerdict verdict)
    {
        var root = chain.Root();
        var first = chain.Below(root, "First", authority: true, pathLength: pathLength);
        var second = chain.Below(first, "Second", authority: true);
        var leaf = chain.Below(second, "p1.example");

        Assert.Equal(verdict, Judge(leaf, [first, second], root));
    }

    [Fact]
    public void Proves_ChainWithoutItsIntermediate_IsUntrusted()
    {
        var issued = authority.Issue(new LeafRequest { DnsNames = ["p1.example"], ByIntermediate = true });

        Assert.Equal(CertificateVerdict.Valid, Judge(issued));
        Assert.Equal(CertificateVerdict.Untrusted, Judge(issued.Certificate, [], authority.Root));
    }

    [Fact]
    public void Proves_RootNotOfThePartner_IsUntrusted()
    {
        using var foreign = new TestCertificateAuthority("Foreign root");

        Assert.Equal(CertificateVerdict.Untrusted, Judge(foreign.Issue("p1.example").Certificate, [], authority.Root));
        Assert.Equal(CertificateVerdict.Untrusted, Judge(authority.Issue(new LeafRequest { DnsNames = ["p1.example"], SelfSigned = true }).Certificate, [], authority.Root));
    }

    [Fact]
    public void Proves_RootSentAlong_IsNotTrustedForThat()
    {
        using var foreign = new TestCertificateAuthority("Foreign root");

        Assert.Equal(CertificateVerdict.Untrusted, Judge(foreign.Issue("p1.example").Certificate, [foreign.Root], authority.Root));
    }

    [Fact]
    public void Proves_NobodyTrusted_IsUntrusted()
        => Assert.Equal(CertificateVerdict.Untrusted, Shown(authority.Issue("p1.example"), new TrustAnchors(System: false, [])).Proves(Partner));

    [Fact]
    public void Proves_SystemRoots_DoNotHoldAPrivateOne()
        => Assert.Equal(CertificateVerdict.Untrusted, Shown(authority.Issue("p1.example"), TrustAnchors.SystemOnly).Proves(Partner));

    [Fact]
    public void Proves_TrustOfOneDomain_DoesNotCountForAnother()
    {
        var issued = authority.Issue("p1.example", "p2.example");
        var shown = new PeerCertificate(
            issued.Certificate,
            [],
            judged: null,
            domain => new(domain.Equals(Partner) ? new TrustAnchors(System: false, [authority.Root]) : new TrustAnchors(System: false, [])),
            time);

        Assert.Equal(CertificateVerdict.Valid, shown.Proves(Partner));
        Assert.Equal(CertificateVerdict.Untrusted, shown.Proves(DomainName.Parse("p2.example")));
    }

    [Theory]
    [InlineData(true, CertificateVerdict.Valid)]
    [InlineData(false, CertificateVerdict.Untrusted)]
    public void Proves_JudgedInTheHandshake_HoldsForThoseRootsAlone(bool trusted, CertificateVerdict verdict)
    {
        using var foreign = new TestCertificateAuthority("Foreign root");
        var (shared, own) = (new TrustAnchors(System: false, [authority.Root]), new TrustAnchors(System: false, [authority.Root]));
        var shown = new PeerCertificate(
            (trusted ? authority : foreign).Issue("p1.example", "p2.example").Certificate,
            [],
            (shared, trusted),
            domain => new(domain.Equals(Partner) ? shared : own),
            time);

        Assert.Equal(verdict, shown.Proves(Partner));
        Assert.Equal(verdict, shown.Proves(DomainName.Parse("p2.example")));
        Assert.Equal(verdict, shown.Proves(Partner));
    }

    [Fact]
    public void Proves_OtherName_IsWrongName()
        => Assert.Equal(CertificateVerdict.WrongName, Judge(authority.Issue("p2.example")));

    [Fact]
    public void Proves_NoCertificate_IsNone()
        => Assert.Equal(CertificateVerdict.None, new PeerCertificate(leaf: null, [], judged: null, _ => new(TrustAnchors.SystemOnly), time).Proves(Partner));

    [Fact]
    public void Proves_AtBothEndsOfItsLife()
    {
        var issued = authority.Issue(new LeafRequest { DnsNames = ["p1.example"], NotBefore = TimeSpan.FromDays(-1), NotAfter = TimeSpan.FromDays(1) });

        Assert.Equal(CertificateVerdict.Valid, Judge(issued));
        time.Advance(TimeSpan.FromDays(1) - TimeSpan.FromMinutes(5));
        Assert.Equal(CertificateVerdict.Valid, Judge(issued));
        time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(CertificateVerdict.Untrusted, Judge(issued));
        Assert.Equal(CertificateVerdict.Untrusted, Judge(authority.Issue(new LeafRequest { DnsNames = ["p1.example"], NotBefore = TimeSpan.FromDays(3), NotAfter = TimeSpan.FromDays(5) })));
    }

    [Fact]
    public void EndsIn_ChainAlone_WhateverTheName()
    {
        var shown = Shown(authority.Issue("anybody.example"), TrustAnchors.SystemOnly);

        Assert.True(shown.EndsIn(new TrustAnchors(System: false, [authority.Root])));
        Assert.False(shown.EndsIn(new TrustAnchors(System: false, [])));
        Assert.False(new PeerCertificate(leaf: null, [], judged: null, _ => new(TrustAnchors.SystemOnly), time).EndsIn(new TrustAnchors(System: false, [authority.Root])));
    }

    private CertificateVerdict Judge(IssuedCertificate issued) => Judge(issued.Certificate, [.. issued.Intermediates], authority.Root);

    private CertificateVerdict Judge(X509Certificate2 leaf, X509Certificate2[] intermediates, X509Certificate2 root)
        => new PeerCertificate(leaf, [.. intermediates.Select(i => i.RawData)], judged: null, _ => new(new TrustAnchors(System: false, [root])), time).Proves(Partner);

    private PeerCertificate Shown(IssuedCertificate issued, TrustAnchors trust) => new(issued.Certificate, [.. issued.Intermediates.Select(i => i.RawData)], judged: null, _ => new(trust), time);
}
