using EdgePool.Interop.Tests.Nodes;
using EdgePool.Interop.Tests.Partners;
using EdgePool.Interop.Tests.Servers;

namespace EdgePool.Interop.Tests.BackEnds;

/// <summary>A component of a library in wide use (slixmpp) behind the edge, and its users at the partner's server.</summary>
public sealed class SlixmppComponentTests
{
    [Theory]
    [InlineData(ServerKind.Prosody)]
    [InlineData(ServerKind.Ejabberd)]
    public async Task Component_OfSlixmpp_TalksWithUsersOfThePartner(ServerKind kind)
    {
        await using var scenario = await PartnerScenario.StartWithoutBackEndAsync(kind, Proof.ServerAuthOnly);
        await using var bot = await SlixmppEntity.ConnectComponentAsync(
            scenario.Edge.Setup.Internal, PartnerScenario.LocalDomainName, EdgeSetup.ComponentSecret);
        await bot.EchoAsync();
        await using var alice = await scenario.Partner.ConnectAsync();
        await using var second = await SlixmppEntity.ConnectUserAsync(scenario.Partner, "alice", scenario.PartnersAuthorityFile);

        await second.SendMessageAsync(PartnerScenario.Bot, "hello");
        Assert.Equal("echo: hello", (await second.WaitForAsync(e => e.Event == "message")).Body);
        await second.PingAsync(PartnerScenario.LocalDomainName);
        await second.WaitForAsync(e => e.Event == "pong");
        await bot.PingAsync(PartnerScenario.PartnerDomain);
        await bot.WaitForAsync(e => e.Event == "pong");
        await second.SendPresenceAsync(PartnerScenario.Bot);
        await bot.WaitForAsync(e => e.Event == "presence" && e.From == second.Jid);
        await bot.SendMessageAsync(alice.Jid, "from the component");
        await alice.WaitForAsync("message/body[.='from the component']");

        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, Bounced: 0, Dropped: 0, InFlight: 0 }, account.ToString());
    }
}
