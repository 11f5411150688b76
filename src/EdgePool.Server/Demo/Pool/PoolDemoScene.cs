using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using EdgePool.Cluster.Embedded;
using EdgePool.Dns.Serving;
using EdgePool.Edge;
using EdgePool.Policy.Partners;
using EdgePool.Server.Demo.Load;
using EdgePool.Server.Demo.Peers;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Framing;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Demo.Pool;

/// <summary>
/// Everything that plays in the demo of a pool, in one process and on loopback: nodes that agree in memory and are linked by mutual TLS, a component at each of them, a
/// name server, and a partner's server with a stream to each node.
/// </summary>
internal sealed class PoolDemoScene : IAsyncDisposable
{
    private readonly DemoCertificates certificates;
    private readonly DemoPartner partner;
    private readonly DnsServer names;
    private readonly EmbeddedCoordinator store;
    private readonly string secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private readonly LoadSender?[] senders;
    private readonly TimeProvider time;

    public PoolDemoScene(int count, ILoggerFactory logs, TimeProvider time)
    {
        this.time = time;
        store = new EmbeddedCoordinator(time);
        senders = new LoadSender?[count];
        Flows = [.. Enumerable.Range(1, count).Select(number => new PairedFlow(number, time))];
        certificates = new DemoCertificates(time);
        partner = new DemoPartner(DomainName.Parse(DemoScene.Partner), certificates, new AnswersArriving(this));
        names = DnsServer.Start(new DnsZones(DemoScene.Zone(partner)), time);
        Nodes = [.. Enumerable.Range(1, count).Select(number => new DemoNode(Options(number), store, logs, time))];
    }

    /// <summary>The nodes.</summary>
    public IReadOnlyList<DemoNode> Nodes { get; }

    /// <summary>The flows; each begins at the node of its place.</summary>
    public IReadOnlyList<PairedFlow> Flows { get; }

    /// <summary>Requests without an answer yet.</summary>
    public long Unanswered => Flows.Sum(flow => flow.Unanswered);

    /// <summary>Starts every node with its component, and lets one message go there and back through each.</summary>
    /// <exception cref="DemoException">Something did not come up.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        foreach (var node in Nodes)
        {
            await node.StartAsync(secret, Flows, cancellation);
        }

        for (var flow = 0; flow < Flows.Count; flow++)
        {
            await OpenAsync(flow, Nodes[flow], cancellation);
            await senders[flow]!.SendAsync(1, cancellation);
        }

        while (Unanswered > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), time, cancellation);
        }
    }

    /// <summary>The partner's server opens a stream to a node for a flow.</summary>
    public async Task OpenAsync(int flow, DemoNode node, CancellationToken cancellation)
    {
        var stream = await partner.OpenAsync(node.Edge.S2SEndPoints[0], DomainName.Parse(DemoScene.Local), cancellation);
        senders[flow] = new LoadSender(stream, [Flows[flow].Requests], () => Flows[flow].Unanswered, time);
    }

    /// <summary>Sends a flow's requests until <paramref name="stop"/> is cancelled; false: its stream broke before.</summary>
    public async Task<bool> SendAsync(int flow, LoadPlan plan, CancellationToken stop)
    {
        try
        {
            await senders[flow]!.RunAsync(plan, stop);
            return true;
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes)
        {
            await node.DisposeAsync();
        }

        await partner.DisposeAsync();
        await names.DisposeAsync();
        await store.DisposeAsync();
        certificates.Dispose();
    }

    private EdgeOptions Options(int number)
    {
        var local = DomainName.Parse(DemoScene.Local);
        var policy = PolicyCompiler.Compile([new PartnerDocument { Domain = DemoScene.Partner }], [local]).Snapshot
            ?? throw new InvalidOperationException("the demo's policy does not compile");
        var loopback = new IPEndPoint(IPAddress.Loopback, 0);
        return new EdgeOptions
        {
            NodeName = string.Create(CultureInfo.InvariantCulture, $"edge-{number}"),
            LocalDomains = [new LocalDomain(local, new BackEndOptions.Component(secret))],
            Policy = policy,
            S2SListeners = [new S2SListenerOptions(loopback)],
            InternalListeners = [new InternalListenerOptions(loopback, AllowPlain: true, RequireClientCertificate: false, certificates.Trust)],
            Certificates = [certificates.ForEdge(DemoScene.Local)],
            Trust = certificates.Trust,
            DialbackSecrets = new DialbackSecrets(secret),
            DnsServers = [names.EndPoint],
        };
    }

    /// <summary>At the partner: checks each answer.</summary>
    private sealed class AnswersArriving(PoolDemoScene scene) : IStanzaReceiver
    {
        public void Receive(in StanzaFrame stanza)
        {
            if (PairedFlow.NumberOf(stanza.To) is > 0 and var number && number <= scene.Flows.Count)
            {
                scene.Flows[number - 1].TakeAnswer(stanza.Bytes, stanza.Type.SequenceEqual("error"u8));
            }
        }

        public ValueTask EndBatchAsync(PeerStream stream, CancellationToken cancellation)
        {
            foreach (var sender in scene.senders)
            {
                sender?.Moved();
            }

            return ValueTask.CompletedTask;
        }
    }
}
