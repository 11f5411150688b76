using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using Xunit;

namespace EdgePool.Policy.Tests.Documents;

/// <summary>The forms of all five kinds: what is wrong with a body alone.</summary>
public sealed class DocumentReaderTests
{
    private const string Whole = "{'description':'d','additionalDomains':['b.example','xn--bcher-kva.example'],'partnerType':'Federated',"
        + "'tlsNegotiation':'Required','saslNegotiation':'Optional','supportDialback':true,'lyncCompat':false,'compat':['unbound-db-prefix'],'dialbackWithoutDialback':true,"
        + "'requireTrustedCertificate':true,'tlsMinVersion':'1.3','allowServerAuthOnly':false,'allowClientAuthOnly':true,"
        + "'trust':{'system':true,'ca':['PEM'],'pins':['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='],'firstUse':true,'onChange':'refuse','dane':'require'},'connectionLimit':5,'enableKeepAlive':false,'enableBidirectionalStreams':false,'followSeeOtherHost':true,'enableStreamManagement':false,'enableStreamResumption':false,'proxyFqdn':'h.example:5270',"
        + "'enabled':false,'disabledReason':'r','rate':{'bytesPerSecond':65536,'stanzasPerSecond':100,'burst':200},'maxStanzaBytes':65536,"
        + "'rules':{'messages':['chat','groupchat'],'presence':false,'iq':['urn:xmpp:ping'],'payloads':{'allow':['urn:example:*'],'action':'refuse'},"
        + "'localUsers':['alice@contoso.example','@contoso.example'],'denyLocalUsers':[],'stripStatus':true,'securityLabel':'required'},'withoutConsent':'silence','mode':'observe'}";

    public static TheoryData<string, string, string> CanonicalBodies => new()
    {
        { "Organisation/organisation", "{}", "{}" },
        { "Organisation/organisation", "{ 'sites': [], 'xmpp': 'True', 'federation': null }", "{'xmpp':true}" },
        {
            "Organisation/organisation",
            "{ 'sites': [{'localDomains': 'BÜCHER.example', 'federationRoute': false, 'name': 'berlin'}], 'federation': false }",
            "{'federation':false,'sites':[{'name':'berlin','federationRoute':false,'localDomains':['xn--bcher-kva.example']}]}"
        },
        {
            "Gateway/gateway",
            "{'maxStanzaBytes': '64KiB', 'subscriptionRefreshInterval': '8h', 'keepAliveInterval': '120s', 'streamInactivityTimeout': '10m', 'streamEstablishmentTimeout': '60s', 'partnerConnectionLimit': '20', 'connectionLimit': 1000, 'enableLoggingAllMessageBodies': true, 'rate': {'bytesPerSecond': '1MiB'}}",
            "{'connectionLimit':1000,'partnerConnectionLimit':20,'streamEstablishmentTimeout':'1m','streamInactivityTimeout':'10m','keepAliveInterval':'2m','subscriptionRefreshInterval':'8h','enableLoggingAllMessageBodies':true,'rate':{'bytesPerSecond':1048576},'maxStanzaBytes':65536}"
        },
        { "Partner/p.example", Whole, Whole },
        { "Partner/p.example", "{'description': 2026, 'additionalDomains': [], 'partnerType': 'federated', 'enabled': 'FALSE'}", "{'description':'2026','partnerType':'Federated','enabled':false}" },
        { "Partner/p.example", "{'rules': {'messages': 'CHAT', 'iq': [], 'localUsers': ['ALICE@Contoso.Example', '@BÜCHER.example']}}", "{'rules':{'messages':['chat'],'iq':[],'localUsers':['alice@contoso.example','@xn--bcher-kva.example']}}" },
        { "Partner/p.example", "{'trust': {'onChange': 'ALARM', 'pins': '0000000000000000000000000000000000000000000000000000000000000000'}, 'tlsMinVersion': 1.2}", "{'tlsMinVersion':'1.2','trust':{'pins':['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='],'onChange':'alarm'}}" },
        { "AccessPolicy/tag:staff", "{'description': 'a <b> & \\\"c\\\" é', 'enableXmppAccess': true, 'enableFederationAccess': true}", "{'enableFederationAccess':true,'enableXmppAccess':true,'description':'a <b> & \\\"c\\\" é'}" },
        { "Grant/alice@contoso.example", "{ 'policy' : 'tag:staff' }", "{'policy':'tag:staff'}" },
    };

    [Theory]
    [MemberData(nameof(CanonicalBodies))]
    public void Read_GoodBody_HasOneForm(string path, string body, string canonical)
    {
        var once = Read(path, body);

        Assert.Empty(once.Problems);
        Assert.Equal(PolicyScene.Json(canonical), once.Body);
        var twice = DocumentReader.Read(once.Kind, once.Name, once.Body!);
        Assert.Equal((once.Name, once.Body), (twice.Name, twice.Body));
    }

