using EdgePool.Cluster.Etcd;
using EdgePool.Server.Pool;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Logging;
using EdgePool.Testing.Time;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EdgePool.Server.Tests.Pool;

/// <summary>What is said of the files by which etcd knows the node.</summary>
public sealed class EtcdCertificateWatchTests : IDisposable
{
    private readonly EventCollector logs = new();
    private readonly TestCertificateAuthority authority = new();

    public void Dispose()
    {
        logs.Dispose();
        authority.Dispose();
    }

    [Fact]
    public void Files_OneNewAndThenBoth_AreToldOnceAsBadAndThenAsRenewed() => VirtualThread.Run(async thread =>
    {
        var (first, next) = (authority.Issue("edge-1"), authority.Issue("edge-1"));
        using var stop = new CancellationTokenSource();
        var watching = Watch(first, thread.Time).RunAsync(stop.Token);
        await thread.PassAsync(EtcdCertificateWatch.Interval * 3);
        Assert.Empty(logs.Events);

        File.Copy(next.CertificateFile, first.CertificateFile, overwrite: true);
        await thread.PassAsync(EtcdCertificateWatch.Interval);
        Assert.Empty(logs.Events);
        await thread.PassAsync(EtcdCertificateWatch.Interval * 5);
        Assert.Equal([3531], logs.Events.Select(e => e.Id.Id));

        File.Copy(next.KeyFile, first.KeyFile, overwrite: true);
        await thread.PassAsync(EtcdCertificateWatch.Interval * 3);
        Assert.Equal([3531, 3530], logs.Events.Select(e => e.Id.Id));
        await stop.CancelAsync();
        await watching;
    });

    [Fact]
    public void Certificate_NearItsEnd_IsToldOnceAtEachStage() => VirtualThread.Run(async thread =>
    {
        var left = TimeSpan.FromMinutes(10);
        var end = thread.Time.GetUtcNow() + left - DateTimeOffset.UtcNow;
        var ending = authority.Issue(LeafRequest.For("edge-1") with { NotBefore = end - left * 2, NotAfter = end });
        using var stop = new CancellationTokenSource();
        var watching = Watch(ending, thread.Time).RunAsync(stop.Token);

        await thread.PassAsync(EtcdCertificateWatch.Interval * 3);
        var told = Assert.Single(logs.Events);
        Assert.Equal((3532, LogLevel.Error), (told.Id.Id, told.Level));

        await thread.PassAsync(left);
        Assert.Equal([3532, 3532], logs.Events.Select(e => e.Id.Id));
        await stop.CancelAsync();
        await watching;
    });

    private EtcdCertificateWatch Watch(IssuedCertificate node, TimeProvider time)
        => new(
            new EtcdOptions { Endpoints = [new Uri("https://etcd.example:2379")], AuthorityFile = authority.RootFile, CertificateFile = node.CertificateFile, KeyFile = node.KeyFile },
            time, logs.CreateLogger(PoolLog.Category));
}
