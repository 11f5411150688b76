using System.Globalization;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Testing.Certificates;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Policy.Tests.Partners;

/// <summary>What documents mean, alone and together.</summary>
public sealed class DocumentCompilationTests
{
    [Fact]
    public void Compile_NoDocuments_IsAClosedFederation()
    {
        var snapshot = Snapshot();

        Assert.Equal(7, snapshot.Version);
        Assert.Empty(snapshot.Partners);
        Assert.Equal(new Gateway(), snapshot.Gateway);
        Assert.Equal(VerdictReason.UnknownDomain, snapshot.Judge("p.example"u8, out _));
        Assert.Null(snapshot.Access!.Global.Policy.Source);
        Assert.False(snapshot.Access.Global.Policy.FederationAccess);
    }

    [Fact]
    public void Compile_Gateway_DefaultsAreLyncs()
    {
        var gateway = Snapshot(("Gateway/gateway", "{}")).Gateway!;

        Assert.Equal((1_000, 20), (gateway.ConnectionLimit, gateway.PartnerConnectionLimit));
        Assert.Equal(
            [60, 600, 300, 28_800],
            new[] { gateway.StreamEstablishmentTimeout, gateway.StreamInactivityTimeout, gateway.KeepAliveInterval, gateway.SubscriptionRefreshInterval }.Select(time => time.TotalSeconds));
        Assert.False(gateway.EnableLoggingAllMessageBodies);
        Assert.Null(gateway.Rate);
        Assert.Equal("Gateway/gateway", gateway.Source!.Path);
    }

    [Fact]
    public void Compile_Partner_DefaultsAreThePreset()
    {
        var partner = Assert.Single(Snapshot(("Partner/P.example", "{}")).Partners);

        Assert.Equal(("p.example", PartnerType.PublicUnverified, PartnerMode.Enforce), (partner.Name, partner.Type, partner.Mode));
        Assert.Equal(new NegotiationTerms(AuthenticationMethods.SaslOverTls) { Bidirectional = true }, partner.Terms);
        Assert.True(partner.Enabled && partner.EnableKeepAlive && partner.Terms.StreamManagement && partner.Rules.StripStatus);
        Assert.Null(partner.ConnectionLimit);
        Assert.Equal(("Partner/P.example", 1), (partner.Source!.Path, partner.Source.Version));
    }

    [Theory]
    [InlineData("{}", "{}", 20)]
    [InlineData("{'partnerConnectionLimit': 5}", "{}", 5)]
    [InlineData("{}", "{'connectionLimit': 50}", 50)]
    [InlineData("{'connectionLimit': 30}", "{'connectionLimit': 50}", 30)]
    [InlineData("{'connectionLimit': 10}", "{}", 10)]
    public void ConnectionLimitOf_Partner_IsItsOwnOrTheGatewaysUpToTheTotal(string gateway, string partner, int limit)
    {
        var snapshot = Snapshot(("Gateway/gateway", gateway), ("Partner/p.example", partner));

        Assert.Equal(limit, snapshot.Gateway!.ConnectionLimitOf(snapshot.Partners[0]));
    }

    [Theory]
    [InlineData("{'stanzasPerSecond': 100}", null, 0, 100, 200)]
    [InlineData("{'stanzasPerSecond': 100, 'burst': 200}", null, 0, 100, 200)]
    [InlineData("{'stanzasPerSecond': 100, 'burst': 1000, 'bytesPerSecond': '64KiB'}", 65_536, 655_360, 100, 1_000)]
    [InlineData("{'bytesPerSecond': '64KiB'}", 65_536, 131_072, null, 0)]
    public void Compile_Rate_IsTwoBuckets(string rate, int? bytes, long burstBytes, int? stanzas, int burst)
    {
        var snapshot = Snapshot(("Gateway/gateway", $"{{'rate': {rate}}}"), ("Partner/p.example", "{}"), ("Partner/q.example", "{'rate': {'stanzasPerSecond': 1}}"));

        Assert.Equal(new Rate(bytes, burstBytes, stanzas, burst), snapshot.Gateway!.RateOf(snapshot.Partners[0]));
        Assert.Equal(new Rate(null, 0, 1, 2), snapshot.Gateway.RateOf(snapshot.Partners[1]));
    }