    [Fact]
    public void Read_WholePartner_KeepsEverything()
    {
        var partner = Assert.IsType<PartnerDocument>(Read("Partner/p.example", Whole).Written);

        Assert.Equal(["b.example", "xn--bcher-kva.example"], partner.AdditionalDomains);
        Assert.Equal((PartnerType.Federated, 5, false, false, "h.example:5270"), (partner.PartnerType, partner.ConnectionLimit, partner.EnableKeepAlive, partner.EnableStreamManagement, partner.ProxyFqdn));
        Assert.Equal(new RateDocument { BytesPerSecond = 65_536, StanzasPerSecond = 100, Burst = 200 }, partner.Rate);
        Assert.Equal([MessageKind.Chat, MessageKind.Groupchat], partner.Rules!.Messages!);
        Assert.Equal((WithoutConsent.Silence, PartnerMode.Observe), (partner.WithoutConsent, partner.Mode));
    }

    [Theory]
    [InlineData("Partner/P.Example.", "p.example")]
    [InlineData("Partner/BÜCHER.example", "xn--bcher-kva.example")]
    [InlineData("Partner/*", "*")]
    [InlineData("Grant/ALICE@BÜCHER.example", "alice@xn--bcher-kva.example")]
    [InlineData("Grant/*@BÜCHER.example", "*@xn--bcher-kva.example")]
    [InlineData("AccessPolicy/global", "global")]
    public void Read_Name_HasOneSpelling(string path, string name)
        => Assert.Equal(name, Read(path, path.StartsWith('G') ? "{'policy':'tag:a'}" : "{}").Name);

