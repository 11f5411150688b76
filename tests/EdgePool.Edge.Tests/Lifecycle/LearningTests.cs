using System.Net;
using System.Net.Sockets;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Peers;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

/// <summary>What a node remembers of its negotiations, by the streams that it really had.</summary>
public sealed class LearningTests
{
    [Fact]
    public async Task Inbound_BySasl_RemembersEachStep()
    {
        await using var scene = EdgeScene.Start();
        await using var peer = await scene.PartnerAsync("p1.example");
        await scene.UntilAsync(() => Read(scene, "p1.example")?.Inbound is not null, "the success"); // the answer may be written before

        var way = Read(scene, "p1.example")!.Inbound!;

        var success = way.LastSuccess!;
        Assert.Equal((1, 0, 0), (way.Successes, way.Failures, way.FailuresInARow));
        Assert.Equal(("edge.example-p1.example", AuthenticationMethod.SaslExternal, "Tls13"), (success.Pair.ToText(), success.Method!.Value, success.Tls));
        Assert.Equal("connected header starttls secured header sasl header authenticated", Steps(success));
        Assert.All(success.Steps, step => Assert.True(step.Took >= TimeSpan.Zero));
        Assert.StartsWith("127.0.0.1:", success.Address, StringComparison.Ordinal);
        Assert.StartsWith("TLS_", success.Cipher, StringComparison.Ordinal);
        Assert.Null(success.Target);
        Assert.Equal(("CN=p1.example", "CN=Test root", CertificateVerdict.Valid), (success.Certificate!.Subject, success.Certificate.Issuer, success.Certificate.Verdict!.Value));
        Assert.NotNull(success.Certificate.Key);
    }

    [Fact]
    public async Task Outbound_BySasl_RemembersTargetAndFeatures()
    {
        await using var scene = EdgeScene.Start();
        var server = scene.Serve("p1.example");
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var peer = await server.AcceptAsync(scene, "p1.example");
        await peer.ExpectAsync("message[@id='1']");

        var success = Read(scene, "p1.example")!.Outbound!.LastSuccess!;

        Assert.Equal("resolved connected header features starttls secured header features sasl header features authenticated", Steps(success));
        Assert.Equal($"xmpp.p1.example:{server.EndPoint.Port}, priority 0, weight 0", success.Target);
        Assert.Equal($"127.0.0.1:{server.EndPoint.Port}", success.Address);
        Assert.Equal($"SRV: {success.Target}", success.Steps[0].Detail);
        Assert.Equal(["starttls (required)", "EXTERNAL"], success.Steps.Where(step => step.Kind == NegotiationStepKind.Features).Select(step => step.Detail).Take(2));
    }

    [Fact]
    public async Task Outbound_FirstTargetRefuses_TheStepsOfTheSecondSaySo()
    {
        await using var scene = EdgeScene.Start();
        using var refusing = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        refusing.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // bound, not listening: nobody else gets the port
        var server = scene.Serve("p1.example");
        var port = ((IPEndPoint)refusing.LocalEndPoint!).Port;
        scene.Publish("p1.example", port, server.EndPoint.Port);
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await using var peer = await server.AcceptAsync(scene, "p1.example");
        await peer.ExpectAsync("message[@id='1']");

        var way = Read(scene, "p1.example")!.Outbound!;

        Assert.Equal((1, 1, 0), (way.Successes, way.Failures, way.FailuresInARow));
        Assert.Equal((StreamEndReason.ConnectFailed, $"127.0.0.1:{port} refused", "resolved"), (way.LastFailure!.Failure!.Value, way.LastFailure.Detail, Steps(way.LastFailure)));
        Assert.StartsWith("resolved target-failed connected ", Steps(way.LastSuccess!), StringComparison.Ordinal);
        Assert.Equal($"xmpp.p1.example:{port}: connect-failed", way.LastSuccess!.Steps[1].Detail);
    }