    [Fact]
    public void Compile_Trust_ReadsThePemTexts()
    {
        using var authority = new TestCertificateAuthority();
        var pem = authority.Root.ExportCertificatePem().ReplaceLineEndings("\\n");
        var snapshot = Snapshot(
            ("Partner/a.example", $"{{'trust': {{'ca': ['{pem}']}}}}"),
            ("Partner/b.example", $"{{'trust': {{'system': true, 'ca': ['{pem}\\n{pem}', '{pem}']}}}}"),
            ("Partner/c.example", "{'trust': {}}"),
            ("Partner/d.example", "{}"));

        Assert.Equal(
            [(false, 1), (true, 3), (true, 0)],
            snapshot.Partners.Take(3).Select(partner => (partner.Trust!.System, partner.Trust.Roots.Count)));
        Assert.Null(snapshot.Partners[3].Trust);
    }

    // What is written of keys alone leaves the node's roots; pins may stand without any.
    [Theory]
    [InlineData("{'pins': 'PIN'}", null, 0)]
    [InlineData("{'firstUse': true}", null, 0)]
    [InlineData("{'onChange': 'alarm'}", null, 0)]
    [InlineData("{'dane': 'allow'}", null, 0)]
    [InlineData("{'system': true, 'dane': 'allow'}", true, 0)]
    [InlineData("{'ca': ['PEM'], 'dane': 'require'}", false, 1)]
    [InlineData("{'system': true, 'pins': ['PIN']}", true, 0)]
    [InlineData("{'system': false, 'pins': ['PIN']}", false, 0)]
    [InlineData("{'ca': ['PEM'], 'pins': ['PIN']}", false, 1)]
    [InlineData("{'ca': ['PEM']}", false, 1)]
    public void Compile_TrustInKeys_LeavesTheRoots(string trust, bool? system, int roots)
    {
        using var authority = new TestCertificateAuthority();
        var pin = KeyHash.Of(authority.Root);
        var body = trust.Replace("PIN", pin.Text, StringComparison.Ordinal).Replace("PEM", authority.Root.ExportCertificatePem().ReplaceLineEndings("\\n"), StringComparison.Ordinal);

        var partner = Snapshot(("Partner/p.example", $"{{'requireTrustedCertificate': true, 'trust': {body}}}")).Partners[0];

        Assert.Equal((system, roots), (partner.Trust?.System, partner.Trust?.Roots.Count ?? 0));
        Assert.Equal(trust.Contains("PIN", StringComparison.Ordinal) ? [pin] : [], partner.Certificates.Pins);
        Assert.Equal(trust.Contains("firstUse", StringComparison.Ordinal), partner.Certificates.FirstUse);
    }

    [Fact]
    public void Compile_Certificates_DefaultsAndWhatIsWritten()
    {
        using var authority = new TestCertificateAuthority();
        var pem = authority.Root.ExportCertificatePem().ReplaceLineEndings("\\n");
        var partners = Snapshot(
            ("Partner/a.example", "{}"),
            ("Partner/b.example", $"{{'tlsMinVersion': 1.3, 'allowServerAuthOnly': false, 'allowClientAuthOnly': true, 'trust': {{'ca': ['{pem}'], 'firstUse': true, 'onChange': 'refuse'}}}}")).Partners;

        Assert.Same(CertificateRules.Default, partners[0].Certificates);
        Assert.Equal(TlsVersion.Tls12, partners[0].Terms.MinimumTls);
        Assert.Equal((true, false, false, false), (partners[0].Certificates.AllowServerAuthOnly, partners[0].Certificates.AllowClientAuthOnly, partners[0].Certificates.FirstUse, partners[0].Certificates.RefusesChanges));
        Assert.Equal(TlsVersion.Tls13, partners[1].Terms.MinimumTls);
        Assert.Equal(new CertificateRules { AllowServerAuthOnly = false, AllowClientAuthOnly = true, FirstUse = true, OnChange = KeyChange.Refuse }, partners[1].Certificates);
    }

