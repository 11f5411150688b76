using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Framing;
using Xunit;

namespace EdgePool.Policy.Tests.Verdicts;

/// <summary>What a stanza may be and hold.</summary>
public sealed class ContentJudgeTests
{
    private const string Roster = "jabber:iq:roster";
    private const string Carbon = "<received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'/></forwarded></received>";

    [Theory]
    [InlineData("chat", true)]
    [InlineData("normal", true)]
    [InlineData("headline", true)]
    [InlineData("groupchat", false)]
    [InlineData("error", true)]
    [InlineData(null, true)]
    [InlineData("foo", true)]
    [InlineData("CHAT", true)]
    public void POL06_MessageTypes_ByTheDefaultRules(string? type, bool passes)
        => AssertReason(passes ? VerdictReason.Allowed : VerdictReason.KindNotAllowed, "{}", $"<message{Type(type)}><body>x</body></message>");

    [Theory]
    [InlineData("['groupchat']", "groupchat", true)]
    [InlineData("['groupchat']", "chat", false)]
    [InlineData("['normal']", null, true)]
    [InlineData("['normal']", "foo", true)]
    [InlineData("['chat']", null, false)]
    [InlineData("['chat']", "foo", false)]
    [InlineData("['chat']", "error", false)]
    [InlineData("[]", "chat", false)]
    public void POL06_MessageTypes_ByTheListWritten(string messages, string? type, bool passes)
        => AssertReason(passes ? VerdictReason.Allowed : VerdictReason.KindNotAllowed, $"{{'messages': {messages}}}", $"<message{Type(type)}><body>x</body></message>");

    [Theory]
    [InlineData("<presence/>")]
    [InlineData("<presence type='subscribe'/>")]
    [InlineData("<presence type='probe'/>")]
    [InlineData("<presence type='unavailable'/>")]
    [InlineData("<presence type='error'/>")]
    public void POL13_POL14_PresenceOff_StopsEveryTypeBothWays(string presence)
    {
        AssertReason(VerdictReason.KindNotAllowed, "{'presence': false}", presence);
        AssertReason(VerdictReason.Allowed, "{'presence': false}", "<message><body>x</body></message>");
        AssertReason(VerdictReason.Allowed, "{}", presence);
    }

    [Theory]
    [InlineData("http://jabber.org/protocol/disco#info", VerdictReason.Allowed)]
    [InlineData("http://jabber.org/protocol/disco#items", VerdictReason.Allowed)]
    [InlineData("urn:xmpp:ping", VerdictReason.Allowed)]
    [InlineData("vcard-temp", VerdictReason.Allowed)]
    [InlineData("jabber:iq:version", VerdictReason.Allowed)]
    [InlineData("jabber:iq:last", VerdictReason.Allowed)]
    [InlineData("urn:xmpp:time", VerdictReason.Allowed)]
    [InlineData("http://jabber.org/protocol/pubsub", VerdictReason.Allowed)]
    [InlineData("urn:example:other", VerdictReason.KindNotAllowed)]
    [InlineData("jabber:server", VerdictReason.KindNotAllowed)]
    [InlineData("jabber:iq:roster", VerdictReason.PayloadNotAllowed)]
    [InlineData("jabber:iq:register", VerdictReason.PayloadNotAllowed)]
    [InlineData("jabber:iq:privacy", VerdictReason.PayloadNotAllowed)]
    [InlineData("jabber:iq:auth", VerdictReason.PayloadNotAllowed)]
    [InlineData("urn:xmpp:blocking", VerdictReason.PayloadNotAllowed)]
    [InlineData("http://jabber.org/protocol/commands", VerdictReason.PayloadNotAllowed)]
    [InlineData("urn:xmpp:carbons:2", VerdictReason.PayloadNotAllowed)]
    [InlineData("urn:xmpp:mam:2", VerdictReason.PayloadNotAllowed)]
    [InlineData("urn:xmpp:push:0", VerdictReason.PayloadNotAllowed)]
    [InlineData("urn:xmpp:privilege:1", VerdictReason.PayloadNotAllowed)]
    [InlineData("urn:xmpp:delegation:2", VerdictReason.PayloadNotAllowed)]
    public void POL15_Requests_ByTheDefaultRules(string name, VerdictReason reason)
    {
        AssertReason(reason, "{}", $"<iq type='get' id='1'><query xmlns='{name}'/></iq>");
        AssertReason(reason, "{}", $"<iq type='set' id='1'><query xmlns='{name}'/></iq>");
        AssertReason(reason, "{}", $"<iq id='1'><query xmlns='{name}'/></iq>");
        AssertReason(VerdictReason.Allowed, "{}", $"<iq type='result' id='1'><query xmlns='{name}'/></iq>");
        AssertReason(VerdictReason.Allowed, "{}", $"<iq type='error' id='1'><query xmlns='{name}'/></iq>");
    }

