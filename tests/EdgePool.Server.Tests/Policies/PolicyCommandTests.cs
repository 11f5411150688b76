using System.Text.Json;
using EdgePool.Server.Cli;
using EdgePool.Server.Tests.Management;
using Xunit;

namespace EdgePool.Server.Tests.Policies;

/// <summary>The commands that do in one line what Lync Server's cmdlets do.</summary>
public sealed class PolicyCommandTests
{
    [Fact]
    public async Task PartnerAdd_WithoutSettings_TakesRow7()
    {
        await using var node = await NodeFixture.StartAsync();

        var added = await node.RunAsync("partner", "add", "partner.example");
        var shown = await node.RunAsync("partner", "show", "partner.example");

        Assert.Equal((ExitCode.Success, "Partner/partner.example created\n1 created; version 1 is in force\n", ""), added);
        Assert.Contains("methods                     SASL over TLS, dialback over TLS\n", shown.Output, StringComparison.Ordinal);
        Assert.Contains("partnerType                 PublicUnverified\n", shown.Output, StringComparison.Ordinal);
        Assert.Contains("connectionLimit             20\n", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PartnerAdd_Twice_IsRefused()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("partner", "add", "bücher.example");

        var (code, _, error) = await node.RunAsync("partner", "add", "xn--bcher-kva.example");

        Assert.Equal(ExitCode.Failed, code);
        Assert.StartsWith("edgepool: Partner/xn--bcher-kva.example is there already, written by ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PartnerSet_EveryOption_ReachesTheDocument()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("partner", "add", "partner.example");

        var set = await node.RunAsync(
            "partner", "set", "partner.example", "--description", "Partner GmbH", "--additional-domains", "a.example,b.example", "--partner-type", "federated",
            "--tls-negotiation", "Optional", "--sasl-negotiation", "Optional", "--support-dialback", "true", "--connection-limit", "40", "--enable-keep-alive", "false", "--enable-stream-management", "false",
            "--proxy-fqdn", "x.example:5270", "--require-trusted-certificate", "--lync-compat", "false", "--trust-system", "--ca", Path.Combine(node.Folder.Path, "partners-ca.pem"),
            "--without-consent", "silence", "--mode", "observe", "--max-stanza-bytes", "64KiB", "--bytes-per-second", "1MiB", "--stanzas-per-second", "100", "--burst", "200",
            "--messages", "chat,normal", "--presence", "false", "--iq", "urn:xmpp:ping", "--deny-payloads", "urn:x", "--payload-action", "refuse",
            "--local-users", "@contoso.example", "--deny-local-users", "anna@contoso.example", "--strip-status", "--security-label", "required");
        var document = await node.RunAsync("get", "partner", "partner.example", "-o", "json");

        Assert.True(set.Code == ExitCode.Success, set.Error);
        using var json = System.Text.Json.JsonDocument.Parse(document.Output);
        var spec = System.Text.Json.JsonSerializer.Serialize(json.RootElement.GetProperty("spec"));
        Assert.Contains("\"additionalDomains\":[\"a.example\",\"b.example\"],\"partnerType\":\"Federated\",\"tlsNegotiation\":\"Optional\"", spec, StringComparison.Ordinal);
        Assert.Contains("\"requireTrustedCertificate\":true", spec, StringComparison.Ordinal);
        Assert.Contains("\"connectionLimit\":40,\"enableKeepAlive\":false,\"enableStreamManagement\":false,\"proxyFqdn\":\"x.example:5270\"", spec, StringComparison.Ordinal);
        Assert.Contains("\"rate\":{\"bytesPerSecond\":1048576,\"stanzasPerSecond\":100,\"burst\":200},\"maxStanzaBytes\":65536", spec, StringComparison.Ordinal);
        Assert.Contains("\"messages\":[\"chat\",\"normal\"],\"presence\":false,\"iq\":[\"urn:xmpp:ping\"],\"payloads\":{\"deny\":[\"urn:x\"],\"action\":\"refuse\"}", spec, StringComparison.Ordinal);
        Assert.Contains("\"localUsers\":[\"@contoso.example\"],\"denyLocalUsers\":[\"anna@contoso.example\"],\"stripStatus\":true,\"securityLabel\":\"required\"},\"withoutConsent\":\"silence\",\"mode\":\"observe\"", spec, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PartnerSet_Default_TakesTheSettingAway()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("partner", "add", "partner.example", "--connection-limit", "7", "--messages", "none");

        await node.RunAsync("partner", "set", "partner.example", "--connection-limit", "default", "--messages", "default", "--description", "");

        Assert.Equal(
            "kind: Partner\nname: partner.example\nversion: 2\nspec:\n  tlsNegotiation: Required\n  saslNegotiation: Optional\n  supportDialback: true\n",
            (await node.RunAsync("get", "partner", "partner.example")).Output);
    }

    [Fact]
    public async Task PartnerShow_WithoutConsent_IsShownWhereItCounts()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("partner", "add", "public.example");
        await node.RunAsync("partner", "add", "partner.example", "--partner-type", "Federated");

        var refuse = (await node.RunAsync("partner", "show", "public.example")).Output;
        await node.RunAsync("partner", "set", "public.example", "--without-consent", "silence");
        var silence = (await node.RunAsync("partner", "show", "public.example")).Output;
        var (_, _, warning) = await node.RunAsync("partner", "set", "partner.example", "--without-consent", "silence");

        Assert.Matches("(?m)^withoutConsent +refuse: answered with service-unavailable$", refuse);
        Assert.Matches("(?m)^withoutConsent +silence: dropped without an answer$", silence);
        Assert.Contains("withoutConsent: warning: users of a Federated partner need no consent", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PartnerDisable_ThenEnable_LeavesTheSettings()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("partner", "add", "partner.example", "--partner-type", "Federated");

        await node.RunAsync("partner", "disable", "partner.example", "--reason", "spam");
        var disabled = await node.RunAsync("partner", "list");
        await node.RunAsync("partner", "enable", "partner.example");
        var enabled = await node.RunAsync("partner", "list");

        Assert.Contains("partner.example  Federated  SASL over TLS, dialback over TLS  disabled: spam  -\n", disabled.Output, StringComparison.Ordinal);
        Assert.Contains("  enabled  -\n", enabled.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "spam")]
    [InlineData("ticket 4711", "ticket 4711")]
    public async Task PartnerDisable_Reason_IsTheHistorysUnlessWhyIsGiven(string why, string kept)
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("partner", "add", "partner.example");

        await node.RunAsync("partner", "disable", "partner.example", "--reason", "spam", "--why", why);

        var history = await node.RunAsync("history", "partner", "partner.example", "--json");
        using var json = JsonDocument.Parse(history.Output);
        var versions = json.RootElement.GetProperty("versions").EnumerateArray().Select(version => version.GetProperty("why").GetString());
        Assert.Contains(kept, versions);
    }

    [Fact]
    public async Task PartnerRemove_Unknown_SaysWhichWasMeant()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("partner", "add", "partner.example");

        var (code, _, error) = await node.RunAsync("partner", "remove", "partner.exmaple");

        Assert.Equal((ExitCode.Failed, "edgepool: there is no Partner/partner.exmaple — did you mean 'partner.example'?\n"), (code, error));
    }

    [Fact]
    public async Task Grant_AListOfUsers_IsOneChangeAndNullTakesItBack()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("policy", "new", "sales", "--enable-federation-access", "--enable-xmpp-access", "true");
        var users = node.Folder.Write("users.txt", "# sales\nAnna@contoso.example\n\nbert@contoso.example\n");

        var granted = await node.RunAsync("policy", "grant", "--users", users, "*@contoso.example", "--policy", "sales");
        var list = await node.RunAsync("policy", "list");
        var halfTaken = await node.RunAsync("policy", "grant", "anna@contoso.example", "nobody@contoso.example", "--policy", "null");
        var taken = await node.RunAsync("policy", "grant", "anna@contoso.example", "*@contoso.example", "--policy", "null");
        Assert.Contains("bert", (await node.RunAsync("get", "grants")).Output, StringComparison.Ordinal);
        var removed = await node.RunAsync("policy", "remove", "sales");

        Assert.Equal((ExitCode.Success, "Grant/*@contoso.example created\nGrant/anna@contoso.example created\nGrant/bert@contoso.example created\n3 created; version 2 is in force\n", ""), granted);
        Assert.Contains("tag:sales  true        true   false         false    3       -\n", list.Output, StringComparison.Ordinal);
        Assert.Contains("global     false       false  false         false    0       -\n", list.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, halfTaken.Code);
        Assert.StartsWith("edgepool: there is no Grant/nobody@contoso.example — did you mean '", halfTaken.Error, StringComparison.Ordinal);
        Assert.Equal((ExitCode.Success, "Grant/anna@contoso.example deleted\nGrant/*@contoso.example deleted\n2 deleted; version 3 is in force\n", ""), taken);
        Assert.Equal(ExitCode.Failed, removed.Code);
        Assert.Contains("Grant/bert@contoso.example: policy: error: there is no access policy 'tag:sales'", removed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PolicyRemove_Global_ResetsIt()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("policy", "set", "global", "--enable-federation-access");

        Assert.Equal(ExitCode.Success, (await node.RunAsync("policy", "remove", "global")).Code);
        Assert.Equal((ExitCode.Success, "kind: AccessPolicy\nname: global\nversion: 0\nspec: {}\n", ""), await node.RunAsync("get", "policy", "global"));
    }

    [Fact]
    public async Task GatewaySet_BeyondItsLimits_IsRefusedWithTheReason()
    {
        await using var node = await NodeFixture.StartAsync();

        var (code, _, error) = await node.RunAsync("gateway", "set", "--keep-alive-interval", "700s");
        await node.RunAsync("gateway", "set", "--connection-limit", "2000");

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("Gateway/gateway: keepAliveInterval: error: ", error, StringComparison.Ordinal);
        Assert.Contains("connectionLimit                2000\n", (await node.RunAsync("gateway", "show")).Output, StringComparison.Ordinal);
    }
}
