using System.Text;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Policy.Tables;

/// <summary>Local users: some by name, some by domain. Canonical forms are compared, so every spelling of an address is the same user. Immutable.</summary>
public sealed class UserSet
{
    private readonly Utf8Set users;
    private readonly Utf8Set domains;

    /// <summary>Builds a set of bare addresses and whole domains.</summary>
    public UserSet(IReadOnlyList<Jid> users, IReadOnlyList<DomainName> domains)
    {
        ArgumentNullException.ThrowIfNull(users);
        ArgumentNullException.ThrowIfNull(domains);
        this.users = new Utf8Set([.. users.Select(user => Encoding.UTF8.GetBytes(user.Bare.Unicode))]);
        this.domains = new Utf8Set([.. domains.Select(domain => domain.Utf8.ToArray())]);
        Names = [.. users.Select(user => user.Bare.ToString()), .. domains.Select(domain => "@" + domain)];
    }

    /// <summary>As an operator writes them.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The user is in the set.</summary>
    public bool Contains(in JidSpan user) => users.Contains(user.Bare) || domains.Contains(user.Domain);
}
