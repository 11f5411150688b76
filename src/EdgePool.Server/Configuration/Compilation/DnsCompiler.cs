using System.Globalization;
using System.Net;
using EdgePool.Dns.Resolving;
using EdgePool.Dns.Updating;
using EdgePool.Policy.Partners;
using EdgePool.Server.Configuration.Files;
using EdgePool.Server.Configuration.Written;

namespace EdgePool.Server.Configuration.Compilation;

/// <summary>Compiles <c>dns</c>: whom we ask, and where an answer may lead us.</summary>
internal sealed class DnsCompiler(ProblemList problems)
{
    private const ushort DnsPort = 53;

    /// <summary>The name servers.</summary>
    public IReadOnlyList<IPEndPoint> Servers(IReadOnlyList<string> written)
    {
        var servers = new List<IPEndPoint>();
        for (var i = 0; i < written.Count; i++)
        {
            if (HostAndPort.TryParse(written[i], out var host, out var port) && IPAddress.TryParse(host, out var address))
            {
                servers.Add(new IPEndPoint(address, port ?? DnsPort));
                continue;
            }

            problems.Error(
                string.Create(CultureInfo.InvariantCulture, $"dns.servers[{i}]"),
                $"'{Shown.Of(written[i])}' is not address or address:port",
                "write a name server's address, such as \"127.0.0.53:53\" or \"[::1]:53\"");
        }

        return servers;
    }

    /// <summary>Networks in CIDR notation.</summary>
    public IReadOnlyList<IPNetwork> Networks(IReadOnlyList<string> written, string key)
    {
        var networks = new List<IPNetwork>();
        for (var i = 0; i < written.Count; i++)
        {
            // 10.0.0.1/8 parses as 10.0.0.0/8; who wrote it meant one or the other.
            if (IPNetwork.TryParse(written[i], out var network) && IPAddress.Parse(written[i].AsSpan(0, written[i].LastIndexOf('/'))).Equals(network.BaseAddress))
            {
                networks.Add(network);
                continue;
            }

            problems.Error(
                string.Create(CultureInfo.InvariantCulture, $"dns.{key}[{i}]"),
                $"'{Shown.Of(written[i])}' is not a network",
                "write address/prefix with nothing behind the prefix, such as \"192.0.2.0/24\" or \"2001:db8::/32\"");
        }

        return networks;
    }

    /// <summary>Whether the name servers validate DNSSEC and are to be believed.</summary>
    public ValidatingServers? Validating(DnsDocument written)
    {
        var networks = Networks(written.TrustedNetworks, "trustedNetworks");
        if (!written.Validating && written.TrustedNetworks.Count > 0)
        {
            problems.Warn("dns.trustedNetworks", "nothing is believed of name servers that do not validate DNSSEC", "write validating: true, or remove trustedNetworks");
        }

        return written.Validating ? new ValidatingServers(networks) : null;
    }

    /// <summary>Anybody on the way to a name server that is far could say that DNSSEC has validated what it says.</summary>
    public void CheckReach(IReadOnlyList<IPEndPoint> servers, ValidatingServers? validating)
    {
        foreach (var server in validating?.OutOfReach(servers) ?? [])
        {
            problems.Error(
                "dns.validating",
                $"the name server {server} is not on this host: who is on the way to it can say what it likes",
                "run a validating resolver such as unbound on 127.0.0.1, or name the network of one that you reach safely under trustedNetworks");
        }
    }

    /// <summary>The key for updates of zones; no part of it is told.</summary>
    public TsigKey? UpdateKey(string? file, NamedFiles files)
    {
        const string at = "dns.updateKeyFile";
        if (file is null || files.Read(file, at, secret: true) is not { } text)
        {
            return null;
        }

        if (TsigKey.TryParse(text, out var key, out var why))
        {
            return key;
        }

        problems.Error(at, $"{Shown.Of(file, 200)} cannot be used: {why}", "make one with 'tsig-keygen NAME', and bring the same to the primary");
        return null;
    }

    /// <summary>The machine's name servers: where the configuration names none, there have to be some.</summary>
    public IReadOnlyList<IPEndPoint> OfMachine(string resolvConf)
    {
        string fault;
        try
        {
            var servers = ResolvConf.Load(resolvConf).Servers;
            if (!servers.IsEmpty)
            {
                return servers;
            }

            fault = $"{resolvConf} names none";
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            fault = Shown.Of(unreadable.Message, 160);
        }

        problems.Error("dns", $"no name servers: {fault}", "name them here, such as dns: { servers: [\"10.0.0.53:53\"] }, or mend the file", ProblemKind.Machine);
        return [];
    }
}
