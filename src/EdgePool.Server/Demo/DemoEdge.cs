using System.Net;
using System.Security.Cryptography;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Serving;
using EdgePool.Edge;
using EdgePool.Policy.Partners;
using EdgePool.Server.Demo.Peers;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;

namespace EdgePool.Server.Demo;

/// <summary>What every node of a demo has in common: the domain with its component, the partners, certificates, a name server, and loopback addresses with free ports.</summary>
internal sealed class DemoEdge : IAsyncDisposable
{
    private static readonly IPEndPoint Free = new(IPAddress.Loopback, 0);

    private readonly DnsZones zones = new();
    private readonly DnsServer names;

    public DemoEdge(TimeProvider time)
    {
        Certificates = new DemoCertificates(time);
        names = DnsServer.Start(zones, time);
    }

    /// <summary>Everybody's certificates.</summary>
    public DemoCertificates Certificates { get; }

    /// <summary>The component's secret.</summary>
    public string Secret { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>Where the name server answers.</summary>
    public IPEndPoint Names => names.EndPoint;

    /// <summary>The zone that says where a partner is.</summary>
    public static DnsZone Zone(DemoPartner partner) => Zone(partner.Domain, [("xmpp", 10, partner.EndPoint)]);

    /// <summary>A zone with the S2S service of a domain.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="servers">Each server's host below the domain, its priority, and where it listens.</param>
    public static DnsZone Zone(DomainName domain, IEnumerable<(string Host, ushort Priority, IPEndPoint EndPoint)> servers)
        => DnsZone.Create(domain.Ascii, servers.SelectMany<(string Host, ushort Priority, IPEndPoint EndPoint), DnsRecord>(server =>
        {
            var host = DnsName.Parse($"{server.Host}.{domain.Ascii}");
            return
            [
                new SrvRecord(DnsName.Parse($"_xmpp-server._tcp.{domain.Ascii}"), 60, server.Priority, 0, (ushort)server.EndPoint.Port, host),
                new AddressRecord(host, 60, server.EndPoint.Address),
            ];
        }));

    /// <summary>The name server answers from these zones from now on.</summary>
    public void Publish(params IEnumerable<DnsZone> published) => zones.Replace(published);

    /// <summary>A node.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="partners">The partners' domains.</param>
    /// <param name="listen">Where partners connect; null: on a free port.</param>
    public EdgeOptions Node(string name, IEnumerable<string> partners, IPEndPoint? listen = null)
    {
        var local = DomainName.Parse(DemoNames.Local);
        var policy = PolicyCompiler.Compile([.. partners.Select(static partner => new PartnerDocument { Domain = partner })], [local]).Snapshot
            ?? throw new InvalidOperationException("the demo's policy does not compile");
        return new EdgeOptions
        {
            NodeName = name,
            LocalDomains = [new LocalDomain(local, new BackEndOptions.Component(Secret))],
            Policy = policy,
            S2SListeners = [new S2SListenerOptions(listen ?? Free)],
            InternalListeners = [new InternalListenerOptions(Free, AllowPlain: true, RequireClientCertificate: false, Certificates.Trust)],
            Certificates = [Certificates.ForEdge(DemoNames.Local)],
            Trust = Certificates.Trust,
            DialbackSecrets = new DialbackSecrets(Secret),
            DnsServers = [names.EndPoint],
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await names.DisposeAsync();
        Certificates.Dispose();
    }
}
