using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Etcd;
using EdgePool.Cluster.Tests.Coordination;

namespace EdgePool.Interop.Tests.Etcd;

/// <summary>The contract, with a real etcd and in real time.</summary>
public sealed class EtcdCoordinatorTests(OneEtcd etcd) : CoordinatorContract, IClassFixture<OneEtcd>
{
    protected override Task<ICoordinator> CreateAsync() => Task.FromResult<ICoordinator>(new EtcdCoordinator(etcd.Servers.NewDeployment()));

    // etcd looks for expired leases every half second, raises what is shorter than its election takes, and a machine that is busy takes its time.
    protected override Task ExpireAsync(TimeSpan timeToLive) => Task.Delay(timeToLive + TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
}
