using EdgePool.Cluster.Secrets;
using EdgePool.Server.Cli;
using EdgePool.Server.Tests.Configuration;
using EdgePool.Server.Tests.Management;
using Xunit;

namespace EdgePool.Server.Tests.Cluster;

/// <summary>The commands about pools, where there is none yet; with a real one they are in EdgePool.Interop.Tests.</summary>
public sealed class ClusterCommandTests : IDisposable
{
    private readonly ConfigurationFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task SecretsInit_MakesAKeyOfTheOwnerAlone_AndNeverASecondOne()
    {
        File.Delete(Path.Combine(folder.Path, "cluster.key"));
        var file = folder.Write("edge-1.yaml", Shipped.Read("pool/edge-1.yaml"));

        var (code, output, error) = await NodeFixture.CommandAsync("cluster", "secrets", "init", "-c", file);

        Assert.Equal((ExitCode.Success, ""), (code, error));
        var key = Path.Combine(folder.Path, "cluster.key");
        Assert.StartsWith($"{key}: a new key, its owner's alone (mode 600).", output, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
        var text = await File.ReadAllTextAsync(key, TestContext.Current.CancellationToken);
        Assert.NotNull(SecretKeys.Parse(text, out _));
        Assert.DoesNotContain(text.Trim(), output, StringComparison.Ordinal);

        (code, _, error) = await NodeFixture.CommandAsync("cluster", "secrets", "init", "-c", file);
        Assert.NotEqual(ExitCode.Success, code);
        Assert.Contains(key, error, StringComparison.Ordinal);
        Assert.Equal(text, await File.ReadAllTextAsync(key, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task SecretsInit_NoPoolInTheFile_SaysWhatToAdd()
    {
        var (code, _, error) = await NodeFixture.CommandAsync("cluster", "secrets", "init", "-c", folder.Write("minimal.yaml", Shipped.Read("minimal.yaml")));

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("names no key file — add cluster: { secretKeyFile: cluster.key", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("leave")]
    [InlineData("secrets rotate")]
    public async Task PoolCommand_NodeAlone_SaysWhatToDoInstead(string words)
    {
        await using var node = await NodeFixture.StartAsync();

        var (code, _, error) = await node.RunAsync(["cluster", .. words.Split(' ')]);

        Assert.Equal(ExitCode.Failed, code);
        Assert.StartsWith("edgepool: this node is in no pool — 'systemctl stop edgepool' stops it, 'edgepool dialback rotate' makes a new dialback secret", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("join")]
    [InlineData("migrate")]
    public async Task Command_NoPoolInTheFile_SaysWhatToAdd(string command)
    {
        var now = TimeProvider.System.GetUtcNow();
        folder.Certificate("edge", ["contoso.example"], now.AddDays(-1), now.AddDays(90));

        var (code, _, error) = await NodeFixture.CommandAsync("cluster", command, "-c", folder.Write("minimal.yaml", Shipped.Read("minimal.yaml")));

        Assert.Equal(ExitCode.Configuration, code);
        Assert.Contains("names no pool — add cluster:, see cluster-config/pool", error, StringComparison.Ordinal);
    }
}
