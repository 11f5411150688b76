using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.KnownPeers;
using EdgePool.Cluster.Presences;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Serving;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Dns;
using EdgePool.Testing.Logging;
using EdgePool.Testing.Peers;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

/// <summary>
/// A real node on loopback ports with real sockets, TLS and DNS, and a clock that only the test moves. Behind it the components edge.example and
/// other.example and the internal server inside.example; in front p1.example and p2.example, which authenticate by certificate.
/// </summary>
internal sealed class EdgeScene : IAsyncDisposable
{
    public const string Secret = "component secret";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Dictionary<string, DnsZone> zones = new(StringComparer.Ordinal);
    private readonly DnsZones authority = new();
    private readonly List<TlsaRecord> tlsa = [];
    private readonly DnsServer names;
    private readonly List<ScriptedListener> listeners = [];

    private EdgeScene(Func<EdgeScene, EdgeOptions, EdgeOptions> change)
    {
        Names = new ValidatingNames(authority);
        names = DnsServer.Start(Names, TimeProvider.System);
        Inside = new ScriptedListener();
        listeners.Add(Inside);
        Trust = new TrustAnchors(System: false, [Authority.Root]);
        Node = new EdgeNode(change(this, Options()), Logs, Time, new Random(1));
        if (Node is { PolicyState: null, PresenceJournal: null, PeerKeyJournal: null })
            Node.Start();
    }

    public VirtualTimeProvider Time { get; } = new(DateTimeOffset.UtcNow);

    public TestCertificateAuthority Authority { get; } = new();

    public TrustAnchors Trust { get; }

    public EventCollector Logs { get; } = new();

    public EdgeNode Node { get; }

    /// <summary>What partners show, by domain, instead of a fresh certificate of the scene's authority at each connection.</summary>
    public Dictionary<string, X509Certificate2> Shown { get; } = new(StringComparer.Ordinal);

    /// <summary>The DNS: all of it is secure for a node that asks for that, but what a test makes otherwise.</summary>
    public ValidatingNames Names { get; }

    /// <summary>The TLS that partners speak.</summary>
    public SslProtocols Protocols { get; set; } = SslProtocols.Tls13;

    /// <summary>Where the internal server takes streams.</summary>
    public ScriptedListener Inside { get; }

    public LedgerSnapshot Account => Node.Ledger.Read();

    public static EdgeScene Start(Func<EdgeOptions, EdgeOptions>? change = null) => new((_, options) => change?.Invoke(options) ?? options);

    public static EdgeScene Start(Func<EdgeScene, EdgeOptions, EdgeOptions> change) => new(change);

    /// <summary>A node whose policy is the documents of a store.</summary>
    public static async Task<EdgeScene> StartAsync(IDocumentStore store)
    {
        var scene = new EdgeScene((_, options) => options with { Documents = store, Policy = PolicySnapshot.Closed });
        await scene.Node.StartAsync();
        return scene;
    }

    /// <summary>A node that remembers who was shown as available.</summary>
    public static async Task<EdgeScene> StartAsync(IPresenceJournal presences)
    {
        var scene = new EdgeScene((_, options) => options with { Presences = presences });
        await scene.Node.StartAsync();
        return scene;
    }

    /// <summary>A node that remembers partners' keys.</summary>
    public static async Task<EdgeScene> StartAsync(IKnownPeerJournal known, params PartnerDocument[] partners)
    {
        var scene = new EdgeScene((_, options) => options with { KnownPeers = known, Policy = Policy(partners) });
        await scene.Node.StartAsync();
        return scene;
    }

    /// <summary>A policy of these partners, who trust and are trusted by the scene's authority.</summary>
    public static PolicySnapshot Policy(params PartnerDocument[] partners)
        => PolicyCompiler.Compile(partners, [DomainName.Parse("edge.example"), DomainName.Parse("other.example"), DomainName.Parse("inside.example")]).Snapshot!;

