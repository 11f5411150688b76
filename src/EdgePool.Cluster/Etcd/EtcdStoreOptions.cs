using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Etcd;

/// <summary>Where a pool's store is, and its limits.</summary>
public sealed record EtcdStoreOptions
{
    /// <summary>Where etcd is.</summary>
    public required EtcdOptions Etcd { get; init; }

    /// <summary>How much it takes: the same on every node.</summary>
    public StoreLimits Limits { get; init; } = StoreLimits.Default;

    /// <summary>Writes of this node that wait, of documents and of consents; one more of a sort is refused.</summary>
    public int MaxWaiting { get; init; } = 1024;

    /// <summary>See <see cref="Spaces.SpaceHead.Schema"/>.</summary>
    internal int Schema { get; init; } = Spaces.SpaceHead.Schema;
}
