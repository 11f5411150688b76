using System.Diagnostics;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd;
using EdgePool.Testing.Certificates;

namespace EdgePool.Interop.Tests.Etcd;

/// <summary>Who speaks to etcd and who answers: mutual TLS with the operator's authorities and no others.</summary>
public sealed class EtcdIdentityTests : IAsyncLifetime, IDisposable
{
    private readonly TestCertificateAuthority authority = new("etcd");
    private readonly TestCertificateAuthority other = new("other");
    private readonly IssuedCertificate node;
    private EtcdServers etcd = null!;

    public EtcdIdentityTests() => node = authority.Issue("edge-a");

    public async ValueTask InitializeAsync()
    {
        var server = authority.Issue("localhost");
        etcd = await EtcdServers.StartAsync(
            1, "--client-cert-auth", "--trusted-ca-file", authority.RootFile, "--cert-file", server.CertificateFile, "--key-file", server.KeyFile);
    }

    public async ValueTask DisposeAsync() => await (etcd?.DisposeAsync() ?? default);

    public void Dispose()
    {
        authority.Dispose();
        other.Dispose();
    }

    [Fact]
    public async Task Known_OnBothSides_IsServed()
    {
        await using var store = Open(Options);

        Assert.IsType<WriteOutcome.Written>(await store.WriteAsync([new DocumentChange(new("K", "n"), "x", 0)], "", "", default));
        Assert.Single((await store.ReadAsync(default)).Documents);
    }

    [Fact]
    public async Task Certificate_OfAnotherAuthority_IsToldAtOnce()
    {
        var stranger = other.Issue("edge-a");
        await RefusedAsync(Options with { CertificateFile = stranger.CertificateFile, KeyFile = stranger.KeyFile });
    }

    [Fact]
    public Task Etcd_OfAnotherAuthority_IsToldAtOnce() => RefusedAsync(Options with { AuthorityFile = other.RootFile });

    [Fact]
    public Task Etcd_UnderAnotherName_IsToldAtOnce() => RefusedAsync(Options with { Endpoints = [new Uri($"https://127.0.0.1:{etcd.Endpoints[0].Port}")] });

    [Fact]
    public void Key_OpenToOthers_IsRefusedBeforeAnybodyIsAsked()
    {
        var open = authority.Issue("edge-b");
        File.SetUnixFileMode(open.KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        var fault = Assert.Throws<StoreException>(() => Open(Options with { CertificateFile = open.CertificateFile, KeyFile = open.KeyFile }));

        Assert.Equal(StoreFault.Permission, fault.Fault);
        Assert.Contains($"chmod 600 {open.KeyFile}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Key_OfAnotherCertificate_IsNamed()
    {
        var foreign = authority.Issue("edge-b").KeyFile;

        Assert.Contains(foreign, Assert.Throws<StoreException>(() => Open(Options with { KeyFile = foreign })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("authority")]
    [InlineData("certificate")]
    [InlineData("key")]
    public void File_Missing_IsNamed(string which)
    {
        var missing = Path.Combine(authority.Directory, "missing.pem");
        var options = which switch
        {
            "authority" => Options with { AuthorityFile = missing },
            "certificate" => Options with { CertificateFile = missing },
            _ => Options with { KeyFile = missing },
        };

        Assert.Contains(missing, Assert.Throws<StoreException>(() => Open(options)).Message, StringComparison.Ordinal);
    }

    private EtcdOptions Options => etcd.NewDeployment() with { AuthorityFile = authority.RootFile, CertificateFile = node.CertificateFile, KeyFile = node.KeyFile };

    private static EtcdStore Open(EtcdOptions options) => new(new EtcdStoreOptions { Etcd = options }, TimeProvider.System);

    // Long before the deadline of 20 s: what does not change by waiting is not waited for.
    private static async Task RefusedAsync(EtcdOptions options)
    {
        await using var store = Open(options);
        var since = Stopwatch.StartNew();

        var fault = await Assert.ThrowsAsync<StoreException>(async () => await store.ReadAsync(default));

        Assert.Equal(StoreFault.Permission, fault.Fault);
        Assert.Contains("compare the authorities, certificate and key", fault.Message, StringComparison.Ordinal);
        Assert.InRange(since.Elapsed.TotalSeconds, 0, 10);
        TestContext.Current.TestOutputHelper?.WriteLine(fault.Message);
    }
}