    [Theory]
    [InlineData("{'iq': ['urn:example:other']}", "<q xmlns='urn:example:other'/>", VerdictReason.Allowed)]
    [InlineData("{'iq': ['urn:example:*']}", "<q xmlns='urn:example:other'/>", VerdictReason.Allowed)]
    [InlineData("{'iq': ['*']}", "<q xmlns='urn:example:other'/>", VerdictReason.Allowed)]
    [InlineData("{'iq': ['*']}", "<q xmlns='jabber:iq:roster'/>", VerdictReason.PayloadNotAllowed)]
    [InlineData("{'iq': ['urn:example:other']}", "<ping xmlns='urn:xmpp:ping'/>", VerdictReason.KindNotAllowed)]
    [InlineData("{'iq': []}", "<ping xmlns='urn:xmpp:ping'/>", VerdictReason.KindNotAllowed)]
    [InlineData("{}", "<ping xmlns='urn:xmpp:ping'/><q xmlns='urn:example:other'/>", VerdictReason.KindNotAllowed)]
    [InlineData("{}", "", VerdictReason.KindNotAllowed)]
    [InlineData("{}", "<query/>", VerdictReason.KindNotAllowed)]
    [InlineData("{}", "<ping xmlns='urn:xmpp:ping'><q xmlns='urn:example:other'/></ping>", VerdictReason.Allowed)]
    [InlineData("{'payloads': {'deny': ['urn:example:other']}}", "<ping xmlns='urn:xmpp:ping'><q xmlns='urn:example:other'/></ping>", VerdictReason.PayloadNotAllowed)]
    [InlineData("{'payloads': {'deny': ['urn:xmpp:ping']}}", "<ping xmlns='urn:xmpp:ping'/>", VerdictReason.PayloadNotAllowed)]
    [InlineData("{'payloads': {'allow': ['urn:example:other']}}", "<ping xmlns='urn:xmpp:ping'><q xmlns='urn:example:other'/></ping>", VerdictReason.Allowed)]
    [InlineData("{'payloads': {'allow': ['urn:example:a']}}", "<ping xmlns='urn:xmpp:ping'><q xmlns='urn:example:other'/></ping>", VerdictReason.PayloadNotAllowed)]
    [InlineData("{'payloads': {'allow': []}}", "<ping xmlns='urn:xmpp:ping'/>", VerdictReason.Allowed)]
    public void POL15_Requests_ByTheListsWritten(string rules, string payload, VerdictReason reason)
        => AssertReason(reason, rules, $"<iq type='set' id='1'>{payload}</iq>");

