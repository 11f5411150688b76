using System.Collections.Concurrent;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Serving;

namespace EdgePool.Testing.Dns;

/// <summary>What a validating resolver says of an authority's names: each answer is secure, unless the test has made its name insecure or bogus.</summary>
public sealed class ValidatingNames(IDnsAuthority authority) : IDnsAuthority
{
    private readonly ConcurrentDictionary<DnsName, AuthorityOutcome> odd = new();
    private readonly ConcurrentDictionary<(DnsName Name, DnsType Type), int> asked = new();

    /// <summary>Names at or below this one are not signed.</summary>
    public void Unsigned(string name) => odd[DnsName.Parse(name)] = AuthorityOutcome.Records;

    /// <summary>Names at or below this one have signatures that are false or expired: SERVFAIL.</summary>
    public void Bogus(string name) => odd[DnsName.Parse(name)] = AuthorityOutcome.Failed;

    /// <summary>How often it was asked for.</summary>
    public int Asked(string name, DnsType type) => asked.GetValueOrDefault((DnsName.Parse(name), type));

    public AuthorityAnswer Lookup(DnsName name, DnsType type)
    {
        asked.AddOrUpdate((name, type), 1, static (_, count) => count + 1);
        var ruled = odd.Where(entry => name.IsAtOrBelow(entry.Key)).Select(entry => (AuthorityOutcome?)entry.Value).Max();
        return ruled == AuthorityOutcome.Failed
            ? new AuthorityAnswer(AuthorityOutcome.Failed, [], Soa: null)
            : authority.Lookup(name, type) with { Authenticated = ruled is null };
    }
}
