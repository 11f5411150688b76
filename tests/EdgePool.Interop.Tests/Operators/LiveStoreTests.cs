using EdgePool.Interop.Tests.Nodes;
using EdgePool.Interop.Tests.Partners;

namespace EdgePool.Interop.Tests.Operators;

/// <summary>
/// A running node with a store (POLICY.md sections 2, 4 and 5): what the operator's commands say is in force when they return, for real partners' servers,
/// and the node is never restarted for it.
/// </summary>
public sealed class LiveStoreTests
{
    private const string Domain = PartnerScenario.PartnerDomain;
    private const string Bot = PartnerScenario.Bot;
    private const string Pair = $"{PartnerScenario.LocalDomainName}-{Domain}";

    // Only the node asks for the partner, in random case (0x20).
    private const string Query = $"_tcp.{Domain} IN SRV";
    private const int Ended = 1010;
    private const int Some = 200;
    private const int FirstAfter = 1_000_000;

    [Theory]
    [InlineData(ServerKind.Prosody, Proof.External)]
    [InlineData(ServerKind.Ejabberd, Proof.Dialback)]
    public async Task Store_Empty_IsClosedWithoutADnsQueryAndOpensByTwoCommands(ServerKind kind, Proof proof)
    {
        await using var scenario = await StoreScenario.StartAsync(kind, proof);
        var (alice, bot, dns) = (scenario.Alice, scenario.Component, scenario.Network.Dns.Process);
        await alice.SendAsync($"<message to='{Bot}' id='in'><body>in</body></message>");
        await bot.SendAsync($"<message from='{Bot}' to='{alice.Jid}' id='out'><body>out</body></message>");
        await alice.WaitForAsync("message[@type='error' and @id='in']");
        await bot.WaitForAsync("message[@type='error' and @id='out']/error/stanzas:remote-server-not-found");
        await scenario.Network.Partner.Process.WaitForLogAsync("policy-violation");
        Assert.Empty(scenario.Edge.MethodsOf(Pair, inbound: true));
        Assert.DoesNotContain(Query, dns.Log, StringComparison.OrdinalIgnoreCase);

        await scenario.LetInAsync();
        await bot.SendAsync($"<message from='{Bot}' to='{alice.Jid}' id='now'><body>now</body></message>");
        await alice.WaitForAsync("message[@id='now' and not(@type='error')]");
        await scenario.AskAsync();
        await dns.WaitForLogAsync(Query, comparison: StringComparison.OrdinalIgnoreCase);
        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, Accepted: 4, Delivered: 3, Bounced: 1, InFlight: 0 }, account.ToString());
    }

    // POL-19 with real servers.
    [Theory]
    [InlineData(ServerKind.Prosody, Proof.External)]
    [InlineData(ServerKind.Ejabberd, Proof.Dialback)]
    public async Task Disable_UnderTraffic_NothingPassesAfterTheCommandUntilEnable(ServerKind kind, Proof proof)
    {
        await using var scenario = await StoreScenario.StartAsync(kind, proof);
        var (alice, bot) = (scenario.Alice, scenario.Component);
        await scenario.LetInAsync();
        await scenario.AskAsync();
        var (inward, outward) = (EndlessFlow.Start(alice, alice.Jid, Bot), EndlessFlow.Start(bot, Bot, alice.Jid));
        await Task.WhenAll(NumberedFlow.ReceiveAsync(bot, alice.Jid, Some), NumberedFlow.ReceiveAsync(alice, Bot, Some));

        await scenario.Operator.DoAsync($"partner disable {Domain} --reason spam");
        var (lateIn, lateOut) = (inward.Next, outward.Next);
        await scenario.Network.Partner.Process.WaitForLogAsync("policy-violation");
        await scenario.Edge.FindAsync(e => IsPolicyEnd(e) && scenario.Edge.IsInbound(e), "the partner's stream ends for the policy");
        await scenario.Edge.FindAsync(e => IsPolicyEnd(e) && !scenario.Edge.IsInbound(e), "our stream ends for the policy");
        await Task.WhenAll(inward.EndAsync(inward.Next + Some), outward.EndAsync(outward.Next + Some));

        await bot.SendAsync($"<message from='{Bot}' to='{alice.Jid}' id='last'><body>last</body></message>");
        var inside = await EndlessFlow.ReadToErrorAsync(bot, "last");
        await alice.SendAsync($"<message to='{Bot}' id='last'><body>last</body></message>");
        var outside = await EndlessFlow.ReadToErrorAsync(alice, "last");
        AssertInOrder(inside.Delivered, before: lateIn);
        AssertInOrder(outside.Delivered, before: lateOut);
        Assert.NotEmpty(outside.Bounced);
        Assert.Empty(outside.Bounced.Intersect(inside.Delivered));
        Assert.Equal(Enumerable.Range(Some, outward.Next - Some), outside.Delivered.Concat(inside.Bounced).Order());
        Assert.Contains("Partner/" + Domain, await scenario.Operator.DoAsync("why --last " + Domain), StringComparison.Ordinal);

        await scenario.Operator.DoAsync("partner enable " + Domain);
        await scenario.AskAsync();
        await Task.WhenAll(
            NumberedFlow.SendAsync(alice, alice.Jid, Bot, Some, FirstAfter),
            NumberedFlow.ReceiveAsync(bot, alice.Jid, Some, FirstAfter),
            NumberedFlow.SendAsync(bot, Bot, alice.Jid, Some, FirstAfter),
            NumberedFlow.ReceiveAsync(alice, Bot, Some, FirstAfter));
        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, InFlight: 0 }, account.ToString());
    }

    private static bool IsPolicyEnd(EdgeEvent e) => e.Id == Ended && e["reason"] == "policy-changed";

    /// <summary>None is lost among those that were delivered, and none of them was sent after the command returned.</summary>
    private static void AssertInOrder(IReadOnlyList<int> delivered, int before)
    {
        Assert.Equal(Enumerable.Range(Some, delivered.Count), delivered);
        Assert.True(Some + delivered.Count <= before, $"{Some + delivered.Count - before} messages passed after the command returned");
    }
}