    // What no TLSA record matches must not come in by dialback either.
    [Theory]
    [InlineData("off", null, false)]
    [InlineData("allow", null, false)]
    [InlineData("allow", true, true)]
    [InlineData("require", null, true)]
    [InlineData("require", true, true)]
    public void Compile_Dane_RequiredMeansATrustedCertificateForDialbackToo(string dane, bool? written, bool required)
    {
        var further = written is { } value ? $"'requireTrustedCertificate': {(value ? "true" : "false")}, " : "";

        var partner = Snapshot(("Partner/p.example", $"{{'saslNegotiation': 'Optional', {further}'trust': {{'dane': '{dane}'}}}}")).Partners[0];

        Assert.Equal((Enum.Parse<DaneUse>(dane, ignoreCase: true), required), (partner.Certificates.Dane, partner.Terms.RequireTrustedCertificate));
    }

    [Fact]
    public void KeyHash_BothSpellings_AreTheSame()
    {
        using var authority = new TestCertificateAuthority();
        var hash = KeyHash.Of(authority.Root);

        Assert.True(KeyHash.TryParse(hash.Text, out var base64));
        Assert.True(KeyHash.TryParse(Convert.ToHexStringLower(Convert.FromBase64String(hash.Text)), out var hex));
        Assert.Equal((hash, hash), (base64, hex));
    }

