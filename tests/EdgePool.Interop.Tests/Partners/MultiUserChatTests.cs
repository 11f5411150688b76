namespace EdgePool.Interop.Tests.Partners;

/// <summary>A room at a partner's second domain (XEP-0045): another pair of domains between the same two servers.</summary>
public sealed class MultiUserChatTests
{
    private const string Conference = "conference." + PartnerScenario.PartnerDomain;
    private const string Room = "room@" + Conference;

    [Theory]
    [InlineData(ServerKind.Prosody, Proof.External)]
    [InlineData(ServerKind.Prosody, Proof.Dialback)]
    [InlineData(ServerKind.Ejabberd, Proof.External)]
    [InlineData(ServerKind.Ejabberd, Proof.Dialback)]
    public async Task Room_AtThePartnersSecondDomain_HearsUsersFromInsideAndOutside(ServerKind kind, Proof proof)
    {
        await using var scenario = await PartnerScenario.StartAsync(kind, proof, new Variation
        {
            Certificate = request => request with { DnsNames = [PartnerScenario.PartnerDomain, Conference] },
            Partner = options => options with { MultiUserChat = true },
            Edge = setup => setup with { Partners = [setup.Partners[0] with { AdditionalDomains = [Conference], GroupChat = true }] },
            Records = (partner, edge) =>
            [
                .. new Variation().Records(partner, edge),
                $"_xmpp-server._tcp.{Conference}. SRV 0 0 5269 {partner}.",
            ],
        });
        await scenario.EstablishAsync();
        var (alice, bot) = (scenario.Alice, scenario.Component);
        const string Join = "<x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x>";
        await alice.SendAsync($"<presence to='{Room}/alice'>{Join}</presence>");
        await alice.WaitForAsync($"presence[@from='{Room}/alice' and not(@type)]");
        await alice.SendAsync(
            $"<iq type='set' id='c' to='{Room}'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>");
        await alice.WaitForAsync("iq[@type='result' and @id='c']");

        await bot.SendAsync($"<presence from='{PartnerScenario.Bot}/inside' to='{Room}/bot'>{Join}</presence>");
        await bot.WaitForAsync($"presence[@from='{Room}/bot' and not(@type)]");
        await alice.WaitForAsync($"presence[@from='{Room}/bot' and not(@type)]");
        await bot.SendAsync($"<message from='{PartnerScenario.Bot}/inside' to='{Room}' type='groupchat'><body>from inside</body></message>");
        await alice.WaitForAsync($"message[@from='{Room}/bot']/body[.='from inside']");
        await alice.SendAsync($"<message to='{Room}' type='groupchat'><body>from outside</body></message>");
        await bot.WaitForAsync($"message[@from='{Room}/alice' and @to='{PartnerScenario.Bot}/inside']/body[.='from outside']");

        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, Bounced: 0, Dropped: 0, InFlight: 0 }, account.ToString());
    }
}
