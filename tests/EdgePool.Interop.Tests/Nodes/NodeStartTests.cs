using EdgePool.Interop.Tests.Servers;
using EdgePool.Testing.Certificates;

namespace EdgePool.Interop.Tests.Nodes;

/// <summary>A node that cannot start says in one line what, where and what to do, and ends with a code that scripts can use (sysexits.h).</summary>
public sealed class NodeStartTests
{
    private const int Unavailable = 69;
    private const int BadConfiguration = 78;
    private const int NoConfiguration = 66;

    [Fact]
    public async Task Start_PortInUse_NamesTheAddress()
    {
        using var authority = new TestCertificateAuthority();
        var setup = Setup(authority, authority.Issue("contoso.example"));
        await using var first = await EdgeProcess.StartAsync(setup);
        var (code, said) = await FailAsync(setup);
        Assert.Equal(Unavailable, code);
        Assert.Contains(setup.S2S.ToString(), Assert.Single(Problems(said)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("expired", "expired")]
    [InlineData("key readable by others", "leaf1.key.pem")]
    [InlineData("no key", "leaf1.key.pem")]
    [InlineData("another's key", "leaf1.key.pem")]
    public async Task Start_BadCertificate_NamesFileAndRemedy(string what, string named)
    {
        using var authority = new TestCertificateAuthority();
        var certificate = authority.Issue(LeafRequest.For("contoso.example") with
        {
            NotBefore = TimeSpan.FromDays(-9),
            NotAfter = TimeSpan.FromDays(what == "expired" ? -1 : 90),
        });
        switch (what)
        {
            case "key readable by others":
                File.SetUnixFileMode(certificate.KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
                break;
            case "no key":
                File.Delete(certificate.KeyFile);
                break;
            case "another's key":
                PrivateFile.Write(certificate.KeyFile, await File.ReadAllTextAsync(authority.Issue("elsewhere.example").KeyFile));
                break;
            default:
                break;
        }

        var (code, said) = await FailAsync(Setup(authority, certificate));
        Assert.Equal(BadConfiguration, code);
        var line = Assert.Single(Problems(said));
        Assert.Contains(named, line, StringComparison.Ordinal);
        Assert.Contains("edgepool.yaml:", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_NoConfiguration_NamesTheFile()
    {
        var missing = Path.Combine(Path.GetTempPath(), "edgepool-no-such-file.yaml");
        var (code, said) = await RunAsync("run", "--config", missing);
        Assert.Equal(NoConfiguration, code);
        Assert.Contains(missing, Assert.Single(Problems(said)), StringComparison.Ordinal);
    }

    private static EdgeSetup Setup(TestCertificateAuthority authority, IssuedCertificate certificate) => new()
    {
        Dns = new(LoopbackAddresses.Next(), 53),
        Certificates = [certificate],
        Domains = [new LocalDomain("contoso.example")],
        Partners = [new PartnerSetup("partner.example")],
        TrustedCa = authority.RootFile,
    };

    private static string[] Problems(string said) =>
        [.. said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('{') && !line.Contains("warning", StringComparison.Ordinal))];

    private static async Task<(int Code, string Said)> FailAsync(EdgeSetup setup)
    {
        var folder = Directory.CreateTempSubdirectory("edgepool-node-").FullName;
        try
        {
            return await RunAsync("run", "--config", setup.Write(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(int Code, string Said)> RunAsync(params string[] arguments)
    {
        await using var process = await ServerProcess.StartAsync("edgepool", Path.Combine(AppContext.BaseDirectory, "edgepool"), arguments);
        return (await process.WaitForExitAsync(), process.Log);
    }
}
