using System.Text.Json;
using EdgePool.Server.Cli;
using EdgePool.Server.Tests.Configuration;
using EdgePool.Server.Tests.Management;
using Xunit;

namespace EdgePool.Server.Tests.Documents;

/// <summary>Documents from files to the policy in force, by the commands that operators use.</summary>
public sealed class ApplyCommandTests
{
    private const string Partner = "kind: Partner\nname: partner.example\nspec: { partnerType: Federated, saslNegotiation: Optional }\n";

    [Fact]
    public async Task Apply_Twice_ChangesNothingTheSecondTime()
    {
        await using var node = await NodeFixture.StartAsync();
        var file = node.Folder.Write("p.yaml", Partner);

        var first = await node.RunAsync("apply", "-f", file, "--why", "ticket 4711");
        var second = await node.RunAsync("apply", "-f", file);

        Assert.Equal((ExitCode.Success, "Partner/partner.example created\n1 created; version 1 is in force\n", ""), first);
        Assert.Equal((ExitCode.Success, "Partner/partner.example unchanged\n1 unchanged; version 1 is in force\n", ""), second);
        Assert.Contains("policy    version 1 of the store, 1 partners", (await node.RunAsync("status")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_DryRun_ShowsTheDifferenceAndChangesNothing()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("apply", "-f", node.Folder.Write("p.yaml", Partner));

        var file = node.Folder.Write("p.yaml", Partner.Replace("Optional", "Required", StringComparison.Ordinal));
        var (code, output, _) = await node.RunAsync("apply", "-f", file, "--dry-run");

        Assert.Equal(ExitCode.Success, code);
        Assert.Equal(
            "Partner/partner.example would be changed\n   spec:\n     partnerType: Federated\n  -  saslNegotiation: Optional\n  +  saslNegotiation: Required\n1 would be changed; nothing was changed\n",
            output);
        Assert.Equal(ExitCode.Failed, (await node.RunAsync("diff", "-f", file)).Code);
        var more = node.Folder.Write("new.yaml", Partner.Replace("partner.example", "new.example", StringComparison.Ordinal));
        var (_, mixed, _) = await node.RunAsync("apply", "-f", file, "-f", more, "--dry-run");
        Assert.EndsWith("\n1 would be changed, 1 would be created; nothing was changed\n", mixed, StringComparison.Ordinal);
        Assert.Contains("Optional", (await node.RunAsync("get", "partner", "partner.example")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_Same_Exits0()
    {
        await using var node = await NodeFixture.StartAsync();
        var file = node.Folder.Write("p.yaml", Partner);
        await node.RunAsync("apply", "-f", file);

        Assert.Equal((ExitCode.Success, "1 unchanged; nothing was changed\n", ""), await node.RunAsync("diff", "-f", file));
    }

    [Theory]
    [InlineData("saslNegotiation: Optionl", "p.yaml:3:26: error: Partner/partner.example: saslNegotiation: ")]
    [InlineData("sasl: Optional", "'sasl' is not known here — did you mean 'saslNegotiation'?")]
    [InlineData("additionalDomains: [partner.example]", "p.yaml:3:29: error: Partner/partner.example: additionalDomains[0]: ")]
    [InlineData("additionalDomains: [contoso.example]", "p.yaml:3:29: error: Partner/partner.example: additionalDomains[0]: contoso.example is a local domain")]
    [InlineData("tlsNegotiation: NotSupported", "error: Partner/partner.example: ")]
    public async Task POL_20_Apply_WrongDocument_RefusesTheWholeWithItsPlace(string setting, string expected)
    {
        await using var node = await NodeFixture.StartAsync();
        var good = node.Folder.Write("good.yaml", "kind: Gateway\nspec: { connectionLimit: 30 }\n");
        var wrong = node.Folder.Write("p.yaml", $"kind: Partner\nname: partner.example\nspec: {{ {setting} }}\n");

        var (code, output, error) = await node.RunAsync("apply", "-f", good, "-f", wrong);

        Assert.Equal((ExitCode.Failed, ""), (code, output));
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.EndsWith("edgepool: nothing was changed, as there are errors — correct them and apply again\n", error, StringComparison.Ordinal);
        Assert.Contains("connectionLimit                1000  (default)", (await node.RunAsync("gateway", "show")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task POL_20_Apply_OneDomainInTwoSpellings_IsRefused()
    {
        await using var node = await NodeFixture.StartAsync();
        var file = node.Folder.Write("p.yaml", "kind: Partner\nname: bücher.example\nspec: {}\n---\nkind: Partner\nname: xn--bcher-kva.example\nspec: {}\n");

        var (code, _, error) = await node.RunAsync("apply", "-f", file);

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("p.yaml:7:7: error: Partner/xn--bcher-kva.example: this document is written twice", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_VersionThatSomebodyChanged_IsRefusedWithTheDifference()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("apply", "-f", node.Folder.Write("p.yaml", Partner));
        var mine = node.Folder.Write("mine.yaml", (await node.RunAsync("get", "partner", "partner.example", "-o", "yaml")).Output);
        await node.RunAsync("partner", "set", "partner.example", "--connection-limit", "7", "--why", "they grow");

        var (code, _, error) = await node.RunAsync("apply", "-f", mine);

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("mine.yaml:5:3: error: Partner/partner.example was made from version 1, but it is at version 2, by ", error, StringComparison.Ordinal);
        Assert.Contains(" (they grow); from the store to the file:\n", error, StringComparison.Ordinal);
        Assert.Contains("  -  connectionLimit: 7\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_WhatGetWrote_IsUnchanged()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("partner", "add", "partner.example", "--ca", Path.Combine(node.Folder.Path, "partners-ca.pem"), "--description", "a: 'b' #c", "--local-users", "@contoso.example");
        await node.RunAsync("partner", "add", "bücher.example", "--iq", "urn:xmpp:ping,jabber:iq:version");

        var all = node.Folder.Write("all.yaml", (await node.RunAsync("get", "partners", "-o", "yaml")).Output);

        Assert.Equal((ExitCode.Success, "2 unchanged; nothing was changed\n", ""), await node.RunAsync("diff", "-f", all));
    }

    [Fact]
    public async Task History_OfEdits_TellsWhoWhenAndWhyAndRevertGoesBack()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("apply", "-f", node.Folder.Write("p.yaml", Partner), "--why", "new");
        await node.RunAsync("delete", "partner", "partner.example", "--why", "gone");

        var reverted = await node.RunAsync("revert", "partner", "partner.example", "--to", "1", "--why", "back");
        var history = await node.RunAsync("history", "partner", "partner.example", "--json");

        Assert.Equal((ExitCode.Success, "Partner/partner.example created\n1 created; version 3 is in force\n", ""), reverted);
        using var json = JsonDocument.Parse(history.Output);
        var versions = json.RootElement.GetProperty("versions").EnumerateArray().ToList();
        Assert.Equal(["3 back True", "2 gone False", "1 new True"], versions.Select(version => $"{version.GetProperty("version")} {version.GetProperty("why")} {version.TryGetProperty("spec", out _)}"));
        Assert.All(versions, version => Assert.Equal(Environment.UserName, version.GetProperty("who").GetString()));
        var diff = (await node.RunAsync("history", "partner", "partner.example", "--diff")).Output;
        Assert.Contains("gone\n  -spec:\n  -  partnerType: Federated\n", diff, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("get partner partnr.example", "edgepool: there is no Partner/partnr.example — did you mean 'partner.example'?\n")]
    [InlineData("delete partner nobody.test", "edgepool: there is no Partner/nobody.test — 'edgepool get Partner' lists those that there are\n")]
    [InlineData("get partner a..b", "edgepool: Partner/a..b: 'a..b' is not a domain name — ")]
    [InlineData("history partner other.test", "edgepool: there is no Partner/other.test — ")]
    [InlineData("revert partner partner.example --to 99", "edgepool: Partner/partner.example has no version 99 — 'edgepool history Partner partner.example' lists")]
    public async Task Documents_NotThere_SaysSoAndExits1(string line, string expected)
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("apply", "-f", node.Folder.Write("p.yaml", Partner));

        var (code, _, error) = await node.RunAsync(line.Split(' '));

        Assert.Equal(ExitCode.Failed, code);
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("get prtner", "'prtner' is no kind of document — did you mean 'Partner'?")]
    [InlineData("delete partner", "which Partner? — add its name, such as partner.example")]
    [InlineData("apply", "'--filename' is required")]
    [InlineData("revert gateway", "'--to' is required")]
    [InlineData("partner ad x.example", "'ad' is not a command — did you mean 'add'?")]
    [InlineData("partner set x.example", "nothing is to be set — name a setting")]
    [InlineData("policy grant --policy null", "whom? — name users")]
    [InlineData("policy new --enable-xmpp-access tag:sales", "'tag:sales'")]
    public async Task Usage_NotUnderstood_Exits2(string line, string expected)
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("partner", "add", "x.example");

        var (code, _, error) = await node.RunAsync(line.Split(' '));

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_MoreThanTheStoreTakesAtOnce_IsCheckedWholeAndWrittenInParts()
    {
        await using var node = await NodeFixture.StartAsync();
        var partners = Enumerable.Range(0, 10_001).Select(i => $"kind: Partner\nname: p{i}.example\nspec: {{ partnerType: Federated }}\n");
        var file = node.Folder.Write("many.yaml", string.Join("---\n", partners));

        var (code, output, error) = await node.RunAsync("apply", "-f", file);
        var again = await node.RunAsync("apply", "-f", file);

        Assert.True(code == ExitCode.Success, error);
        Assert.EndsWith("10001 created; version 2 is in force\n", output, StringComparison.Ordinal);
        Assert.Equal("10001 unchanged; version 2 is in force\n", again.Output);
    }

    [Fact]
    public async Task POL_20_Apply_CanonicalNameInTheFault_FindsTheFileAgain()
    {
        await using var node = await NodeFixture.StartAsync();
        var file = node.Folder.Write("p.yaml", "kind: Partner\nname: Bücher.example\nspec: { additionalDomains: [contoso.example] }\n");

        var (_, _, error) = await node.RunAsync("apply", "-f", file);

        Assert.Contains("p.yaml:3:29: error: Partner/Bücher.example: additionalDomains[0]: contoso.example is a local domain", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_AllWithoutVersions_IsABackup()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("apply", "-f", Path.Combine(Shipped.Folder(), "documents", "access-policies.yaml"), "-f", Path.Combine(Shipped.Folder(), "documents", "organisation.yaml"), "-f", node.Folder.Write("p.yaml", Partner));
        var backup = (await node.RunAsync("get", "all", "-o", "yaml", "--no-versions")).Output;
        await node.RunAsync("delete", "partner", "partner.example");
        await node.RunAsync("gateway", "set", "--connection-limit", "5");

        var (code, output, _) = await node.RunAsync("apply", "-f", node.Folder.Write("backup.yaml", backup));

        Assert.Equal(ExitCode.Success, code);
        Assert.Contains("Partner/partner.example created\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("version:", backup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_AtAVersion_ShowsWhatItWas()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("apply", "-f", node.Folder.Write("p.yaml", Partner));
        await node.RunAsync("partner", "set", "partner.example", "--connection-limit", "7");

        Assert.Equal(
            "kind: Partner\nname: partner.example\nversion: 1\nspec:\n  partnerType: Federated\n  saslNegotiation: Optional\n",
            (await node.RunAsync("get", "partner", "partner.example", "--at", "1")).Output);
    }

    [Fact]
    public async Task Output_OfWhatOthersWrote_DoesNotSteerTheTerminal()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("partner", "add", "partner.example", "--description", "\u001b[2J\u202eevil\nline", "--why", "\u001b]0;title\a");

        string[][] commands = [["get", "partners"], ["get", "partner", "partner.example"], ["partner", "list"], ["partner", "show", "partner.example"], ["history", "partner", "partner.example"], ["history", "partner", "partner.example", "--diff"]];
        foreach (var command in commands)
        {
            var (_, output, _) = await node.RunAsync(command);
            Assert.DoesNotContain(output, letter => (char.IsControl(letter) && letter is not '\n') || letter is '\u202e');
        }
    }

    [Fact]
    public async Task Why_LongerThanTheStoreTakes_IsRefused()
    {
        await using var node = await NodeFixture.StartAsync();

        var (code, _, error) = await node.RunAsync("apply", "-f", node.Folder.Write("p.yaml", Partner), "--why", new string('y', 1_025));

        Assert.Equal(ExitCode.Failed, code);
        Assert.StartsWith("edgepool: nothing was changed: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Set_ByTwoAtOnce_KeepsBothChanges()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("apply", "-f", node.Folder.Write("p.yaml", Partner));

        // Each reads, changes another setting and writes; whoever is late reads again.
        await Task.WhenAll(
            Task.Run(() => node.RunAsync("partner", "set", "partner.example", "--connection-limit", "7")),
            Task.Run(() => node.RunAsync("partner", "set", "partner.example", "--description", "theirs")),
            Task.Run(() => node.RunAsync("partner", "set", "partner.example", "--mode", "observe")));

        var document = (await node.RunAsync("get", "partner", "partner.example")).Output;
        Assert.All(["connectionLimit: 7", "description: theirs", "mode: observe", "version: 4"], line => Assert.Contains(line, document, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Restart_OfTheNode_KeepsWhatWasApplied()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("apply", "-f", node.Folder.Write("p.yaml", Partner));
        await node.StopNodeAsync();
        await node.StartNodeAsync();

        Assert.Contains("policy    version 1 of the store, 1 partners", (await node.RunAsync("status")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FileMode_Edits_AreRefused()
    {
        await using var node = await NodeFixture.StartAsync("management: { socket: store/edgepool.sock }\npartners: [ { domain: partner.example } ]");

        var (code, _, error) = await node.RunAsync("apply", "-f", node.Folder.Write("p.yaml", Partner));

        Assert.Equal(ExitCode.Failed, code);
        Assert.Equal("edgepool: this node takes its partners from its file — edit the file and restart the node, or write store: { directory: /var/lib/edgepool } into it\n", error);
        Assert.Equal(ExitCode.Failed, (await node.RunAsync("get", "partners")).Code);
    }
}
