using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Xml.Linq;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Serving;
using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Logging;
using EdgePool.Testing.Peers;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EdgePool.Edge.Tests.Fixture;

/// <summary>
/// A real node on loopback: edge.example is a component that is connected, away.example one that is not; p1 and p2 prove themselves by certificate,
/// d1 and d2 may use dialback; p2 has a stream of its own that nothing may disturb (the canary).
/// </summary>
public class EdgeFixture : IAsyncLifetime
{
    public const string Secret = "s3cr3t-of-edge.example";
    public const string DialbackSecret = "d14lb4ck-s3cr3t";

    private RawPeer? canary;
    private PartnerServer? partner;
    private int canaries;

    public EdgeFixture()
    {
        Names = new ObservedNames();
        Dns = DnsServer.Start(Names, TimeProvider.System);
        P1 = Authority.Issue("p1.example");
        P2 = Authority.Issue("p2.example");
        Others = Authority.Issue("xn--bcher-kva.example", "paypal.example", "p1.example", "*.p1.example");
    }

    public TestCertificateAuthority Authority { get; } = new();

    public EventCollector Log { get; } = new();

    public ObservedNames Names { get; }

    public DnsServer Dns { get; }

    public IssuedCertificate P1 { get; }

    public IssuedCertificate P2 { get; }

    /// <summary>For p1.example's other domains, and for all of them together.</summary>
    public IssuedCertificate Others { get; }

    /// <summary>The server that the edge finds for p1.example.</summary>
    internal PartnerServer Partner => partner!;

    public EdgeNode Node { get; private set; } = null!;

    public ComponentClient Component { get; private set; } = null!;

    public IPEndPoint Outside => Node.S2SEndPoints[0];

    /// <summary>A listener that takes STARTTLS alone.</summary>
    public IPEndPoint StartTlsOnly => Node.S2SEndPoints[1];

    public IPEndPoint Inside => Node.InternalEndPoints[0];

    /// <summary>A listener that takes TLS with a certificate alone.</summary>
    public IPEndPoint InsideTlsOnly => Node.InternalEndPoints[1];

    /// <summary>Where the node's log goes; a derived fixture may let it go.</summary>
    protected virtual ILoggerFactory Logs => Log;

    /// <summary>The node's clock.</summary>
    protected virtual TimeProvider Time => TimeProvider.System;

