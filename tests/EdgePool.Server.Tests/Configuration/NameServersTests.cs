using System.CommandLine;
using EdgePool.Edge;
using EdgePool.Server.Cli;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EdgePool.Server.Tests.Configuration;

/// <summary>A node that could ask nobody does not start: the configuration names name servers, or the machine's file does.</summary>
public sealed class NameServersTests : IDisposable
{
    private readonly ConfigurationFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>What the machine's file holds (null: there is none), and what the line says of it.</summary>
    public static TheoryData<string?, string> Faults => new()
    {
        { null, "no name servers: Could not find file '" },
        { "", "resolv.conf names none — name them here, such as dns: { servers: [\"10.0.0.53:53\"] }, or mend the file" },
        { "# nameserver 192.0.2.1\nsearch contoso.example\n", "resolv.conf names none — " },
        { "nameserver ns.contoso.example\n", "resolv.conf names none — " },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Run_WithoutNameServers_Exits69WithOneLine(string? machine, string expected)
    {
        var (code, _, error) = await RunAsync(RunCommand.Create(folder.Environment), machine);

        Assert.Equal(ExitCode.Unavailable, code);
        Assert.Contains(expected, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task CheckConfig_WithoutNameServers_IsAnError(string? machine, string expected)
    {
        var (code, output, _) = await RunAsync(CheckConfigCommand.Create(folder.Environment), machine);

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains(expected, Assert.Single(output.Split('\n'), line => line.Contains(": error: ", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NameServersInTheFile_AsksForNoOthers()
    {
        File.Delete(folder.Environment.ResolvConfFile);

        Assert.Empty(folder.Load(Minimal("dns: { servers: [127.0.0.53] }\n")).Errors);
    }

    // Whether AD is believed: of servers on this host, or where the operator says that the way is safe.
    [Theory]
    [InlineData("validating: true", "127.0.0.53", true, 0)]
    [InlineData("validating: true", "::1", true, 0)]
    [InlineData("validating: true", "192.0.2.1", true, 1)]
    [InlineData("validating: true, trustedNetworks: [192.0.2.0/24]", "192.0.2.1", true, 0)]
    [InlineData("validating: false", "192.0.2.1", false, 0)]
    [InlineData("denyNetworks: []", "192.0.2.1", false, 0)]
    public void Load_Validating_NeedsServersThatNobodyStandsBefore(string dns, string server, bool validating, int errors)
    {
        Put($"nameserver {server}\n");

        var result = folder.Load(Minimal($"dns: {{ {dns} }}\n"));

        Assert.Equal(errors, result.Errors.Count());
        Assert.All(result.Errors, error => Assert.Contains("is not on this host", error.ToString(), StringComparison.Ordinal));
        Assert.True(errors > 0 || validating == result.Options!.Edge.ValidatingDns is not null);
    }

    // RFC 8945: the key by which the advertiser publishes.
    [Theory]
    [InlineData("key \"k\" { algorithm hmac-sha256; secret \"c2VjcmV0IG9mIHRoZSB0ZXN0cw==\"; };", UnixFileMode.None, null)]
    [InlineData("key \"k\" { algorithm hmac-md5; secret \"c2VjcmV0IG9mIHRoZSB0ZXN0cw==\"; };", UnixFileMode.None, "update.key cannot be used: its algorithm is not hmac-sha256 — make one with 'tsig-keygen NAME'")]
    [InlineData("key \"k\" { algorithm hmac-sha256; secret \"c2VjcmV0IG9mIHRoZSB0ZXN0cw==\"; };", UnixFileMode.OtherRead, "is open to other users (mode 604)")]
    public void Load_UpdateKeyFile_IsAKeyThatNobodyElseReads(string text, UnixFileMode more, string? expected)
    {
        var file = Path.Combine(Path.GetDirectoryName(folder.Environment.ResolvConfFile)!, "update.key");
        File.WriteAllText(file, text);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | more);

        var result = folder.Load(Minimal($"dns: {{ servers: [127.0.0.53], updateKeyFile: \"{file}\" }}\n"));

        Assert.Equal(expected is null, result.Options?.UpdateKey is not null);
        Assert.All(result.Errors, error => Assert.Contains(expected!, error.ToString(), StringComparison.Ordinal));
        Assert.DoesNotContain(result.Problems, problem => problem.ToString().Contains("c2VjcmV0", StringComparison.Ordinal));
    }

    // The file may change between the check and the start.
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Node_WithoutNameServers_IsNotMade(string? machine)
    {
        var options = folder.Load(Minimal()).Options!.Edge;
        Put(machine);

        Assert.Throws<NameServerException>(() => new EdgeNode(options, NullLoggerFactory.Instance));
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(Command command, string? machine)
    {
        Put(machine);
        using var output = new StringWriter();
        using var error = new StringWriter();
        var file = folder.Write("edgepool.yaml", Minimal());
        var code = await command.Parse(["--config", file]).InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
        return (code, output.ToString(), error.ToString());
    }

    private void Put(string? machine)
    {
        if (machine is null)
            File.Delete(folder.Environment.ResolvConfFile);
        else
            folder.Write("resolv.conf", machine);
    }

    private static string Minimal(string more = "") => Shipped.Read("minimal.yaml") + "\n" + more;
}
