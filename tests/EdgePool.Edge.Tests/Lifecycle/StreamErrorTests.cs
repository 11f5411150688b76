using System.Net;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// RFC 6120 section 4.9.3: what a partner's stream error means for the next stream.
public sealed class StreamErrorTests
{
    private const string Streams = "urn:ietf:params:xml:ns:xmpp-streams";

    [Fact]
    public async Task Reset_StanzasThatWait_GoOutOnANewStreamAtOnce()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var first = await server.AcceptAsync(scene, "p1.example");
        await first.ExpectAsync("server:message[@id='1']");

        await first.SendAsync(Error("reset"));
        await first.ExpectStreamEndAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 2));

        await using var second = await server.AcceptAsync(scene, "p1.example");
        await second.ExpectAsync("server:message[@id='2']");
        Assert.Equal(TimeSpan.Zero, scene.Time.Elapsed);
    }

    [Fact]
    public async Task Reset_EachStream_CostsTheWaitOfAFailure()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        for (var i = 0; i < 2; i++)
        {
            await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", i));
            await using var stream = await server.AcceptAsync(scene, "p1.example");
            await stream.ExpectAsync($"server:message[@id='{i}']");
            await stream.SendAsync(Error("reset"));
            await stream.ExpectStreamEndAsync();
        }

        Assert.Equal(TimeSpan.Zero, scene.Time.Elapsed);
        await scene.UntilAsync(() => scene.Node.Streams.All.All(s => s.Kind is not StreamKind.PartnerOutbound), "the end of the second");
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 3));
        var accepting = server.AcceptAsync("p1.example");
        await using var third = await scene.WhileAdvancingAsync(accepting, TimeSpan.FromMilliseconds(10));
        Assert.True(scene.Time.Elapsed > TimeSpan.Zero);
    }

    [Fact]
    public async Task HostUnknown_OnAStreamThatWasUp_WaitsAsAfterSeveralFailures()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using (var first = await server.AcceptAsync(scene, "p1.example"))
        {
            await first.ExpectAsync("server:message[@id='1']");
            await scene.UntilAsync(() => scene.Time.Elapsed > TimeSpan.FromSeconds(70), "a stream that was up for long", TimeSpan.FromSeconds(1));
            await first.SendAsync(Error("host-unknown"));
        }

        await scene.UntilAsync(() => scene.Node.Streams.All.All(s => s.Kind is not StreamKind.PartnerOutbound), "the end");
        var before = scene.Time.Elapsed;
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 2));
        var accepting = server.AcceptAsync("p1.example");
        await using var second = await scene.WhileAdvancingAsync(accepting, TimeSpan.FromMilliseconds(50));
        Assert.InRange(scene.Time.Elapsed - before, TimeSpan.FromSeconds(1.1), TimeSpan.FromSeconds(17));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SeeOtherHost_ByAProvenServer_FollowedWherePolicyLetsIt(bool follow)
    {
        await using var scene = EdgeScene.Start(options => options with { Policy = EdgeScene.Policy(new PartnerDocument { Domain = "p1.example", FollowSeeOtherHost = follow }) });
        using var other = new ScriptedListener();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await SendElsewhereAsync(server, scene, other.EndPoint.ToString());

        if (follow)
        {
            await using var there = await other.AcceptAsync(scene, "p1.example");
            await there.ExpectAsync("server:message[@id='1']");
        }
        else
        {
            await FailsAsync(scene);
            Assert.Contains("followSeeOtherHost", Refusal(scene), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("127.0.0.1:22", "denied")]
    [InlineData("10.1.2.3:5269", "denied")]
    [InlineData("[::1", "no host")]
    [InlineData("a b", "no host")]
    public async Task SeeOtherHost_ToWhereWeDoNotGo_IsNotFollowed(string host, string reason)
    {
        await using var scene = EdgeScene.Start(options => options with
        {
            Policy = EdgeScene.Policy(new PartnerDocument { Domain = "p1.example", FollowSeeOtherHost = true }),
            DeniedNetworks = [IPNetwork.Parse("10.0.0.0/8")],
        });
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await SendElsewhereAsync(server, scene, host);

        await FailsAsync(scene);
        Assert.Contains(reason, Refusal(scene), StringComparison.Ordinal);
    }

    // Before TLS anybody in between may say so; a server of another name too.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SeeOtherHost_ByNobodyProven_IsNotFollowed(bool secured)
    {
        await using var scene = EdgeScene.Start(options => options with
        {
            Policy = EdgeScene.Policy(new PartnerDocument
            {
                Domain = "p1.example", FollowSeeOtherHost = true, SaslNegotiation = Policy.Negotiation.NegotiationMode.NotSupported, SupportDialback = true,
            }),
        });
        scene.Shown["p1.example"] = scene.Authority.Issue("stranger.example").Certificate;
        using var other = new ScriptedListener();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await SendElsewhereAsync(server, scene, other.EndPoint.ToString(), secured);

        await FailsAsync(scene);
        Assert.DoesNotContain(scene.Logs.Events, e => e.Id.Id is 1043 or 1044);
    }

    [Fact]
    public async Task SeeOtherHost_OnAndOn_EndsAtTheLimit()
    {
        await using var scene = EdgeScene.Start(options => options with { Policy = EdgeScene.Policy(new PartnerDocument { Domain = "p1.example", FollowSeeOtherHost = true }) });
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        for (var i = 0; i <= DialActor.MostHops; i++)
            await SendElsewhereAsync(server, scene, server.EndPoint.ToString());

        await FailsAsync(scene);
        Assert.Contains("too many", Refusal(scene), StringComparison.Ordinal);
    }

    private static async Task SendElsewhereAsync(ScriptedListener server, EdgeScene scene, string host, bool secured = true)
    {
        await using var peer = await server.AcceptAsync("p1.example");
        if (secured)
            await peer.AcceptTlsAsync(scene, "p1.example", "edge.example");
        else
            await peer.AnswerHeaderAsync("p1.example", "edge.example", "s1");
        await peer.SendAsync(Error("see-other-host", host));
        await peer.ExpectStreamEndAsync();
    }

    private static Task FailsAsync(EdgeScene scene) => scene.UntilAsync(() => scene.Logs.Events.Any(e => e.Id.Id == 1021), "a failed dial");

    private static string Refusal(EdgeScene scene) => (string)scene.Logs.Events.First(e => e.Id.Id == 1044).Values["Reason"]!;

    private static string Error(string condition, string text = "") => $"<stream:error><{condition} xmlns='{Streams}'>{text}</{condition}></stream:error></stream:stream>";
}
