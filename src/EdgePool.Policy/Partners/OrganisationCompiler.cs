using EdgePool.Policy.Documents;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Policy.Partners;

/// <summary>Compiles the organisation's document.</summary>
internal static class OrganisationCompiler
{
    /// <summary>Compiles.</summary>
    public static Organisation Compile(OrganisationDocument written, PolicyDocument document, DocumentProblems problems)
    {
        DocumentNames.Check(document.Kind, document.Name, problems);
        var names = new HashSet<string>(StringComparer.Ordinal);
        var domains = new Dictionary<DomainName, string>();
        return new Organisation
        {
            Federation = written.Federation ?? true,
            Xmpp = written.Xmpp ?? true,
            Sites = [.. written.Sites.Select((site, index) => Site(site, DocumentProblems.Item("sites", index), names, domains, problems)).OfType<Site>()],
            Source = document,
        };
    }

    private static Site? Site(SiteDocument written, string path, HashSet<string> names, Dictionary<DomainName, string> domains, DocumentProblems problems)
    {
        if (written.Name is null || !DocumentNames.IsWord(written.Name))
        {
            problems.Error(path + ".name", "the site has no usable name", "write name, with letters, digits, '-', '_' and '.', at most 64");
        }
        else if (!names.Add(written.Name))
        {
            problems.Error(path + ".name", $"there is another site {written.Name}", "give each site its own name");
        }

        var own = new List<DomainName>();
        for (var i = 0; i < written.LocalDomains.Count; i++)
        {
            var at = DocumentProblems.Item(path + ".localDomains", i);
            if (DocumentNames.Domain(written.LocalDomains[i], at, problems) is not { } domain)
            {
                continue;
            }

            if (!domains.TryAdd(domain, at))
            {
                problems.Error(at, $"{domain} is already at {domains[domain]}", "keep it once: a domain's users are at one site");
                continue;
            }

            own.Add(domain);
        }

        return written.Name is null ? null : new Site(written.Name, written.Xmpp ?? true, written.FederationRoute ?? true, own);
    }
}
