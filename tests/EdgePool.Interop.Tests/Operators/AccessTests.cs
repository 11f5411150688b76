using EdgePool.Interop.Tests.Partners;
using EdgePool.Server.Management.Wire;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Operators;

/// <summary>Who may reach whom, by commands on a running node (POLICY.md sections 4 and 5), with real partners' servers.</summary>
public sealed class AccessTests
{
    private const string Partner = PartnerScenario.PartnerDomain;
    private const string Bot = PartnerScenario.Bot;
    private const string Anna = "anna@" + PartnerScenario.LocalDomainName;
    private const string Otto = "otto@" + PartnerScenario.LocalDomainName;
    private const string AliceBare = "alice@" + Partner;

    [Theory]
    [InlineData(ServerKind.Prosody, Proof.External)]
    [InlineData(ServerKind.Ejabberd, Proof.Dialback)]
    public async Task PublicContact_TakenUpByTheLocalUser_GetsThroughEvenAfterACrashUntilRevoked(ServerKind kind, Proof proof)
    {
        await using var scenario = await StoreScenario.StartAsync(kind, proof);
        var alice = scenario.Alice;
        await scenario.Operator.DoAsync($"partner add {Partner} --partner-type PublicUnverified");
        await scenario.Operator.DoAsync("policy set global --enable-federation-access --enable-xmpp-access --enable-public-cloud-access");
        var refused = await RefusalAsync(alice, Bot);
        Assert.Equal(refused.Replace(Bot, Otto, StringComparison.Ordinal), await RefusalAsync(alice, Otto));

        await SendAsync(scenario.Component, Bot, alice, AliceBare, "first");
        await SendAsync(alice, alice.Jid, scenario.Component, Bot, "answer");
        await WrittenConsentAsync(scenario);
        await scenario.CrashEdgeAsync();
        Assert.Contains(AliceBare, await scenario.Operator.DoAsync("consent list " + Partner), StringComparison.Ordinal);
        await SendAsync(alice, alice.Jid, scenario.Component, Bot, "after the crash");

        await scenario.Operator.DoAsync($"consent revoke {Bot} {AliceBare}");
        Assert.Equal(refused, await RefusalAsync(alice, Bot));
        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, Accepted: 3, Delivered: 1, Bounced: 2, InFlight: 0 }, account.ToString());
    }

    [Fact]
    public async Task Grant_ToOneUser_LetsThatUserThroughAndWhyNamesTheDocument()
    {
        await using var scenario = await StoreScenario.StartAsync(ServerKind.Prosody, Proof.External);
        var (alice, inside, command) = (scenario.Alice, scenario.Component, scenario.Operator);
        await command.DoAsync($"partner add {Partner} --partner-type Federated");
        await command.DoAsync("policy set global --enable-outside-access");
        await command.DoAsync("policy new tag:sales --enable-federation-access --enable-xmpp-access");
        await command.DoAsync($"policy grant {Anna} --policy tag:sales");
        await SendAsync(inside, Anna, alice, AliceBare, "from anna");
        await SendAsync(alice, alice.Jid, inside, Anna, "to anna");
        await RefuseAsync(inside, Otto);
        await RefusalAsync(alice, Otto);
        await AssertWhyAsync(command, Anna, 0, "ok", "AccessPolicy/tag:sales version ");
        await AssertWhyAsync(command, Otto, 1, "NO", "AccessPolicy/global version ");

        await command.DoAsync($"policy grant {Otto} --policy tag:sales");
        await command.DoAsync($"policy grant {Anna} --policy null");
        await SendAsync(inside, Otto, alice, AliceBare, "from otto");
        await SendAsync(alice, alice.Jid, inside, Otto, "to otto");
        await RefuseAsync(inside, Anna);
        await RefusalAsync(alice, Anna);
        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, Accepted: 10, Delivered: 4, Bounced: 6, InFlight: 0 }, account.ToString());
    }

    // RFC 6121 section 3.1; what is shown must not stay shown (POLICY.md section 4).
    [Theory]
    [InlineData(ServerKind.Prosody, Proof.External)]
    [InlineData(ServerKind.Ejabberd, Proof.Dialback)]
    public async Task Disable_WhileAContactIsShown_TellsTheLocalUserThatItLeft(ServerKind kind, Proof proof)
    {
        await using var scenario = await StoreScenario.StartAsync(kind, proof);
        var (alice, bot) = (scenario.Alice, scenario.Component);
        await scenario.LetInAsync();
        await SubscribeAsync(scenario);

        await scenario.Operator.DoAsync("partner disable " + Partner);
        await bot.WaitForAsync($"presence[@type='unavailable' and @from='{alice.Jid}' and @to='{Bot}']");

        await scenario.Operator.DoAsync("partner enable " + Partner);
        await scenario.AskAsync();
        await alice.SendAsync("<presence><show>away</show></presence>");
        await bot.WaitForAsync($"presence[not(@type) and @from='{alice.Jid}']/show[.='away']");
        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, Bounced: 0, InFlight: 0 }, account.ToString());
    }

    // The node that showed a contact is killed: the next one asks for it, and takes it back when the partner does not come back.
    [Fact]
    public async Task Crash_WhileAContactIsShown_ItIsAskedForAndLeavesWithItsPartner()
    {
        await using var scenario = await StoreScenario.StartAsync(ServerKind.Prosody, Proof.External, pending: TimeSpan.FromSeconds(15));
        await scenario.LetInAsync();
        await SubscribeAsync(scenario);
        await scenario.UntilStatusAsync(status => status.Presence is { Shown: 1, Pending: 0 });

        await scenario.CrashEdgeAsync();
        scenario.Component.Patience = TimeSpan.FromMinutes(3); // twice 15 s at least, and a busy machine
        await scenario.Component.WaitForAsync($"presence[not(@type) and @from='{scenario.Alice.Jid}' and @to='{Bot}']");

        await scenario.Network.Partner.StopAsync(crash: true);
        await scenario.CrashEdgeAsync();
        scenario.Component.Patience = TimeSpan.FromMinutes(3); // twice 15 s at least, and a busy machine
        await scenario.Component.WaitForAsync($"presence[@type='unavailable' and @from='{scenario.Alice.Jid}' and @to='{Bot}']");
        await scenario.UntilStatusAsync(status => status.Presence is { Shown: 0, Pending: 0 });
        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, InFlight: 0 }, account.ToString());
    }

    /// <summary>The bot sees alice.</summary>
    private static async Task SubscribeAsync(StoreScenario scenario)
    {
        var (alice, bot) = (scenario.Alice, scenario.Component);
        await alice.SendAsync("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>");
        await alice.WaitForAsync("iq[@id='roster']");
        await bot.SendAsync($"<presence type='subscribe' from='{Bot}' to='{AliceBare}'/>");
        await alice.WaitForAsync($"presence[@type='subscribe' and @from='{Bot}']");
        await alice.SendAsync($"<presence type='subscribed' to='{Bot}'/>");
        await bot.WaitForAsync($"presence[not(@type) and @from='{alice.Jid}']");
    }

    private static async Task SendAsync(StanzaClient sender, string from, StanzaClient receiver, string to, string text)
    {
        await sender.SendAsync($"<message from='{from}' to='{to}' type='chat'><body>{text}</body></message>");
        await receiver.WaitForAsync($"message[@from='{from}' and not(@type='error')]/body[.='{text}']");
    }

    /// <summary>A message and a request of the partner's user come back, and say nothing of who is here.</summary>
    /// <returns>Both answers as they came.</returns>
    private static async Task<string> RefusalAsync(StanzaClient alice, string to)
    {
        await alice.SendAsync($"<message to='{to}' type='chat' id='m'><body>hello</body></message>");
        var message = await alice.WaitForAsync($"message[@type='error' and @id='m' and @from='{to}']/error[@type='cancel']/stanzas:service-unavailable");
        await alice.SendAsync($"<iq type='get' to='{to}' id='q'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
        var iq = await alice.WaitForAsync($"iq[@type='error' and @id='q' and @from='{to}']/error[@type='cancel']/stanzas:service-unavailable");
        return $"{message}{iq}";
    }

    /// <summary>A message of our own user comes back as forbidden.</summary>
    private static async Task RefuseAsync(StanzaClient inside, string from)
    {
        await inside.SendAsync($"<message from='{from}' to='{AliceBare}' type='chat' id='no'><body>hello</body></message>");
        await inside.WaitForAsync($"message[@type='error' and @id='no' and @to='{from}']/error[@type='cancel']/stanzas:not-allowed");
    }

    private static async Task AssertWhyAsync(EdgeOperator command, string user, int code, string mark, string document)
    {
        var answer = await command.AskAsync($"why {user} {AliceBare}");
        Assert.Equal(code, answer.Code);
        var line = Assert.Single(answer.Said.Split('\n'), line => line.StartsWith("access policy ", StringComparison.Ordinal));
        Assert.Contains($" {mark} ", line, StringComparison.Ordinal);
        Assert.Contains(document, line, StringComparison.Ordinal);
    }

    // A consent is in force at once, and durable a moment later: status tells.
    private static async Task WrittenConsentAsync(StoreScenario scenario)
    {
        var status = await scenario.UntilStatusAsync(status => status.Consents is not { Failure: null, Pending: > 0 });
        Assert.Equal(new ConsentState(1, 0, Failure: null), status.Consents);
    }
}
