using EdgePool.Policy.Documents;
using EdgePool.Policy.Topologies;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Policy.Partners;

/// <summary>
/// A document compiled by itself. It depends on nothing but its own text, so the next compilation takes it over while the text stays.
/// </summary>
/// <param name="Document">What it was compiled from.</param>
/// <param name="Result">
/// <see cref="Organisation"/>, <see cref="Gateway"/>, <see cref="Topology"/>, <see cref="PartnerDraft"/>, <see cref="Access.AccessPolicy"/> or <see cref="Grant"/>; null when nothing
/// could be made of it.
/// </param>
/// <param name="Problems">What is wrong with it.</param>
/// <param name="HasErrors">It cannot be used.</param>
internal sealed record CompiledDocument(PolicyDocument Document, object? Result, IReadOnlyList<PolicyProblem> Problems, bool HasErrors)
{
    /// <summary>Compiles one document.</summary>
    public static CompiledDocument Compile(PolicyDocument document, SharedRules shared)
    {
        var problems = new DocumentProblems($"{document.Kind}/{ShownText.Of(document.Name, 256)}");
        var result = DocumentReader.Parse(document.Kind, document.Body, problems) switch
        {
            OrganisationDocument organisation => OrganisationCompiler.Compile(organisation, document, problems),
            GatewayDocument gateway => GatewayCompiler.Compile(gateway, document, problems),
            TopologyDocument topology => TopologyCompiler.Compile(topology, document, problems),
            PartnerDocument partner => new PartnerCompiler(problems, "", shared).Compile(
                partner with { Domain = document.Name }, "", PartnerType.PublicUnverified, document),
            AccessPolicyDocument policy => AccessPolicy(policy, document, problems),
            GrantDocument grant => Grant.Compile(grant, document, problems),
            _ => (object?)null,
        };
        return new CompiledDocument(document, result, problems.All, problems.HasErrors);
    }

    private static Access.AccessPolicy? AccessPolicy(AccessPolicyDocument written, PolicyDocument document, DocumentProblems problems)
        => DocumentNames.Check(document.Kind, document.Name, problems) is { } name
            ? new Access.AccessPolicy
            {
                Name = name,
                FederationAccess = written.EnableFederationAccess ?? false,
                XmppAccess = written.EnableXmppAccess ?? false,
                PublicCloudAccess = written.EnablePublicCloudAccess ?? false,
                OutsideAccess = written.EnableOutsideAccess ?? false,
                Description = written.Description ?? "",
                Source = document,
            }
            : null;
}

/// <summary>A grant as compiled: whom it is to and which policy.</summary>
/// <param name="Key">Canonical UTF-8 with U-labels: a bare address, or a domain.</param>
/// <param name="WholeDomain">The key is a domain.</param>
/// <param name="Policy">The policy's name.</param>
/// <param name="Document">The document.</param>
internal sealed record Grant(byte[] Key, bool WholeDomain, string Policy, PolicyDocument Document)
{
    public static Grant? Compile(GrantDocument written, PolicyDocument document, DocumentProblems problems)
    {
        var name = DocumentNames.Check(document.Kind, document.Name, problems);
        if (written.Policy is not { } policy || !policy.StartsWith(Access.AccessPolicy.TagPrefix, StringComparison.Ordinal))
        {
            problems.Error(
                "policy",
                "a grant names the policy that it gives",
                "write policy: tag:NAME; delete the grant to give back what the site or global says");
            return null;
        }

        if (name is null)
        {
            return null;
        }

        var wholeDomain = name.StartsWith(DocumentNames.AllUsersOf, StringComparison.Ordinal);
        var key = wholeDomain
            ? DomainName.Parse(name[DocumentNames.AllUsersOf.Length..]).Utf8.ToArray()
            : System.Text.Encoding.UTF8.GetBytes(Jid.Parse(name).Unicode);
        return new Grant(key, wholeDomain, policy, document);
    }
}
