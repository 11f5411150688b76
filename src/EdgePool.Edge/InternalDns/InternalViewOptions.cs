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
}

/// <summary>A node as internal servers reach it.</summary>
/// <param name="Name">Its name in the view.</param>
/// <param name="Addresses">Its inner addresses, at least one.</param>
/// <param name="Port">Its port for internal servers.</param>
/// <param name="Priority">Of the SRV record (RFC 2782), lower first: this site's nodes, then the next site's.</param>
public sealed record ViewHost(DnsName Name, IReadOnlyList<IPAddress> Addresses, ushort Port = 23456, ushort Priority = 10);
