using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Xml.Linq;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Serving;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Logging;
using EdgePool.Testing.Peers;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using Xunit;

namespace EdgePool.Edge.Tests.Negotiation;

/// <summary>
/// Two organisations that federate, in all their settings at once: each has one node for each kind of certificate, and each node six domains with a component
/// behind each. A node's terms towards a domain of the other organisation are told by that domain's number, so the domains of a pair say how both sides are set.
/// Time stands still: nothing is tried twice.
/// </summary>
internal sealed class FederationScene : IAsyncDisposable
{
    /// <summary>How long is waited for what has to come.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private const string Secret = "component secret";

    private readonly DnsZones authority = new();
    private readonly DnsServer names;
    private readonly TestCertificateAuthority certificates = new();
    private readonly TrustAnchors trust;
    private readonly List<ComponentClient> components = [];
    private readonly Dictionary<string, ComponentClient> byDomain = new(StringComparer.Ordinal);

    private FederationScene()
    {
        names = DnsServer.Start(authority, TimeProvider.System);
        trust = new TrustAnchors(System: false, [certificates.Root]);
        foreach (var organisation in "ab")
        {
            foreach (var certificate in Enum.GetValues<SideCertificate>())
                Nodes.Add((organisation, certificate), Start(organisation, certificate));
        }

        authority.Replace([.. from node in Nodes from policy in Enumerable.Range(0, 6) select Zone(Domain(node.Key.Organisation, node.Key.Certificate, policy), node.Value.S2SEndPoints[0].Port)]);
    }

    public Dictionary<(char Organisation, SideCertificate Certificate), EdgeNode> Nodes { get; } = [];

    /// <summary>The logs of both organisations.</summary>
    public Dictionary<char, EventCollector> Logs { get; } = new() { ['a'] = new EventCollector(), ['b'] = new EventCollector() };

    /// <summary>Every stanza that a component has received: (from, to, type).</summary>
    public ConcurrentBag<(string From, string To, string? Type)> Received { get; } = [];

    public VirtualTimeProvider Time { get; } = new(DateTimeOffset.UtcNow);

    public static async Task<FederationScene> StartAsync()
    {
        var scene = new FederationScene();
        foreach (var ((organisation, certificate), node) in scene.Nodes)
        {
            for (var policy = 0; policy < 6; policy++)
                await scene.ConnectAsync(node, Domain(organisation, certificate, policy));
        }

        return scene;
    }

    /// <summary>The domain at which <paramref name="own"/>'s certificate is shown and towards which the other organisation's policy is <paramref name="other"/>'s.</summary>
    public static string DomainOf(char organisation, FederationSide own, FederationSide other) => Domain(organisation, own.Certificate, other.Policy);

    public Task SendAsync(string from, string to) => byDomain[from].SendAsync($"<message from='u@{from}' to='u@{to}' id='1'><body>x</body></message>");

    /// <summary>Ends every node: what waits for a stream that never came is answered.</summary>
    public async Task StopAsync()
    {
        var stopping = Task.WhenAll(Nodes.Values.Select(node => node.StopAsync()));
        await UntilAsync(() => stopping.IsCompleted, "the end of the nodes", TimeSpan.FromMilliseconds(20));
        await stopping;
    }

    /// <summary>Waits for a condition, moving the clock on by <paramref name="step"/> at each look.</summary>
    public async Task UntilAsync(Func<bool> condition, string what, TimeSpan step = default)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Patience, $"{what} did not come to be");
            Time.Advance(step);
            await Task.Delay(5);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var component in components)
            await component.DisposeAsync();
        await names.DisposeAsync();
        certificates.Dispose();
        foreach (var log in Logs.Values)
            log.Dispose();
    }

    private async Task ConnectAsync(EdgeNode node, string domain)
    {
        var component = await ComponentClient.ConnectAsync(node.InternalEndPoints[0], domain, Secret);
        component.Answer = Take;
        components.Add(component);
        byDomain.Add(domain, component);
    }

    private string? Take(XElement stanza)
    {
        var (from, to) = (Host(stanza.Attribute("from")!), Host(stanza.Attribute("to")!));
        Received.Add((from, to, stanza.Attribute("type")?.Value));
        return null;
    }

    private EdgeNode Start(char organisation, SideCertificate certificate)
    {
        var domains = Enumerable.Range(0, 6).Select(policy => Domain(organisation, certificate, policy)).ToArray();
        var node = new EdgeNode(Options(organisation, certificate, domains), Logs[organisation], Time, new Random(1));
        node.Start();
        return node;
    }

    private EdgeOptions Options(char organisation, SideCertificate certificate, string[] domains) => new()
    {
        NodeName = string.Create(CultureInfo.InvariantCulture, $"{organisation}-{certificate}"),
        LocalDomains = [.. domains.Select(domain => new LocalDomain(DomainName.Parse(domain), new BackEndOptions.Component(Secret)))],
        Policy = Policy(organisation == 'a' ? 'b' : 'a', domains),
        S2SListeners = [new S2SListenerOptions(new IPEndPoint(IPAddress.Loopback, 0))],
        InternalListeners = [new InternalListenerOptions(new IPEndPoint(IPAddress.Loopback, 0), AllowPlain: true, RequireClientCertificate: false, trust)],
        Certificates = certificate is SideCertificate.Missing ? [] : [new EdgeCertificate(Issue(certificate, domains), [])],
        Trust = trust,
        DialbackSecrets = new DialbackSecrets($"the secret of {organisation}"),
        DnsServers = [names.EndPoint],
        Limits = new StreamLimits { UnauthenticatedPerAddress = 10_000, VerificationsPerAddress = 10_000 },
    };

    private System.Security.Cryptography.X509Certificates.X509Certificate2 Issue(SideCertificate certificate, string[] domains)
        => certificates.Issue(LeafRequest.For(domains) with { SelfSigned = certificate is SideCertificate.Invalid }).Certificate;

    // Settings without any method cannot be saved: the domain is no partner.
    private static PolicySnapshot Policy(char other, string[] own)
    {
        var partners =
            from certificate in Enum.GetValues<SideCertificate>()
            from policy in FederationSide.Policies.Index()
            let side = new FederationSide(policy.Item.Tls, SideCertificate.Valid, policy.Item.Dialback)
            where side.HasMethod
            select side.ToDocument(Domain(other, certificate, policy.Index));
        return PolicyCompiler.Compile([.. partners], own.Select(DomainName.Parse)).Snapshot!;
    }

    private static string Domain(char organisation, SideCertificate certificate, int policy)
        => string.Create(CultureInfo.InvariantCulture, $"{organisation}{policy}.{certificate}.example").ToLowerInvariant();

    private static DnsZone Zone(string domain, int port)
    {
        var host = DnsName.Parse("xmpp." + domain);
        return DnsZone.Create(domain, [new SrvRecord(DnsName.Parse("_xmpp-server._tcp." + domain), 60, 0, 0, (ushort)port, host), new AddressRecord(host, 60, IPAddress.Loopback)]);
    }

    private static string Host(XAttribute address) => address.Value[(address.Value.IndexOf('@', StringComparison.Ordinal) + 1)..];
}
