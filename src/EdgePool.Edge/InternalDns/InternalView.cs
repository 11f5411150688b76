using System.Collections.Frozen;
using System.Collections.Immutable;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Serving;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.InternalDns;

/// <summary>
/// The DNS as internal servers are to see it: each partner that policy allows is at our nodes' inner port, by SRV (RFC 6120 section 3.2.1) and by A and AAAA.
/// Everything else is refused, and nothing is asked of anybody: what is no partner's does not exist for internal servers.
/// </summary>
/// <param name="policy">The policy in force.</param>
/// <param name="hosts">The nodes by that policy, at least one, see <see cref="InternalViewOptions"/>; the same list as long as nothing changes.</param>
public sealed class InternalView(Func<PolicySnapshot> policy, Func<PolicySnapshot, IReadOnlyList<ViewHost>> hosts) : IDnsAuthority
{
    /// <summary>Seconds that an answer may be kept: as long as it may take internal servers to see a change of policy or of nodes.</summary>
    public const uint Ttl = 60;

    private const string Service = "_xmpp-server._tcp.";

    /// <summary>What exists below a domain without a record: the service over direct TLS, which the inner port is not, and the names above the services.</summary>
    private static readonly string[] Empty = ["_xmpps-server._tcp.", "_tcp."];

    private volatile HostTable? last;

    /// <summary>A view of nodes that never change.</summary>
    public InternalView(Func<PolicySnapshot> policy, IReadOnlyList<ViewHost> hosts)
        : this(policy, _ => hosts)
    {
    }

    /// <inheritdoc/>
    public AuthorityAnswer Lookup(DnsName name, DnsType type)
    {
        ArgumentNullException.ThrowIfNull(name);
        var inForce = policy();
        var table = Table(hosts(inForce));
        if (table.ByName.TryGetValue(name, out var host))
            return Answer(name, Addresses(name, [host], type));

        var text = name.ToString();
        if (Below(Service, text) is { } asked)
            return Allows(inForce, asked) ? Answer(name, type is DnsType.SRV ? Services(name, table) : []) : NotOurs;
        if (Array.Find(Empty, prefix => Below(prefix, text) is not null) is { } empty)
            return Allows(inForce, text[empty.Length..]) ? Answer(name, []) : NotOurs;
        return Allows(inForce, text) ? Answer(name, Addresses(name, table.Nearest, type)) : NotOurs;
    }

    private HostTable Table(IReadOnlyList<ViewHost> now)
    {
        if (last is not { } table || !ReferenceEquals(table.All, now))
            last = table = new HostTable(now, now.ToFrozenDictionary(host => host.Name), [.. now.Where(host => host.Priority == now.Min(other => other.Priority))]);
        return table;
    }

    private static AuthorityAnswer NotOurs { get; } = new(AuthorityOutcome.NotOurs, [], null);

    private static string? Below(string prefix, string name) => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? name[prefix.Length..] : null;

    private static AuthorityAnswer Answer(DnsName name, IEnumerable<DnsRecord> records)
    {
        ImmutableArray<DnsRecord> answers = [.. records];
        var soa = new SoaRecord(name, Ttl, name, name, Serial: 1, Refresh: 3600, Retry: 600, Expire: 86400, Minimum: Ttl);
        return new AuthorityAnswer(answers.IsEmpty ? AuthorityOutcome.NoData : AuthorityOutcome.Records, answers, soa);
    }

    private static IEnumerable<DnsRecord> Addresses(DnsName name, IEnumerable<ViewHost> of, DnsType type)
        => of.SelectMany(host => host.Addresses).Distinct().Select(address => new AddressRecord(name, Ttl, address)).Where(record => record.Type == type);

    private static IEnumerable<DnsRecord> Services(DnsName name, HostTable table) => table.All.Select(host => new SrvRecord(name, Ttl, host.Priority, Weight: 1, host.Port, host.Name));

    /// <summary>The domain is one of a partner that may federate.</summary>
    private static bool Allows(PolicySnapshot policy, string domain)
        => !domain.StartsWith('_') && DomainName.TryParse(domain, out var canonical) && !canonical.IsAddressLiteral
            && policy.Judge(canonical.Utf8, out _) is VerdictReason.Allowed;

    private sealed record HostTable(IReadOnlyList<ViewHost> All, FrozenDictionary<DnsName, ViewHost> ByName, IReadOnlyList<ViewHost> Nearest);
}