    /// <summary>
    /// A policy as a store has it: p1.example and p2.example federate, every local user may, the gateway is as written.
    /// </summary>
    /// <param name="gateway">The gateway's document.</param>
    /// <param name="p1">The document of p1.example but for its trust.</param>
    public PolicySnapshot StorePolicy(string gateway = "{}", string p1 = "")
    {
        var common = FederatedSpec();
        PolicyDocument[] documents =
        [
            new(DocumentKinds.Gateway, DocumentKinds.GatewayName, 1, gateway),
            new(DocumentKinds.Partner, "p1.example", 2, "{" + common + (p1.Length == 0 ? "" : ", ") + p1 + "}"),
            new(DocumentKinds.Partner, "p2.example", 3, "{" + common + "}"),
            new(DocumentKinds.AccessPolicy, "global", 4, """{"enableFederationAccess": true, "enableXmppAccess": true}"""),
        ];
        var compiled = PolicyCompiler.Compile(documents, 4, [DomainName.Parse("edge.example"), DomainName.Parse("other.example"), DomainName.Parse("inside.example")]);
        return compiled.Snapshot ?? throw new InvalidOperationException(string.Join('\n', compiled.Problems));
    }

    /// <summary>What a partner's document says when it is trusted to reach users and its certificate is the scene's, without the braces.</summary>
    public string FederatedSpec() => $$"""
        "partnerType": "Federated", "trust": {"system": false, "ca": [{{JsonSerializer.Serialize(Authority.Root.ExportCertificatePem())}}]}
        """;

    /// <summary>A listener where the DNS says that the partner is; more than one come in the order of the calls.</summary>
    public ScriptedListener Serve(string domain)
    {
        var listener = new ScriptedListener();
        listeners.Add(listener);
        Publish(domain, listener.EndPoint.Port);
        return listener;
    }

    /// <summary>A TLSA record of a domain's service at a port, in the zone that <see cref="Publish(string, int[])"/> makes next.</summary>
    public void Vouch(string domain, int port, int usage, int selector, int matchingType, X509Certificate2 certificate)
        => tlsa.Add(certificate.Tlsa($"_{port}._tcp.xmpp.{domain}", usage, selector, matchingType));

    /// <summary>Takes all TLSA records back, from the zone that <see cref="Publish(string, int[])"/> makes next.</summary>
    public void Withdraw() => tlsa.Clear();

    /// <summary>SRV records to these ports of 127.0.0.1, by priority; 0 is the root target: no service.</summary>
    public void Publish(string domain, params int[] ports) => Publish(domain, null, ports);

    /// <summary>As <see cref="Publish(string, int[])"/>, with a record for direct TLS (XEP-0368) that goes before the others.</summary>
    public void PublishDirectTls(string domain, int port, params int[] others) => Publish(domain, port, others);

    private void Publish(string domain, int? directTls, int[] ports)
    {
        var host = DnsName.Parse("xmpp." + domain);
        SrvRecord Record(string service, int port, int priority)
            => new(DnsName.Parse($"{service}._tcp.{domain}"), 60, (ushort)priority, 0, (ushort)port, port == 0 ? DnsName.Root : host);
        IEnumerable<SrvRecord> first = directTls is { } direct ? [Record("_xmpps-server", direct, 0)] : [];
        zones[domain] = DnsZone.Create(
            domain,
            [
                .. first,
                .. ports.Select((port, i) => Record("_xmpp-server", port, 10 * i)),
                new AddressRecord(host, 60, IPAddress.Loopback),
                .. tlsa.Where(record => record.Name.IsAtOrBelow(host)),
            ]);
        authority.Replace(zones.Values);
    }

    /// <summary>An SRV record to a host of another zone.</summary>
    public void Publish(string domain, string host, int port)
    {
        var owner = DnsName.Parse("_xmpp-server._tcp." + domain);
        zones[domain] = DnsZone.Create(domain, [new SrvRecord(owner, 60, 0, 0, (ushort)port, DnsName.Parse(host))]);
        authority.Replace(zones.Values);
    }

    public Task<ComponentClient> ComponentAsync(string domain = "edge.example") => ComponentClient.ConnectAsync(Node.InternalEndPoints[0], domain, Secret);

    /// <summary>A component that reads nothing unless the test does, and whose window is small.</summary>
    public async Task<ScriptedPeer> SilentComponentAsync(string domain = "edge.example")
    {
        var peer = new ScriptedPeer(await ConnectAsync(Node.InternalEndPoints[0], window: 4096), domain);
        await peer.SendHeaderAsync(from: null, to: domain, content: "jabber:component:accept", version: null);
        var id = (await peer.ExpectHeaderAsync()).Attribute("id")!.Value;
        await peer.SendAsync($"<handshake>{ComponentClient.Digest(id, Secret)}</handshake>");
        await peer.ExpectAsync("component:handshake");
        return peer;
    }

