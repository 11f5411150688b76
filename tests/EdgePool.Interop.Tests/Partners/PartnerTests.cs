using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Partners;

/// <summary>Real partners' servers through the edge to a component and back.</summary>
public sealed class PartnerTests
{
    private const int ManyMessages = 10_000;
    private const string Pair = $"{PartnerScenario.LocalDomainName}-{PartnerScenario.PartnerDomain}";

    public static TheoryData<ServerKind, Proof> Partners => new()
    {
        { ServerKind.Prosody, Proof.External },
        { ServerKind.Prosody, Proof.Dialback },
        { ServerKind.Prosody, Proof.ServerAuthOnly },
        { ServerKind.Ejabberd, Proof.External },
        { ServerKind.Ejabberd, Proof.Dialback },
        { ServerKind.Ejabberd, Proof.ServerAuthOnly },
    };

    [Theory]
    [MemberData(nameof(Partners))]
    public async Task Partner_EachKindOfStanza_ArrivesBothWays(ServerKind kind, Proof proof)
    {
        await using var scenario = await PartnerScenario.StartAsync(kind, proof);
        var (alice, bot) = (scenario.Alice, scenario.Component);

        // RFC 6121 section 5.2: messages.
        await alice.SendAsync($"<message to='{PartnerScenario.Bot}' type='chat' id='m1'><body>in</body></message>");
        await bot.WaitForAsync($"message[@from='{alice.Jid}' and @to='{PartnerScenario.Bot}' and @id='m1']/body[.='in']");
        await bot.SendAsync($"<message from='{PartnerScenario.Bot}' to='{alice.Jid}' type='chat' id='m2'><body>out &amp; äöü 😀</body></message>");
        await alice.WaitForAsync($"message[@from='{PartnerScenario.Bot}' and @id='m2']/body[.='out & äöü 😀']");

        // RFC 6121 section 4.6: directed presence.
        await alice.SendAsync($"<presence to='{PartnerScenario.Bot}'><show>dnd</show></presence>");
        await bot.WaitForAsync($"presence[@from='{alice.Jid}']/show[.='dnd']");
        await bot.SendAsync($"<presence from='{PartnerScenario.Bot}' to='{alice.Jid}'><status>here</status></presence>");
        await alice.WaitForAsync($"presence[@from='{PartnerScenario.Bot}']/status[.='here']");

        await AskAsync(alice, alice.Jid, bot, PartnerScenario.Bot);
        await AskAsync(bot, PartnerScenario.Bot, alice, alice.Jid);
        await AssertNothingLostAsync(scenario);
    }

    [Theory]
    [MemberData(nameof(Partners))]
    public async Task Partner_TenThousandNumberedMessagesEachWay_ArriveOnceAndInOrder(ServerKind kind, Proof proof)
    {
        await using var scenario = await PartnerScenario.StartAsync(kind, proof);
        var (alice, bot) = (scenario.Alice, scenario.Component);
        alice.Patience = bot.Patience = TimeSpan.FromSeconds(30);
        await scenario.EstablishAsync();
        await Task.WhenAll(
            NumberedFlow.SendAsync(alice, alice.Jid, PartnerScenario.Bot, ManyMessages),
            NumberedFlow.ReceiveAsync(bot, alice.Jid, ManyMessages),
            NumberedFlow.SendAsync(bot, PartnerScenario.Bot, alice.Jid, ManyMessages),
            NumberedFlow.ReceiveAsync(alice, PartnerScenario.Bot, ManyMessages));
        await AssertNothingLostAsync(scenario, atLeast: 2 * ManyMessages);
    }

    // ejabberd 23.01 refuses a client's certificate that is for serverAuth only; dialback carries on. Prosody and we take it.
    [Theory]
    [InlineData(ServerKind.Prosody, Proof.External, "SaslExternal", "SaslExternal")]
    [InlineData(ServerKind.Prosody, Proof.Dialback, "DialbackOverTls", "DialbackOverTls")]
    [InlineData(ServerKind.Prosody, Proof.ServerAuthOnly, "SaslExternal", "SaslExternal")]
    [InlineData(ServerKind.Ejabberd, Proof.External, "SaslExternal", "SaslExternal")]
    [InlineData(ServerKind.Ejabberd, Proof.Dialback, "DialbackOverTls", "DialbackOverTls")]
    [InlineData(ServerKind.Ejabberd, Proof.ServerAuthOnly, "SaslExternal", "DialbackOverTls")]
    public async Task Partner_ByItsProof_AuthenticatesEachStreamThatWay(ServerKind kind, Proof proof, string inbound, string outbound)
    {
        await using var scenario = await PartnerScenario.StartAsync(kind, proof);
        await scenario.EstablishAsync();
        await scenario.Edge.StopAsync();
        Assert.Equal([inbound], scenario.Edge.MethodsOf(Pair, inbound: true).Distinct());
        Assert.Equal([outbound], scenario.Edge.MethodsOf(Pair, inbound: false).Distinct());
    }

    // RFC 6120 section 8.2.3: every request is answered once, with a result or an error.
    private static async Task AskAsync(StanzaClient asking, string from, StanzaClient asked, string to)
    {
        await asking.SendAsync($"<iq type='get' id='q1' from='{from}' to='{to}'><ping xmlns='urn:xmpp:ping'/></iq>");
        await asked.WaitForAsync($"iq[@type='get' and @id='q1' and @from='{from}']");
        await asked.SendAsync($"<iq type='result' id='q1' from='{to}' to='{from}'/>");
        await asking.WaitForAsync($"iq[@type='result' and @id='q1' and @from='{to}']");

        await asking.SendAsync($"<iq type='get' id='q2' from='{from}' to='{to}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
        await asked.WaitForAsync($"iq[@type='get' and @id='q2' and @from='{from}']");
        await asked.SendAsync(
            $"<iq type='error' id='q2' from='{to}' to='{from}'><error type='cancel'>" +
            "<feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
        await asking.WaitForAsync($"iq[@type='error' and @id='q2' and @from='{to}']/error[@type='cancel']/stanzas:feature-not-implemented");
    }

    private static async Task AssertNothingLostAsync(PartnerScenario scenario, int atLeast = 1)
    {
        var account = await scenario.Edge.StopAsync();
        Assert.True(account.Balances, account.ToString());
        Assert.True(account is { Bounced: 0, Dropped: 0, InFlight: 0 }, account.ToString());
        Assert.True(account.Delivered >= atLeast, account.ToString());
    }
}