    public static TheoryData<string, string, string, string> BadDocuments => new()
    {
        // Organisation.
        { "Organisation/organisation", "{'sites': [{}]}", "Organisation/organisation: sites[0].name", "no usable name" },
        { "Organisation/organisation", "{'sites': [{'name': 'a b'}]}", "Organisation/organisation: sites[0].name", "no usable name" },
        { "Organisation/organisation", "{'sites': [{'name': 'a'}, {'name': 'a'}]}", "Organisation/organisation: sites[1].name", "another site a" },
        { "Organisation/organisation", "{'sites': [{'name': 'a', 'localDomains': ['x y']}]}", "Organisation/organisation: sites[0].localDomains[0]", "not a domain name" },
        { "Organisation/organisation", "{'sites': [{'name': 'a', 'localDomains': ['x.example']}, {'name': 'b', 'localDomains': ['X.example']}]}", "Organisation/organisation: sites[1].localDomains[0]", "already at sites[0].localDomains[0]" },

        // Gateway.
        { "Gateway/gateway", "{'keepAliveInterval': '600s'}", "Gateway/gateway: keepAliveInterval", "not below streamInactivityTimeout (10m)" },
        { "Gateway/gateway", "{'streamInactivityTimeout': '300s'}", "Gateway/gateway: keepAliveInterval", "not below" },
        { "Gateway/gateway", "{'rate': {}}", "Gateway/gateway: rate", "no rate" },
        { "Gateway/gateway", "{'rate': {'burst': 5, 'bytesPerSecond': 2000}}", "Gateway/gateway: rate.burst", "counted in stanzas" },
        { "Gateway/gateway", "{'rate': {'burst': 5, 'stanzasPerSecond': 6}}", "Gateway/gateway: rate.burst", "less than one second" },

        // Partner.
        { "Partner/a b", "{}", "Partner/a b", "not a domain name" },
        { "Partner/contoso.example", "{}", "Partner/contoso.example", "is a local domain" },
        { "Partner/p.example", "{'additionalDomains': ['q.example', 'BÜCHER.example']}", "Partner/p.example: additionalDomains[1]", "is a local domain" },
        { "Partner/p.example", "{'additionalDomains': ['q.example', '-']}", "Partner/p.example: additionalDomains[1]", "not a domain name" },
        { "Partner/p.example", "{'additionalDomains': ['-', 'P.example']}", "Partner/p.example: additionalDomains[1]", "already at Partner/p.example" },
        { "Partner/*", "{'additionalDomains': ['q.example']}", "Partner/*: additionalDomains", "every other domain" },
        { "Partner/*", "{'proxyFqdn': 'q.example'}", "Partner/*: proxyFqdn", "one host" },
        { "Partner/p.example", "{'proxyFqdn': 'q.example:0'}", "Partner/p.example: proxyFqdn", "not host or host:port" },
        { "Partner/p.example", "{'saslNegotiation': 'NotSupported', 'supportDialback': false}", "Partner/p.example: saslNegotiation", "neither SASL nor dialback" },
        { "Partner/p.example", "{'tlsNegotiation': 'NotSupported', 'saslNegotiation': 'NotSupported', 'requireTrustedCertificate': true}", "Partner/p.example: requireTrustedCertificate", "no certificate without TLS" },
        { "Partner/p.example", "{'trust': {'system': false}}", "Partner/p.example: trust", "trusts nobody" },
        { "Partner/p.example", "{'trust': {'ca': ['x']}}", "Partner/p.example: trust.ca[0]", "no certificate in PEM" },
        { "Partner/p.example", "{'trust': {'ca': ['-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----']}}", "Partner/p.example: trust.ca[0]", "no certificate in PEM" },
        { "Partner/p.example", "{'trust': {'revocation': 'hard'}}", "Partner/p.example: trust.revocation", "" }, // CERT-38: there is nothing to switch on
        { "Partner/p.example", "{'trust': {'pins': ['AAAA']}}", "Partner/p.example: trust.pins[0]", "no hash of a key" },
        { "Partner/p.example", "{'trust': {'pins': ['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=', 'not base64 and not of the right length, eh=']}}", "Partner/p.example: trust.pins[1]", "no hash of a key" },
        { "Partner/p.example", "{'trust': {'onChange': 'refuse'}}", "Partner/p.example: trust.onChange", "no key is remembered" },
        { "Partner/p.example", "{'trust': {'system': false, 'firstUse': true}}", "Partner/p.example: trust", "trusts nobody" },
        { "Partner/p.example", "{'trust': {'system': false, 'dane': 'allow', 'pins': ['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=']}}", "Partner/p.example: trust.dane", "the DNS must not vouch for either" },
        { "Partner/p.example", "{'requireTrustedCertificate': false, 'trust': {'dane': 'require'}}", "Partner/p.example: trust.dane", "no TLSA record matches" },
        { "Partner/p.example", "{'tlsNegotiation': 'NotSupported', 'saslNegotiation': 'NotSupported', 'trust': {'dane': 'require'}}", "Partner/p.example: trust.dane", "no certificate without TLS" },
        { "Partner/p.example", "{'allowClientAuthOnly': true}", "Partner/p.example: allowClientAuthOnly", "proves no server's name" },
        { "Partner/p.example", "{'allowClientAuthOnly': true, 'trust': {'system': true}}", "Partner/p.example: allowClientAuthOnly", "proves no server's name" },
        { "Partner/p.example", "{'tlsMinVersion': '1.3', 'tlsNegotiation': 'NotSupported', 'saslNegotiation': 'NotSupported'}", "Partner/p.example: tlsMinVersion", "TLS is not used" },
        { "Partner/p.example", "{'rate': {}}", "Partner/p.example: rate", "no rate" },
        { "Partner/p.example", "{'rules': {'iq': ['jabber:iq:roster']}}", "Partner/p.example: rules.iq[0]", "never crosses" },
        { "Partner/p.example", "{'rules': {'iq': ['urn:xmpp:mam:2']}}", "Partner/p.example: rules.iq[0]", "never crosses" },
        { "Partner/p.example", "{'rules': {'iq': ['a', '']}}", "Partner/p.example: rules.iq[1]", "no namespace name" },
        { "Partner/p.example", "{'rules': {'iq': ['a*b']}}", "Partner/p.example: rules.iq[0]", "no namespace name" },
        { "Partner/p.example", "{'rules': {'iq': ['a b']}}", "Partner/p.example: rules.iq[0]", "no namespace name" },
        { "Partner/p.example", "{'rules': {'payloads': {'allow': ['urn:xmpp:carbons:2']}}}", "Partner/p.example: rules.payloads.allow[0]", "never crosses" },
        { "Partner/p.example", "{'rules': {'payloads': {'allow': [], 'deny': []}}}", "Partner/p.example: rules.payloads", "both written" },
        { "Partner/p.example", "{'rules': {'localUsers': ['alice@contoso.example/r']}}", "Partner/p.example: rules.localUsers[0]", "neither a user nor" },
        { "Partner/p.example", "{'rules': {'denyLocalUsers': ['@']}}", "Partner/p.example: rules.denyLocalUsers[0]", "neither a user nor" },
        { "Partner/p.example", "{'rules': {'stripStatus': false}}", "Partner/p.example: rules.stripStatus", "never go to public partners" },

        // Access policies and grants.
        { "AccessPolicy/site:berlin", "{}", "AccessPolicy/site:berlin", "no site 'berlin'" },
        { "Grant/alice@contoso.example", "{}", "Grant/alice@contoso.example: policy", "names the policy" },
        { "Grant/alice@contoso.example", "{'policy': 'global'}", "Grant/alice@contoso.example: policy", "names the policy" },
        { "Grant/alice@contoso.example", "{'policy': 'tag:none'}", "Grant/alice@contoso.example: policy", "no access policy 'tag:none'" },
        { "Grant/contoso.example", "{'policy': 'tag:none'}", "Grant/contoso.example", "to a user" },
        { "Grants/x", "{}", "Grants/x", "no such kind" },
    };

