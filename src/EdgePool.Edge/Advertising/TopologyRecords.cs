using System.Globalization;
using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Policy.Topologies;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.Advertising;

/// <summary>The records of one zone.</summary>
/// <param name="Zone">The zone; null: the names are in none of ours, so somebody else has to see to them.</param>
/// <param name="Records">The records, those of a name and type together.</param>
public sealed record ZoneRecords(HostedZone? Zone, IReadOnlyList<DnsRecord> Records);

/// <summary>The DNS records that follow from a topology. Pure: the same topology gives the same records in the same order.</summary>
public static class TopologyRecords
{
    internal const string StartTls = "_xmpp-server._tcp";
    internal const string DirectTls = "_xmpps-server._tcp";

    /// <summary>All records, by the zones that hold them; zones without any are left out.</summary>
    public static IReadOnlyList<ZoneRecords> Of(Topology topology)
    {
        ArgumentNullException.ThrowIfNull(topology);
        var ttl = (uint)topology.RecordTtl.TotalSeconds;
        var byZone = topology.Domains.Select(domain => (domain.Name, Records: Domain(domain, topology, ttl)))
            .Concat(topology.Advertised.Select(pool => (Name: pool.Host!, Records: Host(pool, ttl))))
            .GroupBy(part => topology.ZoneOf(part.Name));
        return [.. byZone
            .Select(group => new ZoneRecords(group.Key, [.. group.SelectMany(part => part.Records)]))
            .Where(zone => zone.Records.Count > 0)
            .OrderBy(zone => zone.Zone is { } ours ? topology.Zones.TakeWhile(other => other != ours).Count() : int.MaxValue)];
    }

    /// <summary>Where partners look for a domain: SRV for STARTTLS, and for direct TLS where a pool takes it (XEP-0368).</summary>
    private static IEnumerable<DnsRecord> Domain(ServedDomain domain, Topology topology, uint ttl)
    {
        foreach (var pool in topology.Advertised)
        {
            yield return Service(StartTls, domain.Name, pool, pool.Port, ttl);
        }

        foreach (var pool in topology.Advertised.Where(pool => pool.DirectTlsPort is not null))
        {
            yield return Service(DirectTls, domain.Name, pool, pool.DirectTlsPort!.Value, ttl);
        }

        foreach (var authority in domain.Caa)
        {
            yield return new CaaRecord(Name(domain.Name), ttl, Flags: 0, "issue", authority);
        }
    }

    private static SrvRecord Service(string service, DomainName domain, SitePool pool, int port, uint ttl)
        => new(DnsName.Parse($"{service}.{domain.Ascii}"), ttl, (ushort)pool.Priority, (ushort)pool.Weight, (ushort)port, Name(pool.Host!));

    private static IEnumerable<DnsRecord> Host(SitePool pool, uint ttl)
    {
        foreach (var address in pool.Addresses.OrderBy(address => address.AddressFamily))
        {
            yield return new AddressRecord(Name(pool.Host!), ttl, new IPAddress(address.GetAddressBytes()));
        }

        foreach (var port in (int?[])[pool.Port, pool.DirectTlsPort])
        {
            foreach (var tlsa in pool.Tlsa.Where(_ => port is not null))
            {
                var owner = DnsName.Parse(string.Create(CultureInfo.InvariantCulture, $"_{port}._tcp.{pool.Host!.Ascii}"));
                yield return new TlsaRecord(owner, ttl, tlsa.Usage, tlsa.Selector, tlsa.Matching, Convert.FromHexString(tlsa.Data));
            }
        }
    }

    private static DnsName Name(DomainName domain) => DnsName.Parse(domain.Ascii);
}
