namespace EdgePool.Policy.Topologies;

/// <summary>The topology as an operator wrote it. What was not written is null and takes its default at compilation.</summary>
public sealed record TopologyDocument
{
    /// <summary>How the records of the topology stand in DNS.</summary>
    public DnsDocument? Dns { get; init; }

    /// <summary>The sites.</summary>
    public IReadOnlyList<RoutedSiteDocument> Sites { get; init; } = [];

    /// <summary>The pools of edge nodes at them.</summary>
    public IReadOnlyList<PoolDocument> Pools { get; init; } = [];

    /// <summary>The organisation's domains.</summary>
    public IReadOnlyList<ServedDomainDocument> Domains { get; init; } = [];
}

/// <summary>DNS as an operator wrote it.</summary>
public sealed record DnsDocument
{
    /// <summary>How long resolvers may keep the records. Default 5 minutes.</summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>What the elected advertiser does about the records. Default <see cref="AdvertiseMode.Warn"/>.</summary>
    public AdvertiseMode? Advertise { get; init; }

    /// <summary>How often it looks. Default 5 minutes.</summary>
    public TimeSpan? CheckEvery { get; init; }

    /// <summary>The zones that hold the records; none written: each domain that is not below another one is a zone.</summary>
    public IReadOnlyList<ZoneDocument> Zones { get; init; } = [];
}

/// <summary>A zone as an operator wrote it.</summary>
public sealed record ZoneDocument
{
    /// <summary>Its apex.</summary>
    public string? Name { get; init; }

    /// <summary>The primary server that takes updates: <c>address</c> or <c>address:port</c>. None: the zone is edited by hand.</summary>
    public string? Primary { get; init; }
}

/// <summary>A site as an operator wrote it.</summary>
public sealed record RoutedSiteDocument
{
    /// <summary>Its name.</summary>
    public string? Name { get; init; }

    /// <summary>The pools that its users' stanzas leave by, the first that can.</summary>
    public IReadOnlyList<string> FederationRoute { get; init; } = [];
}

/// <summary>A pool as an operator wrote it.</summary>
public sealed record PoolDocument
{
    /// <summary>Its name.</summary>
    public string? Name { get; init; }

    /// <summary>The site where it stands.</summary>
    public string? Site { get; init; }

    /// <summary>Partners are told of it. Default true.</summary>
    public bool? XmppFederation { get; init; }

    /// <summary>Its public host name.</summary>
    public string? Host { get; init; }

    /// <summary>The public addresses of its nodes.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>The port for streams with STARTTLS. Default 5269.</summary>
    public int? Port { get; init; }

    /// <summary>The port for streams with direct TLS (XEP-0368); none: it takes none.</summary>
    public int? DirectTlsPort { get; init; }

    /// <summary>The priority of its SRV records: the lowest is tried first.</summary>
    public int? Priority { get; init; }

    /// <summary>The weight of its SRV records among those of one priority. Default 0.</summary>
    public int? Weight { get; init; }

    /// <summary>TLSA records of its ports, such as <c>3 1 1 …</c>.</summary>
    public IReadOnlyList<string> Tlsa { get; init; } = [];

    /// <summary>Its nodes.</summary>
    public IReadOnlyList<string> Nodes { get; init; } = [];
}

/// <summary>A local domain as an operator wrote it.</summary>
public sealed record ServedDomainDocument
{
    /// <summary>The domain.</summary>
    public string? Name { get; init; }

    /// <summary>The site where its users are.</summary>
    public string? Site { get; init; }

    /// <summary>The pools behind which a back end of the domain stands.</summary>
    public IReadOnlyList<string> BackEnds { get; init; } = [];

    /// <summary>Authorities that may issue certificates for it, as CAA records.</summary>
    public IReadOnlyList<string> Caa { get; init; } = [];
}