    /// <summary>A stream that the partner opens to 5269, authenticated by certificate.</summary>
    public Task<ScriptedPeer> PartnerAsync(string from, string to = "edge.example") => S2SDialogue.OpenAsync(this, Node.S2SEndPoints[0], from, to);

    /// <summary>The TLS client's side, with a certificate of that domain.</summary>
    public SslClientAuthenticationOptions Client(string domain) => new()
    {
        TargetHost = "edge.example",
        ClientCertificateContext = SslStreamCertificateContext.Create(CertificateOf(domain), [], offline: true),
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        EnabledSslProtocols = Protocols,
    };

    /// <summary>The TLS server's side, with a certificate of that domain.</summary>
    public SslServerAuthenticationOptions Server(string domain) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(CertificateOf(domain), [], offline: true),
        ClientCertificateRequired = true,
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        EnabledSslProtocols = Protocols,
    };

    private X509Certificate2 CertificateOf(string domain) => Shown.GetValueOrDefault(domain) ?? Authority.Issue(domain).Certificate;

    /// <summary>Waits for a condition, moving the clock on by <paramref name="step"/> at each look.</summary>
    public async Task UntilAsync(Func<bool> condition, string what, TimeSpan step = default)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(since) > Patience)
                Assert.Fail($"{what} did not come to be; {Account}\n{Story()}");
            Time.Advance(step);
            await Task.Delay(2);
        }
    }

    /// <summary>Waits for a task, moving the clock on by <paramref name="step"/> at each look.</summary>
    public async Task<T> WhileAdvancingAsync<T>(Task<T> task, TimeSpan step)
    {
        await UntilAsync(() => task.IsCompleted, "the awaited", step);
        return await task;
    }

    public Task BalancedAsync() => UntilAsync(() => Account is { Balances: true, InFlight: 0 }, "a balanced ledger");

    /// <summary>Stops the node while time goes on; says how much of it the stop took. Where peers answer, time must not run away from them: a small step.</summary>
    public async Task<TimeSpan> StopAsync(int stepMilliseconds = 50)
    {
        var before = Time.Elapsed;
        var stopping = Node.StopAsync();
        await UntilAsync(() => stopping.IsCompleted, "the stop", TimeSpan.FromMilliseconds(stepMilliseconds));
        await stopping;
        return Time.Elapsed - before;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await names.DisposeAsync();
        listeners.ForEach(listener => listener.Dispose());
        Authority.Dispose();
        Logs.Dispose();
    }

    /// <summary>A connection that takes no more than <paramref name="window"/> bytes unread.</summary>
    public static async Task<NetworkStream> ConnectAsync(EndPoint target, int window)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = window };
        await socket.ConnectAsync(target);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private string Story() => string.Join('\n', Logs.Events.TakeLast(30).Select(e => e.Message + " " + e.Error));

    private EdgeOptions Options() => new()
    {
        NodeName = "node",
        LocalDomains =
        [
            new LocalDomain(DomainName.Parse("edge.example"), new BackEndOptions.Component(Secret)),
            new LocalDomain(DomainName.Parse("other.example"), new BackEndOptions.Component(Secret)),
            new LocalDomain(
                DomainName.Parse("inside.example"),
                new BackEndOptions.Server(
                    "127.0.0.1", Inside.EndPoint.Port, new NegotiationTerms(AuthenticationMethods.SaslOverTls | AuthenticationMethods.TlsDialback), Trust)),
        ],
        Policy = Policy(new PartnerDocument { Domain = "p1.example" }, new PartnerDocument { Domain = "p2.example" }),
        S2SListeners = [new S2SListenerOptions(new IPEndPoint(IPAddress.Loopback, 0))],
        InternalListeners = [new InternalListenerOptions(new IPEndPoint(IPAddress.Loopback, 0), AllowPlain: true, RequireClientCertificate: false, Trust)],
        Certificates = [new EdgeCertificate(Authority.Issue("edge.example", "other.example", "inside.example", "p1.example", "p2.example").Certificate, [])],
        Trust = Trust,
        DialbackSecrets = new DialbackSecrets("dialback secret"),
        DnsServers = [names.EndPoint],
    };
}
