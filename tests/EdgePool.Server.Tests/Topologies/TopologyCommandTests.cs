using EdgePool.Server.Cli;
using EdgePool.Server.Tests.Management;
using Xunit;

namespace EdgePool.Server.Tests.Topologies;

/// <summary>The topology from a file into force, and who has it.</summary>
public sealed class TopologyCommandTests
{
    private const string OneSite = """
        kind: Topology
        spec:
          sites: [ { name: berlin, federationRoute: [edge-a] } ]
          pools: [ { name: edge-a, site: berlin, host: edge-a.contoso.example, addresses: [203.0.113.10], priority: 10, nodes: [edge-1] } ]
          domains: [ { name: contoso.example, site: berlin, backEnds: [edge-a] } ]
        """;

    [Fact]
    public async Task Publish_ThenStatusAndShow_TellTheVersionInForce()
    {
        await using var node = await NodeFixture.StartAsync();
        var file = Write(node, OneSite);
        Assert.Equal(ExitCode.Failed, (await node.RunAsync("topology", "status")).Code);
        Assert.Equal(ExitCode.Failed, (await node.RunAsync("topology", "diff", "-f", file)).Code);

        var published = await node.RunAsync("topology", "publish", "-f", file, "--why", "first site");

        Assert.True(published.Code == ExitCode.Success, published.Error);
        Assert.Contains("Topology/topology created", published.Output);
        Assert.Equal((ExitCode.Success, "1 unchanged; nothing was changed\n"), await CodeAndOutputAsync(node, "topology", "diff", "-f", file));
        var status = await UntilAsync(node, answer => answer.Code == ExitCode.Success, "topology", "status");
        Assert.Matches(@"edge-1\s+edge-a\s+up to date\s+1\s", status.Output);
        var shown = (await node.RunAsync("topology", "show")).Output;
        Assert.Contains("first site", shown);
        Assert.Matches(@"edge-a\s+berlin\s+on\s+10\s+0\s+edge-a\.contoso\.example\s+5269\s+203\.0\.113\.10\s+edge-1", shown);
    }

    [Fact]
    public async Task Status_NodeMissing_IsNamedAndExits1()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("topology", "publish", "-f", Write(node, OneSite.Replace("[edge-1]", "[edge-1, edge-2]", StringComparison.Ordinal)));

        var status = await UntilAsync(node, answer => answer.Output.Contains("up to date", StringComparison.Ordinal), "topology", "status");

        Assert.Equal(ExitCode.Failed, status.Code);
        Assert.Contains("edge-2 is not there — start it, or take it out of pool edge-a", status.Output);
    }

    // A certificate that does not name the domain, and a node that does not know it, are told before anything is published.
    [Fact]
    public async Task Publish_NodeThatDoesNotKnowADomain_IsRefusedUnlessAnyway()
    {
        await using var node = await NodeFixture.StartAsync();
        var file = Write(node, OneSite.Replace("domains: [ ", "domains: [ { name: other.example, site: berlin, backEnds: [edge-a] }, ", StringComparison.Ordinal));

        var refused = await node.RunAsync("topology", "publish", "-f", file);
        var anyway = await node.RunAsync("topology", "publish", "-f", file, "--anyway");

        Assert.Equal(ExitCode.Failed, refused.Code);
        Assert.Contains("node edge-1: other.example is not in its file", refused.Error);
        Assert.True(anyway.Code == ExitCode.Success, anyway.Error);
        var status = await UntilAsync(node, answer => answer.Output.Contains("up to date", StringComparison.Ordinal), "topology", "status");
        Assert.Contains("other.example is not in its file", status.Output);
    }

    [Fact]
    public async Task Validate_NeedsNoNode_AndTellsPlaces()
    {
        using var folder = new Configuration.ConfigurationFolder();
        var file = Path.Combine(folder.Path, "topology.yaml");
        File.WriteAllText(file, OneSite.Replace("addresses: [203.0.113.10], ", "", StringComparison.Ordinal).Replace("federationRoute: [edge-a]", "federationRoute: []", StringComparison.Ordinal));

        var (code, output, error) = await NodeFixture.CommandAsync("topology", "validate", "-f", file);

        Assert.Equal((ExitCode.Failed, "2 errors, 0 warnings\n"), (code, output));
        Assert.Contains($"{file}:4:12: error: Topology/topology: pools[0].addresses: host edge-a.contoso.example has no address", error);
        Assert.Contains("contoso.example has no route: site berlin names no pool with XMPP federation", error);
        Assert.Equal(ExitCode.Success, (await NodeFixture.CommandAsync("topology", "validate", "-f", Path.Combine(Configuration.Shipped.Folder(), "documents"))).Code);
    }

    [Fact]
    public async Task Publish_FileWithoutTopology_SaysSo()
    {
        await using var node = await NodeFixture.StartAsync();

        var (code, _, error) = await node.RunAsync("topology", "publish", "-f", Write(node, "kind: Partner\nname: partner.example\nspec: {}\n"));

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("there is no document of kind Topology", error);
    }

    private static string Write(NodeFixture node, string text)
    {
        var file = Path.Combine(node.Folder.Path, "topology.yaml");
        File.WriteAllText(file, text);
        return file;
    }

    private static async Task<(int Code, string Output)> CodeAndOutputAsync(NodeFixture node, params string[] words)
    {
        var (code, output, _) = await node.RunAsync(words);
        return (code, output);
    }

    /// <summary>Asks until the answer is as wanted: a node tells the others of itself once a second.</summary>
    private static async Task<(int Code, string Output, string Error)> UntilAsync(NodeFixture node, Func<(int Code, string Output, string Error), bool> wanted, params string[] words)
    {
        var deadline = DateTime.UtcNow.AddSeconds(60);
        while (true)
        {
            var answer = await node.RunAsync(words);
            if (wanted(answer) || DateTime.UtcNow > deadline)
            {
                return answer;
            }

            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }
}