    [Theory]
    [InlineData("{}", Roster, "1")]
    [InlineData("{}", "urn:example:x", "")]
    [InlineData("{'payloads': {'deny': ['urn:example:x']}}", "urn:example:x", "1")]
    [InlineData("{'payloads': {'deny': ['urn:example:*']}}", "urn:example:x", "1")]
    [InlineData("{'payloads': {'deny': ['urn:example:x']}}", "urn:example:y", "")]
    [InlineData("{'payloads': {'deny': ['urn:example:x']}}", Roster, "1")]
    [InlineData("{'payloads': {'allow': ['urn:example:x']}}", "urn:example:x", "")]
    [InlineData("{'payloads': {'allow': ['urn:example:x']}}", "urn:example:y", "1")]
    [InlineData("{'payloads': {'allow': ['urn:example:*']}}", "urn:example:y", "")]
    [InlineData("{'payloads': {'allow': ['*']}}", Roster, "1")]
    [InlineData("{'payloads': {'allow': []}}", "urn:example:y", "1")]
    public void POL15_Payloads_AreStrippedAndTheRestPasses(string rules, string name, string leftOut)
    {
        foreach (var stanza in new[] { $"<message><body>x</body><y xmlns='{name}'/></message>", $"<presence><show>away</show><y xmlns='{name}'/></presence>" })
        {
            foreach (var verdict in BothWays(rules, stanza))
            {
                Assert.Equal((VerdictReason.Allowed, leftOut), (verdict.Reason, PolicyScene.LeftOut(verdict)));
            }
        }
    }

    [Theory]
    [InlineData("{'payloads': {'action': 'refuse'}}", Roster, VerdictReason.PayloadNotAllowed)]
    [InlineData("{'payloads': {'action': 'refuse'}}", "urn:example:x", VerdictReason.Allowed)]
    [InlineData("{'payloads': {'deny': ['urn:example:x'], 'action': 'refuse'}}", "urn:example:x", VerdictReason.PayloadNotAllowed)]
    [InlineData("{'payloads': {'allow': ['urn:example:y'], 'action': 'refuse'}}", "urn:example:x", VerdictReason.PayloadNotAllowed)]
    public void POL15_ActionRefuse_RefusesAndStripsNothing(string rules, string name, VerdictReason reason)
        => Assert.All(BothWays(rules, $"<message><body>x</body><y xmlns='{name}'/></message>"), verdict => Assert.Equal(new Verdict(reason), verdict));

    [Theory]
    [InlineData("plain", "<q xmlns='jabber:iq:roster'/>", "")]
    [InlineData("prefix", "<r:q xmlns:r='jabber:iq:roster'/>", "")]
    [InlineData("prefix of the root", "<r:q/>", "xmlns:r='jabber:iq:roster'")]
    [InlineData("character references", "<q xmlns='jabber:iq:&#114;oste&#x72;'/>", "")]
    [InlineData("depth", "<a xmlns='urn:example:a'><b><c><q xmlns='jabber:iq:roster'/></c></b></a>", "")]
    [InlineData("depth and prefix", "<a xmlns='urn:example:a' xmlns:r='jabber:iq:roster'><b><r:q/></b></a>", "")]
    [InlineData("behind CDATA", "<a xmlns='urn:example:a'><![CDATA[</a>]]><q xmlns='jabber:iq:roster'/></a>", "")]
    [InlineData("forwarded", "<forwarded xmlns='urn:xmpp:forward:0'><iq xmlns='jabber:client'><q xmlns='jabber:iq:roster'/></iq></forwarded>", "")]
    public void POL16_HiddenPayload_GetsTheVerdictOfThePlainOne(string how, string payload, string root)
    {
        var strip = Scene("{}").FromPartner($"<message><body>x</body>{payload}<active xmlns='urn:example:s'/></message>", root: root);
        var refuse = Scene("{'payloads': {'action': 'refuse'}}").FromPartner($"<message><body>x</body>{payload}</message>", root: root);
        var ask = Scene("{'iq': ['*']}").FromPartner($"<iq type='set' id='1'>{payload}</iq>", root: root);

        Assert.Equal((how, VerdictReason.Allowed, "1"), (how, strip.Reason, PolicyScene.LeftOut(strip)));
        Assert.Equal((how, VerdictReason.PayloadNotAllowed), (how, refuse.Reason));
        Assert.Equal((how, VerdictReason.PayloadNotAllowed), (how, ask.Reason));
    }

