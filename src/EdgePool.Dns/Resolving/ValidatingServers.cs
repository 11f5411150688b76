using System.Net;

namespace EdgePool.Dns.Resolving;

/// <summary>
/// The operator's word that the name servers validate DNSSEC, and where they are so near that nobody can alter what they say: on loopback, or in these
/// networks. It is what <see cref="StubResolverOptions.TrustAuthenticatedData"/> rests on (RFC 6840 section 5.8, RFC 7672 section 2.1.1).
/// </summary>
/// <param name="Networks">Networks beside loopback.</param>
public sealed record ValidatingServers(IReadOnlyList<IPNetwork> Networks)
{
    /// <summary>The servers whose AD bit could have been set by anybody on the way; empty: all may be believed.</summary>
    public IReadOnlyList<IPEndPoint> OutOfReach(IEnumerable<IPEndPoint> servers)
        => [.. servers.Where(server => !IPAddress.IsLoopback(server.Address) && !Networks.Any(network => network.Contains(server.Address)))];
}
