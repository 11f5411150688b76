using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Serving;
using EdgePool.Edge;
using EdgePool.Policy.Partners;
using EdgePool.Server.Demo.Load;
using EdgePool.Server.Demo.Peers;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Framing;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Demo;

/// <summary>
/// Everything that plays in the demo, in one process and on loopback: certificates, a name server, a node, a partner's server, and a component that answers
/// each message with one of its own.
/// </summary>
internal sealed class DemoScene : IAsyncDisposable
{
    /// <summary>The partner's domain.</summary>
    public const string Partner = "partner.example";

    /// <summary>Our domain, with the component behind it.</summary>
    public const string Local = "contoso.example";

    private readonly DemoCertificates certificates;
    private readonly DemoPartner partner;
    private readonly DnsServer names;
    private readonly string secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private readonly TimeProvider time;
    private DemoComponent? component;
    private LoadSender? sender;

    public DemoScene(ILoggerFactory logs, TimeProvider time)
    {
        this.time = time;
        Requests = new NumberedFlow($"user@{Partner}/demo", $"answers@{Local}", time);
        Answers = new NumberedFlow($"answers@{Local}", $"user@{Partner}/demo", time);
        certificates = new DemoCertificates(time);
        partner = new DemoPartner(DomainName.Parse(Partner), certificates, new AnswersArriving(this));
        names = DnsServer.Start(new DnsZones(Zone(partner)), time);
        Node = new EdgeNode(Options(), logs, time);
    }

    /// <summary>The edge between the two.</summary>
    public EdgeNode Node { get; }

    /// <summary>From the partner to the component.</summary>
    public NumberedFlow Requests { get; }

    /// <summary>From the component to the partner.</summary>
    public NumberedFlow Answers { get; }

    /// <summary>Requests that were answered by an error.</summary>
    public long Errors { get; private set; }

    /// <summary>Requests that nothing has come back for.</summary>
    public long Unanswered => Math.Max(0, Requests.Sent - Answers.Received - Errors);

    /// <summary>The zone that says where the partner is.</summary>
    public static DnsZone Zone(DemoPartner partner)
    {
        var host = DnsName.Parse($"xmpp.{partner.Domain.Ascii}");
        return DnsZone.Create(
            partner.Domain.Ascii,
            new SrvRecord(DnsName.Parse($"_xmpp-server._tcp.{partner.Domain.Ascii}"), 60, 10, 0, (ushort)partner.EndPoint.Port, host),
            new AddressRecord(host, 60, partner.EndPoint.Address));
    }

    /// <summary>Starts the node, connects the component and the partner, and sends one message there and back.</summary>
    /// <exception cref="DemoException">Something did not come up.</exception>
    /// <exception cref="ListenException">The node cannot listen.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        Node.Start();
        component = await DemoComponent.ConnectAsync(Node.InternalEndPoints[0], DomainName.Parse(Local), secret, new RequestsArriving(this), cancellation);
        var stream = await partner.OpenAsync(Node.S2SEndPoints[0], DomainName.Parse(Local), cancellation);
        sender = new LoadSender(stream, [Requests], () => Unanswered, time);
        await sender.SendAsync(1, cancellation);
        while (Unanswered > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), time, cancellation);
        }
    }

    /// <summary>Sends requests until <paramref name="stop"/> is cancelled.</summary>
    /// <exception cref="DemoException">The partner's stream broke.</exception>
    public async Task SendAsync(LoadPlan plan, CancellationToken stop)
    {
        try
        {
            await sender!.RunAsync(plan, stop);
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException)
        {
            throw new DemoException($"the partner's stream to the edge broke: {fault.Message}");
        }
    }

    /// <summary>Ends all that is left; the node may have been stopped before.</summary>
    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await partner.DisposeAsync();
        if (component is not null)
        {
            await component.DisposeAsync();
        }

        await names.DisposeAsync();
        certificates.Dispose();
    }

    private EdgeOptions Options()
    {
        var local = DomainName.Parse(Local);
        var policy = PolicyCompiler.Compile([new PartnerDocument { Domain = Partner }], [local]).Snapshot
            ?? throw new InvalidOperationException("the demo's policy does not compile");
        return new EdgeOptions
        {
            NodeName = "demo",
            LocalDomains = [new LocalDomain(local, new BackEndOptions.Component(secret))],
            Policy = policy,
            S2SListeners = [new S2SListenerOptions(new IPEndPoint(IPAddress.Loopback, 0))],
            InternalListeners = [new InternalListenerOptions(new IPEndPoint(IPAddress.Loopback, 0), AllowPlain: true, RequireClientCertificate: false, certificates.Trust)],
            Certificates = [certificates.ForEdge(Local)],
            Trust = certificates.Trust,
            DialbackSecrets = new DialbackSecrets(secret),
            DnsServers = [names.EndPoint],
        };
    }

    /// <summary>At the component: checks each request and answers it.</summary>
    private sealed class RequestsArriving(DemoScene scene) : IStanzaReceiver
    {
        private readonly ArrayBufferWriter<byte> answers = new(64 * 1024);

        public void Receive(in StanzaFrame stanza)
        {
            scene.Requests.Receive(stanza.Bytes);
            scene.Answers.Write(answers);
        }

        public async ValueTask EndBatchAsync(PeerStream stream, CancellationToken cancellation)
        {
            if (answers.WrittenCount > 0)
            {
                await stream.WriteAsync(answers.WrittenMemory, cancellation);
                answers.ResetWrittenCount();
            }
        }
    }

    /// <summary>At the partner: checks each answer.</summary>
    private sealed class AnswersArriving(DemoScene scene) : IStanzaReceiver
    {
        public void Receive(in StanzaFrame stanza)
        {
            if (stanza.Type.SequenceEqual("error"u8))
            {
                scene.Errors++;
            }
            else
            {
                scene.Answers.Receive(stanza.Bytes);
            }
        }

        public ValueTask EndBatchAsync(PeerStream stream, CancellationToken cancellation)
        {
            scene.sender?.Moved();
            return ValueTask.CompletedTask;
        }
    }
}
