namespace EdgePool.Interop.Tests.Partners;

/// <summary>Direct TLS with real servers (XEP-0368): only <c>_xmpps-server</c> records, so that nothing else can carry the stanzas.</summary>
public sealed class DirectTlsTests
{
    [Theory]
    [InlineData(ServerKind.Prosody, Proof.External)]
    [InlineData(ServerKind.Prosody, Proof.Dialback)]
    [InlineData(ServerKind.Ejabberd, Proof.External)]
    [InlineData(ServerKind.Ejabberd, Proof.Dialback)]
    public async Task Partner_WithDirectTlsRecordsOnly_ExchangesStanzas(ServerKind kind, Proof proof)
    {
        await using var scenario = await PartnerScenario.StartAsync(kind, proof, new Variation
        {
            Partner = options => options with { DirectTls = true },
            Records = (partner, edge) =>
            [
                $"_xmpps-server._tcp.{PartnerScenario.PartnerDomain}. SRV 0 0 5270 {partner}.",
                $"{partner}. A {partner}",
                $"_xmpps-server._tcp.{PartnerScenario.LocalDomainName}. SRV 0 0 5269 {edge}.",
                $"{edge}. A {edge}",
            ],
        });
        await scenario.Partner.Process.WaitForPortAsync(scenario.Partner.DirectTlsEndPoint);
        await scenario.EstablishAsync();
        var account = await scenario.Edge.StopAsync();
        Assert.True(account is { Balances: true, Accepted: 2, Delivered: 2 }, account.ToString());
    }
}
