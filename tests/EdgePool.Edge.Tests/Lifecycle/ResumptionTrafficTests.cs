using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Serving;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Tests.Fixture;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Logging;
using EdgePool.Testing.Peers;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using Xunit;

namespace EdgePool.Edge.Tests.Lifecycle;

// XEP-0198 section 5 between two nodes of ours: a wire that is cut in the middle of the traffic, again and again, loses nothing, doubles nothing and turns nothing round.
public sealed class ResumptionTrafficTests : IAsyncDisposable
{
    private const int Each = 10_000;
    private const int Cuts = 5;
    private const string Secret = "component secret";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestCertificateAuthority authority = new();
    private readonly DnsZones zones = new();
    private readonly DnsServer names;
    private readonly VirtualTimeProvider time = new(DateTimeOffset.UtcNow);
    private readonly List<EventCollector> logs = [];
    private readonly List<EdgeNode> nodes = [];
    private readonly List<CuttableLink> links = [];
    private readonly long[] newest = new long[2];

    public ResumptionTrafficTests() => names = DnsServer.Start(zones, TimeProvider.System);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cut_InTheMiddleOfTraffic_EachArrivesOnceAndInOrder(bool bothWays)
    {
        string[] domains = ["a.example", "b.example"];
        foreach (var domain in domains)
            Start(domain, domain == "a.example" ? "b.example" : "a.example", bothWays);
        zones.Replace([.. domains.Select((domain, i) => Zone(domain, links[i].Port))]);
        await using var a = await ComponentClient.ConnectAsync(nodes[0].InternalEndPoints[0], "a.example", Secret);
        await using var b = await ComponentClient.ConnectAsync(nodes[1].InternalEndPoints[0], "b.example", Secret);
        var (atA, atB) = (Collect(a), Collect(b));

        var sending = Task.WhenAll(SendAsync(a, "b.example"), SendAsync(b, "a.example"));
        for (var cut = 1; cut <= Cuts; cut++)
        {
            var mark = cut * 2 * Each / (Cuts + 1);
            await UntilAsync(() => atA.Count + atB.Count >= mark && IsConnected(0) && IsConnected(1), $"cut {cut}: {mark} stanzas");
            Cut();
        }

        await UntilAsync(() => sending.IsCompleted && atA.Count >= Each && atB.Count >= Each, "every stanza");
        await sending;
        await UntilAsync(() => nodes.TrueForAll(node => node.Ledger.Read() is { Balances: true, InFlight: 0 }), "balanced ledgers");
        var expected = Enumerable.Range(0, Each).Select(i => i.ToString(CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(expected, atA);
        Assert.Equal(expected, atB);
        Assert.All(nodes, node => Assert.Equal((2 * Each, 2 * Each), (node.Ledger.Read().Accepted, node.Ledger.Read().Delivered)));
        Assert.InRange(logs.Sum(log => log.Events.Count(e => e.Id.Id == 1006)), Cuts, int.MaxValue);
        Assert.InRange(links.Sum(link => link.Cuts), Cuts, int.MaxValue);
    }

    public async ValueTask DisposeAsync()
    {
        var stopping = Task.WhenAll(nodes.Select(node => node.StopAsync()));
        await UntilAsync(() => stopping.IsCompleted, "the end of the nodes");
        await stopping;
        foreach (var link in links)
            await link.DisposeAsync();
        await names.DisposeAsync();
        authority.Dispose();
        logs.ForEach(log => log.Dispose());
    }

    private void Start(string domain, string partner, bool bothWays)
    {
        var trust = new TrustAnchors(System: false, [authority.Root]);
        var log = new EventCollector();
        logs.Add(log);
        var node = new EdgeNode(
            new EdgeOptions
            {
                NodeName = domain,
                LocalDomains = [new LocalDomain(DomainName.Parse(domain), new BackEndOptions.Component(Secret))],
                Policy = PolicyCompiler.Compile([new PartnerDocument { Domain = partner, EnableBidirectionalStreams = bothWays }], [DomainName.Parse(domain)]).Snapshot!,
                S2SListeners = [new S2SListenerOptions(new IPEndPoint(IPAddress.Loopback, 0))],
                InternalListeners = [new InternalListenerOptions(new IPEndPoint(IPAddress.Loopback, 0), AllowPlain: true, RequireClientCertificate: false, trust)],
                Certificates = [new EdgeCertificate(authority.Issue(domain).Certificate, [])],
                Trust = trust,
                DialbackSecrets = new DialbackSecrets($"the secret of {domain}"),
                DnsServers = [names.EndPoint],
                Limits = new StreamLimits { PendingStanzas = 2 * Each }, // a wire that is cut while a stream comes up is a dial that failed, and then a full queue refuses
                Timeouts = new StreamTimeouts { Stalled = TimeSpan.FromMinutes(10), Pending = TimeSpan.FromMinutes(10) }, // sources wait as long as it takes
            },
            log,
            time,
            new Random(1));
        node.Start();
        nodes.Add(node);
        links.Add(new CuttableLink(node.S2SEndPoints[0]));
    }

    /// <summary>Streams of the node's with the other have come up since the last cut and can be resumed: before, what is lost with one is answered.</summary>
    private bool IsConnected(int node)
    {
        var managed = logs[node].Events.Where(e => e.Id.Id == 1005).Select(e => e.Values["Stream"]).ToHashSet();
        var streams = nodes[node].Streams.All.Where(s => s.Kind is StreamKind.PartnerInbound or StreamKind.PartnerOutbound).ToList();
        return streams.Count > 0 && streams.TrueForAll(s => s.Number > newest[node] && managed.Contains(s.Number));
    }

    private void Cut()
    {
        for (var node = 0; node < nodes.Count; node++)
            newest[node] = nodes[node].Streams.All.Max(s => s.Number);
        links.ForEach(link => link.Cut());
    }

    private static ConcurrentQueue<string> Collect(ComponentClient component)
    {
        var numbers = new ConcurrentQueue<string>();
        component.Answer = stanza =>
        {
            numbers.Enqueue(stanza.Attribute("type")?.Value == "error" ? $"error of {stanza.Attribute("id")?.Value}" : stanza.Attribute("id")!.Value);
            return null;
        };
        return numbers;
    }

    private static async Task SendAsync(ComponentClient component, string to)
    {
        const int Batch = 50;
        for (var first = 0; first < Each; first += Batch)
            await component.SendAsync(S2SDialogue.Messages("u@" + component.Jid, "u@" + to, Batch, first, bodyBytes: 100));
    }

    /// <summary>Waits for a condition while the clock goes on, a little faster than the world's.</summary>
    private async Task UntilAsync(Func<bool> condition, string what)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(since) > Patience)
                Assert.Fail($"{what} did not come to be\n{Story()}");
            time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Delay(2);
        }
    }

    private string Story()
    {
        var text = new StringBuilder();
        foreach (var node in nodes)
            text.AppendLine(string.Join(' ', node.Ledger.Read(), string.Join(',', node.Ledger.Read().BouncedBy))).AppendJoin('\n', node.Streams.All.Select(s => $"{s.Kind} {s.State} {s.Counts}")).AppendLine();
        return text.AppendJoin('\n', logs.SelectMany(log => log.Events.TakeLast(40)).Select(e => e.Message + " " + e.Error)).ToString();
    }

    private static DnsZone Zone(string domain, int port)
    {
        var host = DnsName.Parse("xmpp." + domain);
        return DnsZone.Create(domain, [new SrvRecord(DnsName.Parse("_xmpp-server._tcp." + domain), 60, 0, 0, (ushort)port, host), new AddressRecord(host, 60, IPAddress.Loopback)]);
    }
}
