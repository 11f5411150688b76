using System.Globalization;
using System.Net;
using EdgePool.Policy.Documents;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Policy.Topologies;

/// <summary>Compiles the topology's document: every name that it uses must be one that it has, and what it promises partners must hold together.</summary>
internal sealed class TopologyCompiler(TopologyDocument written, PolicyDocument document, DocumentProblems problems)
{
    /// <summary>What a name of DNS leaves below <c>_xmpps-server._tcp.</c>, and below <c>_65535._tcp.</c></summary>
    public const int LongestDomain = 253 - 19;

    private static readonly TimeSpan DefaultTtl = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan DefaultCheck = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, SitePool> pools = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RoutedSite> sites = new(StringComparer.Ordinal);

    /// <summary>Compiles.</summary>
    public static Topology Compile(TopologyDocument written, PolicyDocument document, DocumentProblems problems)
        => new TopologyCompiler(written, document, problems).Compile();

    private Topology Compile()
    {
        DocumentNames.Check(document.Kind, document.Name, problems);
        Pools();
        Sites();
        var domains = Domains();
        var topology = new Topology
        {
            RecordTtl = written.Dns?.Ttl ?? DefaultTtl,
            Advertise = written.Dns?.Advertise ?? AdvertiseMode.Warn,
            CheckEvery = written.Dns?.CheckEvery ?? DefaultCheck,
            Zones = Zones(domains),
            Sites = [.. sites.Values],
            Pools = [.. pools.Values],
            Domains = domains,
            Source = document,
        };
        Advertised(topology);
        Held(topology);
        if (topology.Advertise is AdvertiseMode.Publish && topology.Zones.All(zone => zone.Primary is null))
        {
            problems.Warn("dns.advertise", "no zone has a primary server, so that nothing is published", "name it: dns: zones: [ { name: contoso.example, primary: \"192.0.2.53\" } ], or write advertise: warn");
        }

        return topology;
    }

    private void Pools()
    {
        var known = written.Sites.Select(site => site.Name).OfType<string>().ToList();
        var reader = new PoolCompiler(known, problems);
        for (var i = 0; i < written.Pools.Count; i++)
        {
            var at = DocumentProblems.Item("pools", i);
            if (Named(written.Pools[i].Name, at, "pool", pools.ContainsKey) && reader.Compile(written.Pools[i], at) is { } pool)
            {
                pools.Add(pool.Name, pool);
            }
        }
    }

    private void Sites()
    {
        for (var i = 0; i < written.Sites.Count; i++)
        {
            var at = DocumentProblems.Item("sites", i);
            if (Named(written.Sites[i].Name, at, "site", sites.ContainsKey))
            {
                var name = written.Sites[i].Name!;
                sites.Add(name, new RoutedSite(name, References(written.Sites[i].FederationRoute, at + ".federationRoute", off: "it is passed over")));
            }
        }
    }

    private List<ServedDomain> Domains()
    {
        var (domains, names) = (new List<ServedDomain>(), new HashSet<DomainName>());
        for (var i = 0; i < written.Domains.Count; i++)
        {
            var (entry, at) = (written.Domains[i], DocumentProblems.Item("domains", i));
            var name = DocumentNames.Domain(entry.Name, at + ".name", problems);
            if (name is { Ascii.Length: > LongestDomain })
            {
                problems.Error(at + ".name", "the domain is too long for its SRV records", "a name of DNS has 253 characters at most, of which _xmpps-server._tcp. takes 19");
            }

            if (name is not null && !names.Add(name))
            {
                problems.Error(at + ".name", $"{name} is written twice", "keep one of the two");
                continue;
            }

            var site = SiteOf(entry, at);
            var backEnds = References(entry.BackEnds, at + ".backEnds", off: null);
            if (entry.BackEnds.Count == 0)
            {
                problems.Error(at + ".backEnds", $"no pool has a back end for {Shown(entry.Name)}", "name the pools behind which one stands, as in backEnds: [edge-a]");
            }

            if (name is not null && site is not null)
            {
                Routed(name, site, at);
                domains.Add(new ServedDomain(name, site, backEnds, Authorities(entry, at)));
            }
        }

        return domains;
    }

    private RoutedSite? SiteOf(ServedDomainDocument entry, string at)
    {
        if (entry.Site is not null && sites.TryGetValue(entry.Site, out var site))
        {
            return site;
        }

        Unknown(at + ".site", "site", entry.Site, sites.Keys);
        return null;
    }

    /// <summary>A domain's stanzas must have a way out.</summary>
    private void Routed(DomainName name, RoutedSite site, string at)
    {
        if (!site.Route.Any(pool => pool.XmppFederation))
        {
            problems.Error(
                at + ".site",
                $"{name} has no route: site {site.Name} names no pool with XMPP federation",
                $"write federationRoute: [POOL, …] at site {site.Name}, the first choice first");
        }
    }

    private string[] Authorities(ServedDomainDocument entry, string at)
    {
        for (var i = 0; i < entry.Caa.Count; i++)
        {
            DocumentNames.Domain(entry.Caa[i], DocumentProblems.Item(at + ".caa", i), problems);
        }

        return [.. entry.Caa];
    }

