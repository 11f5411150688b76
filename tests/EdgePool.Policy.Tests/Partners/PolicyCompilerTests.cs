using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Policy.Tests.Partners;

public sealed class PolicyCompilerTests
{
    private static readonly DomainName[] LocalDomains = [DomainName.Parse("contoso.example")];

    [Fact]
    public void Compile_DomainAlone_TakesThePreset()
    {
        var compilation = PolicyCompiler.Compile([new PartnerDocument { Domain = "Partner.Example." }], LocalDomains);

        Assert.Empty(compilation.Problems);
        var partner = Assert.Single(compilation.Snapshot!.Partners);
        Assert.Equal("partner.example", partner.Name);
        Assert.Equal(PartnerType.Federated, partner.Type);
        Assert.Equal(new NegotiationTerms(AuthenticationMethods.SaslOverTls) { Bidirectional = true }, partner.Terms);
        Assert.True(partner.Enabled);
        Assert.Null(partner.Trust);
        Assert.Null(partner.Proxy);
        Assert.Null(partner.MaxStanzaBytes);
    }

    [Fact]
    public void Compile_EverythingWritten_IsAllKept()
    {
        var trust = new TrustAnchors(System: false, []);
        var document = new PartnerDocument
        {
            Domain = "partner.example",
            AdditionalDomains = ["conference.partner.example"],
            Description = "the other side",
            PartnerType = PartnerType.Federated,
            TlsNegotiation = NegotiationMode.Required,
            SaslNegotiation = NegotiationMode.Optional,
            SupportDialback = true,
            RequireTrustedCertificate = true,
            Trust = trust,
            ProxyFqdn = "xmpp.partner.example:5270",
            Enabled = false,
            DisabledReason = "moved",
            MaxStanzaBytes = 65_536,
        };

        var partner = Assert.Single(PolicyCompiler.Compile([document], LocalDomains).Snapshot!.Partners);

        Assert.Equal([DomainName.Parse("conference.partner.example")], partner.AdditionalDomains);
        Assert.Equal("the other side", partner.Description);
        Assert.Equal(PartnerType.Federated, partner.Type);
        Assert.Equal(AuthenticationMethods.SaslOverTls | AuthenticationMethods.TlsDialback, partner.Terms.Methods);
        Assert.True(partner.Terms.RequireTrustedCertificate);
        Assert.Same(trust, partner.Trust);
        Assert.Equal(new ProxyAddress("xmpp.partner.example", 5270), partner.Proxy);
        Assert.False(partner.Enabled);
        Assert.Equal("moved", partner.DisabledReason);
        Assert.Equal(65_536, partner.MaxStanzaBytes);
    }

    public static TheoryData<string, PartnerDocument, string, string> BadDocuments => new()
    {
        { "no domain", new PartnerDocument(), "partners[0].domain", "there is no domain" },
        { "empty domain", new PartnerDocument { Domain = "" }, "partners[0].domain", "there is no domain" },
        { "not a domain", new PartnerDocument { Domain = "a b" }, "partners[0].domain", "not a domain name" },
        { "address", new PartnerDocument { Domain = "192.0.2.1" }, "partners[0].domain", "not a domain name" },
        { "wildcard", new PartnerDocument { Domain = "*.partner.example" }, "partners[0].domain", "not one domain" },
        { "local", new PartnerDocument { Domain = "Contoso.example" }, "partners[0].domain", "is a local domain" },
        { "twice", new PartnerDocument { Domain = "a.example", AdditionalDomains = ["A.Example"] }, "partners[0].additionalDomains[0]", "already at partners[0].domain" },
        { "additional", new PartnerDocument { Domain = "a.example", AdditionalDomains = ["b.example", "-"] }, "partners[0].additionalDomains[1]", "not a domain name" },
        { "open with more", new PartnerDocument { Domain = "*", AdditionalDomains = ["b.example"] }, "partners[0].additionalDomains", "every other domain" },
        { "open with proxy", new PartnerDocument { Domain = "*", ProxyFqdn = "b.example" }, "partners[0].proxyFqdn", "one host" },
        { "no method", new PartnerDocument { Domain = "a.example", SaslNegotiation = NegotiationMode.NotSupported, SupportDialback = false }, "partners[0].saslNegotiation", "neither SASL nor dialback" },
        { "proxy", new PartnerDocument { Domain = "a.example", ProxyFqdn = "b.example:0" }, "partners[0].proxyFqdn", "not host or host:port" },
        { "stanza", new PartnerDocument { Domain = "a.example", MaxStanzaBytes = 9_999 }, "partners[0].maxStanzaBytes", "too few" },
        { "text", new PartnerDocument { Domain = "a.example", Description = new string('x', 1_025) }, "partners[0].description", "longer than 1024" },
        {
            "certificate without TLS",
            new PartnerDocument
            {
                Domain = "a.example",
                TlsNegotiation = NegotiationMode.NotSupported,
                SaslNegotiation = NegotiationMode.NotSupported,
                RequireTrustedCertificate = true,
            },
            "partners[0].requireTrustedCertificate",
            "no certificate without TLS"
        },
    };

    [Theory]
    [MemberData(nameof(BadDocuments))]
    public void Compile_BadDocument_NamesThePathAndNothingGetsOut(string id, PartnerDocument document, string path, string what)
    {
        var compilation = PolicyCompiler.Compile([document], LocalDomains);

        var error = Assert.Single(compilation.Problems, problem => problem.Severity is ProblemSeverity.Error);
        Assert.Equal((id, path), (id, error.Path));
        Assert.Contains(what, error.What, StringComparison.Ordinal);
        Assert.NotEmpty(error.Remedy);
        Assert.Null(compilation.Snapshot);
    }

    [Fact]
    public void Compile_StanzaLimitAtTheFloor_IsAccepted()
        => Assert.NotNull(PolicyCompiler.Compile([new PartnerDocument { Domain = "a.example", MaxStanzaBytes = 10_000 }], []).Snapshot);

    [Fact]
    public void Compile_SeveralErrors_AreReportedAtOnce()
    {
        PartnerDocument[] documents = [new(), new() { Domain = "a.example" }, new() { Domain = "*" }, new() { Domain = "A.example", ProxyFqdn = ":" }, new() { Domain = "*" }];

        var compilation = PolicyCompiler.Compile(documents, LocalDomains);

        Assert.Equal(
            ["partners[0].domain", "partners[3].domain", "partners[3].proxyFqdn", "partners[4].domain"],
            compilation.Problems.Select(problem => problem.Path));
    }

    [Fact]
    public void Compile_OptionalTls_WarnsAndWorks()
    {
        var compilation = PolicyCompiler.Compile([new PartnerDocument { Domain = "a.example", TlsNegotiation = NegotiationMode.Optional }], []);

        Assert.NotNull(compilation.Snapshot);
        Assert.All(compilation.Problems, problem => Assert.Equal(ProblemSeverity.Warning, problem.Severity));
        Assert.NotEmpty(compilation.Problems);
    }
}