    [Fact]
    public void POL16_TextThatLooksLikeAPayload_IsText()
        => Assert.Equal(new Verdict(VerdictReason.Allowed), Scene("{}").FromPartner("<message><body><![CDATA[<q xmlns='jabber:iq:roster'/>]]></body></message>"));

    [Theory]
    [InlineData("<delay xmlns='urn:xmpp:delay' from='contoso.example' stamp='2026-11-21T00:00:00Z'/>", true)]
    [InlineData("<delay xmlns='urn:xmpp:delay' from='CONTOSO.example.' stamp='2026-11-21T00:00:00Z'/>", true)]
    [InlineData("<delay xmlns='urn:xmpp:delay' from='room@contoso.example/x' stamp='2026-11-21T00:00:00Z'/>", true)]
    [InlineData("<delay xmlns='urn:xmpp:delay' from='xn--bcher-kva.example' stamp='2026-11-21T00:00:00Z'/>", true)]
    [InlineData("<delay xmlns='urn:xmpp:delay' from='contoso.exampl&#101;' stamp='2026-11-21T00:00:00Z'/>", true)]
    [InlineData("<d:delay xmlns:d='urn:xmpp:delay' from='contoso.example' stamp='2026-11-21T00:00:00Z'/>", true)]
    [InlineData("<delay xmlns='urn:xmpp:delay' from='p.example' stamp='2026-11-21T00:00:00Z'/>", false)]
    [InlineData("<delay xmlns='urn:xmpp:delay' from='sub.contoso.example' stamp='2026-11-21T00:00:00Z'/>", false)]
    [InlineData("<delay xmlns='urn:xmpp:delay' stamp='2026-11-21T00:00:00Z'/>", false)]
    [InlineData("<delay xmlns='urn:xmpp:delay' from='@' stamp='2026-11-21T00:00:00Z'/>", true)]
    [InlineData("<x xmlns='jabber:x:delay' from='contoso.example' stamp='20261121T00:00:00'/>", true)]
    [InlineData("<stanza-id xmlns='urn:xmpp:sid:0' id='1' by='alice@contoso.example'/>", true)]
    [InlineData("<stanza-id xmlns='urn:xmpp:sid:0' id='1' by='p.example'/>", false)]
    [InlineData("<origin-id xmlns='urn:xmpp:sid:0' id='1' by='contoso.example'/>", false)]
    public void POL23_ForgedInOurName_IsStripped(string payload, bool forged)
    {
        var stanza = $"<message><body>x</body>{payload}</message>";

        Assert.Equal(forged ? "1" : "", PolicyScene.LeftOut(Scene("{}").FromPartner(stanza)));
        Assert.Equal(VerdictReason.Allowed, Scene("{}").FromPartner(stanza).Reason);
        Assert.Equal(new Verdict(VerdictReason.Allowed), Scene("{}").ToPartner(stanza));
        Assert.Equal(forged ? "1" : "", PolicyScene.LeftOut(FileScene().FromPartner(stanza)));
    }

    [Fact]
    public void POL24_Carbons_AreStrippedAlways()
    {
        var stanza = $"<message>{Carbon}<body>x</body></message>";

        Assert.Equal("0", PolicyScene.LeftOut(Scene("{}").FromPartner(stanza)));
        Assert.Equal("0", PolicyScene.LeftOut(Scene("{}", "'mode': 'observe'").FromPartner(stanza)));
        Assert.Equal("0", PolicyScene.LeftOut(FileScene().FromPartner(stanza)));
    }

