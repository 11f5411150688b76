using EdgePool.Dns.Resolving;

namespace EdgePool.Edge.Transport;

/// <summary>Which name servers are asked, and how: by a node, and by a probe that does as a node.</summary>
internal static class NameResolution
{
    /// <summary>The name servers that the options name; where they name none, the machine's, with its times.</summary>
    /// <exception cref="NameServerException">The options name none, and the machine's file cannot be read or names none.</exception>
    public static StubResolverOptions Of(EdgeOptions options)
    {
        var asked = options.DnsServers.Count > 0 ? new StubResolverOptions { Servers = options.DnsServers } : OfMachine(options.ResolvConfFile);
        // The machine's file may have changed since the configuration was checked.
        return asked with { TrustAuthenticatedData = options.ValidatingDns?.OutOfReach(asked.Servers).Count == 0 };
    }

    private static StubResolverOptions OfMachine(string path)
    {
        try
        {
            var file = ResolvConf.Load(path);
            return file.Servers.IsEmpty ? throw new NameServerException($"{path} names none") : file.ToOptions();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new NameServerException(fault.Message, fault);
        }
    }
}
