using EdgePool.Interop.Tests.Servers;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Partners;

/// <summary>One stream for both ways (XEP-0288), and for several pairs (XEP-0220 section 2.6), with real servers.</summary>
public sealed class SharedStreamTests
{
    private const int Messages = 1_000;
    private const string Pair = $"{PartnerScenario.LocalDomainName}-{PartnerScenario.PartnerDomain}";
    private const string Second = "fabrikam.example";

    private static readonly Variation BothWays = new() { Partner = options => options with { Bidirectional = true } };

    [Theory]
    [InlineData(Proof.External)]
    [InlineData(Proof.Dialback)]
    public async Task Prosody_ConnectsToUs_BothWaysOnItsStream(Proof proof)
    {
        await using var scenario = await PartnerScenario.StartAsync(ServerKind.Prosody, proof, BothWays);
        await scenario.Alice.SendAsync($"<message to='{PartnerScenario.Bot}' id='established'><body>in</body></message>");
        await scenario.Component.WaitForAsync("message[@id='established']");

        await FlowAsync(scenario);

        await AssertWaysAsync(scenario, inbound: 1, outbound: 0);
    }

    [Fact]
    public async Task Prosody_WeConnectToIt_BothWaysOnOurStream()
    {
        await using var scenario = await PartnerScenario.StartAsync(ServerKind.Prosody, Proof.External, BothWays);
        await scenario.Component.SendAsync($"<message from='{PartnerScenario.Bot}' to='{scenario.Alice.Jid}' id='established'><body>out</body></message>");
        await scenario.Alice.WaitForAsync("message[@id='established']");

        await FlowAsync(scenario);

        await AssertWaysAsync(scenario, inbound: 0, outbound: 1);
    }

    // Its certificate proves nothing to us: that our key is true for it does not make it true for us.
    [Fact]
    public async Task Prosody_WeConnectToItAndItIsNotProven_OneWay()
    {
        await using var scenario = await PartnerScenario.StartAsync(ServerKind.Prosody, Proof.Dialback, BothWays);
        await scenario.Component.SendAsync($"<message from='{PartnerScenario.Bot}' to='{scenario.Alice.Jid}' id='established'><body>out</body></message>");
        await scenario.Alice.WaitForAsync("message[@id='established']");
        await scenario.Alice.SendAsync($"<message to='{PartnerScenario.Bot}' id='back'><body>in</body></message>");
        await scenario.Component.WaitForAsync("message[@id='back']");

        await AssertWaysAsync(scenario, inbound: 1, outbound: 1);
    }

    // Prosody 0.12 offers dialback without errors: a pair that it does not serve would end the stream, so each pair has its own.
    [Theory]
    [InlineData(ServerKind.Prosody, false)]
    [InlineData(ServerKind.Ejabberd, true)]
    public async Task SecondDomainOfOurs_ByDialback_SharesTheStreamWhereErrorsAreKnown(ServerKind kind, bool shared)
    {
        await using var scenario = await PartnerScenario.StartAsync(kind, Proof.Dialback, new Variation
        {
            Edge = setup => setup with { Domains = [.. setup.Domains, new Nodes.LocalDomain(Second)] },
            Records = (partner, edge) =>
            [
                .. BindServer.Service(PartnerScenario.PartnerDomain, partner), .. BindServer.Service(PartnerScenario.LocalDomainName, edge), .. BindServer.Service(Second, edge),
            ],
        });
        await scenario.EstablishAsync();
        await using var second = await ComponentClient.ConnectAsync(scenario.Edge.Setup.Internal, Second, Nodes.EdgeSetup.ComponentSecret);

        await second.SendAsync($"<message from='bot@{Second}' to='{scenario.Alice.Jid}' id='second'><body>out</body></message>");

        await scenario.Alice.WaitForAsync($"message[@id='second' and @from='bot@{Second}']");
        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, Bounced: 0, InFlight: 0 }, account.ToString());
        var first = Assert.Single(scenario.Edge.StreamsOf(Pair, inbound: false));
        Assert.Equal(shared, scenario.Edge.StreamsOf($"{Second}-{PartnerScenario.PartnerDomain}").Contains(first, StringComparer.Ordinal));
    }

    private static Task FlowAsync(PartnerScenario scenario) => Task.WhenAll(
        NumberedFlow.SendAsync(scenario.Alice, scenario.Alice.Jid, PartnerScenario.Bot, Messages),
        NumberedFlow.ReceiveAsync(scenario.Component, scenario.Alice.Jid, Messages),
        NumberedFlow.SendAsync(scenario.Component, PartnerScenario.Bot, scenario.Alice.Jid, Messages),
        NumberedFlow.ReceiveAsync(scenario.Alice, PartnerScenario.Bot, Messages));

    private static async Task AssertWaysAsync(PartnerScenario scenario, int inbound, int outbound)
    {
        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, Bounced: 0, Dropped: 0, InFlight: 0 }, account.ToString());
        Assert.Equal((inbound, outbound), (scenario.Edge.MethodsOf(Pair, inbound: true).Count, scenario.Edge.MethodsOf(Pair, inbound: false).Count));
    }
}
