using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Stanzas;
using Xunit;

namespace EdgePool.Policy.Tests.Verdicts;

/// <summary>What <c>edgepool why</c> prints.</summary>
public sealed class ExplainTests
{
    private static readonly string[] AllParts = ["organisation", "site", "partner", "negotiation", "access policy", "local user", "consent", "stanza rule"];

    [Fact]
    public void Why_EverythingWritten_NamesEachDocumentAndVersion()
    {
        var scene = PolicyScene.Of(
            ("Organisation/organisation", "{'sites': [{'name': 'berlin', 'localDomains': ['contoso.example']}]}"),
            ("Partner/p.example", "{'saslNegotiation': 'Optional', 'rules': {'denyLocalUsers': ['eve@contoso.example']}}"),
            ("AccessPolicy/tag:staff", PolicyScene.OpenAccess),
            ("Grant/alice@contoso.example", "{'policy': 'tag:staff'}"));
        scene.Consents.Add(("alice@contoso.example", "bob@p.example"));

        var explanation = scene.Why("bob@p.example/phone", "alice@contoso.example");

        Assert.Equal(VerdictReason.Allowed, explanation.Verdict);
        Assert.Equal(
            [
                "organisation | federation on, XMPP on | Organisation/organisation 1",
                "site | berlin: XMPP on, federation route | Organisation/organisation 1",
                "partner | p.example, PublicUnverified, enabled | Partner/p.example 2",
                "negotiation | SASL over TLS, dialback over TLS | Partner/p.example 2",
                "access policy | tag:staff (granted by Grant/alice@contoso.example version 4): federation on, XMPP on, public providers on | AccessPolicy/tag:staff 3",
                "local user | alice@contoso.example is allowed | Partner/p.example 2",
                "consent | alice@contoso.example has taken up contact with bob@p.example | Partner/p.example 2",
                "stanza rule | message of type chat passes | Partner/p.example 2",
            ],
            explanation.Parts.Select(part => $"{part.Part} | {part.Value} | {part.Document} {part.Version}"));
    }

    [Theory]
    [InlineData("{'tlsMinVersion': '1.3'}", "SASL over TLS; with TLS 1.3 or newer")]
    [InlineData("{'trust': {'pins': ['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=']}}", "SASL over TLS; with one of 1 pinned keys")]
    [InlineData("{'trust': {'dane': 'allow'}}", "SASL over TLS; with TLSA records to vouch for a certificate that no root vouches for")]
    [InlineData("{'trust': {'dane': 'require'}}", "SASL over TLS; with a certificate that TLSA records vouch for")]
    [InlineData("{'trust': {'firstUse': true}}", "SASL over TLS; with an alarm for another key than the first")]
    [InlineData("{'tlsMinVersion': '1.3', 'allowServerAuthOnly': false, 'trust': {'firstUse': true, 'onChange': 'refuse'}}", "SASL over TLS; with TLS 1.3 or newer, the key seen first, a certificate for TLS clients")]
    public void Why_Negotiation_SaysWhatGoesBeyondTheDefaults(string partner, string value)
    {
        var scene = PolicyScene.Of(("Partner/p.example", partner));

        Assert.Equal(value, scene.Why("bob@p.example", "alice@contoso.example").Parts.Single(part => part.Part is "negotiation").Value);
    }

    [Fact]
    public void Why_SeveralPartsRefuse_TheFirstIsTheVerdictAndAllAreShown()
    {
        var scene = PolicyScene.Of(
            ("Organisation/organisation", "{'sites': [{'name': 'b', 'federationRoute': false, 'localDomains': ['contoso.example']}]}"),
            ("Partner/p.example", "{'enabled': false, 'disabledReason': 'moved', 'rules': {'localUsers': [], 'presence': false}}"));

        var explanation = scene.Why("bob@p.example", "alice@contoso.example", StanzaKind.Presence);

        Assert.Equal(VerdictReason.NoFederationRoute, explanation.Verdict);
        Assert.Equal(AllParts, explanation.Parts.Select(part => part.Part));
        Assert.Equal(
            [
                VerdictReason.Allowed, VerdictReason.NoFederationRoute, VerdictReason.PartnerDisabled, VerdictReason.Allowed,
                VerdictReason.UserFederationOff, VerdictReason.LocalUserNotAllowed, VerdictReason.NotConsented, VerdictReason.KindNotAllowed,
            ],
            explanation.Parts.Select(part => part.Reason));
        Assert.Contains("disabled (moved)", explanation.Parts[2].Value, StringComparison.Ordinal);
        Assert.Contains("global (nothing written)", explanation.Parts[4].Value, StringComparison.Ordinal);
        Assert.Null(explanation.Parts[4].Document);
    }

