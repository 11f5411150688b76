using System.Net;
using System.Net.Sockets;
using EdgePool.Policy.Documents;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Policy.Topologies;

/// <summary>Compiles the pools of a topology, one after the other.</summary>
internal sealed class PoolCompiler(IReadOnlyList<string> sites, DocumentProblems problems)
{
    private const int S2S = 5269;

    private readonly Dictionary<string, string> nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<DomainName, string> hosts = [];

    /// <summary>The pool; null where it has no site.</summary>
    /// <param name="written">The pool; its name is a good one.</param>
    /// <param name="at">Its path.</param>
    public SitePool? Compile(PoolDocument written, string at)
    {
        var federates = written.XmppFederation ?? true;
        if (written.Site is null || !sites.Contains(written.Site, StringComparer.Ordinal))
        {
            TopologyCompiler.Unknown(problems, at + ".site", "site", written.Site, sites);
        }

        if (federates && written.Priority is null)
        {
            problems.Error(at + ".priority", $"pool {written.Name} has no priority", "write priority, such as 10 for the first choice and 20 for the second");
        }

        if (written.DirectTlsPort is { } direct && direct == (written.Port ?? S2S))
        {
            problems.Error(at + ".directTlsPort", "it is the port for STARTTLS as well", "give direct TLS a port of its own, such as 5270");
        }

        if (written.Nodes.Count == 0)
        {
            problems.Warn(at + ".nodes", $"pool {written.Name} has no nodes", "name them, so that 'edgepool topology status' can tell which of them is missing");
        }

        return new SitePool(
            written.Name!,
            written.Site ?? "",
            federates,
            Host(written, federates, at),
            Addresses(written, federates, at),
            written.Port ?? S2S,
            written.DirectTlsPort,
            written.Priority ?? 0,
            written.Weight ?? 0,
            Tlsa(written, at),
            Nodes(written, at));
    }

    private DomainName? Host(PoolDocument written, bool federates, string at)
    {
        if (written.Host is null && !federates)
        {
            return null;
        }

        if (written.Host is null)
        {
            problems.Error(at + ".host", $"pool {written.Name} has no public host name", "write host, such as edge-a.contoso.example");
            return null;
        }

        if (DocumentNames.Domain(written.Host, at + ".host", problems) is not { } host)
        {
            return null;
        }

        if (host.Ascii.Length > TopologyCompiler.LongestDomain)
        {
            problems.Error(at + ".host", "the host name is too long", "write one of at most 234 characters, so that its records have names in DNS");
        }

        if (!hosts.TryAdd(host, written.Name!))
        {
            problems.Error(at + ".host", $"{host} is the host of pool {hosts[host]}", "give each pool a host name of its own: one name with the addresses of both would mix them");
        }

        return host;
    }

    private List<IPAddress> Addresses(PoolDocument written, bool federates, string at)
    {
        var addresses = new List<IPAddress>();
        for (var i = 0; i < written.Addresses.Count; i++)
        {
            var item = DocumentProblems.Item(at + ".addresses", i);
            if (!TryAddress(written.Addresses[i], out var address))
            {
                problems.Error(item, $"'{ShownText.Of(written.Addresses[i])}' is no address of a host", "write a public IPv4 or IPv6 address, such as 203.0.113.10");
            }
            else if (addresses.Contains(address))
            {
                problems.Error(item, $"{address} is written twice", "keep one of the two");
            }
            else
            {
                addresses.Add(address);
            }
        }

        if (federates && written.Addresses.Count == 0)
        {
            problems.Error(at + ".addresses", $"host {ShownText.Of(written.Host ?? written.Name!)} has no address", "write the public addresses of the pool's nodes, as in addresses: [203.0.113.10]");
        }

        return addresses;
    }

    /// <summary>Dotted quads and IPv6 alone: the short forms that IPAddress takes too, such as 10.1, are likelier a slip.</summary>
    private static bool TryAddress(string text, out IPAddress address)
        => IPAddress.TryParse(text, out address!) && !text.StartsWith('[')
            && (address.AddressFamily is AddressFamily.InterNetworkV6 ? !address.IsIPv6Multicast && address.ScopeId == 0 : text.Count(c => c == '.') == 3 && address.GetAddressBytes()[0] < 224)
            && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any);

    private List<TlsaText> Tlsa(PoolDocument written, string at)
    {
        var records = new List<TlsaText>();
        for (var i = 0; i < written.Tlsa.Count; i++)
        {
            if (TlsaText.TryParse(written.Tlsa[i], out var record))
            {
                records.Add(record);
            }
            else
            {
                problems.Error(
                    DocumentProblems.Item(at + ".tlsa", i),
                    $"'{ShownText.Of(written.Tlsa[i])}' is no TLSA record",
                    "write usage, selector, matching type and hexadecimal data, such as 3 1 1 and the SHA-256 of the key (RFC 6698 section 2.2)");
            }
        }

        return records;
    }

    private string[] Nodes(PoolDocument written, string at)
    {
        for (var i = 0; i < written.Nodes.Count; i++)
        {
            var (name, item) = (written.Nodes[i], DocumentProblems.Item(at + ".nodes", i));
            if (!DocumentNames.IsWord(name))
            {
                problems.Error(item, $"'{ShownText.Of(name)}' is no name of a node", "write what the node's file has as node: { name: … }");
            }
            else if (!nodes.TryAdd(name, written.Name!))
            {
                problems.Error(item, $"node {name} is already in pool {nodes[name]}", "keep it in one pool");
            }
        }

        return [.. written.Nodes];
    }
}
