using System.Text.Json;
using EdgePool.Server.Cli;
using EdgePool.Server.Cli.Policies;
using EdgePool.Server.Management.Wire;
using EdgePool.Server.Tests.Management;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Server.Tests.Policies;

/// <summary>What <c>edgepool partner show</c> tells of negotiations.</summary>
public sealed class PartnerNegotiationsTests
{
    [Fact]
    public async Task Show_AfterARefusedStream_HasItsCauseAndRemedy()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("partner", "add", "partner.example");
        await RefusedAsync(node);

        var text = await UntilAsync(node, "partner", "show", "partner.example");
        using var json = JsonDocument.Parse((await node.RunAsync("partner", "show", "partner.example", "--json")).Output);

        Assert.Matches("(?m)^partnerType ", text);
        Assert.Contains("\nnegotiations with partner.example since the node started\ninbound: 0 succeeded, 1 failed\n  last failure  ", text, StringComparison.Ordinal);
        Assert.Matches(@"contoso\.example-partner\.example, stream \d+: malformed-stream\n", text);
        Assert.Matches(@"(?m)^    steps       connected \S+ \(127\.0\.0\.1:\d+\); header \S+ \(from partner\.example\)$", text);
        Assert.Matches("(?m)^    remedy      what answers there sends no XMPP", text);
        Assert.Equal("partner.example", json.RootElement.GetProperty("name").GetString());
        Assert.Equal(JsonValueKind.Object, json.RootElement.GetProperty("spec").ValueKind);
        var inbound = json.RootElement.GetProperty("negotiations")[0].GetProperty("inbound");
        Assert.Equal((1, "malformed-stream"), (inbound.GetProperty("failures").GetInt32(), inbound.GetProperty("lastFailure").GetProperty("cause").GetString()));
    }

    [Fact]
    public async Task Show_InFileMode_HasTheNegotiationsAlone()
    {
        await using var node = await NodeFixture.StartAsync("management: { socket: store/edgepool.sock }\npartners: [ { domain: partner.example } ]");
        var before = await node.RunAsync("partner", "show", "partner.example");
        await RefusedAsync(node);

        var text = await UntilAsync(node, "partner", "show", "partner.example");

        Assert.Equal(ExitCode.Failed, before.Code);
        Assert.Contains("this node takes its partners from its file", before.Error, StringComparison.Ordinal);
        Assert.StartsWith("the node takes its partners from its file: their settings stand there\n\nnegotiations with partner.example", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_OfAStrangerThatWasRefused_HasItsReason()
    {
        await using var node = await NodeFixture.StartAsync();
        await using (var peer = await ScriptedPeer.ConnectAsync(await node.EndPointAsync(inside: false)))
        {
            await peer.SendHeaderAsync("stranger.example", "contoso.example");
            await peer.ExpectHeaderAsync();
            await peer.ExpectStreamErrorAsync("policy-violation");
        }

        var (code, output, error) = await node.RunAsync("why", "--last", "stranger.example");
        var nobody = await node.RunAsync("why", "--last", "nobody.example");

        Assert.True(code == ExitCode.Success, error);
        Assert.Matches("stranger.example +contoso.example +stream", output);
        Assert.Equal(ExitCode.Failed, nobody.Code);
    }

    [Fact]
    public void Text_OfASuccess_HasAllThatWasNegotiated()
    {
        using var output = new StringWriter { NewLine = "\n" };
        var at = new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
        var success = new NegotiationView
        {
            At = at, Pair = "contoso.example-partner.example", Stream = 7, Address = "192.0.2.1:5269", Target = "xmpp.partner.example:5269, priority 10, weight 5", Tls = "Tls13",
            Cipher = "TLS_AES_256_GCM_SHA384", Method = "SaslExternal", Features = ["EXTERNAL", "dialback"], Detail = "",
            Certificate = new PeerCertificateView("CN=partner.example", "CN=An authority", "aGFzaA==", at.AddDays(30), "Valid", []),
            Steps = [new StepView("resolved", 0.25, ""), new StepView("connected", 12, "192.0.2.1:5269"), new StepView("authenticated", 2_500, "SaslExternal")],
        };

        NegotiationText.Write(new NegotiationList([new DomainNegotiations("partner.example", Inbound: null, new WayView(3, 0, 0, success, null), Verification: null)]), output);

        Assert.Equal(
            """

            negotiations with partner.example since the node started
            outbound: 3 succeeded, 0 failed
              last success  2026-11-21 12:00:00Z  contoso.example-partner.example by SaslExternal, stream 7
                target      xmpp.partner.example:5269, priority 10, weight 5
                address     192.0.2.1:5269
                tls         Tls13 TLS_AES_256_GCM_SHA384
                certificate Valid: CN=partner.example, issued by CN=An authority, expires 2026-12-21 12:00:00Z, key aGFzaA==
                features    EXTERNAL, dialback
                steps       resolved 250µs; connected 12ms (192.0.2.1:5269); authenticated 2.5s (SaslExternal)

            """,
            output.ToString());
    }

    /// <summary>A stream in the partner's name that ends in bad XML.</summary>
    private static async Task RefusedAsync(NodeFixture node)
    {
        await using var peer = await ScriptedPeer.ConnectAsync(await node.EndPointAsync(inside: false));
        await peer.SendHeaderAsync("partner.example", "contoso.example");
        await peer.ExpectHeaderAsync();
        await peer.SendAsync("</nonsense>");
        await peer.ExpectEventuallyAsync("stream:error");
    }

    private static async Task<string> UntilAsync(NodeFixture node, params string[] words)
    {
        for (var i = 0; ; i++)
        {
            var (code, output, error) = await node.RunAsync(words);
            if (output.Contains("last failure", StringComparison.Ordinal))
                return output;
            Assert.True(i < 100, $"{code} {output} {error}");
            await Task.Delay(20);
        }
    }
}
