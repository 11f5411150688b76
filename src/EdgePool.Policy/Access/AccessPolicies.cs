using System.Runtime.InteropServices;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Tables;

namespace EdgePool.Policy.Access;

/// <summary>
/// Which external access policy applies to whom: the user's own grant, else that of the user's whole domain, else the site's policy, else <c>global</c>.
/// </summary>
public sealed class AccessPolicies
{
    private readonly Utf8Table<AppliedPolicy> users;

    internal AccessPolicies(AppliedPolicy global, IReadOnlyList<AccessPolicy> all, Utf8Table<AppliedPolicy> users)
        => (Global, All, this.users) = (global, all, users);

    /// <summary>The policy for everybody without another.</summary>
    public AppliedPolicy Global { get; }

    /// <summary>Every policy written, in the order of the documents.</summary>
    public IReadOnlyList<AccessPolicy> All { get; }

    /// <summary>Users with a grant of their own.</summary>
    public int UserGrants => users.Count;

    /// <summary>The policy of a local user. No lock, no allocation.</summary>
    /// <param name="bare">The user's canonical bare address.</param>
    /// <param name="domain">What applies to all users of the domain: <see cref="LocalDomainPolicy.Access"/>.</param>
    internal AppliedPolicy Of(ReadOnlySpan<byte> bare, AppliedPolicy domain)
        => users.Count != 0 && users.TryGetValue(bare, out var granted) ? granted : domain;
}

/// <summary>A policy with what makes it apply.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Grant">The grant; null: by site, or global.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct AppliedPolicy(AccessPolicy Policy, PolicyDocument? Grant = null);

/// <summary>What applies to all users of a local domain.</summary>
/// <param name="Site">Where they are; null: at no site.</param>
/// <param name="Access">Their policy unless they have one of their own; null: a node's own file has no access policies.</param>
internal sealed record LocalDomainPolicy(Site? Site, AppliedPolicy? Access);
