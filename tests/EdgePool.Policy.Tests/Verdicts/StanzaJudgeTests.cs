using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using Xunit;

namespace EdgePool.Policy.Tests.Verdicts;

/// <summary>Who may talk to whom: organisation, site, partner, access policy, the partner's lists, consent.</summary>
public sealed class StanzaJudgeTests
{
    private const string Chat = "<message type='chat' id='1'><body>x</body></message>";
    private const string Available = "<presence/>";
    private const string Ask = "<iq type='get' id='1'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>";
    private const string Federated = "{'partnerType': 'Federated'}";

    [Theory]
    [InlineData("{}", VerdictReason.Allowed)]
    [InlineData("{'federation': false}", VerdictReason.FederationOff)]
    [InlineData("{'xmpp': false}", VerdictReason.XmppOff)]
    [InlineData("{'federation': false, 'xmpp': false}", VerdictReason.FederationOff)]
    [InlineData("{'sites': [{'name': 'b', 'localDomains': ['contoso.example']}]}", VerdictReason.Allowed)]
    [InlineData("{'sites': [{'name': 'b', 'xmpp': false, 'localDomains': ['contoso.example']}]}", VerdictReason.XmppOff)]
    [InlineData("{'sites': [{'name': 'b', 'federationRoute': false, 'localDomains': ['contoso.example']}]}", VerdictReason.NoFederationRoute)]
    [InlineData("{'sites': [{'name': 'b', 'federationRoute': false, 'localDomains': ['bücher.example']}]}", VerdictReason.Allowed)]
    public void Judge_Switches_AreTheReason(string organisation, VerdictReason reason)
    {
        var scene = PolicyScene.Of(("Organisation/organisation", organisation), ("Partner/p.example", Federated), ("AccessPolicy/global", PolicyScene.OpenAccess));

        Assert.Equal(new Verdict(reason), scene.FromPartner(Chat));
        Assert.Equal(new Verdict(reason), scene.ToPartner(Chat));
    }

    [Fact]
    public void Judge_PartnerDisabled_IsTheReasonInBothDirections()
    {
        var scene = PolicyScene.WithPartner("{'partnerType': 'Federated', 'enabled': false, 'mode': 'observe'}");

        Assert.Equal(new Verdict(VerdictReason.PartnerDisabled), scene.FromPartner(Chat));
        Assert.Equal(new Verdict(VerdictReason.PartnerDisabled), scene.ToPartner(Chat));
        Assert.Equal(VerdictReason.PartnerDisabled, scene.Snapshot.Judge("p.example"u8, out _));
        Assert.Equal(VerdictReason.UnknownDomain, scene.Snapshot.Judge("q.example"u8, out _));
    }

    [Fact]
    public void Judge_OrganisationOff_HoldsForItsStreams()
    {
        var scene = PolicyScene.Of(("Organisation/organisation", "{'xmpp': false}"), ("Partner/p.example", "{}"));

        Assert.Equal(VerdictReason.XmppOff, scene.Snapshot.Judge("p.example"u8, out var partner));
        Assert.NotNull(partner);
    }

    [Theory]
    [InlineData("{}", "Federated", VerdictReason.UserFederationOff)]
    [InlineData("{'enableXmppAccess': true}", "Federated", VerdictReason.UserFederationOff)]
    [InlineData("{'enableFederationAccess': true}", "Federated", VerdictReason.UserXmppOff)]
    [InlineData("{'enableFederationAccess': true, 'enableXmppAccess': true}", "Federated", VerdictReason.Allowed)]
    [InlineData("{'enableFederationAccess': true, 'enableXmppAccess': true}", "PublicVerified", VerdictReason.UserPublicCloudOff)]
    [InlineData("{'enableFederationAccess': true, 'enableXmppAccess': true}", "PublicUnverified", VerdictReason.UserPublicCloudOff)]
    [InlineData("{'enableFederationAccess': true, 'enableXmppAccess': true, 'enablePublicCloudAccess': true}", "PublicVerified", VerdictReason.Allowed)]
    [InlineData("{'enablePublicCloudAccess': true, 'enableOutsideAccess': true}", "PublicVerified", VerdictReason.UserFederationOff)]
    public void Judge_AccessPolicy_NamesTheFlag(string policy, string type, VerdictReason reason)
    {
        var scene = PolicyScene.Of(("Partner/p.example", $"{{'partnerType': '{type}'}}"), ("AccessPolicy/global", policy));

        Assert.Equal(reason, scene.FromPartner(Chat).Reason);
        Assert.Equal(reason, scene.ToPartner(Chat).Reason);
        Assert.Equal(reason, scene.ToPartner(Ask).Reason);
    }

