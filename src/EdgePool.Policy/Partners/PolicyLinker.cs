using System.Globalization;
using System.Text;
using EdgePool.Policy.Access;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Tables;
using EdgePool.Policy.Topologies;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Policy.Partners;

/// <summary>
/// The second step of a compilation: what documents mean together. Whose is each domain, does what is granted exist, is a site's policy for a site.
/// Tables are taken over from the earlier snapshot where their documents are the same.
/// </summary>
internal sealed class PolicyLinker(CompiledDocuments documents, long version, IEnumerable<DomainName> nodeDomains, PolicyParts earlier)
{
    private readonly CompilationProblems problems = new();

    /// <summary>Links.</summary>
    public PolicyCompilation Link()
    {
        var organisation = Single<Organisation>(DocumentKinds.Organisation) ?? Organisation.Default;
        var gateway = Single<Gateway>(DocumentKinds.Gateway) ?? Gateway.Default;
        var topology = Single<Topology>(DocumentKinds.Topology);
        var written = organisation.Sites.SelectMany(site => site.LocalDomains).Concat(topology?.Domains.Select(domain => domain.Name) ?? []);
        var local = nodeDomains.Concat(written).ToHashSet();
        var sameLocals = local.SetEquals(earlier.LocalDomains);
        var parts = earlier with { Version = version, Organisation = organisation, Gateway = gateway, Topology = topology, LocalDomains = local, Documents = documents };
        problems.Add(TopologyLinks.Problems(topology, organisation, nodeDomains));
        parts = Access(Partners(parts, sameLocals), sameLocals);
        foreach (var unknown in documents.All.Where(compiled => !DocumentKinds.All.Contains(compiled.Document.Kind, StringComparer.Ordinal)))
        {
            problems.Add(unknown.Problems);
        }

        return problems.ToCompilation(parts);
    }

    private T? Single<T>(string kind)
        where T : class
    {
        var all = documents.Of(kind);
        for (var i = 0; i < all.Count; i++)
        {
            if (i > 0)
            {
                problems.Error(all[i].Document.Path, "there is one document of this kind", "keep one");
            }

            problems.Add(all[i].Problems);
        }

        return all.Count == 0 ? null : all[0].Result as T;
    }

    private PolicyParts Partners(PolicyParts parts, bool sameLocals)
    {
        var all = documents.Of(DocumentKinds.Partner);
        TooMany(all.Count, PolicyCompiler.MostPartners, "partners");
        var taken = sameLocals && documents.Same(earlier.Documents, DocumentKinds.Partner);
        var claims = taken ? null : new PartnerClaims(all.Count, parts.LocalDomains, problems);
        foreach (var compiled in all)
        {
            if (claims is not null && compiled.Result is PartnerDraft draft)
            {
                claims.Add(draft, compiled.Document.Path);
            }

            problems.Add(compiled.Problems);
        }

        if (claims is null)
        {
            return parts;
        }

        TooMany(claims.Domains, PolicyCompiler.MostPartnerDomains, "domains of partners");
        return parts with { Partners = claims.Partners, ByDomain = claims.Table() };
    }

    private PolicyParts Access(PolicyParts parts, bool sameLocals)
    {
        string[] kinds = [DocumentKinds.AccessPolicy, DocumentKinds.Grant];
        if (sameLocals && earlier.Access is not null && documents.Same(earlier.Documents, DocumentKinds.Organisation)
            && kinds.All(kind => documents.Same(earlier.Documents, kind)))
        {
            foreach (var compiled in kinds.SelectMany(documents.Of))
            {
                problems.Add(compiled.Problems);
            }

            return parts;
        }

        var policies = Policies(parts.Organisation);
        var global = new AppliedPolicy(policies.GetValueOrDefault(AccessPolicy.GlobalName) ?? AccessPolicy.Closed);
        var domains = new Utf8Table<AppliedPolicy>.Builder(16);
        var users = Grants(policies, parts.LocalDomains, domains);
        var locals = Locals(parts, policies, global, domains.Build());
        return parts with { Access = new AccessPolicies(global, [.. policies.Values], users), Locals = locals };
    }

    private Dictionary<string, AccessPolicy> Policies(Organisation organisation)
    {
        var all = documents.Of(DocumentKinds.AccessPolicy);
        TooMany(all.Count, PolicyCompiler.MostAccessPolicies, "access policies");
        var policies = new Dictionary<string, AccessPolicy>(StringComparer.Ordinal);
        foreach (var compiled in all)
        {
            if (compiled.Result is AccessPolicy policy)
            {
                CheckSite(policy, compiled.Document, organisation);
                if (!policies.TryAdd(policy.Name, policy))
                {
                    problems.Error(compiled.Document.Path, "there is another document of this name", "keep one");
                }
            }

            problems.Add(compiled.Problems);
        }

        return policies;
    }

