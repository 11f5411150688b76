using System.Text.Json;
using EdgePool.Server.Cli;
using Xunit;

namespace EdgePool.Server.Tests.Demo;

/// <summary>Two sites in this process: real nodes, sockets, TLS and DNS on loopback; the first is killed in mid-traffic and comes back.</summary>
public sealed class SiteDemoTests
{
    private static readonly string[] Partners = ["adatum.example", "fabrikam.example", "northwind.example"];

    [Theory]
    [InlineData(300)]
    [InlineData(0)]
    public async Task Demo_FirstSiteKilled_EveryPartnerGoesToTheSecondAndComesBackAndNothingIsLostInSilence(int rate)
    {
        var (code, output, error) = await DemoRuns.RunAsync(new DemoSettings(TimeSpan.FromSeconds(2), Json: true, rate));

        Assert.True(code == ExitCode.Success, output + error);
        using var json = JsonDocument.Parse(Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        var result = json.RootElement;
        Assert.All(["lostInSilence", "lost", "bounced", "dropped", "inFlight", "damaged"], name => Assert.Equal(0, result.GetProperty(name).GetInt64()));
        Assert.True(result.GetProperty("balances").GetBoolean());
        foreach (var change in (string[])["takeoverMillis", "returnMillis"])
        {
            var each = result.GetProperty(change + "ByPartner").EnumerateObject().ToDictionary(partner => partner.Name, partner => partner.Value.GetDouble());
            Assert.Equal(Partners, each.Keys.Order());
            Assert.Equal(each.Values.Max(), result.GetProperty(change).GetDouble());
            Assert.True(each.Values.Min() > 0);
        }

        Assert.InRange(result.GetProperty("duplicated").GetInt64(), 0, result.GetProperty("sentAgain").GetInt64());
        foreach (var (told, site) in (ReadOnlySpan<(string, string)>)[("edgepool demo: SRV: ", "edge-a"), ("edgepool demo: traffic flows by site b", "edge-b"), ("edgepool demo: new streams follow", "edge-a")])
        {
            var line = Assert.Single(error.Split('\n'), line => line.StartsWith(told, StringComparison.Ordinal));
            Assert.All(Partners, partner => Assert.Contains($"{partner} is with {site}", line, StringComparison.Ordinal));
        }

        Assert.Contains("edgepool demo: still with site b: 3 of 3.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Demo_InterruptedAtOnce_SaysSo()
    {
        var (code, output, error) = await DemoRuns.RunAsync(new DemoSettings(Duration: null, Json: true, Rate: 100), new CancellationToken(canceled: true));

        Assert.Equal((ExitCode.Failed, ""), (code, output));
        Assert.Contains("edgepool: the demo cannot go on: it was interrupted before the nodes stood", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Demo_InterruptedBeforeTheKill_AccountsForWhatWasSentAndSaysThatItWasNotShown()
    {
        using var interrupt = new CancellationTokenSource(TimeSpan.FromSeconds(6));

        var (code, output, error) = await DemoRuns.RunAsync(new DemoSettings(TimeSpan.FromMinutes(10), Json: false, Rate: 100), interrupt.Token);

        Assert.Equal(ExitCode.Failed, code);
        Assert.True(
            error.Contains("it was interrupted before the nodes stood", StringComparison.Ordinal)
            || (output.Contains("interrupted before site a was killed", StringComparison.Ordinal) && output.Contains("Lost in silence: 0.", StringComparison.Ordinal)),
            output + error);
    }
}
