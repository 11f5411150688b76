using System.Text.Json;
using System.Text.RegularExpressions;
using EdgePool.Interop.Tests.Servers;

namespace EdgePool.Interop.Tests.Partners;

/// <summary><c>edgepool probe</c>, the real executable, against real partners' servers.</summary>
public sealed class ProbeTests
{
    [Theory]
    [InlineData(ServerKind.Prosody)]
    [InlineData(ServerKind.Ejabberd)]
    public async Task Probe_OfARealServer_TellsHowFarItComesAndLeavesNoTrace(ServerKind kind)
    {
        await using var external = await PartnerScenario.StartWithoutBackEndAsync(kind, Proof.External);
        var (code, text) = await ProbeAsync(external, "");
        Assert.True(code == 0, text);
        Assert.Matches(@"(?m)^  dns +\S+  SRV: \S+:5269, priority \d+, weight \d+", text);
        Assert.Matches(@"(?m)^  secured +\S+  Tls13 TLS_", text);
        Assert.Matches(@"(?m)^  certificate +Valid: CN=partner\.example, issued by CN=Authority of partners", text);
        Assert.Matches(@"(?m)^  features +\S+  .*EXTERNAL", text);
        Assert.Contains("authenticated by SaslExternal; no stanza was sent", text, StringComparison.Ordinal);

        var (_, json) = await ProbeAsync(external, "--json");
        var negotiation = JsonElement.Parse(json).GetProperty("targets")[0].GetProperty("negotiation");
        Assert.Equal("SaslExternal", negotiation.GetProperty("method").GetString());
        Assert.Equal("authenticated", negotiation.GetProperty("steps").EnumerateArray().Last().GetProperty("step").GetString());
    }

    [Theory]
    [InlineData(ServerKind.Prosody)]
    [InlineData(ServerKind.Ejabberd)]
    public async Task Probe_WhereDialbackAloneServes_IsReady_AndTriesItWithOurNode(ServerKind kind)
    {
        await using var dialback = await PartnerScenario.StartWithoutBackEndAsync(kind, Proof.Dialback);

        var ready = await ProbeAsync(dialback, "");
        var tried = await ProbeAsync(dialback, "--dialback");

        Assert.True(ready.Code == 0, ready.Said);
        Assert.Contains("dialback is offered and allowed, and not tried", ready.Said, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^  certificate +Untrusted: CN=partner\.example", ready.Said);
        Assert.True(tried.Code == 0, tried.Said);
        Assert.Contains("authenticated by DialbackOverTls; no stanza was sent", tried.Said, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Said)> ProbeAsync(PartnerScenario scenario, string options)
    {
        var folder = Directory.CreateTempSubdirectory("edgepool-probe-").FullName;
        try
        {
            var config = scenario.Edge.Setup.Write(folder);
            await using var process = await ServerProcess.StartAsync(
                "edgepool probe",
                Path.Combine(AppContext.BaseDirectory, "edgepool"),
                ["probe", PartnerScenario.PartnerDomain, "--config", config, "--timeout", "30s", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
            var code = await process.WaitForExitAsync(TimeSpan.FromSeconds(60));
            return (code, Regex.Replace(process.Log, @"(?m)^edgepool: .*\n", "")); // a slow machine tells what it waits for
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
