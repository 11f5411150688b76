using EdgePool.Cluster.Etcd;

namespace EdgePool.Cluster.Tests.Etcd;

public sealed class EtcdOptionsTests
{
    [Theory]
    [InlineData("http://127.0.0.1:2379")]
    [InlineData("http://[::1]:2379")]
    [InlineData("http://127.9.9.9:2379")]
    public void Judge_TrialOnThisMachine_IsWell(string endpoint) => Assert.Empty(Of(endpoint).Judge());

    [Fact]
    public void Judge_EncryptedWithFiles_IsWell()
        => Assert.Empty((Of("https://etcd-a.example.net:2379", "https://etcd-b.example.net:2379") with { AuthorityFile = "a", CertificateFile = "c", KeyFile = "k" }).Judge());

    [Theory]
    [InlineData("http://192.0.2.1:2379", "not encrypted")]
    [InlineData("http://localhost.example:2379", "not encrypted")]
    [InlineData("ftp://127.0.0.1/", "no endpoint")]
    [InlineData("http://127.0.0.1:2379/v3", "no endpoint")]
    [InlineData("http://user@127.0.0.1:2379", "no endpoint")]
    [InlineData("https://etcd-a.example.net:2379", "three files")]
    [InlineData(null, "no endpoint of etcd is named")]
    public void Judge_EndpointThatIsNone_SaysWhy(string? endpoint, string part)
        => Assert.Contains(part, Assert.Single(Of(endpoint is null ? [] : [endpoint]).Judge()), StringComparison.Ordinal);

    [Theory]
    [InlineData("/a/", true)]
    [InlineData("//", false)]
    [InlineData("edgepool/", false)]
    [InlineData("/edgepool", false)]
    [InlineData("/edge pool/", false)]
    [InlineData("/édge/", false)]
    public void Judge_Prefix_IsAPathOfAscii(string prefix, bool well) => Assert.Equal(well, (Of("http://127.0.0.1:1") with { Prefix = prefix }).Judge().Count == 0);

    [Fact]
    public void Judge_LongestPrefix_IsTheLongest()
    {
        Assert.Empty((Of("http://127.0.0.1:1") with { Prefix = $"/{new string('p', EtcdOptions.MaxPrefixLength - 2)}/" }).Judge());
        Assert.Single((Of("http://127.0.0.1:1") with { Prefix = $"/{new string('p', EtcdOptions.MaxPrefixLength - 1)}/" }).Judge());
    }

    [Fact]
    public void Judge_SeveralFaults_AreToldTogether()
        => Assert.Equal(3, (Of("http://192.0.2.1:2379") with { Prefix = "x", Deadline = TimeSpan.FromMilliseconds(999) }).Judge().Count);

    [Fact]
    public void Coordinator_WrongOptions_Throws() => Assert.Throws<ArgumentException>(() => new EtcdCoordinator(Of()));

    private static EtcdOptions Of(params string[] endpoints) => new() { Endpoints = [.. endpoints.Select(e => new Uri(e))] };
}
