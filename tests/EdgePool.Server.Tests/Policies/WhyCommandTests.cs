using System.Net;
using System.Text.Json;
using EdgePool.Server.Cli;
using EdgePool.Server.Tests.Management;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Server.Tests.Policies;

/// <summary>Each part of a decision, by the command that explains it.</summary>
public sealed class WhyCommandTests
{
    private const string Anna = "anna@contoso.example";
    private const string Bob = "bob@partner.example";

    public static TheoryData<string, string, string, string> Refusals => new()
    {
        { "", $"why {Anna} {Bob}", "UnknownDomain", "the domain belongs to no partner, and federation is closed" },
        { "partner disable partner.example --reason spam", $"why {Anna} {Bob}", "PartnerDisabled", "the partner is switched off" },
        { "partner set partner.example --local-users bert@contoso.example", $"why {Bob} {Anna}", "LocalUserNotAllowed", "the partner's rules leave this local user out" },
        { "partner set partner.example --messages chat", $"why {Bob} {Anna} --kind message:headline", "KindNotAllowed", "the partner's rules do not allow this kind of stanza" },
        { "partner set partner.example --presence false", $"why {Bob} {Anna} --kind presence:subscribe", "KindNotAllowed", "the partner's rules do not allow this kind of stanza" },
        { "partner set partner.example --iq urn:xmpp:ping", $"why {Bob} {Anna} --kind iq:jabber:iq:version", "KindNotAllowed", "the partner's rules do not allow this kind of stanza" },
        { "partner set partner.example --partner-type PublicUnverified", $"why {Bob} {Anna}", "UserPublicCloudOff", "the user's access policy does not allow public providers, and the partner is one" },
        { "policy set global --enable-xmpp-access false", $"why {Anna} {Bob}", "UserXmppOff", "the user's access policy does not allow XMPP" },
        { "policy remove global", $"why {Anna} {Bob}", "UserFederationOff", "the user's access policy does not allow federation" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Why_Refused_NamesThePartThatRefusesAndExits1(string change, string question, string verdict, string what)
    {
        await using var node = await NodeFixture.StartAsync();
        await OpenAsync(node, change.Length > 0);
        if (change.Length > 0)
        {
            var (code, _, error) = await node.RunAsync(change.Split(' '));
            Assert.True(code == ExitCode.Success, error);
        }

        var shown = await node.RunAsync(question.Split(' '));
        var json = await node.RunAsync([.. question.Split(' '), "--json"]);

        Assert.Equal((ExitCode.Failed, ""), (shown.Code, shown.Error));
        Assert.Contains($": refused: {what}\nto let it pass: ", shown.Output, StringComparison.Ordinal);
        Assert.Contains("  NO  ", shown.Output, StringComparison.Ordinal);
        Assert.Contains($"\"verdict\": \"{verdict}\"", json.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_Allowed_ShowsEveryPartWithItsDocument()
    {
        await using var node = await NodeFixture.StartAsync();
        await OpenAsync(node, partner: true);

        var (code, output, _) = await node.RunAsync("why", Anna, Bob);

        Assert.Equal(ExitCode.Success, code);
        Assert.All(["organisation", "site", "partner", "negotiation", "access policy", "local user", "consent", "stanza rule", "route"], part => Assert.Contains("\n" + part, "\n" + output, StringComparison.Ordinal));
        Assert.Contains("Partner/partner.example version 2\n", output, StringComparison.Ordinal);
        Assert.Contains("AccessPolicy/global version 1\n", output, StringComparison.Ordinal);
        Assert.Contains("route          ok  no stream to partner.example at the moment: one is opened when a stanza comes", output, StringComparison.Ordinal);
        Assert.EndsWith("\nanna@contoso.example to bob@partner.example, message, by version 2: passes\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_ObservedPartner_PassesAndSaysWhatWouldBeRefused()
    {
        await using var node = await NodeFixture.StartAsync();
        await OpenAsync(node, partner: true);
        await node.RunAsync("partner", "set", "partner.example", "--mode", "observe", "--messages", "none");

        var (code, output, _) = await node.RunAsync("why", Bob, Anna);

        Assert.Equal(ExitCode.Success, code);
        Assert.Contains("passes, as the partner is only observed; it would be refused: the partner's rules do not allow this kind of stanza", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_FileMode_Answers()
    {
        await using var node = await NodeFixture.StartAsync("management: { socket: store/edgepool.sock }\npartners: [ { domain: partner.example } ]");

        var (code, output, _) = await node.RunAsync("why", Anna, Bob);

        Assert.Equal(ExitCode.Success, code);
        Assert.Contains("none: this node takes its partners from its file", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("why", ExitCode.Usage, "who writes to whom? — name two addresses, or --last PARTNER")]
    [InlineData("why anna@contoso.example", ExitCode.Usage, "who writes to whom?")]
    [InlineData("why a@b@c bob@partner.example", ExitCode.Usage, "'a@b@c' is no address — write user@domain")]
    [InlineData("why anna@contoso.example bob@partner.example --kind mesage", ExitCode.Usage, "'mesage' is no kind of stanza — write message, message:TYPE")]
    [InlineData("why --last partnr.example", ExitCode.Failed, "'partnr.example' is no partner's domain — did you mean 'partner.example'?")]
    public async Task Why_NotUnderstood_SaysWhatToWrite(string line, int expected, string what)
    {
        await using var node = await NodeFixture.StartAsync();
        await OpenAsync(node, partner: true);

        var (code, _, error) = await node.RunAsync(line.Split(' '));

        Assert.Equal(expected, code);
        Assert.Contains(what, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhyLast_NothingRefused_SaysSo()
    {
        await using var node = await NodeFixture.StartAsync();
        await OpenAsync(node, partner: true);

        Assert.Equal((ExitCode.Success, "nothing of partner.example was refused since the node started\n", ""), await node.RunAsync("why", "--last", "partner.example"));
    }

    [Fact]
    public async Task WhyLast_AfterRefusals_ShowsThemNewestFirstAndStatusCountsThem()
    {
        await using var node = await NodeFixture.StartAsync();
        await OpenAsync(node, partner: true);
        await node.RunAsync("partner", "set", "partner.example", "--messages", "chat", "--deny-local-users", "bert@contoso.example");
        var (_, status, _) = await node.RunAsync("status", "--json");
        var inside = JsonDocument.Parse(status).RootElement.GetProperty("internalListeners")[0].GetString()!;
        await using var component = await ComponentClient.ConnectAsync(IPEndPoint.Parse(inside), "contoso.example", "a secret of some length");

        await component.SendAsync("<message from='anna@contoso.example/x' to='bob@partner.example' type='headline' id='h'><body>b</body></message>");
        var first = await component.ReceiveAsync();
        await component.SendAsync("<message from='bert@contoso.example' to='bob@partner.example' type='chat' id='c'><body>b</body></message>");
        await component.ReceiveAsync();

        Assert.Equal("error", first.Attribute("type")?.Value);
        var (code, output, _) = await node.RunAsync("why", "--last", "partner.example");
        Assert.Equal(ExitCode.Success, code);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.Matches("^.{19}Z  out  bert@contoso.example +bob@partner.example  message chat +the partner's rules leave this local user out +Partner/partner.example version 3  ", lines[1]);
        Assert.Matches("^.{19}Z  out  anna@contoso.example/x +bob@partner.example  message headline +the partner's rules do not allow this kind of stanza +Partner/partner.example version 3  ", lines[2]);
        Assert.Contains("refused   1 ", (await node.RunAsync("status")).Output, StringComparison.Ordinal);
    }

    private static async Task OpenAsync(NodeFixture node, bool partner)
    {
        await node.RunAsync("policy", "set", "global", "--enable-federation-access", "--enable-xmpp-access");
        if (partner)
        {
            await node.RunAsync("partner", "add", "partner.example", "--partner-type", "Federated");
        }
    }
}