    [Theory]
    [InlineData("bob@p.example", "alice@contoso.example", VerdictReason.NotConsented)]
    [InlineData("alice@contoso.example", "bob@p.example", VerdictReason.Allowed)]
    [InlineData("ALICE@Contoso.Example.", "bob@P.example", VerdictReason.Allowed)]
    [InlineData("bob@q.example", "alice@contoso.example", VerdictReason.UnknownDomain)]
    [InlineData("alice@contoso.example", "bob@q.example", VerdictReason.UnknownDomain)]
    [InlineData("bob@p.example", "eve@q.example", VerdictReason.UnknownDomain)]
    [InlineData("alice@contoso.example", "carol@bücher.example", VerdictReason.Allowed)]
    public void Why_Direction_IsThatOfTheLocalDomain(string from, string to, VerdictReason verdict)
        => Assert.Equal(verdict, PolicyScene.WithPartner("{}").Why(from, to).Verdict);

    [Fact]
    public void Why_OpenFederation_NamesTheOpenPartner()
    {
        var scene = PolicyScene.Of(("Partner/*", "{'partnerType': 'Federated'}"), ("AccessPolicy/global", PolicyScene.OpenAccess));

        var explanation = scene.Why("bob@anything.example", "alice@contoso.example", StanzaKind.Iq);

        Assert.Equal(VerdictReason.Allowed, explanation.Verdict);
        Assert.Contains("open federation", explanation.Parts[2].Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{'withoutConsent': 'silence'}", StanzaKind.Message, true)]
    [InlineData("{'withoutConsent': 'silence'}", StanzaKind.Presence, false)] // nobody answers presence anyway
    [InlineData("{}", StanzaKind.Message, false)]
    public void Why_WithoutConsent_SaysWhereTheSenderHearsNothing(string partner, StanzaKind kind, bool silent)
    {
        var consent = PolicyScene.WithPartner(partner).Why("bob@p.example", "alice@contoso.example", kind).Parts.Single(part => part.Part == "consent");

        Assert.Equal(VerdictReason.NotConsented, consent.Reason);
        Assert.Equal(silent, consent.Value.Contains("the sender gets no answer", StringComparison.Ordinal));
    }

    [Fact]
    public void Why_Observed_SaysSo()
    {
        var explanation = PolicyScene.WithPartner("{'mode': 'observe'}").Why("bob@p.example", "alice@contoso.example");

        Assert.Equal((VerdictReason.NotConsented, true), (explanation.Verdict, explanation.Observed));
        Assert.Contains("observed", explanation.Parts[2].Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_NodesOwnFile_HasNoAccessPolicies()
    {
        var snapshot = PolicyCompiler.Compile([new PartnerDocument { Domain = "p.example" }], PolicyScene.LocalDomains).Snapshot!;

        var explanation = new PolicyScene(snapshot).Why("bob@p.example", "alice@contoso.example");

        Assert.Equal(VerdictReason.Allowed, explanation.Verdict);
        Assert.Contains("from its file", explanation.Parts[4].Value, StringComparison.Ordinal);
        Assert.All(explanation.Parts, part => Assert.Null(part.Document));
    }

    [Fact]
    public void Explain_StrippedPayload_IsTold()
    {
        var scene = PolicyScene.WithPartner("{'partnerType': 'Federated'}");

        var explanation = scene.Explain(
            Direction.FromPartner, "<message type='chat'><q xmlns='jabber:iq:roster'/></message>", "alice@contoso.example", "bob@p.example");

        Assert.Contains("without some of its payloads", explanation.Parts[^1].Value, StringComparison.Ordinal);
    }
}
