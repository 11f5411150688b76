using System.Security.Cryptography.X509Certificates;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Dns.Service;
using EdgePool.Edge.Transport;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Transport;

// RFC 6698 section 2.1, RFC 7671 section 5, RFC 7673 sections 3.4 and 4; real chains, no network.
public sealed class PeerCertificateTlsaTests : IDisposable
{
    private const CertificateVerdict Valid = CertificateVerdict.Valid;
    private const CertificateVerdict Mismatch = CertificateVerdict.TlsaMismatch;
    private const CertificateVerdict Missing = CertificateVerdict.TlsaMissing;
    private const CertificateVerdict Unavailable = CertificateVerdict.TlsaUnavailable;

    private static readonly DomainName Partner = DomainName.Parse("p1.example");
    private static readonly DomainName Host = DomainName.Parse("xmpp.p1.example");
    private static readonly DnsName Owner = DnsName.Parse("_5269._tcp.xmpp.p1.example");

    private readonly VirtualTimeProvider time = new(DateTimeOffset.UtcNow);
    private readonly TestCertificateAuthority authority = new();
    private readonly TestCertificateAuthority foreign = new("Foreign root");
    private readonly CertificateChain chain = new();

    public void Dispose()
    {
        authority.Dispose();
        foreign.Dispose();
        chain.Dispose();
    }

    // RFC 7671 section 5.1: nothing but the certificate, or its key, counts: neither issuer nor names nor dates nor purposes.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(0, 2)]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    public void DaneEe_Matches_WhateverTheCertificateSays(int selector, int matchingType)
    {
        var odd = authority.Issue(new LeafRequest
        {
            DnsNames = ["elsewhere.example"], SelfSigned = true, Usage = LeafUsage.ClientOnly, NotBefore = TimeSpan.FromDays(-3), NotAfter = TimeSpan.FromDays(-1),
        }).Certificate;

        Assert.Equal(Valid, Judge(DaneUse.Require, odd, Record(3, selector, matchingType, odd)));
        Assert.Equal(Valid, Judge(DaneUse.Allow, odd, Record(3, selector, matchingType, odd)));
        Assert.Equal(CertificateVerdict.Untrusted, Judge(DaneUse.Off, odd, Record(3, selector, matchingType, odd)));
        Assert.Equal(Mismatch, Judge(DaneUse.Require, odd, Record(3, selector, matchingType, foreign.Root)));
    }

    [Fact]
    public void DaneEe_OneOfSeveralMatches_Suffices()
    {
        var shown = SelfSigned();

        Assert.Equal(Valid, Judge(DaneUse.Require, shown, Record(3, 1, 1, foreign.Root), Record(0, 0, 1, foreign.Root), Record(3, 0, 2, shown)));
    }

