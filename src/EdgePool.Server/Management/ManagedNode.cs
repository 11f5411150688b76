using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Snapshots;
using EdgePool.Edge;
using EdgePool.Policy.Verdicts;
using EdgePool.Server.Advertising;
using EdgePool.Server.Arrivals;
using EdgePool.Server.Configuration;
using EdgePool.Server.Pool;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Management;

/// <summary>What the management interface looks at and works on.</summary>
/// <param name="Node">The running node.</param>
/// <param name="Options">What it was started with.</param>
/// <param name="Store">The store; null: partners are in the node's file.</param>
/// <param name="Journal">Where consents are; null: as <paramref name="Store"/>.</param>
/// <param name="Shared">The pool's store with what this node keeps of it; null: the node is alone.</param>
/// <param name="Pool">The node's seat in its pool.</param>
/// <param name="Log">Where the interface logs.</param>
/// <param name="Started">When the node was ready.</param>
internal sealed record ManagedNode(EdgeNode Node, ServerOptions Options, IDocumentStore? Store, IConsentJournal? Journal, SnapshottedStore? Shared, PoolSeat Pool, ILogger Log, DateTimeOffset Started)
{
    /// <summary>This node's part in electing the advertiser; null: it has no store.</summary>
    public Advertiser? Advertiser { get; init; }

    /// <summary>To which pools partners come; null: the node is alone.</summary>
    public ArrivalWatch? Arrivals { get; init; }

    /// <summary>Who has consented to what.</summary>
    public IConsents Consents => (IConsents?)Node.Consents?.Standing ?? NoConsents.Instance;
}
