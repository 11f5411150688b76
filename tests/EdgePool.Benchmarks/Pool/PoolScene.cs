using System.Security.Cryptography;
using System.Text;
using EdgePool.Benchmarks.Processes;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Etcd;
using EdgePool.Dns.Serving;
using EdgePool.Server.Demo;
using EdgePool.Server.Demo.Load;
using EdgePool.Server.Demo.Peers;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;

namespace EdgePool.Benchmarks.Pool;

/// <summary>A pool in its processes with a real etcd; in this one a partner with a stream to each node, a name server, and a component at some of them.</summary>
internal sealed class PoolScene : IAsyncDisposable
{
    public const string Local = "contoso.example";
    private const string Secret = "the secret of the component";
    private const string Partner = "fabrikam.example";
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);

    private readonly DemoCertificates certificates = new(TimeProvider.System);
    private readonly KeyFiles files;
    private readonly DemoPartner partner;
    private readonly DnsServer names;
    private readonly List<PoolNodeProcess> nodes = [];
    private readonly List<DemoComponent> components = [];
    private NumberedFlow[] flows = [];

    private PoolScene()
    {
        files = new KeyFiles(certificates, "edgepool-pool-");
        partner = new DemoPartner(DomainName.Parse(Partner), certificates, new Arriving(this));
        names = DnsServer.Start(new DnsZones(DemoEdge.Zone(partner)), TimeProvider.System);
    }

    public EtcdProcess Etcd { get; private set; } = null!;

    public IReadOnlyList<PoolNodeProcess> Nodes => nodes;

    /// <param name="count">Nodes.</param>
    /// <param name="partners">Partners that are there besides the one that speaks.</param>
    public static async Task<PoolScene> StartAsync(int count, int partners)
    {
        var scene = new PoolScene();
        try
        {
            scene.Etcd = await EtcdProcess.StartAsync();
            scene.files.Issue("edge", Local);
            scene.files.Write("component.secret", Secret);
            scene.files.Write("cluster.key", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
            await scene.WriteAsync(partners);
            for (var number = 1; number <= count; number++)
            {
                scene.nodes.Add(await PoolNodeProcess.StartAsync(number, scene.files, scene.Etcd.Options, scene.names.EndPoint));
            }

            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>The component connects to the first so many nodes.</summary>
    public async Task ConnectAsync(int count)
    {
        foreach (var node in nodes.Take(count))
        {
            components.Add(await DemoComponent.ConnectAsync(node.Inside, DomainName.Parse(Local), Secret, new Arriving(this), default));
        }
    }

    /// <summary>Sends so many in all, evenly on a stream to each node, as fast as they go. Gives the flows with their counters.</summary>
    public async Task<IReadOnlyList<NumberedFlow>> SendAsync(IReadOnlyList<PeerStream> streams, int count)
    {
        NumberedFlow[] fresh = [.. streams.Select(static (_, i) => new NumberedFlow(FormattableString.Invariant($"user{i}@{Partner}/load"), $"sink@{Local}", TimeProvider.System))];
        Volatile.Write(ref flows, fresh);
        await Task.WhenAll(streams.Select((stream, i) =>
            new LoadSender(stream, [fresh[i]], static () => 0, TimeProvider.System).RunAsync(new LoadPlan(Rate: 0, Window: int.MaxValue, count / streams.Count), default)));
        var (last, quietSince) = (-1L, TimeProvider.System.GetTimestamp());
        while (fresh.Any(static flow => flow.Missing > 0) && TimeProvider.System.GetElapsedTime(quietSince) < LongestSilence)
        {
            if (fresh.Sum(static flow => flow.Received) is var received && received != last)
            {
                (last, quietSince) = (received, TimeProvider.System.GetTimestamp());
            }

            await Task.Delay(1);
        }

        return fresh;
    }

    /// <summary>A stream of the partner to each node.</summary>
    public async Task<IReadOnlyList<PeerStream>> OpenAsync()
    {
        var streams = new List<PeerStream>();
        foreach (var node in nodes)
        {
            streams.Add(await partner.OpenAsync(node.S2S, DomainName.Parse(Local), default));
        }

        return streams;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var component in components)
        {
            await component.DisposeAsync();
        }

        await partner.DisposeAsync();
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        if (Etcd is not null)
        {
            await Etcd.DisposeAsync();
        }

        await names.DisposeAsync();
        files.Dispose();
        certificates.Dispose();
    }

    private async Task WriteAsync(int partners)
    {
        await using var store = new EtcdStore(new EtcdStoreOptions { Etcd = Etcd.Options }, TimeProvider.System);
        DocumentChange[] first =
        [
            new(new DocumentKey("AccessPolicy", "global"), """{"enableFederationAccess":true,"enableXmppAccess":true}""", 0),
            new(new DocumentKey("Partner", Partner), """{"partnerType":"Federated"}""", 0),
        ];
        if (await store.WriteAsync(first, "bench", "", default) is not WriteOutcome.Written)
        {
            throw new InvalidOperationException("the policy was not written");
        }

        await EtcdFigures.FillAsync(store, 0, partners);
    }

    private sealed class Arriving(PoolScene scene) : IStanzaReceiver
    {
        private static readonly int NumberAt = Encoding.UTF8.GetByteCount("user");

        public void Receive(in StanzaFrame stanza) => Volatile.Read(ref scene.flows)[stanza.From[NumberAt] - '0'].Receive(stanza.Bytes);

        public ValueTask EndBatchAsync(PeerStream stream, CancellationToken cancellation) => ValueTask.CompletedTask;
    }
}