    public static TheoryData<string, string, string, string> BadBodies => new()
    {
        // Every kind.
        { "Partner/p.example", "", "Partner/p.example", "no JSON" },
        { "Partner/p.example", "{", "Partner/p.example", "no JSON" },
        { "Partner/p.example", "[]", "Partner/p.example", "no mapping" },
        { "Partner/p.example", "{} {}", "Partner/p.example", "no JSON" },
        { "Partner/p.example", "{'enabled': true,}", "Partner/p.example", "no JSON" },
        { "Partner/p.example", "{'enabled': true /* x */}", "Partner/p.example", "no JSON" },
        { "Partners/p.example", "{}", "Partners/p.example", "no such kind" },
        { "Partner/p.example", "{'enabeld': true}", "Partner/p.example: enabeld", "not known here" },
        { "Partner/p.example", "{'enabled': true, 'enabled': false}", "Partner/p.example: enabled", "written twice" },
        { "Partner/p.example", "{'Enabled': true}", "Partner/p.example: Enabled", "not known here" },
        { "Partner/p.example", "{'description': '\\ud800'}", "Partner/p.example: description", "no valid text" },

        // Names.
        { "Organisation/contoso", "{}", "Organisation/contoso", "one document" },
        { "Gateway/global", "{}", "Gateway/global", "one document" },
        { "Partner/", "{}", "Partner/", "there is no domain" },
        { "Partner/*.example", "{}", "Partner/*.example", "not one domain" },
        { "Partner/192.0.2.1", "{}", "Partner/192.0.2.1", "not a domain name" },
        { "Partner/a b", "{}", "Partner/a b", "not a domain name" },
        { "AccessPolicy/staff", "{}", "AccessPolicy/staff", "no name for an access policy" },
        { "AccessPolicy/tag:", "{}", "AccessPolicy/tag:", "no name for an access policy" },
        { "AccessPolicy/tag:a b", "{}", "AccessPolicy/tag:a b", "no name for an access policy" },
        { "Grant/contoso.example", "{'policy':'tag:a'}", "Grant/contoso.example", "to a user" },
        { "Grant/alice@contoso.example/r", "{'policy':'tag:a'}", "Grant/alice@contoso.example/r", "to a user" },
        { "Grant/*@", "{'policy':'tag:a'}", "Grant/*@", "there is no domain" },

        // Organisation.
        { "Organisation/organisation", "{'federation': 'yes'}", "Organisation/organisation: federation", "not understood" },
        { "Organisation/organisation", "{'sites': {}}", "Organisation/organisation: sites", "a mapping" },
        { "Organisation/organisation", "{'sites': ['berlin']}", "Organisation/organisation: sites[0]", "a single value" },
        { "Organisation/organisation", "{'sites': [{'name': 'a', 'domains': []}]}", "Organisation/organisation: sites[0].domains", "not known here" },

        // Gateway.
        { "Gateway/gateway", "{'connectionLimit': 0}", "Gateway/gateway: connectionLimit", "out of range" },
        { "Gateway/gateway", "{'connectionLimit': 1.5}", "Gateway/gateway: connectionLimit", "not understood" },
        { "Gateway/gateway", "{'connectionLimit': 99999999999999999999}", "Gateway/gateway: connectionLimit", "not understood" },
        { "Gateway/gateway", "{'partnerConnectionLimit': -1}", "Gateway/gateway: partnerConnectionLimit", "out of range" },
        { "Gateway/gateway", "{'streamEstablishmentTimeout': 60}", "Gateway/gateway: streamEstablishmentTimeout", "not understood" },
        { "Gateway/gateway", "{'streamInactivityTimeout': '10ms'}", "Gateway/gateway: streamInactivityTimeout", "out of range" },
        { "Gateway/gateway", "{'keepAliveInterval': '2d'}", "Gateway/gateway: keepAliveInterval", "out of range" },
        { "Gateway/gateway", "{'subscriptionRefreshInterval': '1s'}", "Gateway/gateway: subscriptionRefreshInterval", "out of range" },
        { "Gateway/gateway", "{'maxStanzaBytes': 9999}", "Gateway/gateway: maxStanzaBytes", "out of range" },
        { "Gateway/gateway", "{'rate': {'stanzasPerSecond': 0}}", "Gateway/gateway: rate.stanzasPerSecond", "out of range" },
        { "Gateway/gateway", "{'rate': 5}", "Gateway/gateway: rate", "a single value" },
        { "Gateway/gateway", "{'dialbackPassphrase': 'x'}", "Gateway/gateway: dialbackPassphrase", "a secret does not belong" },

        // Partner.
        { "Partner/p.example", "{'domain': 'p.example'}", "Partner/p.example: domain", "the document's name" },
        { "Partner/p.example", "{'partnerType': 'Federatd'}", "Partner/p.example: partnerType", "not understood" },
        { "Partner/p.example", "{'tlsNegotiation': true}", "Partner/p.example: tlsNegotiation", "not understood" },
        { "Partner/p.example", "{'additionalDomains': [['a.example']]}", "Partner/p.example: additionalDomains[0]", "a list" },
        { "Partner/p.example", "{'additionalDomains': {'a': 1}}", "Partner/p.example: additionalDomains", "a mapping" },
        { "Partner/p.example", "{'trust': 'x'}", "Partner/p.example: trust", "a single value" },
        { "Partner/p.example", "{'tlsMinVersion': 1.1}", "Partner/p.example: tlsMinVersion", "not understood" },
        { "Partner/p.example", "{'tlsMinVersion': 'TLS 1.3'}", "Partner/p.example: tlsMinVersion", "not understood" },
        { "Partner/p.example", "{'trust': {'dane': 'opportunistic'}}", "Partner/p.example: trust.dane", "not understood" },
        { "Partner/p.example", "{'trust': {'onChange': 'ignore'}}", "Partner/p.example: trust.onChange", "not understood" },
        { "Partner/p.example", "{'trust': {'pin': 'x'}}", "Partner/p.example: trust.pin", "not known here" },
        { "Partner/p.example", "{'rules': {'messages': ['chat', 'chatt']}}", "Partner/p.example: rules.messages[1]", "not understood" },
        { "Partner/p.example", "{'rules': {'iq': ['a', null]}}", "Partner/p.example: rules.iq[1]", "nothing" },
        { "Partner/p.example", "{'rules': {'payloads': {'action': 'drop'}}}", "Partner/p.example: rules.payloads.action", "not understood" },
        { "Partner/p.example", "{'rules': {'payloads': {'block': []}}}", "Partner/p.example: rules.payloads.block", "not known here" },
        { "Partner/p.example", "{'rules': {'securityLabel': 'must'}}", "Partner/p.example: rules.securityLabel", "not understood" },
        { "Partner/p.example", "{'withoutConsent': 'ignore'}", "Partner/p.example: withoutConsent", "not understood" },
        { "Partner/p.example", "{'mode': 'watch'}", "Partner/p.example: mode", "not understood" },
        { "Partner/p.example", "{'connectionLimit': 0}", "Partner/p.example: connectionLimit", "out of range" },
        { "Partner/p.example", "{'maxStanzaBytes': '1KiB'}", "Partner/p.example: maxStanzaBytes", "out of range" },

        // Access policies and grants.
        { "AccessPolicy/global", "{'enableFederation': true}", "AccessPolicy/global: enableFederation", "not known here" },
        { "AccessPolicy/global", "{'enableXmppAccess': 1}", "AccessPolicy/global: enableXmppAccess", "not understood" },
        { "Grant/alice@contoso.example", "{'policy': ['tag:a']}", "Grant/alice@contoso.example: policy", "a list" },
    };