    [Theory]
    [InlineData("<body>x</body>", false)]
    [InlineData("<body>x</body><y xmlns='urn:example:y'/>", false)]
    [InlineData("<body>x</body><securitylabel xmlns='urn:xmpp:sec-label:0'><label/></securitylabel>", true)]
    [InlineData("<body>x</body><s:securitylabel xmlns:s='urn:xmpp:sec-label:0'><s:displaymarking>S</s:displaymarking><s:label><e xmlns='urn:example:e'/></s:label></s:securitylabel>", true)]
    [InlineData("<body>x</body><securitylabel xmlns='urn:xmpp:sec-label:0'/>", false)]
    [InlineData("<body>x</body><securitylabel xmlns='urn:xmpp:sec-label:1'><label/></securitylabel>", false)]
    [InlineData("<a xmlns='urn:example:a'><securitylabel xmlns='urn:xmpp:sec-label:0'><label/></securitylabel></a>", false)]
    [InlineData("<securitylabel xmlns='urn:xmpp:sec-label:0'><label/></securitylabel><securitylabel xmlns='urn:xmpp:sec-label:0'><label/></securitylabel>", false)]
    [InlineData("<securitylabel xmlns='urn:xmpp:sec-label:0'><label/><label/></securitylabel>", false)]
    public void POL25_SecurityLabel_IsDemandedOnce(string payload, bool labelled)
    {
        const string Required = "{'securityLabel': 'required'}";

        AssertReason(labelled ? VerdictReason.Allowed : VerdictReason.SecurityLabelMissing, Required, $"<message type='chat'>{payload}</message>");
        AssertReason(VerdictReason.Allowed, Required, $"<message type='error'>{payload}</message>");
        AssertReason(VerdictReason.Allowed, Required, "<presence/>");
        AssertReason(VerdictReason.Allowed, "{'securityLabel': 'ignore'}", $"<message type='chat'>{payload}</message>");
    }

    /// <summary>POLICY.md section 4: the status note is shown to federated partners alone.</summary>
    [Theory]
    [InlineData("Federated", "{}", "")]
    [InlineData("Federated", "{'stripStatus': true}", "1,2")]
    [InlineData("PublicVerified", "{}", "1,2")]
    [InlineData("PublicVerified", "{'stripStatus': true}", "1,2")]
    [InlineData("PublicUnverified", "{}", "1,2")]
    public void Judge_StatusNote_GoesToWhomItMay(string type, string rules, string leftOut)
    {
        var scene = PolicyScene.WithPartner($"{{'partnerType': '{type}', 'rules': {rules}}}");
        scene.Consents.Add(("alice@contoso.example", "bob@p.example"));
        const string Presence = "<presence><show>away</show><status>gone</status><status xml:lang='de'>weg</status><priority>1</priority></presence>";

        Assert.Equal(leftOut, PolicyScene.LeftOut(scene.ToPartner(Presence)));
        Assert.Equal(leftOut, PolicyScene.LeftOut(scene.ToPartner(Presence, content: ContentNamespace.Component)));
        Assert.Equal(new Verdict(VerdictReason.Allowed), scene.FromPartner(Presence));
        Assert.Equal(new Verdict(VerdictReason.Allowed), scene.ToPartner("<message><status>x</status></message>"));
    }

    [Fact]
    public void Judge_StatusNoteInAnotherContentNamespace_IsStripped()
    {
        var scene = PolicyScene.WithPartner("{'partnerType': 'PublicVerified'}");

        Assert.Equal("0", PolicyScene.LeftOut(scene.ToPartner("<presence><status xmlns='jabber:server'>x</status></presence>", content: ContentNamespace.Component)));
        Assert.Equal("0", PolicyScene.LeftOut(scene.ToPartner("<presence><c:status xmlns:c='jabber:component:accept'>x</c:status></presence>")));
    }

