using System.CommandLine;
using EdgePool.Server.Cli;
using EdgePool.Server.Tests.Configuration;
using Xunit;

namespace EdgePool.Server.Tests.Cli;

public sealed class CommandLineTests : IDisposable
{
    private readonly ConfigurationFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("--help", "run", "check", "demo", "0 ", "1 ", "2 ", "66", "69", "70", "77", "78", "Examples:")]
    [InlineData("run --help", "--config", "SIGTERM", "Exit codes:", "Examples:")]
    [InlineData("check --help", "config", "Exit codes:")]
    [InlineData("check config --help", "--config", "FILE:LINE:COLUMN", "Exit codes:")]
    [InlineData("cert --help", "request", "show", "import", "Exit codes:")]
    [InlineData("cert request --help", "--config", "--key-type", "--san", "--sip", "mode 600", "Examples:", "Exit codes:")]
    [InlineData("cert show --help", "assigned", "--json", "Examples:", "Exit codes:")]
    [InlineData("cert import --help", "PKCS #7", "--folder", "Examples:", "Exit codes:")]
    [InlineData("cert check --help", "findings", "--json", "Examples:", "Exit codes:")]
    [InlineData("cert assign --help", ".previous", "--in-place-of", "Examples:", "Exit codes:")]
    [InlineData("demo --help", "--duration", "--json", "--rate", "Exit codes:")]
    [InlineData("apply --help", "--filename", "--dry-run", "--why", "--socket", "Exit codes:")]
    [InlineData("diff --help", "--filename", "Exit codes:")]
    [InlineData("get --help", "KIND", "NAME", "--output", "Exit codes:")]
    [InlineData("delete --help", "--why", "Exit codes:")]
    [InlineData("history --help", "--diff", "--json", "Exit codes:")]
    [InlineData("revert --help", "--to", "--dry-run", "Exit codes:")]
    [InlineData("partner --help", "New-CsXmppAllowedPartner", "Set-CsXmppAllowedPartner", "Get-CsXmppAllowedPartner", "Remove-CsXmppAllowedPartner")]
    [InlineData("partner add --help", "--tls-negotiation", "--sasl-negotiation", "--support-dialback", "New-CsXmppAllowedPartner", "Exit codes:")]
    [InlineData("partner set --help", "--additional-domains", "--connection-limit", "--proxy-fqdn", "Set-CsXmppAllowedPartner", "Exit codes:")]
    [InlineData("partner list --help", "--json", "Exit codes:")]
    [InlineData("partner show --help", "DOMAIN", "Exit codes:")]
    [InlineData("partner disable --help", "--reason", "Exit codes:")]
    [InlineData("partner enable --help", "Exit codes:")]
    [InlineData("partner remove --help", "Remove-CsXmppAllowedPartner", "Exit codes:")]
    [InlineData("policy --help", "Grant- and Remove-CsExternalAccessPolicy", "Exit codes:")]
    [InlineData("policy new --help", "--enable-federation-access", "Exit codes:")]
    [InlineData("policy set --help", "--enable-outside-access", "Exit codes:")]
    [InlineData("policy grant --help", "--policy", "--users", "Exit codes:")]
    [InlineData("policy list --help", "Exit codes:")]
    [InlineData("policy remove --help", "Exit codes:")]
    [InlineData("gateway --help", "Set-CsXmppGatewayConfiguration", "Exit codes:")]
    [InlineData("gateway set --help", "--keep-alive-interval", "--stream-inactivity-timeout", "Exit codes:")]
    [InlineData("gateway show --help", "Exit codes:")]
    [InlineData("consent --help", "Exit codes:")]
    [InlineData("consent list --help", "PARTNER", "Exit codes:")]
    [InlineData("consent revoke --help", "USER", "CONTACT", "Exit codes:")]
    [InlineData("consent export --help", "Exit codes:")]
    [InlineData("status --help", "--json", "Exit codes:")]
    [InlineData("streams --help", "--json", "Exit codes:")]
    [InlineData("probe --help", "--config", "--from", "--timeout", "--dialback", "--name-server", "--json", "Examples:", "Exit codes:")]
    [InlineData("why --help", "--kind", "--last", "Exit codes:")]
    public async Task Help_EachCommand_TeachesItsUse(string line, params string[] expected)
    {
        var (code, output, error) = await RunAsync(line);

        Assert.Equal((ExitCode.Success, ""), (code, error));
        Assert.All(expected, part => Assert.Contains(part, output, StringComparison.Ordinal));
        Assert.All(output.Split('\n'), text => Assert.True(text.Length <= 170, "too wide: " + text));
    }

    [Theory]
    [InlineData("", "Required command was not provided")]
    [InlineData("rnu", "'rnu' is not a command — did you mean 'run'?")]
    [InlineData("start", "'start' is not a command — there is run, check, cert, dialback, demo")]
    [InlineData("check confg", "did you mean 'config'?")]
    [InlineData("run", "'--config' is required")]
    [InlineData("run --config", "--config")]
    [InlineData("run --config a --confog b", "--confog")]
    [InlineData("run --config a --confog b", "'--confog' is not an option — did you mean '--config'?")]
    [InlineData("streams --sockets", "'--sockets' is not an option — did you mean '--socket'?")]
    [InlineData("streams --sockets x", "'--sockets' is not an option — did you mean '--socket'?")]
    [InlineData("probe p.example --nameserver 192.0.2.1", "'--nameserver' is not an option — did you mean '--name-server'?")]
    [InlineData("streams a.example --qqqqqqqqq", "'--qqqqqqqqq' is not an option — there is ")]
    [InlineData("demo --duration 20", "--duration takes a time with its unit")]
    [InlineData("demo --duration 0s", "--duration takes a time with its unit")]
    [InlineData("demo --duration 2d", "--duration takes a time with its unit")]
    [InlineData("demo --rate -1", "--rate takes a number from 0 to 1000000")]
    [InlineData("demo --rate 1000001", "--rate takes a number from 0 to 1000000")]
    [InlineData("demo --rate many", "--rate takes a number from 0 to 1000000")]
    public async Task Usage_NotUnderstood_SaysWhatAndExits2(string line, string expected)
    {
        var (code, _, error) = await RunAsync(line);

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Contains("edgepool: try 'edgepool", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("demo", null, false, 2_000)]
    [InlineData("demo --duration 20s --json", 20_000, true, 2_000)]
    [InlineData("demo -d 1d --rate 0", 86_400_000, false, 0)]
    [InlineData("demo --duration=1ms -r 1000000", 1, false, 1_000_000)]
    public async Task Demo_Options_ReachTheHandler(string line, int? milliseconds, bool json, int rate)
    {
        DemoSettings? seen = null;
        using var output = new StringWriter();
        var code = await CommandLine.RunAsync(
            line.Split(' '),
            (settings, _, _) =>
            {
                seen = settings;
                return Task.FromResult(ExitCode.Failed);
            },
            Streams(output, output));

        Assert.Equal(ExitCode.Failed, code);
        Assert.Equal(new DemoSettings(milliseconds is { } ms ? TimeSpan.FromMilliseconds(ms) : null, json, rate), seen);
    }

    [Fact]
    public async Task Demo_Throws_IsAnInternalError()
    {
        using var error = new StringWriter();
        var code = await CommandLine.RunAsync(["demo"], (_, _, _) => throw new InvalidOperationException("boom"), Streams(TextWriter.Null, error));

        Assert.Equal(ExitCode.Internal, code);
        Assert.StartsWith("edgepool: internal error: InvalidOperationException: boom — ", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckConfig_Good_Exits0()
    {
        Renew();
        var (code, output, _) = await RunAsync("check config --config " + folder.Write("edgepool.yaml", Complete()));

        Assert.EndsWith(": 0 errors, 0 warnings\n", output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, code);
    }

    [Fact]
    public async Task CheckConfig_WarningAlone_Exits0()
    {
        Renew();
        folder.Write("contoso.secret", "hunter2");
        var (code, output, _) = await RunAsync("check config --config " + folder.Write("edgepool.yaml", Complete()));

        Assert.Contains("edgepool.yaml:19:21: warning: the secret is shorter than 16 characters", output, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, code);
    }

    [Fact]
    public async Task CheckConfig_Errors_Exits1AndTellsAll()
    {
        var (code, output, _) = await RunAsync("check config --config " + folder.Write("edgepool.yaml", "node: { name: _ }\ndomain: []\n"));

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("edgepool.yaml:1:15: error: ", output, StringComparison.Ordinal);
        Assert.Contains("edgepool.yaml:2:1: error: 'domain' is not known here — did you mean 'domains'?", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckConfig_NoFile_Exits66()
    {
        var (code, output, _) = await RunAsync("check config --config " + Path.Combine(folder.Path, "nothing.yaml"));

        Assert.Equal(ExitCode.NoConfiguration, code);
        Assert.Contains("nothing.yaml: error: there is no such file — ", output, StringComparison.Ordinal);
    }

    /// <summary>The shipped file with name servers of its own, so that the machine's do not matter.</summary>
    private static string Complete() => Shipped.Read("edgepool.yaml").Replace("\ndns:\n", "\ndns:\n  servers: [127.0.0.53]\n", StringComparison.Ordinal);

    private void Renew() => folder.Certificate("edge", ["contoso.example", "chat.contoso.example"], TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(90));

    private static async Task<(int Code, string Output, string Error)> RunAsync(string line)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await CommandLine.RunAsync(
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries), (_, _, _) => Task.FromResult(ExitCode.Success), Streams(output, error));
        return (code, output.ToString(), error.ToString());
    }

    private static InvocationConfiguration Streams(TextWriter output, TextWriter error)
        => new() { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
}