    private void CheckSite(AccessPolicy policy, PolicyDocument document, Organisation organisation)
    {
        if (!policy.Name.StartsWith(AccessPolicy.SitePrefix, StringComparison.Ordinal))
        {
            return;
        }

        var site = policy.Name[AccessPolicy.SitePrefix.Length..];
        var names = organisation.Sites.Select(known => known.Name).ToList();
        if (!names.Contains(site, StringComparer.Ordinal))
        {
            var near = Spelling.Nearest(site, names);
            problems.Error(
                document.Path,
                $"the organisation has no site '{site}'",
                near is null ? "add it under sites of the Organisation document first" : $"did you mean '{near}'?");
        }
    }

    private Utf8Table<AppliedPolicy> Grants(
        Dictionary<string, AccessPolicy> policies, IReadOnlySet<DomainName> local, Utf8Table<AppliedPolicy>.Builder domains)
    {
        var all = documents.Of(DocumentKinds.Grant);
        TooMany(all.Count, PolicyCompiler.MostGrants, "grants");
        var localNames = local.Select(domain => domain.Unicode).ToHashSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        var users = new Utf8Table<AppliedPolicy>.Builder(Math.Min(all.Count, PolicyCompiler.MostGrants));
        foreach (var compiled in all)
        {
            if (compiled.Result is Grant grant)
            {
                Apply(grant, policies, users, domains);
                CheckLocal(grant, localNames);
            }

            problems.Add(compiled.Problems);
        }

        return users.Build();
    }

    private void Apply(
        Grant grant, Dictionary<string, AccessPolicy> policies, Utf8Table<AppliedPolicy>.Builder users, Utf8Table<AppliedPolicy>.Builder domains)
    {
        if (!policies.TryGetValue(grant.Policy, out var policy))
        {
            var near = Spelling.Nearest(grant.Policy, policies.Keys.Where(name => name.StartsWith(AccessPolicy.TagPrefix, StringComparison.Ordinal)));
            problems.Error(
                $"{grant.Document.Path}: policy",
                $"there is no access policy '{ShownText.Of(grant.Policy)}'",
                near is null ? "write it first, or grant one that there is" : $"did you mean '{near}'?");
            return;
        }

        var applied = new AppliedPolicy(policy, grant.Document);
        if (!(grant.WholeDomain ? domains : users).TryAdd(grant.Key, applied))
        {
            problems.Error(grant.Document.Path, "there is another grant for this name in another spelling", "keep one");
        }
    }

    private void CheckLocal(Grant grant, HashSet<string>.AlternateLookup<ReadOnlySpan<char>> local)
    {
        if (problems.WarningsAreFull)
        {
            return;
        }

        var text = Encoding.UTF8.GetString(grant.Key);
        var domain = text.AsSpan(text.LastIndexOf('@') + 1);
        if (!local.Contains(domain))
        {
            problems.Warn(grant.Document.Path, $"{ShownText.Of(domain.ToString())} is no local domain", "delete the grant, unless the domain is to come");
        }
    }

    private static Utf8Table<LocalDomainPolicy> Locals(
        PolicyParts parts, Dictionary<string, AccessPolicy> policies, AppliedPolicy global, Utf8Table<AppliedPolicy> granted)
    {
        var sites = parts.Organisation.Sites
            .SelectMany(site => site.LocalDomains.Select(domain => (domain, site)))
            .ToDictionary(pair => pair.domain, pair => pair.site);
        var locals = new Utf8Table<LocalDomainPolicy>.Builder(parts.LocalDomains.Count);
        foreach (var domain in parts.LocalDomains)
        {
            var site = sites.GetValueOrDefault(domain);
            var bySite = site is not null && policies.TryGetValue(AccessPolicy.SitePrefix + site.Name, out var policy) ? new AppliedPolicy(policy) : global;
            locals.TryAdd(domain.Utf8, new LocalDomainPolicy(site, granted.TryGetValue(domain.Utf8, out var byDomain) ? byDomain : bySite));
        }

        return locals.Build();
    }

    private void TooMany(int count, int most, string what)
    {
        if (count > most)
        {
            problems.Error(
                "",
                string.Create(CultureInfo.InvariantCulture, $"there are {count} {what}"),
                string.Create(CultureInfo.InvariantCulture, $"keep at most {most}"));
        }
    }
}
