using System.Net;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Membership;
using EdgePool.Dns.Serving;
using EdgePool.Edge.Peers;
using EdgePool.Edge.Tests.Fixture;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Logging;
using EdgePool.Testing.Peers;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Peers;

/// <summary>Nodes of one pool, or of several, in one process, with real sockets on loopback: d.example and e.example are components, p1.example a partner.</summary>
internal sealed class PoolScene : IAsyncDisposable
{
    public const string Secret = "component secret";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock gate = new();
    private readonly ObservedNames zones = new();
    private readonly DnsServer names;
    private readonly List<EdgeNode> nodes = [];
    private PoolView view = PoolView.Empty;

    public PoolScene()
    {
        names = DnsServer.Start(zones, TimeProvider.System);
        P1 = Authority.Issue("p1.example");
        Partner = new PartnerServer("p1.example", P1);
        zones.Replace([EdgeFixture.Zone("p1.example", Partner.EndPoint)]);
    }

    public TestCertificateAuthority Authority { get; } = new();

    public IssuedCertificate P1 { get; }

    public PartnerServer Partner { get; }

    public EmbeddedCoordinator Store { get; } = new();

    public EventCollector Logs { get; } = new();

    public PoolView View => Volatile.Read(ref view);

    /// <summary>A node that runs, with its record in the view.</summary>
    public async Task<EdgeNode> StartAsync(string name, PeerIdentity? identity = null, string? instance = null, Func<EdgeOptions, EdgeOptions>? change = null, string? peer = null, Action<EdgeNode>? starting = null, bool accepting = true, string pool = "pool")
    {
        identity ??= PeerIdentity.Create();
        instance ??= $"{name}-{nodes.Count}";
        var options = Options(name, new PoolOptions(pool, instance, new IPEndPoint(IPAddress.Loopback, 0), identity, () => View, Store)
        {
            Timeouts = new PeerTimeouts { Ping = TimeSpan.FromMilliseconds(50), BackoffMin = TimeSpan.FromMilliseconds(10), BackoffMax = TimeSpan.FromMilliseconds(50) },
        });
        var node = new EdgeNode(change?.Invoke(options) ?? options, Logs);
        nodes.Add(node);
        await node.OpenAsync();
        if (accepting)
            node.Accept();
        starting?.Invoke(node);
        var lease = await Store.GrantAsync(TimeSpan.FromHours(1), default);
        Tell(new NodeRecord(name, pool, instance, "1", peer ?? node.PeerEndPoint!.ToString(), PeerKey: identity.Key) { Lease = lease });
        return node;
    }

    /// <summary>d.example is an internal server on loopback.</summary>
    public EdgeOptions WithServer(EdgeOptions options, int port) => options with
    {
        LocalDomains =
        [
            new LocalDomain(
                DomainName.Parse("d.example"),
                new BackEndOptions.Server("127.0.0.1", port, new NegotiationTerms(AuthenticationMethods.SaslOverTls | AuthenticationMethods.TlsDialback), options.Trust)),
            options.LocalDomains.Single(local => local.Name.Ascii == "e.example"),
        ],
    };

    /// <summary>The record stands from now on.</summary>
    public void Tell(NodeRecord record)
    {
        lock (gate)
            view = new PoolView(view.Revision + 1, view.Nodes.SetItem(record.Name, record));
    }

    public void Forget(string name)
    {
        lock (gate)
            view = new PoolView(view.Revision + 1, view.Nodes.Remove(name));
    }

    public static Task LinkedAsync(EdgeNode node, params string[] others) => UntilAsync(() => others.All(node.LinkedNodes.Contains));

    public static Task UntilAsync(Func<bool> condition) => UntilAsync(() => new ValueTask<bool>(condition()));

    public static async Task UntilAsync(Func<ValueTask<bool>> condition)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Patience, "it did not come to that in time");
            await Task.Delay(5);
        }
    }

    public Task<ComponentClient> ConnectAsync(EdgeNode node, string component) => ComponentClient.ConnectAsync(node.InternalEndPoints[0], component, Secret);

    /// <summary>Waits until a node knows that other nodes have a component.</summary>
    public static Task KnowsAsync(EdgeNode node, string component, int nodes = 1)
        => UntilAsync(() => node.ComponentsElsewhere.Count(domain => domain.Ascii == component) == nodes);

    /// <summary>The partner's stream to a node.</summary>
    public async Task<RawPeer> PartnerAtAsync(EdgeNode node)
    {
        const string From = "p1.example";
        const string To = "d.example";
        var peer = await RawPeer.ConnectAsync(node.S2SEndPoints[0]);
        await peer.UpgradeAsync(EdgeFixture.ClientTls(P1, To));
        await peer.SendAsync(Wire.Header(From, To));
        await peer.HearAsync("</stream:features>");
        await peer.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
        await peer.HearAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        await peer.SendAsync(Wire.Header(From, To));
        await peer.HearAsync("</stream:features>");
        return peer;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
            await node.DisposeAsync();
        await Partner.DisposeAsync();
        await names.DisposeAsync();
        await Store.DisposeAsync();
        Authority.Dispose();
    }

    private EdgeOptions Options(string name, PoolOptions pool)
    {
        var locals = new[] { DomainName.Parse("d.example"), DomainName.Parse("e.example") };
        var certificate = Authority.Issue("d.example", "e.example");
        return new EdgeOptions
        {
            NodeName = name,
            LocalDomains = [.. locals.Select(local => new LocalDomain(local, new BackEndOptions.Component(Secret)))],
            Policy = PolicyCompiler.Compile([new PartnerDocument { Domain = "p1.example" }], locals).Snapshot!,
            S2SListeners = [new S2SListenerOptions(new IPEndPoint(IPAddress.Loopback, 0))],
            InternalListeners = [new InternalListenerOptions(new IPEndPoint(IPAddress.Loopback, 0), AllowPlain: true, RequireClientCertificate: false, new TrustAnchors(System: false, []))],
            Certificates = [new EdgeCertificate(certificate.Certificate, [.. certificate.Intermediates])],
            Trust = new TrustAnchors(System: false, [Authority.Root]),
            DialbackSecrets = new DialbackSecrets("a secret of the whole pool, long enough"),
            DnsServers = [names.EndPoint],
            Pool = pool,
        };
    }
}
