using EdgePool.Edge.Telemetry;
using EdgePool.Testing.Peers;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// Port 23456 as S2S: an internal server reaches partners through the edge, and is reached at its fixed address. XEP-0178, XEP-0220.
public sealed class InternalServerTests
{
    private static readonly DialbackKeys Keys = new("the internal server's secret");

    [Fact]
    public async Task InternalServer_ByCertificate_SendsToThePartner()
    {
        await using var scene = EdgeScene.Start();
        var partner = scene.Serve("p1.example");
        await using var inside = await S2SDialogue.OpenAsync(scene, scene.Node.InternalEndPoints[0], "inside.example", "p1.example");

        await inside.SendAsync(S2SDialogue.Message("u@inside.example", "a@p1.example", 1));

        await using var outside = await partner.AcceptAsync(scene, "p1.example", "inside.example");
        await outside.ExpectAsync("server:message[@id='1' and @from='u@inside.example' and @to='a@p1.example']");
        Assert.Contains(scene.Node.Streams.All, s => s.Kind == StreamKind.InternalInbound);
    }

    [Fact]
    public async Task InternalServer_ByCertificate_ReceivesFromThePartnerAtItsFixedAddress()
    {
        await using var scene = EdgeScene.Start();
        await using var outside = await scene.PartnerAsync("p1.example", "inside.example");

        await outside.SendAsync(S2SDialogue.Message("a@p1.example", "u@inside.example", 1));

        await using var inside = await scene.Inside.AcceptAsync(scene, "inside.example", "p1.example");
        await inside.ExpectAsync("server:message[@id='1' and @from='a@p1.example']");
        Assert.Contains(scene.Node.Streams.All, s => s.Kind == StreamKind.InternalOutbound);
    }

