using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd;
using EdgePool.Cluster.Etcd.Spaces;

namespace EdgePool.Interop.Tests.Etcd;

/// <summary>Nodes of different versions at one store.</summary>
public sealed class EtcdSchemaTests(OneEtcd etcd) : IClassFixture<OneEtcd>
{
    private static readonly DocumentKey Alpha = new("Partner", "alpha.example");

    // MGT-05: the lower version serves read-only, and knows it.
    [Fact]
    public async Task Write_WhereANewerProgramHasWritten_IsRefused_AndReadingGoesOn()
    {
        var deployment = new EtcdStoreOptions { Etcd = etcd.Servers.NewDeployment() };
        await using var older = new EtcdStore(deployment, TimeProvider.System);
        await using var newer = new EtcdStore(deployment with { Schema = SpaceHead.Schema + 1 }, TimeProvider.System);
        var first = Assert.IsType<WriteOutcome.Written>(await older.WriteAsync([new DocumentChange(Alpha, "1", 0)], "", "", default)).Revision;
        await newer.ReadAsync(default);
        Assert.False(older.IsOutdated || newer.IsOutdated);

        var second = Assert.IsType<WriteOutcome.Written>(await newer.WriteAsync([new DocumentChange(Alpha, "2", first)], "", "", default)).Revision;

        Assert.Equal("2", Assert.Single((await older.ReadAsync(default)).Documents).Body);
        Assert.True(older.IsOutdated);
        var refused = Assert.IsType<WriteOutcome.Refused>(await older.WriteAsync([new DocumentChange(Alpha, "3", second)], "", "", default));
        Assert.Equal((RefusalReason.Unavailable, true), (refused.Why.Reason, refused.Why.Message.StartsWith("a newer EdgePool has written here", StringComparison.Ordinal)));
        Assert.IsType<WriteOutcome.Written>(await newer.WriteAsync([new DocumentChange(Alpha, "3", second)], "", "", default));
    }
}
