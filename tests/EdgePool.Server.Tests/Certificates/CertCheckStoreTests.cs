using System.Text.Json;
using EdgePool.Server.Tests.Management;
using EdgePool.Testing.Certificates;
using Xunit;

namespace EdgePool.Server.Tests.Certificates;

/// <summary><c>cert check</c> of a node whose partners are in its store: it asks the node, reads the store when none runs, and says which it did.</summary>
public sealed class CertCheckStoreTests
{
    private const string Warning = "SASL alone is allowed to careful.example";

    [Fact]
    public async Task Check_PartnersInAStore_AskedOfTheNodeThenReadFromItsFile()
    {
        await using var node = await NodeFixture.StartAsync();
        var config = Path.Combine(node.Folder.Path, "edgepool.yaml");
        using var authority = new TestCertificateAuthority();
        var (file, key) = Write(node.Folder.Path, authority);
        await node.RunAsync("partner", "add", "careful.example", "--partner-type", "Federated", "--sasl-negotiation", "Required");
        await node.RunAsync("partner", "add", "other.example", "--partner-type", "Federated", "--sasl-negotiation", "Optional");

        var running = await CheckAsync(file, key, config);
        Assert.Contains(Warning, running, StringComparison.Ordinal);
        Assert.Contains("\npartners: the 2 of the node that runs\n", running, StringComparison.Ordinal);

        await node.StopNodeAsync();
        var stopped = await CheckAsync(file, key, config);
        Assert.Contains(Warning, stopped, StringComparison.Ordinal);
        Assert.Contains("\npartners: the 2 of the store, read from its file, for no node answers at ", stopped, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(await CheckAsync(file, key, config, "--json"));
        Assert.Equal(("store", 2), json.RootElement.GetProperty("partners") is var partners ? (partners.GetProperty("source").GetString(), partners.GetProperty("count").GetInt32()) : default);

        File.WriteAllBytes(Path.Combine(node.Folder.Path, "store", "store.db"), new byte[4096]);
        var damaged = await CheckAsync(file, key, config);
        Assert.DoesNotContain(Warning, damaged, StringComparison.Ordinal);
        Assert.Contains("\npartners: not known, so nothing is said of what they ask for: no node answers at ", damaged, StringComparison.Ordinal);
    }

    private static async Task<string> CheckAsync(string file, string key, string config, params string[] more)
        => (await NodeFixture.CommandAsync(["cert", "check", file, "--key", key, "-c", config, .. more])).Output;

    private static (string File, string Key) Write(string folder, TestCertificateAuthority authority)
    {
        var issued = authority.Issue(LeafRequest.For("contoso.example") with { Usage = LeafUsage.ServerOnly });
        var (file, key) = (Path.Combine(folder, "new.pem"), Path.Combine(folder, "new.key"));
        File.Copy(issued.CertificateFile, file);
        File.Copy(issued.KeyFile, key);
        return (file, key);
    }
}
