using System.Collections.Concurrent;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Serving;

namespace EdgePool.Edge.Tests.Fixture;

/// <summary>A name server's zones, and what was asked of them.</summary>
public sealed class ObservedNames : IDnsAuthority
{
    private readonly DnsZones zones = new();
    private readonly ConcurrentQueue<string> asked = new();

    /// <summary>Every question so far: type and name.</summary>
    public IReadOnlyCollection<string> Asked => asked;

    public void Replace(params IEnumerable<DnsZone> newZones) => zones.Replace(newZones);

    public AuthorityAnswer Lookup(DnsName name, DnsType type)
    {
        asked.Enqueue($"{type} {name}");
        return zones.Lookup(name, type);
    }
}
