using System.Globalization;
using System.Xml.Linq;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Tests.Fixture;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

/// <summary>What our own users may send to p1.example, what they are told, and that a partner's users are told nothing of ours.</summary>
[Collection(nameof(PolicyCollection))]
public sealed class PolicyOutwardTests(PolicyFixture edge)
{
    private const string Label = "<securitylabel xmlns='urn:xmpp:sec-label:0'><label><x xmlns='urn:label'>SECRET</x></label></securitylabel>";

    [Fact]
    public async Task Pol14_PresenceToAPartnerWithoutPresence_IsNotSent()
    {
        await edge.UseAsync(new RulesDocument { Presence = false });
        var before = edge.Node.Ledger.Read();

        foreach (var type in new[] { "", " type='unavailable'", " type='subscribe'", " type='probe'" })
            await edge.Component.SendAsync($"<presence from='b@edge.example/r' to='a@p1.example'{type}/>");

        Assert.Empty(await edge.HeardAtPartnerAsync());
        Assert.Equal(4, edge.Node.Ledger.Read().DroppedBy[DropReason.Policy] - before.DroppedBy.GetValueOrDefault(DropReason.Policy));
        Assert.Empty(await edge.HeardAtComponentAsync());
    }

    [Theory]
    [InlineData("<message type='groupchat' from='b@edge.example' to='a@p1.example' id='7'><body>x</body></message>", "cancel", "not-allowed")]
    [InlineData("<iq type='set' from='b@edge.example' to='a@p1.example' id='7'><query xmlns='jabber:iq:roster'/></iq>", "cancel", "not-allowed")]
    [InlineData("<iq type='get' from='b@edge.example' to='a@p1.example' id='7'><query xmlns='urn:example:unheard-of'/></iq>", "cancel", "not-allowed")]
    public async Task OwnUser_WhoMayNotSendThat_IsToldSo(string stanza, string type, string condition)
    {
        await edge.UseAsync(rules: null);

        await edge.Component.SendAsync(stanza);

        var error = await edge.Component.ReceiveAsync();
        Assert.True(XmppNames.Matches(error, $"*[@type='error' and @id='7' and @from='a@p1.example' and @to='b@edge.example']/component:error[@type='{type}']/stanzas:{condition}"), error.ToString());
        Assert.Empty(await edge.HeardAtPartnerAsync());
        Assert.True(edge.Node.Refusals.Read("p1.example")[0] is { Direction: Direction.ToPartner, From: "b@edge.example", To: "a@p1.example" });
    }

    // POL-24 the other way: nothing of ours steers a partner's clients.
    [Fact]
    public async Task Pol15_PayloadThatNeverCrosses_IsStrippedOnItsWayOut()
    {
        await edge.UseAsync(rules: null);

        await edge.Component.SendAsync("<message from='b@edge.example' to='a@p1.example' id='7'><body>x</body><sent xmlns='urn:xmpp:carbons:2'><y/></sent></message>");

        var message = Assert.Single(await edge.HeardAtPartnerAsync(1));
        Assert.Equal("body", Assert.Single(message.Elements()).Name.LocalName);
    }

