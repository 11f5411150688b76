using EdgePool.Dns.Messages;
using EdgePool.Edge.Advertising;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Topologies;
using EdgePool.Server.Cli.Connection;
using EdgePool.Server.Cli.Documents;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Dns;

/// <summary>The versions of the topology that the store remembers: what they named in DNS is ours.</summary>
internal static class FormerTopologies
{
    /// <summary>All versions that can still be read as a topology.</summary>
    public static async Task<IReadOnlyList<Topology>> ReadAsync(NodeContext context, CancellationToken cancellation)
    {
        var path = DocumentPaths.Document(DocumentKinds.Topology, DocumentKinds.TopologyName) + "/history";
        var history = await context.Node.GetAsync(path, WireJson.Default.DocumentHistory, cancellation);
        return [.. history.Versions.Select(Compiled).OfType<Topology>()];
    }

    /// <summary>What they named in a zone.</summary>
    public static IReadOnlyCollection<DnsRecord> RecordsOf(HostedZone? zone, IReadOnlyList<Topology> topologies)
        => zone is null ? [] : [.. topologies
            .SelectMany(topology => TopologyRecords.Of(topology))
            .SelectMany(part => part.Records)
            .Where(record => record.Name.IsAtOrBelow(DnsName.Parse(zone.Name.Ascii)))
            .Distinct()];

    private static Topology? Compiled(StoredView version)
        => version.Spec is { } spec
            ? PolicyCompiler.Compile([new PolicyDocument(version.Kind, version.Name, version.Version, spec.GetRawText())], version.Version, []).Snapshot?.Topology
            : null;
}