    [Fact]
    public async Task Outbound_TheDnsSaysNo_IsAFailureWithoutAStream()
    {
        await using var scene = EdgeScene.Start();
        scene.Publish("p1.example", 0);
        await using var component = await scene.ComponentAsync();
        await component.SendAsync(S2SDialogue.Message("a@edge.example", "b@p1.example", 1));
        await component.WaitForAsync("message[@id='1']/error");

        var failure = Read(scene, "p1.example")!.Outbound!.LastFailure!;

        Assert.Equal((StreamEndReason.ServiceAbsent, 0L, null, null), (failure.Failure!.Value, failure.Stream, failure.Target, failure.Address));
        Assert.Contains("target is '.'", failure.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inbound_ForeignCertificate_RemembersVerdictNamesAndCause()
    {
        await using var scene = EdgeScene.Start();
        using var stranger = new TestCertificateAuthority("Somebody else");
        scene.Shown["p1.example"] = stranger.Issue("p1.example", "other.p1.example").Certificate;
        await using (var peer = await S2SDialogue.SecureAsync(scene, scene.Node.S2SEndPoints[0], "p1.example", "edge.example"))
        {
            await peer.ExpectEventuallyAsync("stream:error");
        }

        await scene.UntilAsync(() => Read(scene, "p1.example")?.Inbound?.LastFailure is not null, "the failure");
        var failure = Read(scene, "p1.example")!.Inbound!.LastFailure!;

        Assert.Equal((StreamEndReason.CertificateUntrusted, CertificateVerdict.Untrusted), (failure.Failure!.Value, failure.Certificate!.Verdict!.Value));
        Assert.Equal(["p1.example", "other.p1.example"], failure.Certificate.Names);
        Assert.Null(failure.Method);
    }

    [Fact]
    public async Task Inbound_BreaksOffAfterItWasUp_IsAFailureOfThatPair()
    {
        await using var scene = EdgeScene.Start();
        await using (await scene.PartnerAsync("p1.example"))
        {
            // Up, and gone without an end tag.
        }

        await scene.UntilAsync(() => Read(scene, "p1.example")?.Inbound?.LastFailure is not null, "the failure");
        var way = Read(scene, "p1.example")!.Inbound!;

        Assert.Equal((1, 1, StreamEndReason.ConnectionLost), (way.Successes, way.Failures, way.LastFailure!.Failure!.Value));
        Assert.Equal(AuthenticationMethod.SaslExternal, way.LastFailure.Method);
    }

    [Fact]
    public async Task Inbound_EndsInOrder_IsNoFailure()
    {
        await using var scene = EdgeScene.Start();
        await using (var peer = await scene.PartnerAsync("p1.example"))
        {
            await peer.SendAsync("</stream:stream>");
            await peer.ExpectStreamEndAsync();
        }

        await scene.UntilAsync(() => scene.Node.Streams.Count == 0, "the end");
        Assert.Equal((1, 0), (Read(scene, "p1.example")!.Inbound!.Successes, Read(scene, "p1.example")!.Inbound!.Failures));
    }

    [Fact]
    public async Task Inbound_UnknownDomain_IsKeptAmongStrangers()
    {
        await using var scene = EdgeScene.Start();
        await using var peer = await ScriptedPeer.ConnectAsync(scene.Node.S2SEndPoints[0]);
        await peer.SendHeaderAsync("stranger.example", "edge.example");
        await peer.ExpectHeaderAsync();
        await peer.ExpectStreamErrorAsync("policy-violation");

        var failure = Read(scene, "stranger.example")!.Inbound!.LastFailure!;

        Assert.Equal((StreamEndReason.PartnerNotAllowed, "connected header"), (failure.Failure!.Value, Steps(failure)));
        Assert.True(Assert.Single(scene.Node.RefusedStrangers.Read("stranger.example")) is { Reason: VerdictReason.UnknownDomain, From: "stranger.example", To: "edge.example", Kind: "stream" });
    }

    [Fact]
    public async Task Inbound_ByDialback_RemembersBothTheStreamAndTheQuestion()
    {
        await using var scene = EdgeScene.Start(options => options with
        {
            Policy = EdgeScene.Policy(new PartnerDocument { Domain = "p1.example", SaslNegotiation = NegotiationMode.NotSupported }),
        });
        var server = scene.Serve("p1.example");
        await using var peer = await S2SDialogue.SecureAsync(scene, scene.Node.S2SEndPoints[0], "p1.example", "edge.example");
        await peer.ExpectAsync("stream:features");
        await peer.SendAsync("<db:result from='p1.example' to='edge.example'>the key</db:result>");
        await using var authority = await server.AcceptAsync();
        await authority.AcceptTlsAsync(scene, "p1.example", "edge.example");
        await authority.SendAsync("<stream:features><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>");
        var asked = await authority.ExpectAsync("db:verify");
        await authority.SendAsync($"<db:verify from='p1.example' to='edge.example' id='{asked.Attribute("id")!.Value}' type='valid'/>");
        await peer.ExpectAsync("db:result[@type='valid']");

        var history = Read(scene, "p1.example")!;

        Assert.Equal("connected header starttls secured header dialback verified authenticated", Steps(history.Inbound!.LastSuccess!));
        Assert.Equal((AuthenticationMethod.DialbackOverTls, "valid"), (history.Inbound.LastSuccess!.Method!.Value, history.Inbound.LastSuccess.Steps[^2].Detail));
        Assert.Equal("resolved connected header features starttls secured header features dialback verified", Steps(history.Verification!.LastSuccess!));
        Assert.Null(history.Outbound);
    }

    private static DomainHistory? Read(EdgeScene scene, string domain) => scene.Node.History.Read(domain);

    private static string Steps(NegotiationRecord record) => string.Join(' ', record.Steps.Select(step => step.Kind.ToText()));
}