    /// <summary>The zones as written; where none is, each domain that is not below another one.</summary>
    private List<HostedZone> Zones(List<ServedDomain> domains)
    {
        var zones = new List<HostedZone>();
        for (var i = 0; i < (written.Dns?.Zones.Count ?? 0); i++)
        {
            var (zone, at) = (written.Dns!.Zones[i], DocumentProblems.Item("dns.zones", i));
            if (DocumentNames.Domain(zone.Name, at + ".name", problems) is not { } name)
            {
                continue;
            }

            if (zones.Any(other => other.Name.Equals(name)))
            {
                problems.Error(at + ".name", $"{name} is written twice", "keep one of the two");
            }

            zones.Add(new HostedZone(name, Primary(zone, at)));
        }

        return zones.Count > 0 ? zones : Highest(domains);
    }

    /// <summary>A zone for each domain that is not below another one.</summary>
    private static List<HostedZone> Highest(List<ServedDomain> domains)
    {
        var names = domains.Select(domain => domain.Name.Ascii).ToHashSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        return [.. domains.Where(domain => !IsBelowOne(domain.Name.Ascii)).Select(domain => new HostedZone(domain.Name, Primary: null))];

        bool IsBelowOne(string name)
        {
            for (var dot = name.IndexOf('.'); dot >= 0; dot = name.IndexOf('.', dot + 1))
            {
                if (names.Contains(name.AsSpan(dot + 1)))
                {
                    return true;
                }
            }

            return false;
        }
    }

    private IPEndPoint? Primary(ZoneDocument zone, string at)
    {
        const int Domain = 53;
        if (zone.Primary is null)
        {
            return null;
        }

        if (!zone.Primary.StartsWith('[') && IPAddress.TryParse(zone.Primary, out var alone))
        {
            return new IPEndPoint(alone, Domain);
        }

        if (IPEndPoint.TryParse(zone.Primary, out var server))
        {
            return server.Port == 0 ? new IPEndPoint(server.Address, Domain) : server;
        }

        problems.Error(at + ".primary", $"'{ShownText.Of(zone.Primary)}' is no address", "write the primary's address, such as 192.0.2.53 or 192.0.2.53:5353");
        return null;
    }

    /// <summary>What partners are told must be what was meant.</summary>
    private void Advertised(Topology topology)
    {
        if (topology.Domains.Count > 0 && !topology.Advertised.Any())
        {
            problems.Error("pools", "no pool has XMPP federation, so that partners could reach no domain", "set xmppFederation: true on one");
        }

        foreach (var same in topology.Advertised.GroupBy(pool => pool.Priority).Where(group => group.Count() > 1))
        {
            var names = string.Join(" and ", same.Select(pool => pool.Name));
            foreach (var index in Enumerable.Range(0, written.Pools.Count).Where(i => written.Pools[i] is { Weight: null } pool && same.Any(one => string.Equals(one.Name, pool.Name, StringComparison.Ordinal))))
            {
                problems.Error(
                    DocumentProblems.Item("pools", index) + ".priority",
                    string.Create(CultureInfo.InvariantCulture, $"{names} have the same priority {same.Key}, so that partners divide their streams among them"),
                    "give each its own priority; or, if they are to share, write a weight for each");
            }
        }
    }

    /// <summary>Names that no zone of ours holds can be neither published nor checked for completeness.</summary>
    private void Held(Topology topology)
    {
        foreach (var domain in topology.Domains.Where(domain => topology.ZoneOf(domain.Name) is null))
        {
            problems.Error("dns.zones", $"no zone holds {domain.Name}", "add the zone that does, or remove zones");
        }
    }

    /// <summary>The pools that a list names; each must be there, and once.</summary>
    private List<SitePool> References(IReadOnlyList<string> names, string at, string? off)
    {
        var found = new List<SitePool>();
        for (var i = 0; i < names.Count; i++)
        {
            var item = DocumentProblems.Item(at, i);
            if (!pools.TryGetValue(names[i], out var pool))
            {
                Unknown(item, "pool", names[i], pools.Keys);
            }
            else if (found.Contains(pool))
            {
                problems.Error(item, $"{pool.Name} is written twice", "keep one of the two");
            }
            else
            {
                found.Add(pool);
                if (off is not null && !pool.XmppFederation)
                {
                    problems.Warn(item, $"pool {pool.Name} has XMPP federation switched off: {off}", "switch it on, or leave the pool out");
                }
            }
        }

        return found;
    }

    private bool Named(string? name, string at, string what, Func<string, bool> taken)
    {
        if (name is null || !DocumentNames.IsWord(name))
        {
            problems.Error(at + ".name", $"the {what} has no usable name", "write name, with letters, digits, '-', '_' and '.', at most 64");
            return false;
        }

        if (taken(name))
        {
            problems.Error(at + ".name", $"there is another {what} {name}", $"give each {what} its own name");
            return false;
        }

        return true;
    }

    private void Unknown(string at, string what, string? name, IEnumerable<string> known) => Unknown(problems, at, what, name, known);

    /// <summary>A name that is none of those there are.</summary>
    internal static void Unknown(DocumentProblems problems, string at, string what, string? name, IEnumerable<string> known)
    {
        var remedy = name is not null && Spelling.Nearest(name, known) is { } near ? $"did you mean '{near}'?" : $"name one that is written under {what}s";
        problems.Error(at, name is null ? $"no {what} is named" : $"there is no {what} {Shown(name)}", remedy);
    }

    private static string Shown(string? name) => name is null ? "the domain" : ShownText.Of(name);
}
