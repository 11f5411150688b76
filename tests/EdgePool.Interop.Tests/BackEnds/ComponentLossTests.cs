using EdgePool.Interop.Tests.Partners;

namespace EdgePool.Interop.Tests.BackEnds;

/// <summary>A component that goes while the partner sends, and comes back.</summary>
public sealed class ComponentLossTests
{
    private const int Flow = 2_000;

    [Theory]
    [InlineData(ServerKind.Prosody)]
    [InlineData(ServerKind.Ejabberd)]
    public async Task Component_LostInMidFlow_ThePartnerIsToldAndTrafficFlowsAgain(ServerKind kind)
    {
        await using var scenario = await PartnerScenario.StartAsync(kind, Proof.ServerAuthOnly);
        await scenario.EstablishAsync();
        var alice = scenario.Alice;
        var sending = NumberedFlow.SendAsync(alice, alice.Jid, PartnerScenario.Bot, Flow);
        await NumberedFlow.ReceiveAsync(scenario.Component, alice.Jid, Flow / 10);
        await scenario.Component.DisposeAsync();
        await sending;
        await alice.SendAsync($"<message to='{PartnerScenario.Bot}' id='absent'><body>?</body></message>");
        await alice.WaitForAsync($"message[@type='error' and @id='absent' and @from='{PartnerScenario.Bot}']/error/stanzas:service-unavailable");

        await scenario.ConnectComponentAsync();
        await scenario.EstablishAsync();
        await NumberedFlow.SendAsync(alice, alice.Jid, PartnerScenario.Bot, Flow);
        await NumberedFlow.ReceiveAsync(scenario.Component, alice.Jid, Flow);
        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, InFlight: 0, Dropped: 0, Bounced: > 0 }, account.ToString());
        Assert.True(account.Accepted == 2 * Flow + 5, account.ToString());
    }
}
