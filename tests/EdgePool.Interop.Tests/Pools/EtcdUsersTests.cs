using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using EdgePool.Cluster.Etcd;
using EdgePool.Interop.Tests.Operators;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Testing.Certificates;

namespace EdgePool.Interop.Tests.Pools;

/// <summary>A running node and the etcd of production, as both are shipped: mutual TLS, users of etcd by certificate, and certificates that are renewed.</summary>
public sealed class EtcdUsersTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string folder = Directory.CreateTempSubdirectory("edgepool-users-").FullName;
    private readonly TestCertificateAuthority authority = new("etcd");
    private readonly TestCertificateAuthority next = new("etcd, the next");
    private readonly IPAddress address = LoopbackAddresses.Next();

    public void Dispose()
    {
        authority.Dispose();
        next.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Node_WithItsUser_RunsOnItsPrefixAlone_AndIsToldWhatIsWrong()
    {
        await using var etcd = await ProductionEtcd.StartAsync(folder, authority);
        await etcd.EnableUsersAsync(OptionsOf("root"), "edge-1");
        WriteNode(etcd, "edge-1");
        await SaysAsync("cluster secrets init", 0, "");

        // Somebody whom the authority vouches for, and etcd has never heard of.
        Show(authority, "nobody");
        await SaysAsync("cluster join", 1, "permission denied: give this node's user of etcd (the CN of its certificate) read and write on the deployment's prefix");
        await SaysAsync("run", null, "permission denied: give this node's user of etcd (the CN of its certificate) read and write on the deployment's prefix");

        // A user's name, by an authority that etcd does not know.
        Show(next, "edge-1");
        File.Copy(authority.RootFile, Path.Combine(folder, "etcd-ca.pem"), overwrite: true);
        await SaysAsync("cluster join", 1, "compare the authorities, certificate and key that the configuration names with those of etcd");

        // The node's own, and what is another deployment's.
        Show(authority, "edge-1");
        await SaysAsync("cluster join", 0, "edge-1 may join pool site-a: run it");
        WriteNode(etcd, "edge-1", prefix: "/another/");
        await SaysAsync("cluster join", 1, "permission denied: give this node's user of etcd");

        WriteNode(etcd, "edge-1");
        await using var node = await RunAsync();
        await OperatorAsync("partner add fabrikam.example");
        Assert.Contains("fabrikam.example", await OperatorAsync("get partner"), StringComparison.Ordinal);
        await UntilOwningAsync();
    }

    // Everything is issued anew by another authority: first the node's files, then those of etcd's members, which know the former authority no longer.
    [Fact]
    public async Task Certificates_AllRenewed_TheNodeGoesOnWithoutARestart()
    {
        await using var etcd = await ProductionEtcd.StartAsync(folder, authority);
        await etcd.EnableUsersAsync(OptionsOf("root"), "edge-1");
        WriteNode(etcd, "edge-1");
        Show(authority, "edge-1");
        await SaysAsync("cluster secrets init", 0, "");
        await using var node = await RunAsync();
        await OperatorAsync("partner add fabrikam.example");

        Show(next, "edge-1");
        await node.WaitForLogAsync(" 3530 EtcdCertificateReplaced user=edge-1 ", Patience);
        etcd.Certify(next, next);
        await etcd.RestartAsync();

        await UntilWrittenAsync("partner add late.example");
        Assert.Contains("late.example", await OperatorAsync("get partner"), StringComparison.Ordinal);
        await UntilOwningAsync();
        Assert.DoesNotContain(" 3531 ", node.Log, StringComparison.Ordinal);
    }

    private static IssuedCertificate UserOf(TestCertificateAuthority issuer, string user) => issuer.Issue(new LeafRequest { CommonName = user, DnsNames = [], Usage = LeafUsage.ClientOnly });

    private EtcdOptions OptionsOf(string user)
    {
        var issued = UserOf(authority, user);
        return new() { Endpoints = [], AuthorityFile = authority.RootFile, CertificateFile = issued.CertificateFile, KeyFile = issued.KeyFile };
    }

    private static string Shipped(string name, [CallerFilePath] string here = "")
        => File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../../cluster-config/pool", name));

    /// <summary>The node shows this, and takes etcd by the same authority, from its next connection on.</summary>
    private void Show(TestCertificateAuthority issuer, string user)
    {
        var issued = UserOf(issuer, user);
        PrivateFile.Write(Path.Combine(folder, "etcd-client.key"), File.ReadAllText(issued.KeyFile));
        File.Copy(issued.CertificateFile, Path.Combine(folder, "etcd-client.pem"), overwrite: true);
        File.Copy(issuer.RootFile, Path.Combine(folder, "etcd-ca.pem"), overwrite: true);
    }

    private void WriteNode(ProductionEtcd etcd, string name, string prefix = "/edgepool/")
    {
        var certificate = authority.Issue("contoso.example");
        File.Copy(certificate.CertificateFile, Path.Combine(folder, "edge.pem"), overwrite: true);
        PrivateFile.Write(Path.Combine(folder, "edge.key"), File.ReadAllText(certificate.KeyFile));
        File.Copy(authority.RootFile, Path.Combine(folder, "internal-ca.pem"), overwrite: true);
        PrivateFile.Write(Path.Combine(folder, "contoso.secret"), "a secret of some length\n");
        var text = Regex.Replace(Shipped($"{name}.yaml"), @"(?:203\.0\.113|10\.0\.0)\.1[123]:", address + ":", RegexOptions.None, Patience)
            .Replace("\"https://10.0.1.1:2379\", \"https://10.0.1.2:2379\", \"https://10.0.1.3:2379\"", etcd.Endpoints, StringComparison.Ordinal)
            .Replace("# prefix: /edgepool/", "prefix: " + prefix, StringComparison.Ordinal)
            .Replace("/var/lib/edgepool", Path.Combine(folder, "node"), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder, "edge.yaml"), text);
    }

    /// <summary>Runs a command that speaks to no node. A code of null: any but success.</summary>
    private async Task SaysAsync(string command, int? code, string text)
    {
        await using var process = await ServerProcess.StartAsync(
            "edgepool " + command, Path.Combine(AppContext.BaseDirectory, "edgepool"), [.. command.Split(' '), "-c", Path.Combine(folder, "edge.yaml")], folder);
        var ended = await process.WaitForExitAsync(Patience);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{command}: {ended}\n{process.Log}"));
        Assert.True(code is null ? ended != 0 : ended == code, process.Log);
        Assert.Contains(text, process.Log, StringComparison.Ordinal);
    }

    private async Task<ServerProcess> RunAsync()
    {
        var node = await ServerProcess.StartAsync("edge-1", Path.Combine(AppContext.BaseDirectory, "edgepool"), ["run", "--config", Path.Combine(folder, "edge.yaml")], folder);
        await node.WaitForLogAsync(" 3200 Listening ", Patience);
        return node;
    }

    private EdgeOperator Operator => new(Path.Combine(folder, "node", "edgepool.sock"));

    private Task<string> OperatorAsync(string command) => Operator.DoAsync(command);

    // Right after etcd was away a write is refused, with a text; then it is not.
    private async Task UntilWrittenAsync(string command)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (await Operator.AskAsync(command) is not { Code: 0 } and var (_, said))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Patience, said);
            await Task.Delay(200);
        }
    }

    private async Task UntilOwningAsync()
    {
        var since = TimeProvider.System.GetTimestamp();
        while (await Operator.AskAsync("cluster status") is var (_, said) && !said.Contains("1024 of 1024 have an owner", StringComparison.Ordinal))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Patience, said);
            await Task.Delay(200);
        }
    }
}