    [Theory]
    [MemberData(nameof(BadBodies))]
    public void Read_BadBody_NamesThePathAndARemedy(string path, string body, string at, string what)
    {
        var reading = Read(path, body);

        var error = Assert.Single(reading.Problems);
        Assert.Equal((ProblemSeverity.Error, at), (error.Severity, error.Path));
        Assert.Contains(what, error.What, StringComparison.Ordinal);
        Assert.NotEmpty(error.Remedy);
        Assert.Null(reading.Body);
    }

    [Theory]
    [InlineData("Partner/p.example", "{'enabeld': true}", "did you mean 'enabled'?")]
    [InlineData("Partner/p.example", "{'rules': {'presense': true}}", "did you mean 'presence'?")]
    [InlineData("Partner/p.example", "{'partnerType': 'Federatd'}", "did you mean 'Federated'?")]
    [InlineData("Partners/p.example", "{}", "did you mean 'Partner'?")]
    public void Read_Misspelt_IsToldWhatWasMeant(string path, string body, string remedy)
        => Assert.Contains(remedy, Assert.Single(Read(path, body).Problems).Remedy, StringComparison.Ordinal);

    [Fact]
    public void Read_SeveralErrors_AreReportedAtOnce()
        => Assert.Equal(
            ["Gateway/gateway: connectionLimit", "Gateway/gateway: keepAliveInterval", "Gateway/gateway: rate.burst", "Gateway/gateway: other"],
            Read("Gateway/gateway", "{'other': 1, 'connectionLimit': 'x', 'keepAliveInterval': '1', 'rate': {'burst': 0}}").Problems.Select(problem => problem.Path));

    [Theory]
    [InlineData("additionalDomains", DocumentReader.MostAdditionalDomains)]
    [InlineData("trust.pins", CertificateRules.MostPins)]
    [InlineData("rules.iq", DocumentReader.MostRules)]
    [InlineData("rules.payloads.allow", DocumentReader.MostRules)]
    [InlineData("rules.localUsers", DocumentReader.MostRules)]
    [InlineData("rules.denyLocalUsers", DocumentReader.MostRules)]
    [InlineData("trust.ca", 64)]
    public void Read_ListAtItsLimit_IsTakenAndOneMoreIsNot(string key, int most)
    {
        string Body(int count) => key.Split('.').Reverse().Aggregate(
            "[" + string.Join(',', Enumerable.Range(0, count).Select(n => $"'{(key.Contains("Users", StringComparison.Ordinal) ? "u@" : "")}d{n}.example'")) + "]",
            (inner, name) => $"{{'{name}': {inner}}}");

        Assert.Empty(Read("Partner/p.example", Body(most)).Problems);
        Assert.Equal($"Partner/p.example: {key}", Assert.Single(Read("Partner/p.example", Body(most + 1)).Problems).Path);
    }

    [Fact]
    public void Read_SitesAtTheirLimit_AreTakenAndOneMoreIsNot()
    {
        string Body(int sites) => "{'sites': [" + string.Join(',', Enumerable.Range(0, sites).Select(n => $"{{'name': 's{n}'}}")) + "]}";

        Assert.Empty(Read("Organisation/organisation", Body(DocumentReader.MostSites)).Problems);
        Assert.Single(Read("Organisation/organisation", Body(DocumentReader.MostSites + 1)).Problems);
    }

    [Fact]
    public void Read_SiteDomainsAtTheirLimit_AreTakenAndOneMoreIsNot()
    {
        string Body(int domains) => "{'sites': [{'name': 's', 'localDomains': [" + string.Join(',', Enumerable.Range(0, domains).Select(n => $"'d{n}.example'")) + "]}]}";

        Assert.Empty(Read("Organisation/organisation", Body(DocumentReader.MostSiteDomains)).Problems);
        Assert.Single(Read("Organisation/organisation", Body(DocumentReader.MostSiteDomains + 1)).Problems);
    }

    [Fact]
    public void Read_WrongEverywhere_TellsSoManyAndNoMore()
        => Assert.Equal(100, Read("Partner/p.example", "{" + string.Join(',', Enumerable.Range(0, 500).Select(n => $"'key{n}': 1")) + "}").Problems.Count);

    [Fact]
    public void Read_NestedWithoutEnd_IsRefused()
        => Assert.Contains("no JSON", Assert.Single(Read("Partner/p.example", string.Concat(Enumerable.Repeat("{'rules':", 100_000))).Problems).What, StringComparison.Ordinal);

    [Fact]
    public void Read_NameWithControlCharacters_IsShownEscaped()
        => Assert.All(Read("Partner/a\nb\u001b", "{}").Problems, problem => Assert.DoesNotContain(problem.Path + problem.What, char.IsControl));

    private static DocumentReading Read(string path, string body)
    {
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        return DocumentReader.Read(path[..slash], path[(slash + 1)..], PolicyScene.Json(body));
    }
}
