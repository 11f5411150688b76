using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Edge.Tests.Hostile;
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

    // CERT-01 to CERT-04: who the certificate is for, by policy and by which side of TLS the peer was.
    [Theory]
    [InlineData(true, true, LeafUsage.ServerOnly, true, true)]
    [InlineData(true, true, LeafUsage.ClientOnly, true, true)]
    [InlineData(true, true, LeafUsage.ClientOnly, false, false)]
    [InlineData(true, true, LeafUsage.None, true, true)]
    [InlineData(true, false, LeafUsage.ClientOnly, true, false)]
    [InlineData(false, false, LeafUsage.ServerOnly, true, false)]
    [InlineData(false, false, LeafUsage.ServerOnly, false, true)]
    [InlineData(false, false, LeafUsage.ClientOnly, true, false)]
    [InlineData(false, false, LeafUsage.Both, true, true)]
    [InlineData(false, false, LeafUsage.None, true, true)]
    [InlineData(false, true, LeafUsage.ServerOnly, true, false)]
    [InlineData(false, true, LeafUsage.ClientOnly, true, true)]
    [InlineData(false, true, LeafUsage.ClientOnly, false, false)]
    [InlineData(false, true, LeafUsage.Both, true, true)]
    public void Proves_CERT03_PurposesUnderPolicy(bool serverAuthOnly, bool clientAuthOnly, LeafUsage usage, bool ofClient, bool valid)
    {
        var issued = authority.Issue(new LeafRequest { DnsNames = ["p1.example"], Usage = usage, ByIntermediate = true });
        var rules = new CertificateRules { AllowServerAuthOnly = serverAuthOnly, AllowClientAuthOnly = clientAuthOnly };

        Assert.Equal(valid ? CertificateVerdict.Valid : CertificateVerdict.Untrusted, Shown(issued, Own(rules), ofClient).Proves(Partner));
    }

    [Fact]
    public void Proves_CERT04_AnyPurposeAlone_IsNotClientAuthEither()
    {
        var root = chain.Root();
        var leaf = chain.Below(root, "p1.example", usages: CertificateChain.AnyUsage);
        var demand = new CertificateDemand(new TrustAnchors(System: false, [root]), new CertificateRules { AllowClientAuthOnly = true });

        Assert.Equal(CertificateVerdict.Untrusted, new PeerCertificate(leaf, [], judged: null, _ => demand, time) { OfClient = true }.Proves(Partner));
    }

    // CERT-21
    [Fact]
    public void Proves_CERT21_Pins_OfAnyCertificateOfTheChain()
    {
        var issued = authority.Issue(new LeafRequest { DnsNames = ["p1.example"], ByIntermediate = true });
        var other = KeyHash.Of(authority.Issue("p1.example").Certificate);

        Assert.Equal(CertificateVerdict.Valid, ProvesWith(issued, KeyHash.Of(issued.Certificate)));
        Assert.Equal(CertificateVerdict.Valid, ProvesWith(issued, other, KeyHash.Of(authority.Intermediate)));
        Assert.Equal(CertificateVerdict.Valid, ProvesWith(issued, KeyHash.Of(authority.Root)));
        Assert.Equal(CertificateVerdict.PinMismatch, ProvesWith(issued, other));
    }

    [Fact]
    public void Proves_CERT21_PinnedAuthorityThatWasOnlySentAlong_IsNoPin()
    {
        using var foreign = new TestCertificateAuthority("Foreign root");
        var issued = authority.Issue("p1.example");
        var demand = Own(new CertificateRules { Pins = [KeyHash.Of(foreign.Root)] });

        Assert.Equal(CertificateVerdict.PinMismatch, new PeerCertificate(issued.Certificate, [foreign.Root.RawData], judged: null, _ => demand, time).Proves(Partner));
    }

    [Fact]
    public void Proves_CERT21_PinnedButUntrustedOrMisnamed_IsThatAndNoAlarm()
    {
        using var foreign = new TestCertificateAuthority("Foreign root");
        var (untrusted, misnamed) = (foreign.Issue("p1.example"), authority.Issue("p2.example"));
        var pinned = KeyHash.Of(authority.Issue("p1.example").Certificate);

        Assert.Equal(CertificateVerdict.Untrusted, ProvesWith(untrusted, KeyHash.Of(untrusted.Certificate)));
        Assert.Equal(CertificateVerdict.Untrusted, ProvesWith(untrusted, pinned));
        Assert.Equal(CertificateVerdict.WrongName, ProvesWith(misnamed, pinned));
    }

    // Pins where no root is trusted: the key stands for itself, as RFC 7250 and DANE-EE have it; names, dates and purposes still count.
    [Fact]
    public void Proves_PinsAlone_TheCertificatesOwnKeyDecides()
    {
        var selfSigned = authority.Issue(new LeafRequest { DnsNames = ["p1.example"], SelfSigned = true });
        var issued = authority.Issue("p1.example");
        var expired = authority.Issue(new LeafRequest { DnsNames = ["p1.example"], SelfSigned = true, NotBefore = TimeSpan.FromDays(-3), NotAfter = TimeSpan.FromDays(-1) });
        var misnamed = authority.Issue(new LeafRequest { DnsNames = ["p2.example"], SelfSigned = true });
        var forClients = authority.Issue(new LeafRequest { DnsNames = ["p1.example"], SelfSigned = true, Usage = LeafUsage.ClientOnly });

        Assert.Equal(CertificateVerdict.Valid, ProvesAlone(selfSigned));
        Assert.Equal(CertificateVerdict.Valid, ProvesAlone(issued));
        Assert.Equal(CertificateVerdict.Untrusted, ProvesAlone(expired));
        Assert.Equal(CertificateVerdict.WrongName, ProvesAlone(misnamed));
        Assert.Equal(CertificateVerdict.Untrusted, ProvesAlone(forClients));
        Assert.Equal(CertificateVerdict.PinMismatch, Shown(selfSigned, PinsAlone(KeyHash.Of(authority.Root)), ofClient: true).Proves(Partner));
        Assert.Equal(CertificateVerdict.PinMismatch, Shown(issued, PinsAlone(KeyHash.Of(authority.Root)), ofClient: true).Proves(Partner));
    }

    // CERT-22
    [Fact]
    public void Proves_CERT22_KeysKnown_NoOtherCounts()
    {
        var (known, other) = (authority.Issue("p1.example"), authority.Issue("p1.example"));
        var demand = Own(CertificateRules.Default) with { Known = [KeyHash.Of(known.Certificate)] };

        Assert.Equal(CertificateVerdict.Valid, Shown(known, demand, ofClient: true).Proves(Partner));
        Assert.Equal(CertificateVerdict.KeyChanged, Shown(other, demand, ofClient: true).Proves(Partner));
    }

    [Fact]
    public void TakeUnexpected_OncePerVerdict()
    {
        var shown = Shown(authority.Issue("p1.example"), Own(new CertificateRules { Pins = [KeyHash.Of(authority.Root)] }), ofClient: true);
        Assert.Equal(CertificateVerdict.Valid, shown.Proves(Partner));
        Assert.Null(shown.TakeUnexpected());

        var odd = Shown(authority.Issue("p1.example"), PinsAlone(KeyHash.Of(authority.Root)), ofClient: true);
        Assert.Equal((CertificateVerdict.PinMismatch, CertificateVerdict.PinMismatch), (odd.Proves(Partner), odd.Proves(Partner)));
        Assert.Equal(new UnexpectedKey(Partner, CertificateVerdict.PinMismatch), odd.TakeUnexpected());
        Assert.Null(odd.TakeUnexpected());
    }

    // CERT-37: issuer, status and revocations are said to be at a server that takes connections and answers none; whatever is demanded, nobody goes there.
    [Theory]
    [InlineData("default")]
    [InlineData("client purposes")]
    [InlineData("both purposes")]
    [InlineData("pins")]
    [InlineData("pins alone")]
    [InlineData("system roots")]
    public void Proves_CERT37_Pointers_AreNotFollowedWhateverIsDemanded(string demanded)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var pointers = HostileCertificates.Pointers($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        using var unsent = HostileCertificates.IssueAuthority(authority.Root, isAuthority: true);
        using var leaf = HostileCertificates.Issue(unsent, HostileCertificates.DnsNames("p1.example"), "CN=x", pointers);
        var demand = demanded switch
        {
            "client purposes" => Own(new CertificateRules { AllowClientAuthOnly = true }),
            "both purposes" => Own(new CertificateRules { AllowServerAuthOnly = false }),
            "pins" => Own(new CertificateRules { Pins = [KeyHash.Of(authority.Root)] }),
            "pins alone" => PinsAlone(KeyHash.Of(authority.Root)),
            "system roots" => new CertificateDemand(new TrustAnchors(System: true, [authority.Root])),
            _ => Own(CertificateRules.Default),
        };
        var since = Stopwatch.StartNew();

        Assert.NotEqual(CertificateVerdict.Valid, new PeerCertificate(leaf, [], judged: null, _ => demand, time) { OfClient = true }.Proves(Partner));

        Assert.False(listener.Pending());
        Assert.InRange(since.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(3));
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

    private CertificateDemand Own(CertificateRules rules) => new(new TrustAnchors(System: false, [authority.Root]), rules);

    private static CertificateDemand PinsAlone(KeyHash pin) => new(new TrustAnchors(System: false, []), new CertificateRules { Pins = [pin] });

    private CertificateVerdict ProvesWith(IssuedCertificate issued, params KeyHash[] pins) => Shown(issued, Own(new CertificateRules { Pins = pins }), ofClient: true).Proves(Partner);

    private CertificateVerdict ProvesAlone(IssuedCertificate issued) => Shown(issued, PinsAlone(KeyHash.Of(issued.Certificate)), ofClient: true).Proves(Partner);

    private PeerCertificate Shown(IssuedCertificate issued, CertificateDemand demand, bool ofClient)
        => new(issued.Certificate, [.. issued.Intermediates.Select(i => i.RawData)], judged: null, _ => demand, time) { OfClient = ofClient };

    private CertificateVerdict Judge(IssuedCertificate issued) => Judge(issued.Certificate, [.. issued.Intermediates], authority.Root);

    private CertificateVerdict Judge(X509Certificate2 leaf, X509Certificate2[] intermediates, X509Certificate2 root)
        => new PeerCertificate(leaf, [.. intermediates.Select(i => i.RawData)], judged: null, _ => new(new TrustAnchors(System: false, [root])), time).Proves(Partner);

    private PeerCertificate Shown(IssuedCertificate issued, TrustAnchors trust) => new(issued.Certificate, [.. issued.Intermediates.Select(i => i.RawData)], judged: null, _ => new(trust), time);
}
