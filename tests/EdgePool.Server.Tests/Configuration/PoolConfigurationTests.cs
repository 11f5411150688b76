using System.Net;
using System.Text.RegularExpressions;
using EdgePool.Server.Configuration;
using EdgePool.Server.Configuration.Yaml;
using Xunit;

namespace EdgePool.Server.Tests.Configuration;

/// <summary><c>cluster:</c> of a node's file, and the shipped files of a pool.</summary>
public sealed class PoolConfigurationTests : IDisposable
{
    private readonly ConfigurationFolder folder = new();

    public static TheoryData<string> Nodes => [.. Directory.EnumerateFiles(Path.Combine(Shipped.Folder(), "pool"), "*.yaml").Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];

    public static TheoryData<string> Etcds => [.. Directory.EnumerateFiles(Path.Combine(Shipped.Folder(), "pool/etcd"), "*.yaml").Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];

    public static TheoryData<string, string, string> Bad => new()
    {
        { "pool: site-a", "pool: site_a", ": error: 'site_a' is no name for a pool — use letters, digits, '-' and '.', at most 63" },
        { "  pool: site-a", "  #", ": error: 'pool' is missing — add pool, such as pool: site-a" },
        { "\"10.0.0.11:23457\"", "10.0.0.11", ": error: '10.0.0.11' is not address:port" },
        { "\"10.0.0.11:23457\"", "\"0.0.0.0:23457\"", ": error: 0.0.0.0:23457 is not one address, and the other nodes need one — write the inner interface's address" },
        { "\"10.0.0.11:23457\"", "\"10.0.0.11:23456\"", ": error: 10.0.0.11:23456 is already taken by listeners.internal[0].address — give one of them another port" },
        { "  # advertise: \"edge.example:23457\" ", "  advertise: edge.example ", ": error: 'edge.example' is not host:port — write where the other nodes reach this one" },
        { "secretKeyFile: cluster.key", "secretKeyFile: contoso.secret", ": error: contoso.secret is no key file: line 1 is no key: 32 bytes in base64 — bring the other nodes' file here; 'edgepool cluster secrets init' makes the first one" },
        { "secretKeyFile: cluster.key", "secretKeyFile: open.key", "open.key is open to other users (mode 644) — chmod 600 " },
        { "secretKeyFile: cluster.key", "secretKeyFile: no.key", "no.key does not exist — put it there" },
        { "https://10.0.1.2:2379", "10.0.1.2", ": error: '10.0.1.2' is no endpoint of etcd — write https://host:port" },
        { "https://10.0.1.2:2379", "http://10.0.1.2:2379", ": error: http://10.0.1.2:2379/ is not encrypted, and not an address of this machine's loopback — use https" },
        { "    certificate: etcd-client.pem", "    #", ": error: https needs three files — the authorities of etcd's certificates, this node's certificate and its key" },
        { "key: etcd-client.key ", "key: open.key ", "open.key is open to other users (mode 644) — chmod 600 " },
        { "    # deadline: 4s", "    deadline: 100ms", ": error: deadline is out of range — write a time from 1s to 1m" },
        { "    # prefix: /edgepool/", "    prefix: edgepool", ": error: the prefix of the keys begins and ends with a slash" },
        { "store: { directory: /var/lib/edgepool }", "", ": error: a node of a pool keeps on its own disk what is its own, and has no folder for it — add store: { directory: /var/lib/edgepool }" },
        { "store: {", "dialback: { secretFile: dialback.secret }\nstore: {", ": error: in a pool the dialback secrets are in the store, for all nodes — remove dialback here" },
        { "cluster:\n", "cluster:\n  nodes: 3\n", ": error: 'nodes' is not known here — " },
    };

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Nodes))]
    public void Load_ShippedNode_HasNoProblem(string file)
    {
        var result = folder.Load(Shipped.Read("pool/" + file));

        Assert.Empty(result.Problems.Select(problem => problem.ToString()));
        var (number, cluster) = (file["edge-".Length..][..1], result.Options!.Cluster!);
        Assert.Equal("edge-" + number, result.Options.Edge.NodeName);
        Assert.Equal(("site-a", IPEndPoint.Parse($"10.0.0.1{number}:23457")), (cluster.Pool, cluster.Peer));
        Assert.Equal(3, cluster.Etcd.Endpoints.Count);
        Assert.Equal(Path.Combine(folder.Path, "etcd-client.key"), cluster.Etcd.KeyFile);
        Assert.Equal(("/edgepool/", TimeSpan.FromSeconds(4)), (cluster.Etcd.Prefix, cluster.Etcd.Deadline));
        Assert.False(result.Options.RandomDialbackSecret);
    }

    [Fact]
    public void Load_AddressAdvertised_AnyAddressMayListen()
    {
        var text = Shipped.Read("pool/edge-1.yaml").Replace("\"10.0.0.11:23457\"", "\"0.0.0.0:23457\"", StringComparison.Ordinal).Replace("# advertise:", "advertise:", StringComparison.Ordinal);

        var result = folder.Load(text);

        Assert.Empty(result.Problems.Select(problem => problem.ToString()));
        Assert.Equal((new IPEndPoint(IPAddress.Any, 23457), "edge.example:23457"), (result.Options!.Cluster!.Peer, result.Options.Cluster.Advertise));
    }

    [Theory]
    [MemberData(nameof(Nodes))]
    public void ShippedNodes_DifferInNamesAndAddressesAlone(string file)
    {
        var number = file["edge-".Length..][..1];

        var same = Regex.Replace(Shipped.Read("pool/" + file), $@"(?<=edge-|203\.0\.113\.1|10\.0\.0\.1){number}(?=\D)", "1", RegexOptions.None, TimeSpan.FromSeconds(5));

        Assert.Equal(Shipped.Read("pool/edge-1.yaml"), same);
    }

    // The real one starts with the file of the trial in EdgePool.Interop.Tests.
    [Theory]
    [MemberData(nameof(Etcds))]
    public void ShippedEtcd_IsYamlAndDiffersInNamesAndAddressesAlone(string file)
    {
        var problems = new ProblemList(file);
        Assert.NotNull(YamlFile.Parse(Shipped.Read("pool/etcd/" + file), problems));
        Assert.Empty(problems.InOrder);
        if (file.StartsWith("member-", StringComparison.Ordinal))
        {
            var number = file["member-".Length..][..1];
            Assert.Equal(
                Shipped.Read("pool/etcd/member-1.yaml").Split('\n')[3..9],
                Shipped.Read("pool/etcd/" + file).Replace("etcd-" + number + "\n", "etcd-1\n", StringComparison.Ordinal).Replace($"https://10.0.1.{number}:", "https://10.0.1.1:", StringComparison.Ordinal).Split('\n')[3..9]
                    .Select((line, index) => index == 5 ? Shipped.Read("pool/etcd/member-1.yaml").Split('\n')[8] : line));
        }
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void Load_BadLine_IsToldWithPlaceAndRemedy(string find, string replacement, string expected)
    {
        folder.Write("open.key", Convert.ToBase64String(new byte[32]) + "\n", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        var good = Shipped.Read("pool/edge-1.yaml");
        Assert.Contains(find, good, StringComparison.Ordinal);
        var at = good.IndexOf(find, StringComparison.Ordinal);

        var result = folder.Load(good[..at] + replacement + good[(at + find.Length)..]);

        Assert.Null(result.Options);
        Assert.True(result.Errors.Any(error => error.ToString().Contains(expected, StringComparison.Ordinal)), $"'{expected}' is not among\n{string.Join('\n', result.Problems)}");
        Assert.All(result.Errors, error => Assert.NotNull(error.Position));
    }
}