    [Fact]
    public async Task StatusNote_OfAPartnerThatShallNotSeeIt_IsTakenOut()
    {
        await edge.UseAsync(new RulesDocument { StripStatus = true });

        await edge.Component.SendAsync("<presence from='b@edge.example/r' to='a@p1.example'><show>away</show><status>at the dentist's</status><priority>1</priority></presence>");

        var presence = Assert.Single(await edge.HeardAtPartnerAsync(1));
        Assert.Equal(["show", "priority"], presence.Elements().Select(e => e.Name.LocalName));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData(Label, true)]
    [InlineData(Label + Label, false)]
    [InlineData("<x xmlns='urn:x'>" + Label + "</x>", false)]
    [InlineData("<securitylabel xmlns='urn:xmpp:sec-label:0'/>", false)]
    [InlineData("<securitylabel xmlns='urn:xmpp:sec-label:1'><label/></securitylabel>", false)]
    public async Task Pol25_MessageAndItsLabel_BothWays(string label, bool passes)
    {
        await edge.UseAsync(new RulesDocument { SecurityLabel = SecurityLabelRule.Required });
        await edge.Component.SendAsync($"<message from='b@edge.example' to='a@p1.example' id='out'><body>x</body>{label}</message>");
        await using var peer = await edge.AuthenticateAsync(edge.P1, "p1.example");
        await peer.SendAsync($"<message from='a@p1.example' to='b@edge.example' id='in'><body>x</body>{label}</message></stream:stream>");
        await peer.HearEndAsync();

        var atComponent = await edge.HeardAtComponentAsync(1);
        await edge.UseAsync(rules: null); // the probe that ends what the partner hears has no label
        var atPartner = await edge.HeardAtPartnerAsync(1);

        var (inward, outward) = (Assert.Single(atComponent), Assert.Single(atPartner));
        Assert.Equal(passes ? ("in", null) : ("out", "error"), (inward.Attribute("id")?.Value, inward.Attribute("type")?.Value));
        Assert.Equal(passes ? ("out", null) : ("in", "error"), (outward.Attribute("id")?.Value, outward.Attribute("type")?.Value));
        Assert.True(passes || (XmppNames.Matches(inward, "*/component:error[@type='modify']/stanzas:policy-violation") && XmppNames.Matches(outward, "*/server:error[@type='modify']/stanzas:policy-violation")));
    }

    // POLICY.md section 4: the same answer for users that exist and users that do not; the edge says the same of everybody whom the rules leave out.
    [Fact]
    public async Task Refusal_OfLocalUsers_IsTheSameBytesForAll()
    {
        await edge.UseAsync(new RulesDocument { LocalUsers = ["c@edge.example", "canary@edge.example"] });
        await using var peer = await edge.AuthenticateAsync(edge.P1, "p1.example");
        string[] users = ["b@edge.example", "nobody@edge.example", "b@edge.example/r", "edge.example"];

        foreach (var (number, user) in users.Index())
            await peer.SendAsync(string.Create(CultureInfo.InvariantCulture, $"<iq type='get' from='a@p1.example' to='{user}' id='{number}'><ping xmlns='urn:xmpp:ping'/></iq>"));

        var answers = await edge.HeardAtPartnerAsync(0);
        while (answers.Count < 4)
            answers.AddRange(await edge.HeardAtPartnerAsync(1));
        var shapes = answers.Select(a => WithoutAddresses(a)).Distinct().ToList();
        Assert.Equal(4, answers.Count);
        Assert.Contains("service-unavailable", Assert.Single(shapes), StringComparison.Ordinal);
        Assert.Empty(await edge.HeardAtComponentAsync());
    }

    // POLICY.md section 5: what one user's access policy refuses, with the document that did.
    [Fact]
    public async Task AccessPolicy_OfOneUser_RefusesBothWaysAndIsNamed()
    {
        await edge.UseAsync(
            new PolicyDocument(DocumentKinds.Partner, "p1.example", 2, """{"partnerType":"Federated"}"""),
            new PolicyDocument(DocumentKinds.Partner, "p2.example", 3, """{"partnerType":"Federated"}"""),
            new PolicyDocument(DocumentKinds.AccessPolicy, "tag:all", 4, """{"enableFederationAccess":true,"enableXmppAccess":true}"""),
            new PolicyDocument(DocumentKinds.AccessPolicy, "tag:some", 5, """{"enableFederationAccess":true}"""),
            new PolicyDocument(DocumentKinds.Grant, "*@edge.example", 6, """{"policy":"tag:all"}"""),
            new PolicyDocument(DocumentKinds.Grant, "c@edge.example", 7, """{"policy":"tag:some"}"""));

        await edge.Component.SendAsync("<message from='c@edge.example' to='a@p1.example' id='out'/>");
        await using var peer = await edge.AuthenticateAsync(edge.P1, "p1.example");
        await peer.SendAsync("<message from='a@p1.example' to='c@edge.example' id='in'/></stream:stream>");
        await peer.HearEndAsync();

        Assert.True(XmppNames.Matches(Assert.Single(await edge.HeardAtComponentAsync(1)), "message[@id='out' and @type='error']/component:error/stanzas:not-allowed"));
        Assert.True(XmppNames.Matches(Assert.Single(await edge.HeardAtPartnerAsync(1)), "message[@id='in' and @type='error']/server:error/stanzas:service-unavailable"));
        Assert.All(
            edge.Node.Refusals.Read("p1.example").Take(2),
            r => Assert.Equal((VerdictReason.UserXmppOff, 42, "AccessPolicy/tag:some", 5L), (r.Reason, r.Version, r.Document, r.DocumentVersion)));
    }