    [Fact]
    public async Task InternalServer_WithAComponent_NeedsNoPartner()
    {
        await using var scene = EdgeScene.Start();
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "u@inside.example", 1));
        await using var receives = await scene.Inside.AcceptAsync(scene, "inside.example", "edge.example");
        await receives.ExpectAsync("message[@id='1']");
        await using var sends = await S2SDialogue.OpenAsync(scene, scene.Node.InternalEndPoints[0], "inside.example", "edge.example");

        await sends.SendAsync(S2SDialogue.Message("u@inside.example", "a@edge.example", 2));

        await component.WaitForAsync("component:message[@id='2']");
    }

    [Theory]
    [InlineData("valid", true)]
    [InlineData("another's key", false)]
    public async Task InternalServer_ByDialback_IsAskedAtItsFixedAddress(string id, bool good)
    {
        await using var scene = EdgeScene.Start();
        var partner = scene.Serve("p1.example");
        await using var inside = await S2SDialogue.SecureAsync(scene, scene.Node.InternalEndPoints[0], "inside.example", "p1.example");
        await inside.ExpectAsync("stream:features");
        await inside.SendAsync($"<db:result from='inside.example' to='p1.example'>{(good ? "the key" : id)}</db:result>");

        await using var asked = await scene.Inside.AcceptAsync();
        await asked.AcceptTlsAsync(scene, "inside.example", "p1.example");
        await asked.SendAsync("<stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>");
        var question = await asked.ExpectAsync("db:verify[@from='p1.example' and @to='inside.example']");
        var verdict = question.Value == "the key" ? "valid" : "invalid";
        await asked.SendAsync($"<db:verify from='inside.example' to='p1.example' id='{question.Attribute("id")!.Value}' type='{verdict}'/>");

        await inside.ExpectAsync($"db:result[@from='p1.example' and @to='inside.example' and @type='{(good ? "valid" : "invalid")}']");
        if (!good)
            return;
        await inside.SendAsync(S2SDialogue.Message("u@inside.example", "a@p1.example", 1));
        await using var outside = await partner.AcceptAsync(scene, "p1.example", "inside.example");
        await outside.ExpectAsync("message[@id='1']");
    }

    // XEP-0220 section 2.2.2: the edge is the authoritative server of the partner's domain towards the inside.
    [Fact]
    public async Task InternalServer_AsksAboutOurKey_IsAnsweredOnTheInternalPort()
    {
        await using var scene = EdgeScene.Start();
        await using var outside = await scene.PartnerAsync("p1.example", "inside.example");
        await outside.SendAsync(S2SDialogue.Message("a@p1.example", "u@inside.example", 1));
        await using var inside = await scene.Inside.AcceptAsync();
        await inside.AcceptTlsAsync(scene, "inside.example", "p1.example");
        await inside.SendAsync("<stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>");
        var key = (await inside.ExpectAsync("db:result[@from='p1.example' and @to='inside.example']")).Value;

        await using var asks = await S2SDialogue.SecureAsync(scene, scene.Node.InternalEndPoints[0], "inside.example", "p1.example");
        await asks.ExpectAsync("stream:features");
        await asks.SendAsync($"<db:verify from='inside.example' to='p1.example' id='s2'>{key}</db:verify>");
        await asks.ExpectAsync("db:verify[@from='p1.example' and @to='inside.example' and @id='s2' and @type='valid']");
        var forged = Keys.KeyFor(DomainName.Parse("inside.example"), DomainName.Parse("p1.example"), "s2");
        await asks.SendAsync($"<db:verify from='inside.example' to='p1.example' id='s2'>{forged}</db:verify>");
        await asks.ExpectAsync("db:verify[@id='s2' and @type='invalid']");
        await inside.SendAsync("<db:result from='inside.example' to='p1.example' type='valid'/>");

        await inside.ExpectAsync("message[@id='1' and @from='a@p1.example']");
        await scene.BalancedAsync();
    }

    // COMP-11: a stanza to a domain of no partner is answered; nobody asks the DNS about it.
    [Fact]
    public async Task InternalServer_COMP11_ToADomainOfNoPartner_IsAnsweredAndTheStreamStays()
    {
        await using var scene = EdgeScene.Start();
        var partner = scene.Serve("p1.example");
        await using var inside = await S2SDialogue.OpenAsync(scene, scene.Node.InternalEndPoints[0], "inside.example", "p1.example");

        await inside.SendAsync(S2SDialogue.Message("u@inside.example", "a@nobody.example", 1));

        await using var back = await scene.Inside.AcceptAsync();
        await back.AcceptTlsAsync(scene, "inside.example", "nobody.example");
        await back.SendAsync("<stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>");
        var key = (await back.ExpectAsync("db:result[@from='nobody.example' and @to='inside.example']")).Value;
        await inside.SendAsync($"<db:verify from='inside.example' to='nobody.example' id='s2'>{key}</db:verify><db:verify from='inside.example' to='nobody.example' id='s9'>{key}</db:verify>");
        await inside.ExpectAsync("db:verify[@from='nobody.example' and @id='s2' and @type='valid']");
        await inside.ExpectAsync("db:verify[@from='nobody.example' and @id='s9' and @type='error']");
        await back.SendAsync("<db:result from='inside.example' to='nobody.example' type='valid'/>");
        await back.ExpectAsync("message[@id='1' and @from='a@nobody.example']/error[@type='cancel']/stanzas:remote-server-not-found");
        await inside.SendAsync(S2SDialogue.Message("u@inside.example", "a@p1.example", 2));
        await using var outside = await partner.AcceptAsync(scene, "p1.example", "inside.example");
        await outside.ExpectAsync("message[@id='2']");
        Assert.Equal(1, scene.Account.BouncedBy[BounceReason.RemoteServerNotFound]);
    }

    [Fact]
    public async Task InternalServer_SpeaksForAComponent_IsRefused()
    {
        await using var scene = EdgeScene.Start();
        await using var inside = await ScriptedPeer.ConnectAsync(scene.Node.InternalEndPoints[0]);
        await inside.SendHeaderAsync("edge.example", "p1.example");

        await inside.ExpectHeaderAsync();
        await inside.ExpectStreamErrorAsync("undefined-condition");
    }
}
