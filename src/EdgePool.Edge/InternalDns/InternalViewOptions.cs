using System.Globalization;
using System.Net;
using EdgePool.Dns.Messages;

namespace EdgePool.Edge.InternalDns;

/// <summary>A name server for internal servers, see <see cref="InternalView"/>.</summary>
/// <param name="Listen">Where it listens, UDP and TCP; port 0 takes a free one.</param>
/// <param name="Hosts">Where it sends internal servers: 1 to <see cref="MaxHosts"/>.</param>
public sealed record InternalViewOptions(IReadOnlyList<IPEndPoint> Listen, IReadOnlyList<ViewHost> Hosts)
{
    /// <summary>So many hosts that one answer still fits a datagram.</summary>
    public const int MaxHosts = 16;

    /// <summary>Where the topology in force names the node's pool, hosts follow from it, see <see cref="TopologyHosts"/>; <see cref="Hosts"/> is this node then.</summary>
    public bool FollowsTopology { get; init; }
}

/// <summary>A node as internal servers reach it.</summary>
/// <param name="Name">Its name in the view.</param>
/// <param name="Addresses">Its inner addresses, at least one.</param>
/// <param name="Port">Its port for internal servers.</param>
/// <param name="Priority">Of the SRV record (RFC 2782), lower first: this site's nodes, then the next site's.</param>
public sealed record ViewHost(DnsName Name, IReadOnlyList<IPAddress> Addresses, ushort Port = 23456, ushort Priority = 10)
{
    /// <summary>
    /// A node as its listeners are reached, under names below <c>edgepool.internal</c>, one for each port. Empty: no other machine could reach it by them, or its name is none of DNS.
    /// </summary>
    /// <param name="node">The node's name.</param>
    /// <param name="inside">Its listeners for internal servers.</param>
    /// <param name="priority">Of the SRV records.</param>
    public static IReadOnlyList<ViewHost> Of(string node, IEnumerable<IPEndPoint> inside, ushort priority = 10)
        => DnsName.TryParse($"{node}.edgepool.internal", out _)
            ? [.. Reached(inside).GroupBy(listener => listener.Port).Select((port, index) => new ViewHost(
                DnsName.Parse(index == 0 ? $"{node}.edgepool.internal" : string.Create(CultureInfo.InvariantCulture, $"{node}-{port.Key}.edgepool.internal")),
                [.. port.Select(listener => listener.Address)],
                (ushort)port.Key,
                priority))]
            : [];

    /// <summary>Of a node's listeners, those that internal servers can be sent to: each names its address, and loopback is one only where there is no other.</summary>
    public static IReadOnlyList<IPEndPoint> Reached(IEnumerable<IPEndPoint> inside)
    {
        var named = inside.Where(listener => !listener.Address.Equals(IPAddress.Any) && !listener.Address.Equals(IPAddress.IPv6Any)).ToList();
        return named.TrueForAll(OnLoopback) ? named : named.FindAll(listener => !OnLoopback(listener));
    }

    private static bool OnLoopback(IPEndPoint listener) => IPAddress.IsLoopback(listener.Address);
}
