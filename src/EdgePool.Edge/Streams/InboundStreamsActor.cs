using System.Net.Sockets;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Telemetry;

namespace EdgePool.Edge.Streams;

/// <summary>A connection that a listener took.</summary>
internal sealed record NewStream(StreamInfo Info, Socket Socket, ListenerRole Role);

/// <summary>Orders the streams that partners opened to end.</summary>
/// <param name="Order">How.</param>
internal sealed record EndPartners(EndStream Order);

/// <summary>Supervises the streams that peers opened: <c>/edge/streams</c>. A fault ends the stream that it is in, and no other.</summary>
internal sealed class InboundStreamsActor : ReceiveActor
{
    private readonly EdgeRuntime edge;

    public InboundStreamsActor(EdgeRuntime edge)
    {
        this.edge = edge;
        Receive<NewStream>(OnNew);
        Receive<EndStream>(ToAll);
        Receive<StopReading>(ToAll);
        Receive<PolicyChange>(ToAll);
        Receive<EndPartners>(OnEndPartners);
    }

    protected override SupervisorStrategy SupervisorStrategy() => EdgeRuntime.StopOnFault();

    private void OnNew(NewStream stream)
    {
        var runtime = edge;
        Context.ActorOf(Props.Create(() => new InboundStreamActor(runtime, stream.Info, stream.Socket, stream.Role)), stream.Info.Name);
    }

    private void OnEndPartners(EndPartners end)
    {
        foreach (var stream in edge.Streams.All.Where(stream => stream.Kind is StreamKind.PartnerInbound))
            Context.Child(stream.Name).Tell(end.Order);
    }

    private void ToAll(object message)
    {
        foreach (var child in Context.GetChildren())
            child.Tell(message);
    }
}
