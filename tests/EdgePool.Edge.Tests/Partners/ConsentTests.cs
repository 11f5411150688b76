using System.Globalization;
using System.Xml.Linq;
using EdgePool.Cluster.Consents;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Tests.Fixture;
using EdgePool.Policy.Verdicts;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

/// <summary>POLICY.md section 4 on the wire: a public provider's users reach whoever took up contact with them, and nobody else.</summary>
public sealed class ConsentTests(ConsentFixture edge) : IClassFixture<ConsentFixture>, IAsyncLifetime
{
    private static int names;

    /// <summary>A user of this test's own: the node is that of all tests of the class.</summary>
    private readonly string user = string.Create(CultureInfo.InvariantCulture, $"u{Interlocked.Increment(ref names)}@edge.example");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        foreach (var consent in edge.Node.Consents!.List(partner: null, after: null, 100).Consents)
            edge.Node.Consents.Revoke(consent.Local, consent.Remote);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("<message from='a@p1.example' to='{0}' id='1' type='chat'><body>buy!</body></message>")]
    [InlineData("<iq type='get' from='a@p1.example' to='{0}' id='1'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>")]
    public async Task WithoutConsent_MessageAndRequest_AreAnsweredWithTheSameForAll(string stanza)
    {
        await using var peer = await edge.AuthenticateAsync(edge.P1, "p1.example");
        foreach (var to in new[] { user, "nobody-like-" + user, user + "/r" })
            await peer.SendAsync(stanza.Replace("{0}", to, StringComparison.Ordinal));

        var answers = await AtPartnerAsync(3);
        Assert.Empty(await edge.HeardAtComponentAsync());
        Assert.All(answers, a => Assert.True(XmppNames.Matches(a, "*[@type='error' and @id='1']/server:error[@type='cancel']/stanzas:service-unavailable"), a.ToString()));
        Assert.Single(answers.Select(a => string.Concat(a.Nodes())).Distinct());
        Assert.Equal((VerdictReason.NotConsented, false), edge.Node.Refusals.Read("p1.example")[0] is var last ? (last.Reason, last.Observed) : default);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" type='subscribe'")]
    [InlineData(" type='subscribed'")]
    [InlineData(" type='probe'")]
    [InlineData(" type='unavailable'")]
    public async Task WithoutConsent_Presence_IsDropped(string type)
    {
        var before = edge.Node.Ledger.Read().DroppedBy.GetValueOrDefault(DropReason.Policy);
        await FromPartnerAsync($"<presence from='a@p1.example/r' to='{user}'{type}/>");

        Assert.Empty(await edge.HeardAtComponentAsync());
        Assert.Equal(1, edge.Node.Ledger.Read().DroppedBy[DropReason.Policy] - before);
    }

    [Theory]
    [InlineData("<message from='{0}/r' to='a@p1.example/s' id='give'><body>hello</body></message>")]
    [InlineData("<presence from='{0}' to='a@p1.example' type='subscribe' id='give'/>")]
    [InlineData("<presence from='{0}' to='A@P1.example' type='subscribed' id='give'/>")]
    public async Task Contact_TakenUpByTheLocalUser_LetsTheRemoteAnswer(string gives)
    {
        await edge.Component.SendAsync(gives.Replace("{0}", user, StringComparison.Ordinal));
        await AtPartnerAsync(1);

        await FromPartnerAsync($"<message from='a@p1.example/any' to='{user}/other' id='in'><body>hi</body></message><message from='b@p1.example' to='{user}' id='other'/>");

        Assert.Equal("in", Assert.Single(await edge.HeardAtComponentAsync(1)).Attribute("id")!.Value);
        await edge.Journal.UntilAsync(j => j.Standing.Exists(c => c.Local == user && c.Remote == "a@p1.example" && c.Partner == "p1.example"));
        Assert.Contains(edge.Node.Consents!.List("p1.example", after: null, 10).Consents, c => c.Local == user);
    }

    [Theory]
    [InlineData("<message from='{0}' to='a@p1.example' type='error' id='none'><error type='cancel'/></message>")]
    [InlineData("<presence from='{0}' to='a@p1.example' id='none'/>")]
    [InlineData("<presence from='{0}' to='a@p1.example' type='probe' id='none'/>")]
    [InlineData("<iq from='{0}' to='a@p1.example' type='get' id='none'><ping xmlns='urn:xmpp:ping'/></iq>")]
    public async Task WhatTakesUpNoContact_GivesNoConsent(string gives)
    {
        await edge.Component.SendAsync(gives.Replace("{0}", user, StringComparison.Ordinal) + $"<iq type='get' from='{user}' to='z@p1.example' id='behind'><ping xmlns='urn:xmpp:ping'/></iq>");
        while ((await AtPartnerAsync(1))[0].Attribute("id")!.Value != "behind")
        {
            // Its own presence does not reach a contact that it has not taken up.
        }

        await FromPartnerAsync($"<message from='a@p1.example' to='{user}' id='in'><body>hi</body></message>");

        Assert.Empty(await edge.HeardAtComponentAsync());
    }

    [Theory]
    [InlineData("unsubscribe")]
    [InlineData("unsubscribed")]
    public async Task Contact_DroppedByTheLocalUser_IsGoneAtOnce(string type)
    {
        await edge.Component.SendAsync($"<presence from='{user}' to='a@p1.example' type='subscribe'/><presence from='{user}' to='a@p1.example' type='{type}'/>");
        await AtPartnerAsync(2);

        await FromPartnerAsync($"<message from='a@p1.example' to='{user}' id='in'/>");

        Assert.Empty(await edge.HeardAtComponentAsync());
        await edge.Journal.UntilAsync(j => j.Changes.Count(c => c is ConsentChange.Revoked revoked && revoked.Local == user) == 1);
        Assert.DoesNotContain(edge.Journal.Standing, c => c.Local == user);
    }

    [Fact]
    public async Task Contact_RevokedByAnOperator_IsGoneAtOnce()
    {
        await edge.Component.SendAsync($"<presence from='{user}' to='a@p1.example' type='subscribe'/>");
        await AtPartnerAsync(1);

        Assert.True(edge.Node.Consents!.Revoke(user.ToUpperInvariant(), "a@p1.example/whatever"));
        Assert.False(edge.Node.Consents.Revoke(user, "a@p1.example"));
        Assert.False(edge.Node.Consents.Revoke("@", "a@p1.example"));

        await FromPartnerAsync($"<message from='a@p1.example' to='{user}' id='in'/>");
        Assert.Empty(await edge.HeardAtComponentAsync());
    }

    // What the contact says of its going is refused by then: the edge says it.
    [Fact]
    public async Task Contact_ShownAndThenDropped_DoesNotStayShown()
    {
        await edge.Component.SendAsync($"<presence from='{user}' to='a@p1.example' type='subscribe'/><presence from='{user}/s' to='a@p1.example'/>");
        await AtPartnerAsync(2);
        await FromPartnerAsync($"<presence from='a@p1.example/r' to='{user}'/>");
        await edge.HeardAtComponentAsync(1);

        await edge.Component.SendAsync($"<presence from='{user}' to='a@p1.example' type='unsubscribe'/>");
        await FromPartnerAsync($"<presence from='a@p1.example/r' to='{user}' type='unavailable'/>");

        var inside = Assert.Single(await edge.HeardAtComponentAsync(1));
        Assert.True(XmppNames.Matches(inside, $"presence[@type='unavailable' and @from='a@p1.example/r' and @to='{user}']"), inside.ToString());
        Assert.Equal("unsubscribe", (await AtPartnerAsync(1))[0].Attribute("type")!.Value);
        var outside = (await AtPartnerAsync(1))[0];
        Assert.True(XmppNames.Matches(outside, $"presence[@type='unavailable' and @from='{user}/s' and @to='a@p1.example']"), outside.ToString());
    }

    // At the limit the local user hears that there is no room; who has consent keeps it.
    [Fact]
    public async Task Consents_AtTheLimit_TheLocalUserIsTold()
    {
        for (var contact = 0; contact < ConsentFixture.Most; contact++)
            await edge.Component.SendAsync(string.Create(CultureInfo.InvariantCulture, $"<message from='{user}' to='c{contact}@p1.example'/>"));
        await AtPartnerAsync(ConsentFixture.Most);

        await edge.Component.SendAsync($"<message from='{user}' to='one-more@p1.example' id='7'/><presence from='{user}' to='one-more@p1.example' type='subscribe'/><message from='{user}' to='c0@p1.example' id='8'/>");

        var answer = Assert.Single(await edge.HeardAtComponentAsync(1));
        Assert.True(XmppNames.Matches(answer, "message[@type='error' and @id='7' and @from='one-more@p1.example']/component:error[@type='wait']/stanzas:resource-constraint"), answer.ToString());
        Assert.Equal("8", Assert.Single(await AtPartnerAsync(1)).Attribute("id")!.Value);
        Assert.Equal(VerdictReason.ConsentsFull, edge.Node.Refusals.Read("p1.example")[0].Reason);
    }

    // What was consented outlives the node: it is there before a port is opened.
    [Fact]
    public async Task Consents_OfANodeBefore_HoldWhenTheNextStarts()
    {
        await edge.Component.SendAsync($"<message from='{user}' to='a@p1.example'/>");
        await AtPartnerAsync(1);
        await edge.Journal.UntilAsync(j => j.Standing.Exists(c => c.Local == user));

        await using var next = edge.Successor();
        Assert.Throws<InvalidOperationException>(next.Start);
        await next.StartAsync(TestContext.Current.CancellationToken);

        Assert.Contains(next.Consents!.List("p1.example", after: null, 10).Consents, c => c.Local == user && c.Remote == "a@p1.example");
    }

    private async Task FromPartnerAsync(string stanzas)
    {
        await using var peer = await edge.AuthenticateAsync(edge.P1, "p1.example");
        await peer.SendAsync(stanzas + "</stream:stream>");
        await peer.HearEndAsync();
    }

    /// <summary>The next stanzas of this test's user at the partner's server. No probe follows them: it would take up contact itself.</summary>
    private async Task<List<XElement>> AtPartnerAsync(int count)
    {
        var heard = new List<XElement>();
        while (heard.Count < count)
        {
            if (await edge.Partner.ReceiveAsync() is var stanza && stanza.Attribute("from")!.Value.Contains(user, StringComparison.Ordinal))
                heard.Add(stanza);
        }

        return heard;
    }
}