    [Fact]
    public void Judge_NothingWritten_LetsNobodyFederate()
        => Assert.Equal(VerdictReason.UserFederationOff, PolicyScene.Of(("Partner/p.example", Federated)).FromPartner(Chat).Reason);

    [Fact]
    public void Judge_NodesOwnFile_AsksForNoAccessPolicy()
    {
        var snapshot = PolicyCompiler.Compile([new PartnerDocument { Domain = "p.example" }], PolicyScene.LocalDomains).Snapshot!;

        Assert.Equal(new Verdict(VerdictReason.Allowed), new PolicyScene(snapshot).FromPartner(Chat));
        Assert.Null(snapshot.Gateway);
        Assert.Null(snapshot.Access);
    }

    /// <summary>POLICY.md section 4: may the remote reach a local user who has not asked for it?</summary>
    [Theory]
    [InlineData("Federated", VerdictReason.Allowed)]
    [InlineData("PublicVerified", VerdictReason.Allowed)]
    [InlineData("PublicUnverified", VerdictReason.NotConsented)]
    public void Judge_PartnerType_DecidesWhoMayBegin(string type, VerdictReason unasked)
    {
        var scene = PolicyScene.WithPartner($"{{'partnerType': '{type}'}}");
        string[] begins = [Chat, Available, Ask, "<presence type='subscribe'/>", "<presence type='probe'/>", "<message type='error'/>", "<presence type='unavailable'/>"];

        Assert.All(begins, stanza => Assert.Equal((stanza, unasked), (stanza, scene.FromPartner(stanza).Reason)));
        scene.Consents.Add(("alice@contoso.example", "bob@p.example"));
        Assert.All(begins, stanza => Assert.Equal((stanza, VerdictReason.Allowed), (stanza, scene.FromPartner(stanza).Reason)));
        Assert.Equal(unasked, scene.FromPartner(Chat, remote: "eve@p.example").Reason);
        Assert.Equal(unasked, scene.FromPartner(Chat, local: "carol@contoso.example").Reason);
    }

    [Theory]
    [InlineData("<iq type='result' id='1'/>", VerdictReason.Allowed)]
    [InlineData("<iq type='error' id='1'/>", VerdictReason.Allowed)]
    [InlineData("<iq type='result' id='1'><query xmlns='jabber:iq:roster'/></iq>", VerdictReason.Allowed)]
    [InlineData("<iq type='set' id='1'><vCard xmlns='vcard-temp'/></iq>", VerdictReason.NotConsented)]
    [InlineData("<iq type='odd' id='1'><vCard xmlns='vcard-temp'/></iq>", VerdictReason.NotConsented)]
    public void Judge_AnswersOfStrangers_PassAsTheEdgeDidNotAsk(string iq, VerdictReason reason)
        => Assert.Equal(reason, PolicyScene.WithPartner("{}").FromPartner(iq).Reason);

    [Theory]
    [InlineData("<presence/>", VerdictReason.NotConsented)]
    [InlineData("<presence type='probe'/>", VerdictReason.NotConsented)]
    [InlineData("<presence type='odd'/>", VerdictReason.NotConsented)]
    [InlineData("<presence type='subscribe'/>", VerdictReason.Allowed)]
    [InlineData("<presence type='subscribed'/>", VerdictReason.Allowed)]
    [InlineData("<presence type='unsubscribe'/>", VerdictReason.Allowed)]
    [InlineData("<presence type='unsubscribed'/>", VerdictReason.Allowed)]
    [InlineData("<presence type='unavailable'/>", VerdictReason.Allowed)]
    [InlineData("<presence type='error'/>", VerdictReason.Allowed)]
    [InlineData(Chat, VerdictReason.Allowed)]
    [InlineData(Ask, VerdictReason.Allowed)]
    public void Judge_LocalUserWithoutConsent_ShowsNoPresence(string stanza, VerdictReason reason)
        => Assert.Equal(reason, PolicyScene.WithPartner("{}").ToPartner(stanza).Reason);

    [Theory]
    [InlineData("{'localUsers': ['alice@contoso.example']}", VerdictReason.Allowed)]
    [InlineData("{'localUsers': ['@contoso.example']}", VerdictReason.Allowed)]
    [InlineData("{'localUsers': ['carol@contoso.example', '@bücher.example']}", VerdictReason.LocalUserNotAllowed)]
    [InlineData("{'localUsers': []}", VerdictReason.LocalUserNotAllowed)]
    [InlineData("{'denyLocalUsers': ['alice@contoso.example']}", VerdictReason.LocalUserNotAllowed)]
    [InlineData("{'denyLocalUsers': ['@contoso.example']}", VerdictReason.LocalUserNotAllowed)]
    [InlineData("{'denyLocalUsers': ['carol@contoso.example']}", VerdictReason.Allowed)]
    [InlineData("{'localUsers': ['alice@contoso.example'], 'denyLocalUsers': ['@contoso.example']}", VerdictReason.LocalUserNotAllowed)]
    [InlineData("{'localUsers': ['@contoso.example'], 'denyLocalUsers': ['alice@contoso.example']}", VerdictReason.LocalUserNotAllowed)]
    public void Judge_LocalUsers_DenyWins(string rules, VerdictReason reason)
    {
        var scene = PolicyScene.WithPartner($"{{'partnerType': 'Federated', 'rules': {rules}}}");

        Assert.Equal(reason, scene.FromPartner(Chat).Reason);
        Assert.Equal(reason, scene.ToPartner(Chat).Reason);
        Assert.Equal(reason, scene.FromPartner("<iq type='result' id='1'/>").Reason);
    }

