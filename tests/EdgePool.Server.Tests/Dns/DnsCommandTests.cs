using EdgePool.Server.Cli;
using EdgePool.Server.Tests.Configuration;
using EdgePool.Server.Tests.Management;
using Xunit;

namespace EdgePool.Server.Tests.Dns;

/// <summary>The commands on records: from a file without a node, from the topology in force, and what is told when it cannot be done. With real servers: EdgePool.Interop.Tests.</summary>
public sealed class DnsCommandTests
{
    private static readonly string Topology = Path.Combine(Shipped.Folder(), "documents", "topology.yaml");

    [Fact]
    public async Task Zone_OfTheShippedTopology_IsItsRecords()
    {
        var (code, output, error) = await NodeFixture.CommandAsync("dns", "zone", "-f", Topology);

        Assert.Equal((ExitCode.Success, ""), (code, error));
        Assert.StartsWith("; zone contoso.example: the records of EdgePool, by a topology in a file\n_xmpp-server._tcp.contoso.example. 300 IN SRV 10 0 5269 edge-a.contoso.example.\n", output, StringComparison.Ordinal);
        Assert.Contains("_xmpps-server._tcp.chat.contoso.example. 300 IN SRV 10 0 5270 edge-a.contoso.example.\n", output);
        Assert.Contains("contoso.example. 300 IN CAA 0 issue \"ca.example\"\n", output);
        Assert.Equal(14, output.Split('\n').Length - 1);
    }

    [Fact]
    public async Task Zone_OfTheTopologyInForce_NamesItsVersion()
    {
        await using var node = await NodeFixture.StartAsync();
        Assert.Equal(ExitCode.Failed, (await node.RunAsync("dns", "zone")).Code);
        var published = await node.RunAsync("topology", "publish", "-f", Topology, "--anyway");
        Assert.True(published.Code == ExitCode.Success, published.Error);

        Assert.StartsWith("; zone contoso.example: the records of EdgePool, by version 1 of the topology\n", (await node.RunAsync("dns", "zone")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dns zone --zone fabrikam.example", ExitCode.Failed, "the topology has no zone fabrikam.example — there is contoso.example")]
    [InlineData("dns publish", ExitCode.Usage, "which key?")]
    [InlineData("dns publish --dry-run --server 192.0.2.1", ExitCode.Usage, "--server is the primary of one zone")]
    [InlineData("dns publish --dry-run --zone contoso.example --server ns.example", ExitCode.Usage, "'ns.example' is no address")]
    [InlineData("dns publish --key /nowhere/update.key", ExitCode.NoConfiguration, "there is no file /nowhere/update.key")]
    [InlineData("dns check --resolver ns.example", ExitCode.Usage, "'ns.example' is no address")]
    public async Task Command_ThatCannotBeDone_SaysWhy(string line, int expected, string what)
    {
        var (code, _, error) = await NodeFixture.CommandAsync([.. line.Split(' '), "-f", Topology]);

        Assert.Equal(expected, code);
        Assert.Contains(what, error);
    }

    // Nothing answers at the primary.
    [Fact]
    public async Task Publish_PrimaryThatIsNotThere_SaysSo()
    {
        var (code, _, error) = await NodeFixture.CommandAsync("dns", "publish", "--dry-run", "-f", Topology, "--zone", "contoso.example", "--server", "127.0.0.1:9");

        Assert.Equal(ExitCode.Unavailable, code);
        Assert.Contains("contoso.example: 127.0.0.1:9 gives no answer (Unreachable)", error);
    }
}
