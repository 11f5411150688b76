using System.Buffers;
using EdgePool.Edge;
using EdgePool.Server.Demo.Load;
using EdgePool.Server.Demo.Peers;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Demo.Node;

/// <summary>
/// Everything that plays in the demo, in one process and on loopback: certificates, a name server, a node, a partner's server, and a component that answers
/// each message with one of its own.
/// </summary>
internal sealed class NodeScene : IAsyncDisposable
{
    private readonly DemoEdge common;
    private readonly DemoPartner partner;
    private readonly TimeProvider time;
    private DemoComponent? component;
    private LoadSender? sender;

    public NodeScene(ILoggerFactory logs, TimeProvider time)
    {
        this.time = time;
        Requests = new NumberedFlow($"user@{DemoNames.Partner}/demo", $"answers@{DemoNames.Local}", time);
        Answers = new NumberedFlow($"answers@{DemoNames.Local}", $"user@{DemoNames.Partner}/demo", time);
        common = new DemoEdge(time);
        partner = new DemoPartner(DomainName.Parse(DemoNames.Partner), common.Certificates, new AnswersArriving(this));
        common.Publish(DemoEdge.Zone(partner));
        Node = new EdgeNode(common.Node("demo", [DemoNames.Partner]), logs, time);
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

    /// <summary>Starts the node, connects the component and the partner, and sends one message there and back.</summary>
    /// <exception cref="DemoException">Something did not come up.</exception>
    /// <exception cref="ListenException">The node cannot listen.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        Node.Start();
        component = await DemoComponent.ConnectAsync(Node.InternalEndPoints[0], DomainName.Parse(DemoNames.Local), common.Secret, new RequestsArriving(this), cancellation);
        var stream = await partner.OpenAsync(Node.S2SEndPoints[0], DomainName.Parse(DemoNames.Local), cancellation);
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

        await common.DisposeAsync();
    }

    /// <summary>At the component: checks each request and answers it.</summary>
    private sealed class RequestsArriving(NodeScene scene) : IStanzaReceiver
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
    private sealed class AnswersArriving(NodeScene scene) : IStanzaReceiver
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