    [Theory]
    [InlineData("alice@contoso.example")]
    [InlineData("ALICE@contoso.example")]
    [InlineData("\uFF21lice@Contoso.Example")]
    [InlineData("alice@contoso.example.")]
    [InlineData("alice@contoso.example/resource")]
    public void JID22_EverySpelling_MeetsTheDenyRule(string local)
    {
        var scene = PolicyScene.WithPartner(
            "{'partnerType': 'Federated', 'rules': {'localUsers': ['alice@contoso.example'], 'denyLocalUsers': ['ALICE@CONTOSO.example.']}}");

        Assert.Equal(VerdictReason.LocalUserNotAllowed, scene.FromPartner(Chat, local).Reason);
    }

    [Theory]
    [InlineData("e\u0301ve@contoso.example")]
    [InlineData("\u00e9ve@contoso.example")]
    [InlineData("\u00c9ve@contoso.example")]
    public void JID22_ComposedAndDecomposed_AreOneUser(string local)
    {
        var scene = PolicyScene.WithPartner("{'partnerType': 'Federated', 'rules': {'localUsers': ['\u00e9ve@contoso.example'], 'denyLocalUsers': ['e\u0301ve@contoso.example']}}");

        Assert.Equal(VerdictReason.LocalUserNotAllowed, scene.FromPartner(Chat, local).Reason);
    }

    [Theory]
    [InlineData("bob@xn--bcher-kva.example")]
    [InlineData("bob@B\u00dcCHER.example")]
    [InlineData("bob@bu\u0308cher.example")]
    public void JID22_BothSpellingsOfADomain_MeetTheDenyRule(string local)
    {
        var scene = PolicyScene.WithPartner("{'partnerType': 'Federated', 'rules': {'denyLocalUsers': ['@xn--bcher-kva.example']}}");

        Assert.Equal(VerdictReason.LocalUserNotAllowed, scene.FromPartner(Chat, local).Reason);
        Assert.Equal(VerdictReason.Allowed, scene.FromPartner(Chat).Reason);
    }

    [Fact]
    public void Judge_Observed_PassesAndNamesWhatWouldBeTheReason()
    {
        var unasked = PolicyScene.WithPartner("{'mode': 'observe'}");
        var noAccess = PolicyScene.Of(("Partner/p.example", "{'mode': 'observe'}"));
        var denied = PolicyScene.WithPartner("{'partnerType': 'Federated', 'mode': 'observe', 'rules': {'localUsers': []}}");

        Assert.Equal(new Verdict(VerdictReason.NotConsented, Observed: true), unasked.FromPartner(Chat));
        Assert.Equal(new Verdict(VerdictReason.UserFederationOff, Observed: true), noAccess.FromPartner(Chat));
        Assert.Equal(new Verdict(VerdictReason.LocalUserNotAllowed, Observed: true), denied.FromPartner(Chat));
        Assert.True(denied.FromPartner(Chat).Passes);
        Assert.Equal(new Verdict(VerdictReason.Allowed), PolicyScene.WithPartner("{'partnerType': 'Federated', 'mode': 'observe'}").FromPartner(Chat));
    }

    [Fact]
    public void Judge_ObservedPartner_DoesNotGetPastSwitches()
    {
        var scene = PolicyScene.Of(("Organisation/organisation", "{'federation': false}"), ("Partner/p.example", "{'mode': 'observe'}"));

        Assert.Equal(new Verdict(VerdictReason.FederationOff), scene.FromPartner(Chat));
    }

    [Fact]
    public void Judge_AllowPath_AllocatesNothing()
    {
        var scene = PolicyScene.Of(
            ("Partner/p.example", "{'rules': {'localUsers': ['@contoso.example'], 'denyLocalUsers': ['eve@contoso.example'], 'payloads': {'deny': ['urn:example:no']}}}"),
            ("AccessPolicy/tag:all", PolicyScene.OpenAccess),
            ("Grant/alice@contoso.example", "{'policy': 'tag:all'}"));

        Assert.Equal(0, VerdictAllocations.Measure(scene.Snapshot));
    }
}
