using EdgePool.Interop.Tests.Nodes;
using EdgePool.Testing.Certificates;

namespace EdgePool.Interop.Tests.Partners;

/// <summary>What a partner's certificate is wrong about.</summary>
public enum Flaw
{
    Expired,
    NotYetValid,
    OfAnotherDomain,
    SelfSigned,
    OfNoUse,
}

/// <summary>Partners that may not, partners that cannot, and names that lead nowhere: the sender is told, and nothing gets through.</summary>
public sealed class RefusalTests
{
    private const string ToAlice = $"<message from='{PartnerScenario.Bot}' to='alice@{PartnerScenario.PartnerDomain}' id='out'><body>out</body></message>";

    // RFC 6125, RFC 6120 section 13.7.2: with SASL EXTERNAL required, a certificate that proves nothing opens nothing, either way.
    [Theory]
    [InlineData(Flaw.Expired)]
    [InlineData(Flaw.NotYetValid)]
    [InlineData(Flaw.OfAnotherDomain)]
    [InlineData(Flaw.SelfSigned)]
    [InlineData(Flaw.OfNoUse)]
    public async Task Partner_WithAFlawedCertificate_IsRefusedBothWays(Flaw flaw)
    {
        await using var scenario = await PartnerScenario.StartAsync(ServerKind.Prosody, Proof.External, new Variation
        {
            Certificate = request => flaw switch
            {
                Flaw.Expired => request with { NotBefore = TimeSpan.FromDays(-30), NotAfter = TimeSpan.FromDays(-1) },
                Flaw.NotYetValid => request with { NotBefore = TimeSpan.FromDays(1), NotAfter = TimeSpan.FromDays(30) },
                Flaw.OfAnotherDomain => request with { DnsNames = ["elsewhere.example"] },
                Flaw.SelfSigned => request with { SelfSigned = true },
                _ => request with { Usage = LeafUsage.ClientOnly },
            },
        });
        await scenario.Alice.SendAsync($"<message to='{PartnerScenario.Bot}' id='in'><body>in</body></message>");
        await scenario.Component.SendAsync(ToAlice);
        await scenario.Alice.WaitForAsync("message[@type='error' and @id='in']");
        await scenario.Component.WaitForAsync("message[@type='error' and @id='out']");
        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, Accepted: 1, Delivered: 0, Bounced: 1, InFlight: 0 }, account.ToString());
    }

    [Theory]
    [InlineData(ServerKind.Prosody)]
    [InlineData(ServerKind.Ejabberd)]
    public async Task Server_WhoseDomainIsNoPartner_GetsNothingThrough(ServerKind kind)
    {
        await using var scenario = await PartnerScenario.StartAsync(kind, Proof.ServerAuthOnly, new Variation
        {
            Edge = setup => setup with { Partners = [new PartnerSetup("somebody-else.example")] },
        });
        await scenario.Alice.SendAsync($"<message to='{PartnerScenario.Bot}' id='in'><body>in</body></message>");
        await scenario.Component.SendAsync(ToAlice);
        await scenario.Alice.WaitForAsync("message[@type='error' and @id='in']");
        await scenario.Component.WaitForAsync("message[@type='error' and @id='out']/error/stanzas:remote-server-not-found");
        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, Delivered: 0, InFlight: 0 }, account.ToString());
        Assert.Empty(scenario.Edge.MethodsOf($"{PartnerScenario.LocalDomainName}-{PartnerScenario.PartnerDomain}", inbound: true));
    }

    // RFC 6120 section 10.5.4 and 8.3.3; RFC 2782: the target "." says that there is no such service.
    [Theory]
    [InlineData("NXDOMAIN", "remote-server-not-found")]
    [InlineData("the root as target", "remote-server-not-found")]
    [InlineData("nobody listens", "remote-server-timeout")]
    [InlineData("the name server is dead", "remote-server-timeout")]
    public async Task Stanza_ToAPartnerThatCannotBeReached_ComesBackAsAnError(string why, string condition)
    {
        await using var scenario = await PartnerScenario.StartAsync(ServerKind.Prosody, Proof.External, new Variation
        {
            Edge = setup => setup with { Pending = TimeSpan.FromSeconds(4) },
            Records = (partner, edge) => why switch
            {
                "NXDOMAIN" => [],
                "the root as target" => [$"_xmpp-server._tcp.{PartnerScenario.PartnerDomain}. SRV 0 0 0 ."],
                _ => [$"_xmpp-server._tcp.{PartnerScenario.PartnerDomain}. SRV 0 0 5999 {partner}.", $"{partner}. A {partner}"],
            },
        });
        if (why == "the name server is dead")
            await scenario.Dns.Process.KillAsync();
        await scenario.Component.SendAsync(ToAlice);
        var error = await scenario.Component.WaitForAsync("message[@type='error' and @id='out']");
        Assert.True(EdgePool.Testing.Peers.XmppNames.Matches(error, $"message/error/stanzas:{condition}"), error.ToString());
        Assert.Equal($"alice@{PartnerScenario.PartnerDomain}", error.Attribute("from")?.Value);
        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, Accepted: 1, Bounced: 1, InFlight: 0 }, account.ToString());
    }

    [Theory]
    [InlineData(ServerKind.Prosody)]
    [InlineData(ServerKind.Ejabberd)]
    public async Task Stanza_ToABackEndThatIsNotConnected_ComesBackAsServiceUnavailable(ServerKind kind)
    {
        await using var scenario = await PartnerScenario.StartWithoutBackEndAsync(kind, Proof.ServerAuthOnly);
        await scenario.ConnectAliceAsync();
        await scenario.Alice.SendAsync($"<message to='{PartnerScenario.Bot}' id='in'><body>in</body></message>");
        await scenario.Alice.WaitForAsync($"message[@type='error' and @id='in' and @from='{PartnerScenario.Bot}']/error/stanzas:service-unavailable");
        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, Accepted: 1, Bounced: 1, InFlight: 0 }, account.ToString());
    }
}
