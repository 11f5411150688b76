using System.Text;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Policy.Tables;

/// <summary>Local users: some by name, some by domain. Canonical forms are compared, so every spelling of an address is the same user. Immutable.</summary>
public sealed class UserSet
{
    private readonly Utf8Table<bool> users;
    private readonly Utf8Table<bool> domains;

    /// <summary>Builds a set of bare addresses and whole domains.</summary>
    public UserSet(IReadOnlyList<Jid> users, IReadOnlyList<DomainName> domains)
    {
        ArgumentNullException.ThrowIfNull(users);
        ArgumentNullException.ThrowIfNull(domains);
        this.users = Table(users.Select(user => Encoding.UTF8.GetBytes(user.Bare.Unicode)), users.Count);
        this.domains = Table(domains.Select(domain => domain.Utf8.ToArray()), domains.Count);
        Names = [.. users.Select(user => user.Bare.ToString()), .. domains.Select(domain => "@" + domain)];
    }

    /// <summary>As an operator writes them.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The user is in the set.</summary>
    public bool Contains(in JidSpan user) => users.Contains(user.Bare) || domains.Contains(user.Domain);

    private static Utf8Table<bool> Table(IEnumerable<byte[]> keys, int count)
    {
        var builder = new Utf8Table<bool>.Builder(count);
        foreach (var key in keys)
            builder.TryAdd(key, value: true);
        return builder.Build();
    }
}
