using System.Text.Json;
using EdgePool.Server.Cli;
using Xunit;

namespace EdgePool.Server.Tests.Demo;

/// <summary>The demo of one node in this process: a real node, real sockets, real TLS, all on loopback.</summary>
public sealed class NodeDemoTests
{
    [Fact]
    public async Task Demo_Rate200For2Seconds_LosesNothingAndBalances()
    {
        var (code, output, error) = await DemoRuns.RunAsync(new DemoSettings(TimeSpan.FromSeconds(2), Json: true, Rate: 200, Nodes: 1));

        using var json = JsonDocument.Parse(Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        var result = json.RootElement;
        Assert.True(code == ExitCode.Success, output + error);
        Assert.True(result.GetProperty("balances").GetBoolean());
        Assert.InRange(result.GetProperty("accepted").GetInt64(), 4, 810);
        Assert.Equal(result.GetProperty("accepted").GetInt64(), result.GetProperty("delivered").GetInt64());
        Assert.All(["bounced", "dropped", "inFlight", "lost", "duplicated", "misordered", "damaged"], name => Assert.Equal(0, result.GetProperty(name).GetInt64()));
        Assert.InRange(result.GetProperty("p50Micros").GetInt64(), 1, result.GetProperty("p99Micros").GetInt64());
    }

    [Fact]
    public async Task Demo_AsManyAsGo_LosesNothingAndBalances()
    {
        var (code, output, error) = await DemoRuns.RunAsync(new DemoSettings(TimeSpan.FromSeconds(1), Json: true, Rate: 0, Nodes: 1));

        Assert.True(code == ExitCode.Success, output + error);
    }

    [Fact]
    public async Task Demo_InterruptedWithoutADuration_EndsInOrderWithASummary()
    {
        using var interrupt = new CancellationTokenSource(TimeSpan.FromSeconds(2));

        var (code, output, error) = await DemoRuns.RunAsync(new DemoSettings(Duration: null, Json: false, Rate: 100, Nodes: 1), interrupt.Token);

        Assert.True(code == ExitCode.Success || error.Contains("interrupted before the first stanza"), output + error);
        Assert.True(code != ExitCode.Success || output.Contains("The ledger balances"), output);
    }

    [Fact]
    public async Task Demo_InterruptedAtOnce_SaysSo()
    {
        var (code, output, error) = await DemoRuns.RunAsync(new DemoSettings(Duration: null, Json: true, Rate: 100, Nodes: 1), new CancellationToken(canceled: true));

        Assert.Equal((ExitCode.Failed, ""), (code, output));
        Assert.Contains("edgepool: the demo cannot go on: it was interrupted before the first stanza", error);
    }
}
