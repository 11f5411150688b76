using EdgePool.Policy.Documents;

namespace EdgePool.Policy.Topologies;

/// <summary>Reads the topology's document.</summary>
internal static class TopologyReader
{
    /// <summary>Pools.</summary>
    public const int MostPools = 100;

    /// <summary>Nodes of a pool, and addresses.</summary>
    public const int MostNodes = 64;

    /// <summary>Zones.</summary>
    public const int MostZones = 1_000;

    /// <summary>Authorities of a domain, and TLSA records of a pool.</summary>
    public const int MostRecords = 16;

    private const int MostPort = ushort.MaxValue;

    /// <summary>Reads.</summary>
    public static TopologyDocument Read(JsonMapping keys) => new()
    {
        Dns = keys.Section("dns", Dns),
        Sites = keys.Sections("sites", DocumentReader.MostSites, site => new RoutedSiteDocument
        {
            Name = site.Text("name"),
            FederationRoute = site.Texts("federationRoute", MostPools) ?? [],
        }),
        Pools = keys.Sections("pools", MostPools, Pool),
        Domains = keys.Sections("domains", DocumentReader.MostSiteDomains, domain => new ServedDomainDocument
        {
            Name = domain.Text("name"),
            Site = domain.Text("site"),
            BackEnds = domain.Texts("backEnds", MostPools) ?? [],
            Caa = domain.Texts("caa", MostRecords) ?? [],
        }),
    };

    private static DnsDocument Dns(JsonMapping dns) => new()
    {
        Ttl = dns.Duration("ttl", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
        Advertise = dns.Choice<AdvertiseMode>("advertise"),
        CheckEvery = dns.Duration("checkEvery", TimeSpan.FromSeconds(10), TimeSpan.FromDays(1)),
        Zones = dns.Sections("zones", MostZones, zone => new ZoneDocument { Name = zone.Text("name"), Primary = zone.Text("primary") }),
    };

    private static PoolDocument Pool(JsonMapping pool) => new()
    {
        Name = pool.Text("name"),
        Site = pool.Text("site"),
        XmppFederation = pool.Flag("xmppFederation"),
        Host = pool.Text("host"),
        Addresses = pool.Texts("addresses", MostNodes) ?? [],
        Port = pool.Number("port", 1, MostPort),
        DirectTlsPort = pool.Number("directTlsPort", 1, MostPort),
        Priority = pool.Number("priority", 0, MostPort),
        Weight = pool.Number("weight", 0, MostPort),
        Tlsa = pool.Texts("tlsa", MostRecords) ?? [],
        Nodes = pool.Texts("nodes", MostNodes) ?? [],
    };
}
