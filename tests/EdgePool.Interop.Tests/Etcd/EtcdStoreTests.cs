using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd;
using EdgePool.Cluster.Tests.Consents;
using EdgePool.Cluster.Tests.Documents;

namespace EdgePool.Interop.Tests.Etcd;

/// <summary>The contract of documents, with a real etcd.</summary>
public sealed class EtcdDocumentStoreTests(OneEtcd etcd) : DocumentStoreContract, IClassFixture<OneEtcd>
{
    protected override Task<IDocumentStore> CreateAsync(StoreLimits limits, TimeProvider time)
        => Task.FromResult<IDocumentStore>(new EtcdStore(new EtcdStoreOptions { Etcd = etcd.Servers.NewDeployment(), Limits = limits }, time));
}

/// <summary>The contract of consents, with a real etcd.</summary>
public sealed class EtcdConsentJournalTests(OneEtcd etcd) : ConsentJournalContract, IClassFixture<OneEtcd>
{
    private readonly Lazy<EtcdOptions> deployment = new(() => etcd.Servers.NewDeployment());

    protected override Task<IConsentJournal> OpenAsync(StoreLimits limits)
        => Task.FromResult<IConsentJournal>(new EtcdStore(new EtcdStoreOptions { Etcd = deployment.Value, Limits = limits }, TimeProvider.System));
}

/// <summary>The contract of owners' writes, with a real etcd in which the owners are.</summary>
public sealed class EtcdOwnedConsentsTests(OneEtcd etcd) : OwnedConsentsContract, IClassFixture<OneEtcd>, IAsyncDisposable
{
    private readonly Lazy<EtcdOptions> deployment = new(() => etcd.Servers.NewDeployment());
    private EtcdCoordinator? owners;

    public ValueTask DisposeAsync() => owners?.DisposeAsync() ?? default;

    protected override Task<IOwnedConsents> CreateAsync()
        => Task.FromResult<IOwnedConsents>(new EtcdStore(new EtcdStoreOptions { Etcd = deployment.Value }, TimeProvider.System));

    protected override async Task<Condition> OwnAsync(string key)
    {
        owners ??= new EtcdCoordinator(deployment.Value);
        await owners.CommitAsync([], [new KeyChange(key, null)], default);
        var token = await owners.CommitAsync([Condition.Absent(key)], [new KeyChange(key, new byte[1])], default);
        return Condition.CreatedAt(key, token!.Value);
    }
}
