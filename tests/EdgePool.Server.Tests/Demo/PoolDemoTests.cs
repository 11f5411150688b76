using System.Text.Json;
using EdgePool.Server.Cli;
using Xunit;

namespace EdgePool.Server.Tests.Demo;

/// <summary>A pool in this process: real nodes, sockets and TLS on loopback; one of them is killed in mid-traffic.</summary>
public sealed class PoolDemoTests
{
    [Fact]
    public async Task Demo_ThreeNodesOneKilled_ShardsAndTrafficComeBack()
    {
        var (code, output, error) = await DemoRuns.RunAsync(new DemoSettings(TimeSpan.FromSeconds(6), Json: true, Rate: 300, Nodes: 3));

        Assert.True(code == ExitCode.Success, output + error);
        using var json = JsonDocument.Parse(Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        var result = json.RootElement;
        Assert.Equal(3, result.GetProperty("nodes").GetInt32());
        Assert.StartsWith("edge-pool", result.GetProperty("killed").GetString());
        Assert.InRange(result.GetProperty("shardsOfKilled").GetInt32(), 250, 450);
        Assert.All(["noticedMillis", "ownedAgainMillis", "flowingAgainMillis"], name => Assert.True(result.GetProperty(name).GetDouble() > 0, name));
        Assert.All(["lost", "lostInSilence", "damaged", "inFlight"], name => Assert.Equal(0, result.GetProperty(name).GetInt64()));
        Assert.True(result.GetProperty("balances").GetBoolean());
        Assert.Contains(" is killed: it owned ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Demo_InterruptedAtOnce_SaysSo()
    {
        var (code, output, error) = await DemoRuns.RunAsync(new DemoSettings(Duration: null, Json: true, Rate: 100, Nodes: 2), new CancellationToken(canceled: true));

        Assert.Equal((ExitCode.Failed, ""), (code, output));
        Assert.Contains("edgepool: the demo cannot go on: it was interrupted before the nodes stood", error, StringComparison.Ordinal);
    }
}
