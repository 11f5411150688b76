using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Policy.Topologies;

/// <summary>What the topology and its neighbours must agree on.</summary>
internal static class TopologyLinks
{
    /// <summary>Everything that does not fit together; none where there is no topology.</summary>
    /// <param name="topology">The topology.</param>
    /// <param name="organisation">The organisation, whose sites have users.</param>
    /// <param name="nodeDomains">The domains that this node serves.</param>
    public static IReadOnlyList<PolicyProblem> Problems(Topology? topology, Organisation organisation, IEnumerable<DomainName> nodeDomains)
    {
        if (topology is null)
        {
            return [];
        }

        var problems = new DocumentProblems(topology.Source.Path);
        foreach (var site in organisation.Sites)
        {
            foreach (var domain in topology.Domains.Where(domain => site.LocalDomains.Contains(domain.Name) && !string.Equals(domain.Site.Name, site.Name, StringComparison.Ordinal)))
            {
                problems.Error("domains", $"{domain.Name} is at site {domain.Site.Name} here, and at {site.Name} in the Organisation document", "write the same site in both");
            }

            if (!topology.Sites.Any(known => string.Equals(known.Name, site.Name, StringComparison.Ordinal)))
            {
                problems.Warn("sites", $"the organisation's site {site.Name} is not here", "add it with its federationRoute");
            }
        }

        foreach (var domain in nodeDomains.Where(domain => !topology.Domains.Any(known => known.Name.Equals(domain))))
        {
            problems.Warn("domains", $"{domain}, which this node serves, is not here, so that partners are told nothing of it", "add it under domains");
        }

        return problems.All;
    }
}
