using System.Globalization;
using EdgePool.Policy.Access;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Tables;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Policy.Partners;

/// <summary>
/// Compiles what was written into a <see cref="PolicySnapshot"/>. Everything wrong is reported at once, each with its path; nothing half-compiled gets out.
/// Two steps: each document by itself, which the next compilation takes over while the text stays, and then all of them together.
/// </summary>
public static class PolicyCompiler
{
    /// <summary>RFC 6120 section 13.12: an entity must take stanzas of at least this many bytes.</summary>
    public const int SmallestStanzaLimit = 10_000;

    /// <summary>Partners.</summary>
    public const int MostPartners = 250_000;

    /// <summary>Domains of all partners together.</summary>
    public const int MostPartnerDomains = 1_000_000;

    /// <summary>Grants.</summary>
    public const int MostGrants = 1_000_000;

    /// <summary>External access policies.</summary>
    public const int MostAccessPolicies = 10_000;

    /// <summary>Compiles the partners of a node's own file: no access policies, no consents, so a partner whose type is not written is federated.</summary>
    /// <param name="partners">The documents; their paths are <c>partners[0]</c>, <c>partners[1]</c>…</param>
    /// <param name="localDomains">The organisation's own domains, which no partner may have.</param>
    public static PolicyCompilation Compile(IReadOnlyList<PartnerDocument> partners, IEnumerable<DomainName> localDomains)
    {
        ArgumentNullException.ThrowIfNull(partners);
        ArgumentNullException.ThrowIfNull(localDomains);
        var local = localDomains.ToHashSet();
        var problems = new CompilationProblems();
        var claims = new PartnerClaims(partners.Count, local, problems);
        for (var i = 0; i < partners.Count; i++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"partners[{i}]");
            var own = new DocumentProblems("");
            var draft = new PartnerCompiler(own, path + ".").Compile(partners[i], path + ".domain", PartnerType.Federated, source: null);
            claims.Add(draft, document: "");
            problems.Add(own.All);
        }

        return problems.ToCompilation(new PolicyParts
        {
            Partners = claims.Partners,
            ByDomain = claims.Table(),
            LocalDomains = local,
            Locals = Locals(local),
        });
    }

    private static Utf8Table<LocalDomainPolicy> Locals(HashSet<DomainName> domains)
    {
        var locals = new Utf8Table<LocalDomainPolicy>.Builder(domains.Count);
        foreach (var domain in domains)
        {
            locals.TryAdd(domain.Utf8, new LocalDomainPolicy(Site: null, Access: null));
        }

        return locals.Build();
    }

    /// <summary>Compiles the documents of a store. What nobody wrote takes its default, so no documents at all are a closed federation.</summary>
    /// <param name="documents">All of them, in any order.</param>
    /// <param name="version">The store's revision at which they were read.</param>
    /// <param name="localDomains">The organisation's own domains, as this node knows them; the sites' domains are added.</param>
    /// <param name="previous">The snapshot in force, if there is one: what has not changed is taken over from it, so that an edit costs little.</param>
    public static PolicyCompilation Compile(
        IReadOnlyList<PolicyDocument> documents, long version, IEnumerable<DomainName> localDomains, PolicySnapshot? previous = null)
    {
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentNullException.ThrowIfNull(localDomains);
        var earlier = previous is { Gateway: not null } ? previous.Parts : new PolicyParts();
        var compiled = CompiledDocuments.Compile(documents, earlier.Documents);
        return new PolicyLinker(compiled, version, localDomains, earlier).Link();
    }
}