    public virtual async ValueTask InitializeAsync()
    {
        partner = new PartnerServer("p1.example", P1);
        Names.Replace(Zones());
        Node = new EdgeNode(Options(), Logs, Time);
        await Node.StartAsync();
        Component = await ComponentClient.ConnectAsync(Inside, "edge.example", Secret);
        canary = await AuthenticateAsync(P2, "p2.example");
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (canary is not null)
            await canary.DisposeAsync();
        if (Component is not null)
            await Component.DisposeAsync();
        if (Node is not null)
            await Node.DisposeAsync();
        if (partner is not null)
            await partner.DisposeAsync();
        await Dns.DisposeAsync();
        Authority.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>What the node is made of; a derived fixture may change it.</summary>
    protected virtual EdgeOptions Options()
    {
        var edge = Authority.Issue("edge.example", "away.example");
        var locals = new[] { DomainName.Parse("edge.example"), DomainName.Parse("away.example") };
        var policy = PolicyCompiler.Compile(Partners(), locals);
        return new EdgeOptions
        {
            NodeName = "hostile",
            LocalDomains = [.. locals.Select(name => new LocalDomain(name, new BackEndOptions.Component(Secret)))],
            Policy = policy.Snapshot ?? throw new InvalidOperationException(string.Join('\n', policy.Problems)),
            S2SListeners = [new S2SListenerOptions(new IPEndPoint(IPAddress.Loopback, 0)), new S2SListenerOptions(new IPEndPoint(IPAddress.Loopback, 0), DirectTls.Off)],
            InternalListeners =
            [
                new InternalListenerOptions(new IPEndPoint(IPAddress.Loopback, 0), AllowPlain: true, RequireClientCertificate: false, new TrustAnchors(System: false, [])),
                new InternalListenerOptions(new IPEndPoint(IPAddress.Loopback, 0), AllowPlain: false, RequireClientCertificate: true, new TrustAnchors(System: false, [Authority.Root])),
            ],
            Certificates = [new EdgeCertificate(edge.Certificate, [.. edge.Intermediates])],
            Trust = new TrustAnchors(System: false, [Authority.Root]),
            DialbackSecrets = new DialbackSecrets(DialbackSecret),
            DnsServers = [Dns.EndPoint],
            Limits = new StreamLimits { StreamsPerPair = 1_000, UnauthenticatedPerAddress = 2_000 },
        };
    }

    /// <summary>What the name server knows.</summary>
    protected virtual IEnumerable<DnsZone> Zones() => [Zone("p1.example", Partner.EndPoint)];

    /// <summary>The partners; a derived fixture may change them.</summary>
    protected virtual IReadOnlyList<PartnerDocument> Partners() =>
    [
        new PartnerDocument { Domain = "p1.example", AdditionalDomains = ["sub.p1.example", "xn--bcher-kva.example", "paypal.example"] },
        new PartnerDocument { Domain = "p2.example" },
        new PartnerDocument { Domain = "d1.example", AdditionalDomains = ["d2.example", "d3.example"], SaslNegotiation = NegotiationMode.Optional },
        new PartnerDocument { Domain = "t1.example", SaslNegotiation = NegotiationMode.Optional, RequireTrustedCertificate = true },
    ];

    /// <summary>The certificate that proves a partner's domain.</summary>
    public IssuedCertificate CertificateOf(string domain) => domain switch
    {
        "p1.example" => P1,
        "p2.example" => P2,
        _ => Others,
    };

    /// <summary>TLS as a partner speaks it; null: without a certificate.</summary>
    public static SslClientAuthenticationOptions ClientTls(IssuedCertificate? certificate, string? serverName = "edge.example", string? protocol = "xmpp-server") => new()
    {
        TargetHost = serverName,
        ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate.Certificate, certificate.Intermediates, offline: true),
        RemoteCertificateValidationCallback = (_, _, _, _) => true,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        ApplicationProtocols = protocol is null ? null : [new SslApplicationProtocol(protocol)],
        AllowTlsResume = false,
    };

    /// <summary>A connection under direct TLS (XEP-0368) whose stream is not opened.</summary>
    internal async Task<RawPeer> SecureAsync(IssuedCertificate? certificate)
    {
        var peer = await RawPeer.ConnectAsync(Outside);
        await peer.UpgradeAsync(ClientTls(certificate));
        return peer;
    }

    /// <summary>A stream under TLS with the features read.</summary>
    internal async Task<(RawPeer Peer, string Features)> OpenAsync(IssuedCertificate? certificate, string from, string to = "edge.example")
    {
        var peer = await SecureAsync(certificate);
        await peer.SendAsync(Wire.Header(from, to));
        return (peer, await peer.HearAsync("</stream:features>"));
    }

    /// <summary>A stream that is authenticated by certificate for a pair: <c>AUTH</c>.</summary>
    internal async Task<RawPeer> AuthenticateAsync(IssuedCertificate certificate, string from, string to = "edge.example", string? header = null)
    {
        var (peer, _) = await OpenAsync(certificate, from, to);
        await peer.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
        await peer.HearAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        await peer.SendAsync(header ?? Wire.Header(from, to));
        await peer.HearAsync("</stream:features>");
        return peer;
    }

    /// <summary>
    /// What the component hears up to a stanza that the canary sends now, once it has heard <paramref name="atLeast"/>: whatever was forwarded before
    /// stands before it (I1, I3).
    /// </summary>
    public async Task<List<XElement>> HeardAtComponentAsync(int atLeast = 0)
    {
        var before = new List<XElement>();
        while (before.Count < atLeast)
            before.Add(await Component.ReceiveAsync());
        var id = string.Create(CultureInfo.InvariantCulture, $"canary-{++canaries}");
        await canary!.SendAsync($"<message from='canary@p2.example' to='b@edge.example' id='{id}'><body>{id}</body></message>");
        while (await Component.ReceiveAsync() is var stanza && !string.Equals(stanza.Attribute("id")?.Value, id, StringComparison.Ordinal))
            before.Add(stanza);
        return before;
    }

