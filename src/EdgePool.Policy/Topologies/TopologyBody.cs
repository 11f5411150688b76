using System.Net;
using System.Text.Json;
using EdgePool.Policy.Documents;

namespace EdgePool.Policy.Topologies;

/// <summary>Writes the topology's canonical body.</summary>
internal static class TopologyBody
{
    /// <summary>Writes the keys of the document.</summary>
    public static void Write(Utf8JsonWriter json, TopologyDocument topology)
    {
        if (topology.Dns is { } dns)
        {
            json.WriteStartObject("dns");
            CanonicalBody.Time(json, "ttl", dns.Ttl);
            CanonicalBody.Word(json, "advertise", dns.Advertise);
            CanonicalBody.Time(json, "checkEvery", dns.CheckEvery);
            List(json, "zones", dns.Zones, Write);
            json.WriteEndObject();
        }

        List(json, "sites", topology.Sites, Write);
        List(json, "pools", topology.Pools, Write);
        List(json, "domains", topology.Domains, Write);
    }

    private static void Write(Utf8JsonWriter json, ZoneDocument zone)
    {
        CanonicalBody.Text(json, "name", zone.Name is null ? null : CanonicalBody.DomainForm(zone.Name));
        CanonicalBody.Text(json, "primary", zone.Primary);
    }

    private static void Write(Utf8JsonWriter json, RoutedSiteDocument site)
    {
        CanonicalBody.Text(json, "name", site.Name);
        Texts(json, "federationRoute", site.FederationRoute, text => text);
    }

    private static void Write(Utf8JsonWriter json, PoolDocument pool)
    {
        CanonicalBody.Text(json, "name", pool.Name);
        CanonicalBody.Text(json, "site", pool.Site);
        CanonicalBody.Flag(json, "xmppFederation", pool.XmppFederation);
        CanonicalBody.Text(json, "host", pool.Host is null ? null : CanonicalBody.DomainForm(pool.Host));
        Texts(json, "addresses", pool.Addresses, text => IPAddress.TryParse(text, out var address) ? address.ToString() : text);
        CanonicalBody.Number(json, "port", pool.Port);
        CanonicalBody.Number(json, "directTlsPort", pool.DirectTlsPort);
        CanonicalBody.Number(json, "priority", pool.Priority);
        CanonicalBody.Number(json, "weight", pool.Weight);
        Texts(json, "tlsa", pool.Tlsa, text => TlsaText.TryParse(text, out var record) ? record.ToString() : text);
        Texts(json, "nodes", pool.Nodes, text => text);
    }

    private static void Write(Utf8JsonWriter json, ServedDomainDocument domain)
    {
        CanonicalBody.Text(json, "name", domain.Name is null ? null : CanonicalBody.DomainForm(domain.Name));
        CanonicalBody.Text(json, "site", domain.Site);
        Texts(json, "backEnds", domain.BackEnds, text => text);
        Texts(json, "caa", domain.Caa, CanonicalBody.DomainForm);
    }

    private static void List<T>(Utf8JsonWriter json, string key, IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write)
    {
        if (items.Count == 0)
        {
            return;
        }

        json.WriteStartArray(key);
        foreach (var item in items)
        {
            json.WriteStartObject();
            write(json, item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Texts(Utf8JsonWriter json, string key, IReadOnlyList<string> list, Func<string, string> form)
        => CanonicalBody.Texts(json, key, CanonicalBody.Written(list), form);
}
