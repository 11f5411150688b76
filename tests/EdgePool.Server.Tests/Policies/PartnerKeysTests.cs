using EdgePool.Edge.Partners;
using EdgePool.Policy.Partners;
using EdgePool.Server.Cli;
using EdgePool.Server.Cli.Policies;
using EdgePool.Server.Management.Api;
using EdgePool.Server.Management.Wire;
using EdgePool.Server.Tests.Management;
using Xunit;

namespace EdgePool.Server.Tests.Policies;

/// <summary><c>edgepool partner keys</c>, and what it shows of a partner's keys.</summary>
public sealed class PartnerKeysTests
{
    [Fact]
    public async Task Keys_OfANodeThatHasSeenNobody_AreNone()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("partner", "add", "partner.example", "--additional-domains", "chat.partner.example");

        var shown = await node.RunAsync("partner", "keys", "partner.example");
        var json = await node.RunAsync("partner", "keys", "partner.example", "--json");

        Assert.Equal((ExitCode.Success, ""), (shown.Code, shown.Error));
        Assert.StartsWith("DOMAIN", shown.Output, StringComparison.Ordinal);
        Assert.Contains("\"domains\": []", json.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forget_NothingRemembered_SaysSo()
    {
        await using var node = await NodeFixture.StartAsync();

        var (code, _, error) = await node.RunAsync("partner", "keys", "partner.example", "--forget");

        Assert.Equal(1, code);
        Assert.Contains("no key of partner.example is remembered", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_OfNoDomain_AreRefused()
    {
        await using var node = await NodeFixture.StartAsync();

        var (code, _, error) = await node.RunAsync("partner", "keys", "a b");

        Assert.NotEqual(ExitCode.Success, code);
        Assert.Contains("'a b' is no domain", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_Shown_HaveHashesAndTheLastAlarm()
    {
        var (first, second) = (Hash(1), Hash(2));
        var at = new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
        var state = new PeerKeyState(
            "partner.example",
            [new PeerKey(second, "CN=B", at.AddDays(90), at, at), new PeerKey(first, "CN=A", at.AddDays(30), at.AddDays(-1), at.AddDays(-1))],
            1,
            new PeerKeyAlarm(at, PeerKeyAlarmKind.KeyChanged, first, "CN=A", second, "CN=B"));
        using var output = new StringWriter { NewLine = "\n" };

        PartnerKeysCommand.Write(new KeyList([KeyEndpoints.View(state)]), json: false, output);

        var lines = output.ToString().Split('\n');
        Assert.Matches($"^partner.example +{System.Text.RegularExpressions.Regex.Escape(second.Text)} +CN=B +2027-02-19 12:00:00Z", lines[1]);
        Assert.Equal($"partner.example: 1 alarms, the last peer-key-changed at 2026-11-21 12:00:00Z: {second.Text} of CN=B, before {first.Text} of CN=A", lines[3]);
    }

    [Fact]
    public async Task Trust_SetOnTheCommandLine_IsShown()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("partner", "add", "partner.example", "--tls-min-version", "1.3", "--pins", Hash(1).Text, "--first-use", "--on-change", "refuse", "--require-trusted-certificate");

        var output = (await node.RunAsync("partner", "show", "partner.example")).Output;

        Assert.Matches("(?m)^tlsMinVersion +1.3$", output);
        Assert.Matches($"(?m)^pins +{System.Text.RegularExpressions.Regex.Escape(Hash(1).Text)}$", output);
        Assert.Matches("(?m)^changed keys +refused, with an alarm$", output);
        Assert.Matches("(?m)^trust +the node's roots$", output);
    }

    private static KeyHash Hash(byte value)
    {
        Assert.True(KeyHash.TryParse(Convert.ToBase64String([.. Enumerable.Repeat(value, 32)]), out var hash));
        return hash;
    }
}
