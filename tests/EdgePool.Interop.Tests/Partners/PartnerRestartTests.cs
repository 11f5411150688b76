using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Partners;

/// <summary>A partner's server that dies while stanzas flow, and comes back.</summary>
public sealed class PartnerRestartTests
{
    private const int Before = 300;
    private const int After = 1_000;
    private const int FirstAfter = 1_000_000;

    [Theory]
    [InlineData(ServerKind.Prosody, Proof.External, true)]
    [InlineData(ServerKind.Prosody, Proof.Dialback, false)]
    [InlineData(ServerKind.Ejabberd, Proof.External, true)]
    [InlineData(ServerKind.Ejabberd, Proof.Dialback, false)]
    public async Task Partner_RestartedInMidFlow_TrafficFlowsAgainAndTheLedgerBalances(ServerKind kind, Proof proof, bool crash)
    {
        await using var scenario = await PartnerScenario.StartAsync(kind, proof);
        var bot = scenario.Component;
        await scenario.EstablishAsync();
        await NumberedFlow.SendAsync(scenario.Alice, scenario.Alice.Jid, PartnerScenario.Bot, Before);
        await NumberedFlow.ReceiveAsync(bot, scenario.Alice.Jid, Before);

        using var enough = new CancellationTokenSource();
        var flow = SendUntilAsync(bot, scenario.Alice.Jid, enough.Token);
        await NumberedFlow.ReceiveAsync(scenario.Alice, PartnerScenario.Bot, Before);
        await scenario.Partner.StopAsync(crash);
        await scenario.Partner.StartAsync();
        await scenario.ConnectAliceAsync();
        scenario.Alice.Patience = bot.Patience = TimeSpan.FromSeconds(60);
        await scenario.Alice.WaitForAsync($"message[@from='{PartnerScenario.Bot}' and not(@type='error')]");
        await enough.CancelAsync();
        var sent = await flow;
        await scenario.EstablishAsync();

        await NumberedFlow.SendAsync(bot, PartnerScenario.Bot, scenario.Alice.Jid, After, FirstAfter);
        await ReceiveLaterAsync(scenario.Alice, PartnerScenario.Bot);
        await NumberedFlow.SendAsync(scenario.Alice, scenario.Alice.Jid, PartnerScenario.Bot, After, FirstAfter);
        await ReceiveLaterAsync(bot, scenario.Alice.Jid);

        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, InFlight: 0 }, account.ToString());
        Assert.True(account.Accepted >= sent + Before + 2 * After, $"{account}, sent out {sent}");
    }

    // What was under way during the restart may come first, late, or as errors.
    private static async Task ReceiveLaterAsync(StanzaClient receiver, string from)
    {
        while (NumberedFlow.Number(await receiver.WaitForAsync($"message[@from='{from}' and not(@type='error')]")) != FirstAfter)
        {
        }

        await NumberedFlow.ReceiveAsync(receiver, from, After - 1, FirstAfter + 1);
    }

    private static async Task<int> SendUntilAsync(StanzaClient sender, string to, CancellationToken enough)
    {
        var next = 0;
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!enough.IsCancellationRequested && next < FirstAfter)
        {
            await NumberedFlow.SendAsync(sender, PartnerScenario.Bot, to, 20, next);
            next += 20;
            await pace.WaitForNextTickAsync(CancellationToken.None);
        }

        return next;
    }
}