    [Theory]
    [MemberData(nameof(BadDocuments))]
    public void Compile_BadDocument_NamesThePathAndNothingGetsOut(string path, string body, string at, string what)
    {
        var compilation = Compile((path, body), ("Partner/good.example", "{}"));

        var error = Assert.Single(compilation.Problems.Where(problem => problem.Severity is ProblemSeverity.Error), problem => problem.Path == at);
        Assert.Contains(what, error.What, StringComparison.Ordinal);
        Assert.NotEmpty(error.Remedy);
        Assert.Null(compilation.Snapshot);
    }

    [Fact]
    public void POL20_UnknownKey_RefusesTheWhole()
        => AssertRefused("Partner/b.example: typo", ("Partner/a.example", "{}"), ("Partner/b.example", "{'typo': 1}"));

    [Fact]
    public void POL20_DuplicatePartner_RefusesTheWhole()
    {
        AssertRefused("Partner/a.example", ("Partner/a.example", "{}"), ("Partner/a.example", "{}"));
        AssertRefused("Partner/b.example: additionalDomains[0]", ("Partner/a.example", "{}"), ("Partner/b.example", "{'additionalDomains': ['a.example']}"));
        AssertRefused("Partner/*", ("Partner/*", "{}"), ("Partner/*", "{}"));
    }

    [Fact]
    public void POL20_IdnSpelledTwice_RefusesTheWhole()
    {
        AssertRefused("Partner/xn--strae-oqa.example", ("Partner/straße.example", "{}"), ("Partner/xn--strae-oqa.example", "{}"));
        AssertRefused("Partner/a.example: additionalDomains[1]", ("Partner/a.example", "{'additionalDomains': ['xn--strae-oqa.example', 'STRAßE.example']}"));
        AssertRefused("Grant/alice@xn--bcher-kva.example", ("AccessPolicy/tag:t", "{}"), ("Grant/ALICE@bücher.example", "{'policy': 'tag:t'}"), ("Grant/alice@xn--bcher-kva.example", "{'policy': 'tag:t'}"));
    }

