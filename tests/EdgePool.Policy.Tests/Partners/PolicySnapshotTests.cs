using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Policy.Tests.Partners;

public sealed class PolicySnapshotTests
{
    private static readonly PartnerDocument[] Documents =
    [
        new() { Domain = "partner.example", AdditionalDomains = ["conference.partner.example"] },
        new() { Domain = "bücher.example" },
        new() { Domain = "off.example", Enabled = false },
    ];

    [Theory]
    [InlineData("partner.example", "partner.example")]
    [InlineData("conference.partner.example", "partner.example")]
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    [InlineData("off.example", "off.example")]
    [InlineData("sub.partner.example", null)]
    [InlineData("artner.example", null)]
    [InlineData("", null)]
    public void Find_ClosedFederation_KnowsTheListedDomainsAlone(string domain, string? partner)
        => Assert.Equal(partner, Compile(Documents).Find(System.Text.Encoding.UTF8.GetBytes(domain))?.Name);

    [Fact]
    public void Find_BothSpellings_AreOnePartner()
    {
        var snapshot = Compile(Documents);

        Assert.Same(snapshot.Find(DomainName.Parse("bücher.example")), snapshot.Find(DomainName.Parse("XN--BCHER-KVA.example")));
    }

    [Theory]
    [InlineData("partner.example", VerdictReason.Allowed)]
    [InlineData("off.example", VerdictReason.PartnerDisabled)]
    [InlineData("other.example", VerdictReason.UnknownDomain)]
    public void Judge_ClosedFederation_NamesTheReason(string domain, VerdictReason reason)
    {
        Assert.Equal(reason, Compile(Documents).Judge(System.Text.Encoding.UTF8.GetBytes(domain), out var partner));
        Assert.Equal(reason is VerdictReason.UnknownDomain, partner is null);
    }

    [Theory]
    [InlineData("other.example", VerdictReason.Allowed, "*")]
    [InlineData("partner.example", VerdictReason.Allowed, "partner.example")]
    [InlineData("off.example", VerdictReason.PartnerDisabled, "off.example")]
    public void Judge_OpenFederation_PrefersTheNamedPartner(string domain, VerdictReason reason, string name)
    {
        var snapshot = Compile([.. Documents, new PartnerDocument { Domain = "*" }]);

        Assert.Equal(reason, snapshot.Judge(System.Text.Encoding.UTF8.GetBytes(domain), out var partner));
        Assert.Equal(name, partner?.Name);
    }

    [Fact]
    public void Find_OffTheWire_AllocatesNothing()
    {
        var snapshot = Compile(Documents);
        Assert.NotNull(snapshot.Find("partner.example"u8));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            snapshot.Find("conference.partner.example"u8);
            snapshot.Judge("unknown.example"u8, out _);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Find_OpenFederation_LocalDomainIsNobodys()
    {
        var snapshot = PolicyCompiler.Compile([new PartnerDocument { Domain = "*" }], [DomainName.Parse("contoso.example")]).Snapshot!;

        Assert.Null(snapshot.Find("contoso.example"u8));
        Assert.NotNull(snapshot.Find("sub.contoso.example"u8));
    }

    [Fact]
    public void Closed_AnyDomain_IsUnknown()
        => Assert.Equal(VerdictReason.UnknownDomain, PolicySnapshot.Closed.Judge("partner.example"u8, out _));

    private static PolicySnapshot Compile(IReadOnlyList<PartnerDocument> documents)
        => PolicyCompiler.Compile(documents, []).Snapshot ?? throw new InvalidOperationException("the test's documents do not compile");
}
