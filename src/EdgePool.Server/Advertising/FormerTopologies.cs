using EdgePool.Cluster.Documents;
using EdgePool.Dns.Messages;
using EdgePool.Edge.Advertising;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Topologies;

namespace EdgePool.Server.Advertising;

/// <summary>The versions of the topology that a store remembers: what they named in DNS is ours.</summary>
internal static class FormerTopologies
{
    /// <summary>As many versions as a store keeps.</summary>
    private const int MostVersions = 1_000;

    /// <summary>All versions that can still be read as a topology.</summary>
    /// <exception cref="StoreException">The store does not answer.</exception>
    public static async Task<IReadOnlyList<Topology>> ReadAsync(IDocumentStore store, CancellationToken cancellation)
    {
        var history = await store.HistoryAsync(new DocumentKey(DocumentKinds.Topology, DocumentKinds.TopologyName), MostVersions, cancellation);
        return [.. history.Where(version => version.Body is not null).Select(version => Compiled(version.Version, version.Body!)).OfType<Topology>()];
    }

    /// <summary>A version as a topology; null: it cannot be read as one any more.</summary>
    public static Topology? Compiled(long version, string body)
        => PolicyCompiler.Compile([new PolicyDocument(DocumentKinds.Topology, DocumentKinds.TopologyName, version, body)], version, []).Snapshot?.Topology;

    /// <summary>What they named in a zone.</summary>
    public static IReadOnlyCollection<DnsRecord> RecordsOf(HostedZone? zone, IReadOnlyList<Topology> topologies)
        => zone is null ? [] : [.. topologies
            .SelectMany(topology => TopologyRecords.Of(topology))
            .SelectMany(part => part.Records)
            .Where(record => record.Name.IsAtOrBelow(DnsName.Parse(zone.Name.Ascii)))
            .Distinct()];
}
