using System.Buffers;
using System.Net;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Membership;
using EdgePool.Edge;
using EdgePool.Edge.Peers;
using EdgePool.Server.Demo.Peers;
using EdgePool.Server.Pool;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgePool.Server.Demo.Pool;

/// <summary>A node of the demo's pool, and the component that is connected to it.</summary>
internal sealed class DemoNode : IAsyncDisposable
{
    private readonly PeerIdentity identity = PeerIdentity.Create();
    private DemoComponent? component;

    /// <param name="options">The node without its pool.</param>
    /// <param name="store">Where the pool agrees.</param>
    /// <param name="logs">Where it logs.</param>
    /// <param name="time">Its clock.</param>
    public DemoNode(EdgeOptions options, ICoordinator store, ILoggerFactory logs, TimeProvider time)
    {
        var record = new NodeRecord(options.NodeName, "demo", options.NodeName + "-1", Product.Version, Peer: "", PeerKey: identity.Key) { Started = time.GetUtcNow() };
        Place = new PoolNode(store, record, new MembershipOptions(), time, new Random(), NullLogger.Instance);
        Edge = new EdgeNode(
            options with { Pool = new PoolOptions("demo", record.Instance, new IPEndPoint(IPAddress.Loopback, 0), identity, () => Place.Keeper.Everyone, store) }, logs, time);
    }

    /// <summary>Its name.</summary>
    public string Name => Place.Member.Record.Name;

    /// <summary>The node.</summary>
    public EdgeNode Edge { get; }

    /// <summary>Its place in the pool.</summary>
    public PoolNode Place { get; }

    /// <summary>Starts it, and connects its component.</summary>
    public async Task StartAsync(string secret, IReadOnlyList<PairedFlow> flows, CancellationToken cancellation)
    {
        await Edge.StartAsync(cancellation);
        Place.Member.Describe(record => record with { Peer = Edge.PeerEndPoint!.ToString() });
        Place.Start(() => Edge.Streams.Count);
        Place.Serve(() => Edge.Readiness.IsReady);
        component = await DemoComponent.ConnectAsync(Edge.InternalEndPoints[0], DomainName.Parse(DemoScene.Local), secret, new Answering(flows), cancellation);
    }

    /// <summary>Ends as a process does that is killed.</summary>
    public async Task KillAsync() => await Task.WhenAll(Place.DisposeAsync().AsTask(), Edge.CutAsync());

    /// <summary>Leaves in order.</summary>
    public async Task LeaveAsync(TimeSpan atMost)
    {
        await Place.HandOverAsync(atMost);
        await Edge.StopAsync();
        await Place.LeaveAsync(atMost);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Edge.DisposeAsync();
        await Place.DisposeAsync();
        if (component is not null)
        {
            await component.DisposeAsync();
        }

        identity.Dispose();
    }

    /// <summary>At the component: checks each request and answers it.</summary>
    private sealed class Answering(IReadOnlyList<PairedFlow> flows) : IStanzaReceiver
    {
        private readonly ArrayBufferWriter<byte> answers = new(64 * 1024);

        public void Receive(in StanzaFrame stanza)
        {
            if (PairedFlow.NumberOf(stanza.From) is > 0 and var number && number <= flows.Count)
            {
                flows[number - 1].Answer(stanza.Bytes, answers);
            }
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
}
