using System.Net;
using EdgePool.Policy.Documents;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Policy.Topologies;

/// <summary>Where everything stands: sites, the pools at them, the domains that they serve. From it follow DNS records and routes.</summary>
public sealed record Topology
{
    private readonly IReadOnlyList<HostedZone> zones = [];
    private readonly Dictionary<string, HostedZone>.AlternateLookup<ReadOnlySpan<char>> byApex;

    /// <summary>How long resolvers may keep the records.</summary>
    public required TimeSpan RecordTtl { get; init; }

    /// <summary>What the elected advertiser does about them.</summary>
    public AdvertiseMode Advertise { get; init; }

    /// <summary>How often it looks.</summary>
    public TimeSpan CheckEvery { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The zones that hold the records.</summary>
    public required IReadOnlyList<HostedZone> Zones
    {
        get => zones;
        init
        {
            zones = value;
            byApex = value.DistinctBy(zone => zone.Name).ToDictionary(zone => zone.Name.Ascii, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        }
    }

    /// <summary>The sites, in the order written.</summary>
    public required IReadOnlyList<RoutedSite> Sites { get; init; }

    /// <summary>The pools, in the order written.</summary>
    public required IReadOnlyList<SitePool> Pools { get; init; }

    /// <summary>The organisation's domains, in the order written.</summary>
    public required IReadOnlyList<ServedDomain> Domains { get; init; }

    /// <summary>The document.</summary>
    public required PolicyDocument Source { get; init; }

    /// <summary>The pools that partners are told of, the first choice first.</summary>
    public IEnumerable<SitePool> Advertised => Pools.Where(pool => pool.XmppFederation).OrderBy(pool => pool.Priority);

    /// <summary>The zone that holds a name: the one with the longest apex; null: none of ours does.</summary>
    public HostedZone? ZoneOf(DomainName name)
    {
        ArgumentNullException.ThrowIfNull(name);
        for (var at = 0; ; at++)
        {
            if (byApex.TryGetValue(name.Ascii.AsSpan(at), out var zone))
            {
                return zone;
            }

            var dot = name.Ascii.IndexOf('.', at);
            if (dot < 0)
            {
                return null;
            }

            at = dot;
        }
    }
}

/// <summary>What the elected advertiser does about the records in DNS. A closed set.</summary>
public enum AdvertiseMode
{
    /// <summary>It looks, and says what is wrong.</summary>
    Warn,

    /// <summary>It brings the records to the zones' primary servers too.</summary>
    Publish,

    /// <summary>Nothing.</summary>
    Off,
}

/// <summary>A zone that holds records of the topology.</summary>
/// <param name="Name">Its apex.</param>
/// <param name="Primary">The server that takes updates; null: the zone is edited by hand.</param>
public sealed record HostedZone(DomainName Name, IPEndPoint? Primary);

/// <summary>A site with its way out.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Route">The pools that its users' stanzas leave by, the first that can.</param>
public sealed record RoutedSite(string Name, IReadOnlyList<SitePool> Route);

/// <summary>A pool of edge nodes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Site">The site where it stands.</param>
/// <param name="XmppFederation">Partners are told of it.</param>
/// <param name="Host">Its public host name; null only where it federates with nobody.</param>
/// <param name="Addresses">The public addresses of its nodes.</param>
/// <param name="Port">The port for streams with STARTTLS.</param>
/// <param name="DirectTlsPort">The port for streams with direct TLS (XEP-0368); null: it takes none.</param>
/// <param name="Priority">Of its SRV records.</param>
/// <param name="Weight">Of its SRV records.</param>
/// <param name="Tlsa">TLSA records of its ports.</param>
/// <param name="Nodes">The names of its nodes.</param>
public sealed record SitePool(
    string Name,
    string Site,
    bool XmppFederation,
    DomainName? Host,
    IReadOnlyList<IPAddress> Addresses,
    int Port,
    int? DirectTlsPort,
    int Priority,
    int Weight,
    IReadOnlyList<TlsaText> Tlsa,
    IReadOnlyList<string> Nodes);

/// <summary>A local domain.</summary>
/// <param name="Name">The domain.</param>
/// <param name="Site">The site where its users are.</param>
/// <param name="BackEnds">The pools behind which a back end of it stands.</param>
/// <param name="Caa">Authorities that may issue certificates for it; empty: nothing is said of that.</param>
public sealed record ServedDomain(DomainName Name, RoutedSite Site, IReadOnlyList<SitePool> BackEnds, IReadOnlyList<string> Caa);
