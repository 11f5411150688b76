using System.Globalization;
using System.Net;
using System.Text;
using EdgePool.Dns.Serving;
using EdgePool.Server.Demo;
using EdgePool.Server.Demo.Load;
using EdgePool.Server.Demo.Peers;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;

namespace EdgePool.Benchmarks.Relay;

/// <summary>An edge in its process, and in this one a name server, partners p0.example, p1.example… and a component.</summary>
internal sealed class RelayScene : IAsyncDisposable
{
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);
    private static readonly DomainName Local = DomainName.Parse(EdgeProcess.Local);

    private readonly DemoCertificates certificates = new(TimeProvider.System);
    private readonly List<DemoPartner> partners = [];
    private readonly RelayDirection direction;
    private DnsServer? names;
    private DemoComponent? component;
    private NumberedFlow[] flows;

    private RelayScene(RelayDirection direction, int partnerCount)
    {
        this.direction = direction;
        flows = NewFlows(direction, partnerCount);
        for (var i = 0; i < partnerCount; i++)
        {
            partners.Add(new DemoPartner(DomainName.Parse(Partner(i)), certificates, new AtPartner(this, i)));
        }
    }

    public EdgeProcess Edge { get; private set; } = null!;

    public static async Task<RelayScene> StartAsync(RelayDirection direction, int partnerCount)
    {
        var scene = new RelayScene(direction, partnerCount);
        scene.names = DnsServer.Start(new DnsZones(scene.partners.Select(DemoEdge.Zone)), TimeProvider.System);
        scene.Edge = await EdgeProcess.StartAsync(scene.certificates, scene.names.EndPoint, scene.partners.Select(partner => partner.Domain.Ascii));
        try
        {
            scene.component = await DemoComponent.ConnectAsync(scene.Edge.Inside, Local, EdgeProcess.Secret, new AtComponent(scene), CancellationToken.None);
            await scene.Edge.WhenItTakesPartnersAsync();
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>One more stream of a partner to the edge.</summary>
    public Task<PeerStream> OpenAsync(int partner) => OpenAsync(partner, Edge.S2S);

    /// <summary>One more stream of a partner to a server that stands in the edge's place, with the edge's keys.</summary>
    public Task<PeerStream> OpenAsync(int partner, IPEndPoint server) => partners[partner].OpenAsync(server, Local, CancellationToken.None);

    /// <summary>The senders of this direction, each with the flows that it sends.</summary>
    public async Task<IReadOnlyList<PeerStream>> OpenSendersAsync()
    {
        if (direction == RelayDirection.Out)
        {
            return [component!.Stream];
        }

        var streams = new List<PeerStream>();
        for (var i = 0; i < partners.Count; i++)
        {
            streams.Add(await OpenAsync(i));
        }

        return streams;
    }

    /// <summary>Sends that many in all and waits until they have arrived, or nothing more does. Gives the flows with their counters.</summary>
    public async Task<IReadOnlyList<NumberedFlow>> SendAsync(IReadOnlyList<PeerStream> senders, int count, int rate)
    {
        var fresh = NewFlows(direction, partners.Count);
        Volatile.Write(ref flows, fresh);
        var share = count / senders.Count;
        await Task.WhenAll(senders.Select((stream, i) =>
        {
            var sender = new LoadSender(stream, senders.Count == 1 ? fresh : [fresh[i]], underWay: () => 0, TimeProvider.System);
            return sender.RunAsync(new LoadPlan(rate / senders.Count, Window: int.MaxValue, share), CancellationToken.None);
        }));
        await AllArrivedAsync(fresh);
        return fresh;
    }

    public async ValueTask DisposeAsync()
    {
        await Edge.DisposeAsync();
        if (component is not null)
        {
            await component.DisposeAsync();
        }

        foreach (var partner in partners)
        {
            await partner.DisposeAsync();
        }

        if (names is not null)
        {
            await names.DisposeAsync();
        }

        certificates.Dispose();
    }

    private static async Task AllArrivedAsync(NumberedFlow[] sent)
    {
        var (last, quietSince) = (-1L, TimeProvider.System.GetTimestamp());
        while (sent.Any(flow => flow.Missing > 0) && TimeProvider.System.GetElapsedTime(quietSince) < LongestSilence)
        {
            var received = sent.Sum(flow => flow.Received);
            if (received != last)
            {
                (last, quietSince) = (received, TimeProvider.System.GetTimestamp());
            }

            await Task.Delay(1);
        }
    }

    private static string Partner(int number) => string.Create(CultureInfo.InvariantCulture, $"p{number}.example");

    private static NumberedFlow[] NewFlows(RelayDirection direction, int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => direction == RelayDirection.In
            ? new NumberedFlow($"user@{Partner(i)}/load", $"sink@{EdgeProcess.Local}", TimeProvider.System)
            : new NumberedFlow($"source@{EdgeProcess.Local}", $"user@{Partner(i)}/load", TimeProvider.System)),
    ];

    private sealed class AtPartner(RelayScene scene, int number) : IStanzaReceiver
    {
        public void Receive(in StanzaFrame stanza) => Volatile.Read(ref scene.flows)[number].Receive(stanza.Bytes);

        public ValueTask EndBatchAsync(PeerStream stream, CancellationToken cancellation) => ValueTask.CompletedTask;
    }

    private sealed class AtComponent(RelayScene scene) : IStanzaReceiver
    {
        private static readonly int NumberAt = Encoding.UTF8.GetByteCount("user@p");

        public void Receive(in StanzaFrame stanza)
        {
            var number = 0;
            foreach (var digit in stanza.From[NumberAt..])
            {
                if (digit is < (byte)'0' or > (byte)'9')
                {
                    break;
                }

                number = (number * 10) + (digit - '0');
            }

            Volatile.Read(ref scene.flows)[number].Receive(stanza.Bytes);
        }

        public ValueTask EndBatchAsync(PeerStream stream, CancellationToken cancellation) => ValueTask.CompletedTask;
    }
}
