using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using EdgePool.Edge;
using EdgePool.Policy.Verdicts;
using EdgePool.Server.Configuration;
using EdgePool.Server.Pool;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Management;

/// <summary>What the management interface looks at and works on.</summary>
/// <param name="Node">The running node.</param>
/// <param name="Options">What it was started with.</param>
/// <param name="Store">The store; null: partners are in the node's file.</param>
/// <param name="Journal">Where consents are; null: as <paramref name="Store"/>.</param>
/// <param name="Pool">The node's seat in its pool.</param>
/// <param name="Log">Where the interface logs.</param>
/// <param name="Started">When the node was ready.</param>
internal sealed record ManagedNode(EdgeNode Node, ServerOptions Options, IDocumentStore? Store, IConsentJournal? Journal, PoolSeat Pool, ILogger Log, DateTimeOffset Started)
{
    /// <summary>Who has consented to what.</summary>
    public IConsents Consents => (IConsents?)Node.Consents?.Standing ?? NoConsents.Instance;
}