    [Theory]
    [InlineData("{'messages': []}", "<message><body>x</body></message>", VerdictReason.KindNotAllowed, "")]
    [InlineData("{'presence': false}", "<presence/>", VerdictReason.KindNotAllowed, "")]
    [InlineData("{}", "<iq type='get' id='1'><q xmlns='urn:example:x'/></iq>", VerdictReason.KindNotAllowed, "")]
    [InlineData("{'payloads': {'deny': ['urn:example:x']}}", "<message><y xmlns='urn:example:x'/></message>", VerdictReason.PayloadNotAllowed, "")]
    [InlineData("{'payloads': {'deny': ['urn:example:x']}}", "<message><y xmlns='urn:example:x'/><q xmlns='jabber:iq:roster'/></message>", VerdictReason.PayloadNotAllowed, "1")]
    [InlineData("{'messages': []}", "<message><y/><q xmlns='jabber:iq:roster'/></message>", VerdictReason.KindNotAllowed, "1")]
    [InlineData("{'securityLabel': 'required'}", "<message><body>x</body></message>", VerdictReason.SecurityLabelMissing, "")]
    public void Judge_Observed_PassesWithoutWhatNeverCrosses(string rules, string stanza, VerdictReason reason, string leftOut)
    {
        var verdict = Scene(rules, "'mode': 'observe'").FromPartner(stanza);

        Assert.True(verdict.Passes);
        Assert.Equal((reason, true, leftOut), (verdict.Reason, verdict.Observed, PolicyScene.LeftOut(verdict)));
    }

    [Fact]
    public void Judge_ObservedRequestThatNeverCrosses_IsRefused()
        => Assert.Equal(
            new Verdict(VerdictReason.PayloadNotAllowed),
            Scene("{'iq': []}", "'mode': 'observe'").FromPartner("<iq type='set' id='1'><a xmlns='urn:example:a'><q xmlns='jabber:iq:roster'/></a></iq>"));

    [Theory]
    [InlineData(62)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(100)]
    public void Judge_PayloadBehindManyChildren_IsStripped(int before)
    {
        var stanza = "<message>" + string.Concat(Enumerable.Repeat("<y/>", before)) + "<q xmlns='jabber:iq:roster'/></message>";

        Assert.True(Scene("{}").FromPartner(stanza).LeaveOut.Contains(before));
    }

    [Fact]
    public void Judge_RenderedForAComponent_HasTheSameVerdict()
    {
        var scene = Scene("{}");

        Assert.Equal(new Verdict(VerdictReason.Allowed), scene.FromPartnerRendered("<message><body>x</body><active xmlns='http://jabber.org/protocol/chatstates'/></message>"));
        Assert.Equal("1", PolicyScene.LeftOut(scene.FromPartnerRendered("<message><body>x</body><q xmlns='jabber:iq:roster'/></message>")));
        Assert.Equal("1", PolicyScene.LeftOut(scene.FromPartner("<message><body>x</body><q xmlns='jabber:component:connect'/></message>")));
        Assert.Equal(VerdictReason.KindNotAllowed, scene.FromPartner("<iq type='set' id='1'><q xmlns='jabber:component:accept'/></iq>").Reason);
    }

    private static void AssertReason(VerdictReason reason, string rules, string stanza)
        => Assert.All(BothWays(rules, stanza), verdict => Assert.Equal((stanza, reason), (stanza, verdict.Reason)));

    private static Verdict[] BothWays(string rules, string stanza)
    {
        var scene = Scene(rules);
        return [scene.FromPartner(stanza), scene.ToPartner(stanza), scene.ToPartner(stanza, content: ContentNamespace.Component)];
    }

    private static PolicyScene Scene(string rules, string more = "'description': ''")
        => PolicyScene.WithPartner($"{{'partnerType': 'Federated', {more}, 'rules': {rules}}}");

    private static PolicyScene FileScene()
        => new(Policy.Partners.PolicyCompiler.Compile([new Policy.Partners.PartnerDocument { Domain = "p.example" }], PolicyScene.LocalDomains).Snapshot!);

    private static string Type(string? type) => type is null ? "" : $" type='{type}'";
}
