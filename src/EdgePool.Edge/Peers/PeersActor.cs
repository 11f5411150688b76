using System.Net.Sockets;
using EdgePool.Edge.Telemetry;

namespace EdgePool.Edge.Peers;

/// <summary>
/// The links of this node to all others of the cluster: <c>/edge/peers</c>, with a child for each node. It looks at who is there, takes the calls of others, and hands each to
/// the child of the node that calls.
/// </summary>
internal sealed class PeersActor : ReceiveActor, IWithTimers
{
    /// <summary>Calls at one time of which it is not known yet who calls.</summary>
    public const int MostUnknown = 32;

    private static readonly TimeSpan AcceptAgain = TimeSpan.FromMilliseconds(200);

    private readonly PeerRuntime peers;
    private readonly Socket listening;
    private readonly CancellationTokenSource stopping = new();
    private int unknown;

    public PeersActor(PeerRuntime peers, Socket listening)
    {
        (this.peers, this.listening) = (peers, listening);
        Receive<Look>(_ => OnLook());
        Receive<Called>(OnCalled);
        Receive<PeerOutcome>(OnOutcome);
        Receive<AcceptNext>(_ => Accept());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        NodeLog.Listening(peers.Edge.Logs.Node, peers.Node, "peers", listening.LocalEndPoint!);
        Timers.StartPeriodicTimer("look", Look.Instance, peers.Pool.Timeouts.Ping);
        OnLook();
        Accept();
    }

    protected override void PostStop()
    {
        listening.Dispose();
        stopping.Cancel();
    }

    protected override SupervisorStrategy SupervisorStrategy() => EdgeRuntime.StopOnFault();

    private void OnLook()
    {
        var view = peers.Pool.View();
        foreach (var record in view.Nodes.Values)
        {
            if (record.PeerKey is null || string.Equals(record.Name, peers.Node, StringComparison.Ordinal) || !ActorPath.IsValidPathElement(record.Name))
                continue;
            if (Context.Child(record.Name).Equals(ActorRefs.Nobody))
            {
                var (runtime, node) = (peers, record.Name);
                Context.ActorOf(Props.Create(() => new PeerActor(runtime, node)), node);
            }
        }

        foreach (var child in Context.GetChildren())
            child.Tell(new PeerActor.Known(view.Nodes.GetValueOrDefault(child.Path.Name)));
    }

    private void Accept() => _ = AcceptAsync(listening).PipeTo(Self);

    private static async Task<Called> AcceptAsync(Socket listening)
    {
        try
        {
            return new Called(await listening.AcceptAsync());
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            return new Called(Socket: null);
        }
    }

    private void OnCalled(Called called)
    {
        if (called.Socket is not { } socket)
        {
            Timers.StartSingleTimer("accept", AcceptNext.Instance, AcceptAgain);
            return;
        }

        Accept();
        if (unknown == MostUnknown)
        {
            socket.Dispose();
            return;
        }

        unknown++;
        _ = peers.Handshake.AcceptAsync(socket, stopping.Token).PipeTo(Self);
    }

    private void OnOutcome(PeerOutcome outcome)
    {
        unknown--;
        if (outcome.Session is not { } session)
        {
            PeerLog.CallRefused(peers.Log, LogText.Of(outcome.Failure));
            return;
        }

        var child = Context.Child(session.Peer.Node);
        if (child.Equals(ActorRefs.Nobody))
        {
            OnLook(); // its record is there, for its key was taken
            child = Context.Child(session.Peer.Node);
        }

        if (child.Equals(ActorRefs.Nobody))
            session.Dispose();
        else
            child.Tell(new PeerActor.Called(session));
    }

    private sealed record Called(Socket? Socket);

    private sealed class Look
    {
        public static Look Instance { get; } = new();
    }

    private sealed class AcceptNext
    {
        public static AcceptNext Instance { get; } = new();
    }
}