    [Theory]
    [InlineData("Organisation/organisation")]
    [InlineData("Gateway/gateway")]
    [InlineData("AccessPolicy/global")]
    public void Compile_OneOfAKindTwice_RefusesTheWhole(string path) => AssertRefused(path, (path, "{}"), (path, "{}"));

    [Theory]
    [InlineData("Partner/p.example", "{'partnerType': 'PublicVerified'}", "Partner/p.example: partnerType")]
    [InlineData("Partner/p.example", "{'mode': 'observe'}", "Partner/p.example: mode")]
    [InlineData("Partner/p.example", "{'tlsNegotiation': 'Optional', 'saslNegotiation': 'Optional'}", "Partner/p.example: saslNegotiation")]
    [InlineData("Partner/p.example", "{'allowServerAuthOnly': false}", "Partner/p.example: allowServerAuthOnly")]
    [InlineData("Partner/p.example", "{'saslNegotiation': 'Optional', 'trust': {'pins': ['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=']}}", "Partner/p.example: trust")]
    [InlineData("Partner/p.example", "{'saslNegotiation': 'Optional', 'trust': {'firstUse': true, 'onChange': 'refuse'}}", "Partner/p.example: trust")]
    [InlineData("Gateway/gateway", "{'enableLoggingAllMessageBodies': true}", "Gateway/gateway: enableLoggingAllMessageBodies")]
    [InlineData("Gateway/gateway", "{'partnerConnectionLimit': 2000}", "Gateway/gateway: partnerConnectionLimit")]
    public void Compile_Doubtful_WarnsAndWorks(string path, string body, string at)
    {
        var compilation = Compile((path, body));

        Assert.NotNull(compilation.Snapshot);
        Assert.Equal((ProblemSeverity.Warning, at), (Assert.Single(compilation.Problems).Severity, compilation.Problems[0].Path));
    }

    [Fact]
    public void Compile_GrantToAnotherDomain_WarnsAndWorks()
    {
        var compilation = Compile(("AccessPolicy/tag:t", "{}"), ("Grant/alice@other.example", "{'policy': 'tag:t'}"));

        Assert.NotNull(compilation.Snapshot);
        Assert.Equal("Grant/alice@other.example", Assert.Single(compilation.Problems).Path);
    }