    // A record that cannot be understood is as if it were not there; RFC 7671 section 10.1.
    [Theory]
    [InlineData("unknown usage", 4, 1, 1, 32)]
    [InlineData("private usage", 255, 1, 1, 32)]
    [InlineData("unknown selector", 3, 2, 1, 32)]
    [InlineData("unknown matching type", 3, 1, 3, 32)]
    [InlineData("private matching type", 3, 1, 255, 32)]
    [InlineData("SHA-256 of 31 octets", 3, 1, 1, 31)]
    [InlineData("SHA-256 of 33 octets", 3, 1, 1, 33)]
    [InlineData("SHA-512 of 32 octets", 3, 1, 2, 32)]
    [InlineData("no hash", 3, 1, 1, 0)]
    [InlineData("no data", 3, 1, 0, 0)]
    public void UnusableRecords_AreNoRecords(string id, int usage, int selector, int matchingType, int length)
    {
        var record = new TlsaRecord(Owner, 60, (byte)usage, (byte)selector, (byte)matchingType, new byte[length]);
        var (trusted, untrusted) = (authority.Issue("p1.example").Certificate, SelfSigned());

        Assert.True(Judge(DaneUse.Require, trusted, record) == Missing, id);
        Assert.Equal(Valid, Judge(DaneUse.Allow, trusted, record));
        Assert.Equal(CertificateVerdict.Untrusted, Judge(DaneUse.Allow, untrusted, record));
        Assert.Equal(Valid, Judge(DaneUse.Require, untrusted, record, Record(3, 1, 1, untrusted)));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    public void DaneTa_AuthorityThatWasSent_VouchesForWhatItIssued(int selector, int matchingType)
    {
        var issued = foreign.Issue(new LeafRequest { DnsNames = ["p1.example"], ByIntermediate = true }).Certificate;

        Assert.Equal(Valid, Judge(DaneUse.Require, issued, [foreign.Intermediate], Record(2, selector, matchingType, foreign.Intermediate)));
        Assert.Equal(Valid, Judge(DaneUse.Require, issued, [foreign.Intermediate, foreign.Root], Record(2, selector, matchingType, foreign.Intermediate)));
        Assert.Equal(Valid, Judge(DaneUse.Allow, issued, [foreign.Intermediate, foreign.Root], Record(2, selector, matchingType, foreign.Root)));
        Assert.Equal(Mismatch, Judge(DaneUse.Require, issued, [foreign.Intermediate], Record(2, selector, matchingType, authority.Root)));
    }

    // RFC 7671 section 5.2.2: of a hash alone no chain can be made; a record that holds the authority whole needs nothing sent.
    [Fact]
    public void DaneTa_AuthorityThatWasNotSent_CountsOnlyWhole()
    {
        var issued = foreign.Issue("p1.example").Certificate;

        Assert.Equal(Mismatch, Judge(DaneUse.Require, issued, Record(2, 0, 1, foreign.Root)));
        Assert.Equal(Valid, Judge(DaneUse.Require, issued, Record(2, 0, 0, foreign.Root)));
        Assert.Equal(Mismatch, Judge(DaneUse.Require, issued, new TlsaRecord(Owner, 60, 2, 0, 0, new byte[60_000])));
    }

    // RFC 7673 section 4.2: the domain, or the host that secure records led to.
    [Theory]
    [InlineData("p1.example", true)]
    [InlineData("xmpp.p1.example", true)]
    [InlineData("other.p1.example", false)]
    [InlineData("p2.example", false)]
    public void DaneTa_NameIsTheDomainsOrTheHosts(string name, bool valid)
    {
        var issued = foreign.Issue(name).Certificate;

        Assert.Equal(valid ? Valid : Mismatch, Judge(DaneUse.Require, issued, [foreign.Root], Record(2, 0, 1, foreign.Root)));
    }

    [Fact]
    public void DaneTa_WhatTheAuthorityHasNotIssued_IsNotVouchedFor()
    {
        var expired = foreign.Issue(new LeafRequest { DnsNames = ["p1.example"], NotBefore = TimeSpan.FromDays(-3), NotAfter = TimeSpan.FromDays(-1) }).Certificate;
        var forClients = foreign.Issue(new LeafRequest { DnsNames = ["p1.example"], Usage = LeafUsage.ClientOnly }).Certificate;
        var namesake = chain.Root("Foreign root");
        var forged = chain.Below(namesake, "p1.example");
        var itself = SelfSigned();
        var record = Record(2, 1, 1, foreign.Root);

        Assert.Equal(Mismatch, Judge(DaneUse.Require, expired, [foreign.Root], record));
        Assert.Equal(Mismatch, Judge(DaneUse.Require, forClients, [foreign.Root], record));
        Assert.Equal(Mismatch, Judge(DaneUse.Require, forged, [foreign.Root], record));
        Assert.Equal(Mismatch, Judge(DaneUse.Require, SelfSigned(), [foreign.Root], record));
        Assert.Equal(Mismatch, Judge(DaneUse.Require, itself, [itself], Record(2, 1, 1, itself)));
        Assert.Equal(Mismatch, Judge(DaneUse.Require, authority.Issue("p1.example").Certificate, [foreign.Root], record));
    }

    // An authority below one that has expired, or that nobody trusts, is the end of the chain all the same.
    [Fact]
    public void DaneTa_WhatStandsAboveTheAuthority_DoesNotCount()
    {
        var root = chain.Root();
        var middle = chain.Below(root, "Middle", authority: true);
        var leaf = chain.Below(middle, "p1.example");
        var old = chain.Below(chain.Root("Older"), "Odd root", authority: true, daysLeft: 1);
        time.Advance(TimeSpan.FromDays(2));

        Assert.Equal(Valid, Judge(DaneUse.Require, leaf, [middle, old], Record(2, 0, 1, middle)));
    }

    [Fact]
    public void DaneTa_AuthoritiesBehindTheSixteenth_AreNotLookedAt()
    {
        var issued = foreign.Issue("p1.example").Certificate;
        var others = Enumerable.Range(0, 16).Select(i => chain.Root($"Root {i}")).ToArray();

        Assert.Equal(Valid, Judge(DaneUse.Require, issued, [.. others[1..], foreign.Root], Record(2, 0, 1, foreign.Root)));
        Assert.Equal(Mismatch, Judge(DaneUse.Require, issued, [.. others, foreign.Root], Record(2, 0, 1, foreign.Root)));
    }

    [Fact]
    public void PkixTa_NeedsATrustedChainWithTheAuthorityInIt()
    {
        var issued = authority.Issue(new LeafRequest { DnsNames = ["p1.example"], ByIntermediate = true }).Certificate;
        var alien = foreign.Issue(new LeafRequest { DnsNames = ["p1.example"], ByIntermediate = true }).Certificate;

        Assert.Equal(Valid, Judge(DaneUse.Require, issued, [authority.Intermediate], Record(0, 0, 1, authority.Root)));
        Assert.Equal(Valid, Judge(DaneUse.Require, issued, [authority.Intermediate], Record(0, 1, 2, authority.Intermediate)));
        Assert.Equal(Mismatch, Judge(DaneUse.Require, issued, [authority.Intermediate, foreign.Root], Record(0, 0, 1, foreign.Root)));
        Assert.Equal(Mismatch, Judge(DaneUse.Require, issued, [authority.Intermediate], Record(0, 0, 1, issued)));
        Assert.Equal(Mismatch, Judge(DaneUse.Require, alien, [foreign.Intermediate, foreign.Root], Record(0, 0, 1, foreign.Root)));
        Assert.Equal(Mismatch, Judge(DaneUse.Allow, alien, [foreign.Intermediate, foreign.Root], Record(0, 0, 1, foreign.Root)));
    }

    [Fact]
    public void PkixEe_NeedsATrustedChainOfThisCertificate()
    {
        var (issued, another, alien) = (authority.Issue("p1.example").Certificate, authority.Issue("p1.example").Certificate, foreign.Issue("p1.example").Certificate);
        var misnamed = authority.Issue("p2.example").Certificate;

        Assert.Equal(Valid, Judge(DaneUse.Require, issued, Record(1, 1, 1, issued)));
        Assert.Equal(Mismatch, Judge(DaneUse.Require, another, Record(1, 1, 1, issued)));
        Assert.Equal(Mismatch, Judge(DaneUse.Require, alien, Record(1, 1, 1, alien)));
        Assert.Equal(Mismatch, Judge(DaneUse.Require, misnamed, Record(1, 1, 1, misnamed)));
    }

    // What the DNS said, beside a certificate that roots vouch for and one that none does: under allow, then under require.
    public static TheoryData<string, CertificateVerdict, CertificateVerdict, CertificateVerdict, CertificateVerdict> Sayings => new()
    {
        { "absent", Valid, CertificateVerdict.Untrusted, Missing, Missing },
        { "insecure", Valid, CertificateVerdict.Untrusted, Missing, Missing },
        { "failed", Valid, Unavailable, Unavailable, Unavailable },
        { "nobody asked", Valid, CertificateVerdict.Untrusted, Unavailable, Unavailable },
        { "mismatch", Valid, Mismatch, Mismatch, Mismatch },
        { "mismatch and failed", Valid, Unavailable, Unavailable, Unavailable },
    };

    [Theory]
    [MemberData(nameof(Sayings))]
    public void Proves_ByWhatTheDnsSaid(string said, CertificateVerdict trustedAllowed, CertificateVerdict untrustedAllowed, CertificateVerdict trustedRequired, CertificateVerdict untrustedRequired)
    {
        TlsaAnswer failed = new TlsaAnswer.Failed(Owner, DnsFailure.ServerFailure);
        TlsaAnswer mismatch = new TlsaAnswer.Secure(Owner, [Record(3, 1, 1, foreign.Root)]);
        TlsaAnswer[] answers = said switch
        {
            "absent" => [new TlsaAnswer.Absent(Owner)],
            "insecure" => [new TlsaAnswer.Insecure(Owner)],
            "failed" => [failed],
            "mismatch" => [mismatch, new TlsaAnswer.Absent(Owner)],
            "mismatch and failed" => [mismatch, failed],
            _ => [],
        };
        var (trusted, untrusted) = (authority.Issue("p1.example").Certificate, SelfSigned());

        Assert.Equal(
            (trustedAllowed, untrustedAllowed, trustedRequired, untrustedRequired),
            (By(DaneUse.Allow, trusted), By(DaneUse.Allow, untrusted), By(DaneUse.Require, trusted), By(DaneUse.Require, untrusted)));

        CertificateVerdict By(DaneUse use, X509Certificate2 shown) => Shown(shown, Demand(use), [], answers).Proves(Partner);
    }

    [Fact]
    public void Proves_OnePlaceMatchesAndAnotherFailed_IsValid()
    {
        var shown = SelfSigned();
        var peer = Shown(shown, Demand(DaneUse.Require), [], new TlsaAnswer.Failed(Owner, DnsFailure.Timeout), new TlsaAnswer.Secure(Owner, [Record(3, 1, 1, shown)]));

        Assert.Equal(Valid, peer.Proves(Partner));
        Assert.True(peer.IsVouchedFor(Partner));
    }

    // Roots of the partner's own are never replaced: TLSA records are demanded beside them.
    [Fact]
    public void OwnAuthority_AndTlsa_BothHaveToVouch()
    {
        var demand = Demand(DaneUse.Require) with { OwnAnchors = true };
        var (inside, outside) = (authority.Issue("p1.example").Certificate, foreign.Issue("p1.example").Certificate);
        var expired = authority.Issue(new LeafRequest { DnsNames = ["p1.example"], NotBefore = TimeSpan.FromDays(-3), NotAfter = TimeSpan.FromDays(-1) }).Certificate;

        Assert.Equal(Valid, Shown(inside, demand, [], Secure(Record(3, 1, 1, inside))).Proves(Partner));
        Assert.Equal(Mismatch, Shown(inside, demand, [], Secure(Record(3, 1, 1, outside))).Proves(Partner));
        Assert.Equal(CertificateVerdict.Untrusted, Shown(outside, demand, [foreign.Root], Secure(Record(3, 1, 1, outside), Record(2, 0, 1, foreign.Root))).Proves(Partner));
        Assert.Equal(CertificateVerdict.Untrusted, Shown(expired, demand, [], Secure(Record(3, 1, 1, expired))).Proves(Partner));
        Assert.Equal(CertificateVerdict.Untrusted, Shown(outside, demand with { Rules = new CertificateRules { Dane = DaneUse.Allow } }, [], Secure(Record(3, 1, 1, outside))).Proves(Partner));
    }

    [Theory]
    [InlineData(DaneUse.Allow)]
    [InlineData(DaneUse.Require)]
    public void PinsAndKnownKeys_HoldBesideTlsa(DaneUse use)
    {
        var (shown, other) = (SelfSigned(), KeyHash.Of(foreign.Root));
        var said = Secure(Record(3, 1, 1, shown));

        var misfit = Shown(shown, With(other), [], said);
        Assert.Equal(CertificateVerdict.PinMismatch, misfit.Proves(Partner));
        Assert.Equal(CertificateVerdict.PinMismatch, misfit.TakeUnexpected()!.Verdict);
        Assert.Equal(Valid, Shown(shown, With(other, KeyHash.Of(shown)), [], said).Proves(Partner));
        Assert.Equal(CertificateVerdict.KeyChanged, Shown(shown, Demand(use) with { Known = [other] }, [], said).Proves(Partner));
        Assert.Equal(Valid, Shown(shown, Demand(use) with { Known = [KeyHash.Of(shown)] }, [], said).Proves(Partner));

        CertificateDemand With(params KeyHash[] pins) => Demand(use) with { Rules = new CertificateRules { Dane = use, Pins = pins } };
    }

    [Theory]
    [InlineData(3, Valid)]
    [InlineData(1, Mismatch)]
    public void Proves_CertificateExpiresMeanwhile_DaneEeAloneGoesOn(int usage, CertificateVerdict then)
    {
        var issued = authority.Issue(new LeafRequest { DnsNames = ["p1.example"], NotAfter = TimeSpan.FromHours(1) }).Certificate;
        var peer = Shown(issued, Demand(DaneUse.Require), [], Secure(Record(usage, 1, 1, issued)));
        Assert.Equal(Valid, peer.Proves(Partner));

        time.Advance(TimeSpan.FromHours(2));

        Assert.Equal(then, peer.Proves(Partner));
        Assert.Equal(then, peer.Proves(Partner));
    }

    [Theory]
    [InlineData(DaneUse.Off, false, false)]
    [InlineData(DaneUse.Allow, false, true)]
    [InlineData(DaneUse.Require, true, true)]
    public void Wants_OnlyWhatMayTurnOnTheRecords(DaneUse use, bool trusted, bool untrusted)
    {
        Assert.Equal(trusted, Shown(authority.Issue("p1.example").Certificate, Demand(use), []).Wants(Partner));
        var peer = Shown(SelfSigned(), Demand(use), []);
        Assert.Equal(untrusted, peer.Wants(Partner));
        peer.Learn(TlsaFindings.Absent(Partner));
        Assert.False(peer.Wants(Partner));
        Assert.False(Shown(leaf: null, Demand(use), []).Wants(Partner));
    }

    [Fact]
    public void Learn_MoreDomainsThanTheLimit_AreNotVouchedFor()
    {
        var shown = SelfSigned();
        var peer = Shown(shown, Demand(DaneUse.Require), []);
        for (var i = 0; i <= PeerCertificate.MostDomains; i++)
        {
            var domain = DomainName.Parse($"d{i}.example");
            var room = i < PeerCertificate.MostDomains;
            Assert.Equal(room, peer.Wants(domain));
            peer.Learn(new TlsaFindings(domain, [new TlsaPlace(domain, Secure(Record(3, 1, 1, shown)))]));
            Assert.Equal(room ? Valid : Unavailable, peer.Proves(domain));
        }
    }

    [Fact]
    public void ToText_SaysWhatWasFound_Bounded()
    {
        var shown = SelfSigned();
        var record = Record(3, 1, 1, shown);
        var found = new TlsaFindings(Partner, [new TlsaPlace(Host, Secure([.. Enumerable.Repeat(record, 20)])), new TlsaPlace(Host, Secure(new TlsaRecord(Owner, 60, 9, 0, 0, new byte[5000])))]);

        Assert.Contains(Convert.ToHexStringLower(record.Data.Span), found.ToText(), StringComparison.Ordinal);
        Assert.Contains(" and 12 more; ", found.ToText(), StringComparison.Ordinal);
        Assert.EndsWith("00… (not understood)", found.ToText(), StringComparison.Ordinal);
        Assert.True(found.ToText().Length < 1500);
        Assert.Contains("3 1 1 " + Convert.ToHexStringLower(record.Data.Span), Shown(shown, Demand(DaneUse.Allow), []).TlsaText(), StringComparison.Ordinal);
    }

    private static TlsaAnswer.Secure Secure(params TlsaRecord[] records) => new(Owner, [.. records]);

    private static TlsaRecord Record(int usage, int selector, int matchingType, X509Certificate2 certificate)
        => certificate.Tlsa("_5269._tcp.xmpp.p1.example", usage, selector, matchingType);

    private X509Certificate2 SelfSigned() => authority.Issue(new LeafRequest { DnsNames = ["p1.example"], SelfSigned = true }).Certificate;

    private CertificateDemand Demand(DaneUse use) => new(new TrustAnchors(System: false, [authority.Root]), new CertificateRules { Dane = use });

    private CertificateVerdict Judge(DaneUse use, X509Certificate2 shown, params TlsaRecord[] records) => Judge(use, shown, [], records);

    private CertificateVerdict Judge(DaneUse use, X509Certificate2 shown, X509Certificate2[] sent, params TlsaRecord[] records)
        => Shown(shown, Demand(use), sent, Secure(records)).Proves(Partner);

    private PeerCertificate Shown(X509Certificate2? leaf, CertificateDemand demand, X509Certificate2[] sent, params TlsaAnswer[] answers)
    {
        var peer = new PeerCertificate(leaf, [.. sent.Select(certificate => certificate.RawData)], judged: null, _ => demand, time) { OfClient = true };
        if (answers.Length > 0)
            peer.Learn(new TlsaFindings(Partner, [.. answers.Select(answer => new TlsaPlace(Host, answer))]));
        return peer;
    }
}
