using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Partners;

/// <summary>The node itself leaves service while stanzas flow, and comes back.</summary>
public sealed class NodeRestartTests
{
    private const int Flow = 2_000;

    [Theory]
    [InlineData(ServerKind.Prosody, Proof.External)]
    [InlineData(ServerKind.Ejabberd, Proof.Dialback)]
    public async Task Node_EndedInMidFlow_AnswersOrDeliversWhatItHasAndTrafficFlowsAgain(ServerKind kind, Proof proof)
    {
        await using var scenario = await PartnerScenario.StartAsync(kind, proof);
        await scenario.EstablishAsync();
        var bot = scenario.Component;
        var sending = SendAsync(bot, scenario.Alice.Jid);
        await NumberedFlow.ReceiveAsync(scenario.Alice, PartnerScenario.Bot, Flow / 10);
        var account = await scenario.Edge.StopAsync();
        await sending;
        Assert.True(account is { Balances: true, InFlight: 0 }, account.ToString());

        await scenario.StartEdgeAgainAsync();
        scenario.Component.Patience = scenario.Alice.Patience = TimeSpan.FromSeconds(60);
        await scenario.Component.SendAsync($"<message from='{PartnerScenario.Bot}' to='{scenario.Alice.Jid}' id='again'><body>again</body></message>");
        await scenario.Alice.WaitForAsync("message[@id='again' and not(@type='error')]");
        await scenario.EstablishAsync();
        await NumberedFlow.SendAsync(scenario.Component, PartnerScenario.Bot, scenario.Alice.Jid, Flow);
        await NumberedFlow.ReceiveAsync(scenario.Alice, PartnerScenario.Bot, Flow);
        var second = await scenario.Edge.StopAsync();
        Assert.True(second is { Balances: true, Bounced: 0, Dropped: 0, InFlight: 0 }, second.ToString());
    }

    // The node may end the connection under the sender: that is the point.
    private static async Task SendAsync(ComponentClient bot, string to)
    {
        try
        {
            await NumberedFlow.SendAsync(bot, PartnerScenario.Bot, to, Flow);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // What was not taken was never accepted.
        }
    }
}