    // POLICY.md section 4, "or silence by setting": counted and kept all the same.
    [Theory]
    [InlineData("silence", 0)]
    [InlineData("refuse", 2)]
    public async Task WithoutConsent_BySetting_AnswersOrIsSilent(string setting, int answers)
    {
        await edge.UseAsync(
            new PolicyDocument(DocumentKinds.Partner, "p1.example", 2, $$"""{"partnerType":"PublicUnverified","withoutConsent":"{{setting}}"}"""),
            new PolicyDocument(DocumentKinds.Partner, "p2.example", 3, """{"partnerType":"Federated"}"""),
            new PolicyDocument(DocumentKinds.AccessPolicy, "global", 4, """{"enableFederationAccess":true,"enableXmppAccess":true,"enablePublicCloudAccess":true}"""));
        await using var peer = await edge.AuthenticateAsync(edge.P1, "p1.example");
        var before = edge.Node.Ledger.Read();

        await peer.SendAsync("<message from='a@p1.example' to='b@edge.example' id='1'><body>x</body></message>"
            + "<iq type='get' from='a@p1.example' to='b@edge.example' id='2'><query xmlns='http://jabber.org/protocol/disco#info'/></iq></stream:stream>");
        await peer.HearEndAsync();

        Assert.Empty(await edge.HeardAtComponentAsync());
        Assert.Equal(answers, (await edge.HeardAtPartnerAsync(answers)).Count);
        var after = edge.Node.Ledger.Read();
        Assert.Equal((2 - answers, answers, true), (after.Dropped - before.Dropped, after.Bounced - before.Bounced, after.Balances));
        Assert.All(edge.Node.Refusals.Read("p1.example").Take(2), r => Assert.Equal((VerdictReason.NotConsented, "Partner/p1.example"), (r.Reason, r.Document)));
    }

    // POL-10, by policy: no error for an error, no answer to an answer.
    [Theory]
    [InlineData("<message type='error' from='a@p1.example' to='b@edge.example'/>")]
    [InlineData("<iq type='error' from='a@p1.example' to='b@edge.example' id='1'/>")]
    [InlineData("<iq type='result' from='a@p1.example' to='b@edge.example' id='1'/>")]
    public async Task Pol10_RefusedErrorOrResult_IsDropped(string stanza)
    {
        await edge.UseAsync(new RulesDocument { DenyLocalUsers = ["@edge.example"] });
        await using var peer = await edge.AuthenticateAsync(edge.P1, "p1.example");
        var before = edge.Node.Ledger.Read();

        await peer.SendAsync(stanza + "</stream:stream>");
        await peer.HearEndAsync();

        await edge.UseAsync(rules: null);
        Assert.Empty(await edge.HeardAtPartnerAsync());
        var after = edge.Node.Ledger.Read();
        Assert.Equal((1, 0), (after.Dropped - before.Dropped, after.Bounced - before.Bounced));
        Assert.Equal(1, after.DroppedBy[DropReason.Policy] - before.DroppedBy.GetValueOrDefault(DropReason.Policy));
    }

    private static string WithoutAddresses(XElement answer)
    {
        foreach (var name in new[] { "from", "id" })
            answer.Attribute(name)!.Value = "…";
        return answer.ToString(SaveOptions.DisableFormatting);
    }
}
