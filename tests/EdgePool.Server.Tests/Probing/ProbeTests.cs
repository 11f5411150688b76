using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using EdgePool.Server.Cli;
using EdgePool.Server.Tests.Management;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Dns;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Server.Tests.Probing;

/// <summary><c>edgepool probe</c> against a partner that follows a script: each way to succeed, and each to fail.</summary>
public sealed class ProbeTests
{
    private const string External = "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>";
    private const string Dialback = "<dialback xmlns='urn:xmpp:features:dialback'/>";
    private const string More = "<bidi xmlns='urn:xmpp:features:bidi'/><sm xmlns='urn:xmpp:sm:3'/><limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>10000</max-bytes></limits>";

    [Fact]
    public async Task Sasl_Succeeds_TellsEachStepAndSendsNoStanza()
    {
        await using var scene = new ProbeScene();
        var listener = scene.Listen();
        var config = scene.Configure();

        var result = await scene.ProbeAsync("-c " + config, async () =>
        {
            await using var peer = await scene.AcceptAsync(listener, External + Dialback + More);
            await AuthenticateAsync(peer);
            await peer.ExpectStreamEndAsync(); // and before it nothing
            await peer.SendAsync("</stream:stream>");
            await peer.ExpectConnectionEndAsync();
        });

        Assert.True(result.Code == ExitCode.Success, result.Output + result.Error);
        var lines = result.Output.Split('\n');
        Assert.Equal("partner.example, as contoso.example", lines[0]);
        Assert.Matches($@"^  dns +\S+  SRV: xmpp\.partner\.example:{listener.EndPoint.Port}, priority 0, weight 5$", lines[1]);
        Assert.Equal($"xmpp.partner.example:{listener.EndPoint.Port}, priority 0, weight 5 (STARTTLS)", lines[3]);
        Assert.Matches($@"^  connect +\S+  127\.0\.0\.1:{listener.EndPoint.Port}: connected$", lines[4]);
        Assert.Matches(@"(?m)^  secured +\S+  Tls13 TLS_", result.Output);
        Assert.Matches(@"(?m)^  certificate +Valid: CN=partner\.example, issued by CN=Test root, expires 20.*, key \S+=$", result.Output);
        Assert.Matches(@"(?m)^  features +\S+  EXTERNAL, dialback, bidi, sm:3, limits \(max-bytes 10000\)$", result.Output);
        Assert.Matches(@"(?m)^  sasl +\S+  success$", result.Output);
        Assert.Matches(@"(?m)^  OK +authenticated by SaslExternal; no stanza was sent$", result.Output);
        Assert.EndsWith("\n1 targets: 1 authenticated, 0 ready, 0 failed\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DirectTls_SaslSucceeds_AsJson()
    {
        await using var scene = new ProbeScene();
        var listener = scene.Listen(directTls: true);
        var config = scene.Configure();

        var result = await scene.ProbeAsync("--json -c " + config, async () =>
        {
            await using var peer = await listener.AcceptAsync();
            var tls = ProbeScene.Tls(scene.Authority.Issue(ProbeScene.Partner));
            tls.ApplicationProtocols = [new("xmpp-server")];
            await peer.UpgradeTlsAsync(tls);
            await ProbeScene.OpenAsync(peer, External);
            await AuthenticateAsync(peer);
            await peer.ExpectStreamEndAsync();
        });

        Assert.True(result.Code == ExitCode.Success, result.Output + result.Error);
        var target = result.Target;
        Assert.Equal(("authenticated", true), (target.GetProperty("outcome").GetString(), target.GetProperty("directTls").GetBoolean()));
        var negotiation = target.GetProperty("negotiation");
        Assert.Equal(("SaslExternal", "Tls13"), (negotiation.GetProperty("method").GetString(), negotiation.GetProperty("tls").GetString()));
        Assert.Equal(
            "connected secured header features sasl header features authenticated",
            string.Join(' ', negotiation.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("step").GetString())));
        Assert.True(JsonElement.Parse(result.Output).GetProperty("succeeded").GetBoolean());
    }

    [Fact]
    public async Task Dialback_IsAllThatIsOffered_IsReadyAndNotTried()
    {
        await using var scene = new ProbeScene();
        var listener = scene.Listen();
        var config = scene.Configure();

        var result = await scene.ProbeAsync("-c " + config, async () =>
        {
            await using var peer = await scene.AcceptAsync(listener, Dialback);
            await peer.ExpectStreamEndAsync();
        });

        Assert.True(result.Code == ExitCode.Success, result.Output + result.Error);
        Assert.Matches("(?m)^  READY +dialback is offered and allowed, and not tried: the partner would ask our node", result.Output);
    }

    [Fact]
    public async Task Dialback_IsTried_WithTheNodesKey()
    {
        await using var scene = new ProbeScene();
        var listener = scene.Listen();
        var config = scene.Configure();

        var result = await scene.ProbeAsync("--dialback --json -c " + config, async () =>
        {
            await using var peer = await scene.AcceptAsync(listener, Dialback);
            await peer.ExpectAsync("db:result[@from='contoso.example' and @to='partner.example']");
            await peer.SendAsync("<db:result from='partner.example' to='contoso.example' type='valid'/>");
            await peer.ExpectStreamEndAsync();
        });

        Assert.True(result.Code == ExitCode.Success, result.Output + result.Error);
        Assert.Equal("DialbackOverTls", result.Target.GetProperty("negotiation").GetProperty("method").GetString());
    }

    [Theory]
    [InlineData("other.example", false, "WrongName", "certificate-wrong-name")]
    [InlineData("partner.example", true, "Untrusted", "certificate-untrusted")]
    public async Task Certificate_DoesNotServe_TheFeaturesAreToldAllTheSame(string name, bool expired, string verdict, string cause)
    {
        await using var scene = new ProbeScene();
        var listener = scene.Listen();
        var config = scene.Configure("saslNegotiation: Required, supportDialback: false");
        var certificate = scene.Authority.Issue(LeafRequest.For(name) with { NotBefore = TimeSpan.FromDays(-3), NotAfter = TimeSpan.FromDays(expired ? -1 : 1) });

        var result = await scene.ProbeAsync("--json -c " + config, async () =>
        {
            await using var peer = await scene.AcceptAsync(listener, External, certificate);
            await peer.ExpectStreamEndAsync();
        });

        Assert.True(result.Code == ExitCode.Failed, result.Output + result.Error);
        var negotiation = result.Target.GetProperty("negotiation");
        Assert.Equal((cause, verdict), (negotiation.GetProperty("cause").GetString(), negotiation.GetProperty("certificate").GetProperty("verdict").GetString()));
        Assert.Equal("EXTERNAL", negotiation.GetProperty("features")[0].GetString());
        Assert.Equal(expired ? "NotTimeValid" : "", result.Target.GetProperty("chainFault").GetString());
        Assert.Equal(name, negotiation.GetProperty("certificate").GetProperty("names")[0].GetString());
    }

    [Fact]
    public async Task Sasl_IsRefused_WithTheCondition()
    {
        await using var scene = new ProbeScene();
        var listener = scene.Listen();
        var config = scene.Configure("saslNegotiation: Required, supportDialback: false");

        var result = await scene.ProbeAsync("-c " + config, async () =>
        {
            await using var peer = await scene.AcceptAsync(listener, External);
            await peer.ExpectAsync("sasl:auth");
            await peer.SendAsync("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
            await peer.ExpectStreamEndAsync();
        });

        Assert.True(result.Code == ExitCode.Failed, result.Output + result.Error);
        Assert.Matches(@"(?m)^  sasl +\S+  failure not-authorized$", result.Output);
        Assert.Matches("(?m)^  FAILED +sasl-rejected: SASL EXTERNAL: not-authorized$", result.Output);
        Assert.Matches("(?m)^  to do +the partner does not take our certificate", result.Output);
    }

    [Fact]
    public async Task Tls_Fails_SaysSo()
    {
        await using var scene = new ProbeScene();
        var listener = scene.Listen();
        var config = scene.Configure();

        var result = await scene.ProbeAsync("--json -c " + config, async () =>
        {
            await using var peer = await listener.AcceptAsync();
            await ProbeScene.OpenAsync(peer, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
            await peer.ExpectAsync("tls:starttls");
            await peer.SendAsync("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
            await ((NetworkStream)peer.Transport).ReadExactlyAsync(new byte[5]);
            await peer.SendAsync("this is no TLS record");
        });

        Assert.True(result.Code == ExitCode.Failed, result.Output + result.Error);
        Assert.Equal("tls-failed", result.Target.GetProperty("negotiation").GetProperty("cause").GetString());
    }

    [Theory]
    [InlineData("<stream:features/>", "tls-not-offered")]
    [InlineData("<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>else&#x202e;.example</see-other-host></stream:error></stream:stream>", "stream-error-received")]
    [InlineData("</stream:stream>", "peer-closed")]
    [InlineData("<message/>", "not-authorized")]
    [InlineData("<&#0;", "malformed-stream")]
    public async Task Stream_GoesNoFurther_TheCauseIsNamedAndNothingSteersTheTerminal(string said, string cause)
    {
        await using var scene = new ProbeScene();
        var listener = scene.Listen();
        var config = scene.Configure();

        var result = await scene.ProbeAsync("-c " + config, async () =>
        {
            await using var peer = await listener.AcceptAsync();
            await peer.ExpectHeaderAsync();
            await peer.SendHeaderAsync(ProbeScene.Partner, ProbeScene.Local, id: "s1");
            await peer.SendAsync(said);
            await peer.ExpectStreamEndAsync();
        });

        Assert.True(result.Code == ExitCode.Failed, result.Output + result.Error);
        Assert.Matches($"(?m)^  FAILED +{cause}: ", result.Output);
        Assert.DoesNotContain('\u202e', result.Output);
    }

    [Fact]
    public async Task Peer_SaysNothing_TheWaitIsToldAndItIsLeftInTime()
    {
        await using var scene = new ProbeScene();
        var listener = scene.Listen();
        var config = scene.Configure();

        var result = await scene.ProbeAsync("--timeout 4s --json -c " + config, async () =>
        {
            await using var peer = await listener.AcceptAsync();
            await peer.ExpectHeaderAsync();
            await peer.ExpectStreamEndAsync();
        });

        Assert.True(result.Code == ExitCode.Failed, result.Output + result.Error);
        var negotiation = result.Target.GetProperty("negotiation");
        Assert.Equal(("negotiation-timeout", "no answer in time, in the state AwaitingHeader"), (negotiation.GetProperty("cause").GetString(), negotiation.GetProperty("detail").GetString()));
        Assert.Matches(@"(?m)^edgepool: xmpp\.partner\.example:\d+: waiting for the peer \(AwaitingHeader\), \d+ s$", result.Error);
    }

    [Fact]
    public async Task Connection_IsRefused_TheNextTargetIsProbedToo()
    {
        await using var scene = new ProbeScene();
        using var refusing = Refusing();
        var listener = scene.Listen();
        scene.Publish((Port(refusing), false), (listener.EndPoint.Port, false));
        var config = scene.Configure();

        var result = await scene.ProbeAsync("-c " + config, async () =>
        {
            await using var peer = await scene.AcceptAsync(listener, Dialback);
            await peer.ExpectStreamEndAsync();
        });

        Assert.True(result.Code == ExitCode.Success, result.Output + result.Error);
        Assert.Matches($@"(?m)^  connect +\S+  127\.0\.0\.1:{Port(refusing)}: Refused$", result.Output);
        Assert.Contains("2 targets: 0 authenticated, 1 ready, 1 failed", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connection_IsRefusedEverywhere_Exits69()
    {
        await using var scene = new ProbeScene();
        using var refusing = Refusing();
        scene.Publish((Port(refusing), false));

        var result = await scene.ProbeAsync("--json -c " + scene.Configure());

        Assert.True(result.Code == ExitCode.Unavailable, result.Output + result.Error);
        Assert.Equal("connect-failed", result.Target.GetProperty("negotiation").GetProperty("cause").GetString());
    }

    [Fact]
    public async Task Dns_SaysThatThereIsNoService_TellsSo()
    {
        await using var scene = new ProbeScene();
        scene.Publish((0, false));

        var result = await scene.ProbeAsync("-c " + scene.Configure());

        Assert.True(result.Code == ExitCode.Failed, result.Output + result.Error);
        Assert.Contains("the SRV record's target is '.'", result.Output, StringComparison.Ordinal);
        Assert.Contains("FAILED: service-absent\nto do: ask the partner for its SRV records", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dns_KnowsNoSuchName_FallsBackToTheDomainAndFindsNoAddress()
    {
        await using var scene = new ProbeScene(); // its name server knows no zone

        var result = await scene.ProbeAsync("-c " + scene.Configure(nameServer: scene.NameServer));

        Assert.NotEqual(ExitCode.Success, result.Code);
        Assert.Matches("(?m)FAILED", result.Output);
    }

    [Fact]
    public async Task Dns_DoesNotAnswer_Exits69InTime()
    {
        await using var scene = new ProbeScene();
        await using var dead = new ScriptedDnsServer();

        var result = await scene.ProbeAsync("--timeout 300ms --json -c " + scene.Configure(nameServer: dead.EndPoint));

        Assert.True(result.Code == ExitCode.Unavailable, result.Output + result.Error);
        Assert.Equal("dns-failed", JsonElement.Parse(result.Output).GetProperty("cause").GetString());
    }

    [Fact]
    public async Task WithoutConfiguration_PlaysTheDomainWithoutACertificate()
    {
        await using var scene = new ProbeScene();
        var listener = scene.Listen();

        var result = await scene.ProbeAsync($"--from contoso.example --name-server {scene.NameServer}", async () =>
        {
            await using var peer = await scene.AcceptAsync(listener, External + Dialback);
            await peer.ExpectStreamEndAsync();
        });

        Assert.True(result.Code == ExitCode.Success, result.Output + result.Error);
        Assert.Contains("  note: without --config there is no certificate to show", result.Output, StringComparison.Ordinal);
        Assert.Contains("  note: judged by the defaults", result.Output, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^  certificate +Untrusted: CN=partner\.example", result.Output);
        Assert.Matches("(?m)^  fault +(PartialChain|UntrustedRoot)", result.Output);
        Assert.Contains("READY", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("partner.example", ExitCode.Usage, "which domain is it to play?")]
    [InlineData("partner.example --from contoso.example --dialback", ExitCode.Usage, "--dialback needs the node's dialback secret")]
    [InlineData("partner.example --from a/b", ExitCode.Usage, "'a/b' is no domain")]
    [InlineData("a@b --from contoso.example", ExitCode.Usage, "'a@b' is no domain")]
    [InlineData("partner.example -c /nowhere/edgepool.yaml", ExitCode.NoConfiguration, "there is no such file")]
    [InlineData("partner.example --from contoso.example --timeout 5", ExitCode.Usage, "--timeout takes a time with its unit")]
    [InlineData("partner.example --from contoso.example --name-server nine", ExitCode.Usage, "--name-server takes an address")]
    public async Task Usage_NotUnderstood_SaysWhat(string arguments, int code, string expected)
    {
        var result = await NodeFixture.CommandAsync(["probe", .. arguments.Split(' ')]);

        Assert.Equal(code, result.Code);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    private static async Task AuthenticateAsync(ScriptedPeer peer)
    {
        await peer.ExpectAsync("sasl:auth[@mechanism='EXTERNAL']");
        await peer.SendAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        peer.Restart();
        await ProbeScene.OpenAsync(peer, "");
    }

    private static Socket Refusing()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // bound, not listening: nobody else gets the port
        return socket;
    }

    private static int Port(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;
}
