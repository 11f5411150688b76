using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace EdgePool.Dns.Service;

/// <summary>Predicates for <see cref="XmppServiceOptions.AllowAddress"/>.</summary>
public static class AddressPolicy
{
    // IANA special-purpose registries: what is not globally reachable, multicast, and the embeddings of IPv4 that need a look inside.
    private static readonly ImmutableArray<IPNetwork> NotPublic =
    [
        IPNetwork.Parse("0.0.0.0/8"), // this network (RFC 791)
        IPNetwork.Parse("10.0.0.0/8"), // private (RFC 1918)
        IPNetwork.Parse("100.64.0.0/10"), // shared address space (RFC 6598)
        IPNetwork.Parse("127.0.0.0/8"), // loopback (RFC 1122)
        IPNetwork.Parse("169.254.0.0/16"), // link-local (RFC 3927)
        IPNetwork.Parse("172.16.0.0/12"), // private (RFC 1918)
        IPNetwork.Parse("192.0.0.0/24"), // protocol assignments (RFC 6890)
        IPNetwork.Parse("192.0.2.0/24"), // documentation (RFC 5737)
        IPNetwork.Parse("192.168.0.0/16"), // private (RFC 1918)
        IPNetwork.Parse("198.18.0.0/15"), // benchmarks (RFC 2544)
        IPNetwork.Parse("198.51.100.0/24"), // documentation (RFC 5737)
        IPNetwork.Parse("203.0.113.0/24"), // documentation (RFC 5737)
        IPNetwork.Parse("224.0.0.0/4"), // multicast (RFC 5771)
        IPNetwork.Parse("240.0.0.0/4"), // reserved and broadcast (RFC 1112, RFC 919)
        IPNetwork.Parse("::/96"), // unspecified, loopback, IPv4-compatible (RFC 4291)
        IPNetwork.Parse("64:ff9b:1::/48"), // local NAT64 (RFC 8215)
        IPNetwork.Parse("100::/64"), // discard (RFC 6666)
        IPNetwork.Parse("2001::/23"), // protocol assignments, with Teredo (RFC 4380)
        IPNetwork.Parse("2001:db8::/32"), // documentation (RFC 3849)
        IPNetwork.Parse("3fff::/20"), // documentation (RFC 9637)
        IPNetwork.Parse("5f00::/16"), // segment routing (RFC 9602)
        IPNetwork.Parse("fc00::/7"), // unique local (RFC 4193)
        IPNetwork.Parse("fe80::/10"), // link-local (RFC 4291)
        IPNetwork.Parse("fec0::/10"), // site-local (RFC 3879)
        IPNetwork.Parse("ff00::/8"), // multicast (RFC 4291)
    ];

    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>
    /// Whether an address is one that a stranger's DNS may send us to: globally reachable unicast. IPv4 inside IPv6 (mapped, 6to4, NAT64)
    /// is judged as the IPv4 address that it is.
    /// </summary>
    public static bool PublicOnly(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = Embedded(address);
        foreach (var network in NotPublic)
        {
            if (network.Contains(plain))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary><see cref="PublicOnly"/> without the networks of our own (the DMZ), and with those that the operator allows all the same.</summary>
    /// <param name="denied">Denied also when public.</param>
    /// <param name="allowed">Allowed also when not public; wins over <paramref name="denied"/>.</param>
    public static Func<IPAddress, bool> PublicExcept(IReadOnlyCollection<IPNetwork> denied, IReadOnlyCollection<IPNetwork> allowed)
        => address =>
        {
            var plain = Embedded(address);
            return allowed.Any(network => network.Contains(plain))
                || (PublicOnly(plain) && !denied.Any(network => network.Contains(plain)));
        };

    /// <summary>Every address but those of the networks denied.</summary>
    /// <param name="denied">Also as IPv4 inside IPv6.</param>
    public static Func<IPAddress, bool> AnyExcept(IReadOnlyCollection<IPNetwork> denied)
        => address =>
        {
            var plain = Embedded(address);
            return !denied.Any(network => network.Contains(plain));
        };

    private static IPAddress Embedded(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        var octets = address.GetAddressBytes().AsSpan();
        if (SixToFour.Contains(address))
        {
            return new IPAddress(octets.Slice(2, 4));
        }

        return Nat64.Contains(address) ? new IPAddress(octets[12..]) : address;
    }
}