    /// <summary>
    /// What holds whatever a peer did: no stream ended by a fault of ours, the ledger balances (I2), and the canary loses nothing and keeps its order (I3).
    /// </summary>
    public async Task ExpectUnharmedAsync()
    {
        const int Stanzas = 3;
        var first = canaries + 1;
        canaries += Stanzas;
        var ids = Enumerable.Range(first, Stanzas).Select(n => string.Create(CultureInfo.InvariantCulture, $"canary-{n}")).ToList();
        foreach (var id in ids)
            await canary!.SendAsync($"<message from='canary@p2.example' to='b@edge.example' id='{id}'><body>{id}</body></message>");
        var heard = new List<string>();
        while (heard.Count < Stanzas)
        {
            if ((await Component.ReceiveAsync()).Attribute("id")?.Value is { } id && id.StartsWith("canary-", StringComparison.Ordinal))
                heard.Add(id);
        }

        Assert.Equal(ids, heard);
        Assert.DoesNotContain(Log.Events, e => e.Id.Id == 1013);
        for (var look = 0; look < 500 && !Node.Ledger.Read().Balances; look++)
            await Task.Delay(10); // a stanza that moves at the moment is in two places or in none
        Assert.True(Node.Ledger.Read() is { Balances: true }, Node.Ledger.Read().ToString());
    }

    /// <summary>What p1.example's server hears up to a stanza that the component sends now, once it has heard <paramref name="atLeast"/>.</summary>
    public async Task<List<XElement>> HeardAtPartnerAsync(int atLeast = 0)
    {
        var before = new List<XElement>();
        while (before.Count < atLeast)
            before.Add(await AtPartnerAsync());
        var id = string.Create(CultureInfo.InvariantCulture, $"canary-{++canaries}");
        await Component.SendAsync($"<message from='canary@edge.example' to='canary@p1.example' id='{id}'/>");
        while (await AtPartnerAsync() is var stanza && !string.Equals(stanza.Attribute("id")?.Value, id, StringComparison.Ordinal))
            before.Add(stanza);
        return before;
    }

    private async Task<XElement> AtPartnerAsync()
    {
        try
        {
            return await Partner.ReceiveAsync();
        }
        catch (DialogueException e)
        {
            throw new DialogueException($"{e.Message}; the node's log ends with\n{string.Join('\n', Log.Events.TakeLast(20).Select(r => r.Message))}", e);
        }
    }

    /// <summary>The one record that says why the last stream from that address ended (I4).</summary>
    public async Task<CollectedEvent> EndOfAsync(IPEndPoint peer)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var name = peer.ToString();
        await Log.WaitForAsync(e => e.Id.Id == 1000 && name.Equals(e.Values["Peer"]), patience.Token);
        var accepted = Log.Events.Last(e => e.Id.Id == 1000 && name.Equals(e.Values["Peer"])); // a port comes back after a while
        await Log.WaitForAsync(e => IsEndOf(e, accepted), patience.Token);
        var end = Assert.Single(Log.Events, e => IsEndOf(e, accepted));
        Assert.False(string.IsNullOrEmpty((string?)end.Values["Reason"]));
        Assert.DoesNotContain(end.Message, char.IsControl);
        Assert.InRange(end.Message.Length, 1, 1_024);
        return end;

        static bool IsEndOf(CollectedEvent e, CollectedEvent accepted)
            => e.Id.Id is 1010 or 1011 or 1012 && Equals(e.Values["Stream"], accepted.Values["Stream"]);
    }

    /// <summary>Puts a partner's service at a loopback port into the name server.</summary>
    public static DnsZone Zone(string domain, IPEndPoint at)
    {
        var host = DnsName.Parse($"xmpp.{domain}");
        return DnsZone.Create(domain, Service(domain, host, (ushort)at.Port), new AddressRecord(host, 60, at.Address));
    }

    public static SrvRecord Service(string domain, DnsName host, ushort port) => new(DnsName.Parse($"_xmpp-server._tcp.{domain}"), 60, 10, 0, port, host);
}