    [Fact]
    public void Compile_SiteDomain_IsLocal()
    {
        var compilation = Compile(("Organisation/organisation", "{'sites': [{'name': 'a', 'localDomains': ['s.example']}]}"), ("Partner/s.example", "{}"));

        Assert.Contains("is a local domain", Assert.Single(compilation.Problems).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Compile_ManyErrors_TellsTheFirstAndHowManyMore()
    {
        var documents = Enumerable.Range(0, 3_000).Select(n => ("Partner/a.example", "{}")).ToArray();

        var compilation = Compile(documents);

        Assert.Equal(1_001, compilation.Problems.Count);
        Assert.Equal("and 1999 more", compilation.Problems[^1].What);
    }

    [Theory]
    [InlineData(DocumentKinds.AccessPolicy, PolicyCompiler.MostAccessPolicies, "tag:t{0}", "{}")]
    [InlineData(DocumentKinds.Partner, PolicyCompiler.MostPartners, "p{0}.example", "{}")]
    [InlineData(DocumentKinds.Grant, PolicyCompiler.MostGrants, "u{0}@contoso.example", "{\"policy\":\"tag:t\"}")]
    public void Compile_AtItsLimit_IsTakenAndOneMoreIsNot(string kind, int most, string name, string body)
    {
        List<PolicyDocument> documents = [.. Enumerable.Range(0, most).Select(n => new PolicyDocument(kind, string.Format(CultureInfo.InvariantCulture, name, n), 1, body))];
        if (kind == DocumentKinds.Grant)
            documents.Add(new PolicyDocument(DocumentKinds.AccessPolicy, "tag:t", 1, "{}"));

        var snapshot = PolicyCompiler.Compile(documents, 1, PolicyScene.LocalDomains).Snapshot;
        Assert.NotNull(snapshot);
        documents.Add(new PolicyDocument(kind, string.Format(CultureInfo.InvariantCulture, name, most), 1, body));
        Assert.Contains(PolicyCompiler.Compile(documents, 2, PolicyScene.LocalDomains, snapshot).Problems, problem => problem.What.StartsWith($"there are {most + 1} ", StringComparison.Ordinal));
    }

    [Fact]
    public void Compile_DomainsAtTheirLimit_AreTakenAndOneMoreIsNot()
    {
        var documents = Enumerable.Range(0, PolicyCompiler.MostPartnerDomains / 1_000).Select(partner => new PolicyDocument(
            DocumentKinds.Partner,
            $"p{partner}.example",
            1,
            "{\"additionalDomains\":[" + string.Join(',', Enumerable.Range(0, 999).Select(n => $"\"d{n}.p{partner}.example\"")) + "]}")).ToList();

        var snapshot = PolicyCompiler.Compile(documents, 1, []).Snapshot;
        Assert.NotNull(snapshot!.Find("d998.p999.example"u8));
        documents.Add(new PolicyDocument(DocumentKinds.Partner, "more.example", 1, "{}"));
        Assert.Contains(PolicyCompiler.Compile(documents, 2, [], snapshot).Problems, problem => problem.What == "there are 1000001 domains of partners");
    }

    [Theory]
    [InlineData("{{'description': '{0}'}}", 1_024, "description")]
    [InlineData("{{'enabled': false, 'disabledReason': '{0}'}}", 1_024, "disabledReason")]
    [InlineData("{{'rules': {{'iq': ['{0}']}}}}", 1_024, "rules.iq[0]")]
    public void Compile_TextAtItsLimit_IsTakenAndOneMoreIsNot(string body, int most, string key)
    {
        string Body(int length) => string.Format(CultureInfo.InvariantCulture, body, new string('x', length));

        Assert.NotNull(Compile(("Partner/p.example", Body(most))).Snapshot);
        AssertRefused("Partner/p.example: " + key, ("Partner/p.example", Body(most + 1)));
    }

    [Fact]
    public void Compile_MoreRulesThanAreShared_EachPartnerHasItsOwn()
    {
        var snapshot = Snapshot([.. Enumerable.Range(0, 10_000).Select(n => ($"Partner/p{n}.example", $"{{'rules': {{'iq': ['urn:example:{n % 5_000}']}}}}"))]);

        Assert.All(Enumerable.Range(0, 10_000), n => Assert.Equal($"urn:example:{n % 5_000}", snapshot.Partners[n].Rules.Iq.Names[0]));
        Assert.Same(snapshot.Partners[7].Rules, snapshot.Partners[5_007].Rules);
        Assert.NotSame(snapshot.Partners[4_999].Rules, snapshot.Partners[9_999].Rules);
    }

    [Fact]
    public void Compile_SameRulesOfOtherTypes_AreNotShared()
    {
        var snapshot = Snapshot(("Partner/a.example", "{'partnerType': 'Federated', 'rules': {'presence': true}}"), ("Partner/b.example", "{'rules': {'presence': true}}"));

        Assert.Equal([false, true], snapshot.Partners.Select(partner => partner.Rules.StripStatus));
    }

    private static void AssertRefused(string at, params (string Path, string Body)[] documents)
    {
        var compilation = Compile(documents);

        Assert.Null(compilation.Snapshot);
        Assert.Equal((ProblemSeverity.Error, at), (Assert.Single(compilation.Problems).Severity, compilation.Problems[0].Path));
    }

    private static PolicySnapshot Snapshot(params (string Path, string Body)[] documents)
    {
        var compilation = Compile(documents);
        Assert.DoesNotContain(compilation.Problems, problem => problem.Severity is ProblemSeverity.Error);
        return compilation.Snapshot!;
    }

    private static PolicyCompilation Compile(params (string Path, string Body)[] documents)
        => PolicyCompiler.Compile(PolicyScene.Documents(documents), 7, PolicyScene.LocalDomains);
}
