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
        var sites = topology.Domains.ToDictionary(domain => domain.Name, domain => domain.Site.Name);
        var known = topology.Sites.Select(site => site.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var site in organisation.Sites)
        {
            foreach (var domain in site.LocalDomains)
            {
                if (sites.TryGetValue(domain, out var here) && !string.Equals(here, site.Name, StringComparison.Ordinal))
                {
                    problems.Error("domains", $"{domain} is at site {here} here, and at {site.Name} in the Organisation document", "write the same site in both");
                }
            }

            if (!known.Contains(site.Name))
            {
                problems.Warn("sites", $"the organisation's site {site.Name} is not here", "add it with its federationRoute");
            }
        }

        foreach (var domain in nodeDomains.Where(domain => !sites.ContainsKey(domain)))
        {
            problems.Warn("domains", $"{domain}, which this node serves, is not here, so that partners are told nothing of it", "add it under domains");
        }

        return problems.All;
    }
}
