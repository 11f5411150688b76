using System.Net;
using System.Net.Sockets;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;

namespace EdgePool.Edge.Transport;

/// <summary>
/// Accepts connections on one address and hands each to a stream actor under <c>/edge/streams</c>; beyond the limits it closes them without a word.
/// An accept that fails for want of resources is tried again a little later, and said in the log.
/// </summary>
internal sealed class ListenerActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan RetryAccept = TimeSpan.FromMilliseconds(200);

    private readonly EdgeRuntime edge;
    private readonly Socket listening;
    private readonly ListenerRole role;
    private readonly StreamKind kind;
    private readonly IActorRef streams;
    private readonly EndPoint address;
    private bool stopped;

    public ListenerActor(EdgeRuntime edge, Socket listening, ListenerRole role, StreamKind kind, IActorRef streams)
    {
        (this.edge, this.listening, this.role, this.kind, this.streams) = (edge, listening, role, kind, streams);
        address = listening.LocalEndPoint!;
        Receive<AcceptOutcome>(OnAccept);
        Receive<Retry>(_ => Accept());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        NodeLog.Listening(edge.Logs.Node, edge.Options.NodeName, role.Name, address);
        Accept();
    }

    protected override void PostStop()
    {
        stopped = true;
        listening.Dispose();
    }

    private void Accept() => _ = AcceptAsync(listening).PipeTo(Self);

    private static async Task<AcceptOutcome> AcceptAsync(Socket listening)
    {
        try
        {
            return new AcceptOutcome(await listening.AcceptAsync(), string.Empty);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return new AcceptOutcome(Socket: null, exception.Message);
        }
    }

    private void OnAccept(AcceptOutcome outcome)
    {
        if (outcome.Socket is { } socket)
        {
            Admit(socket);
            Accept();
        }
        else if (!stopped)
        {
            NodeLog.AcceptFailed(edge.Logs.Node, address, outcome.Failure, RetryAccept);
            Timers.StartSingleTimer("retry", Retry.Instance, RetryAccept);
        }
    }

    private void Admit(Socket socket)
    {
        if (socket.RemoteEndPoint is not IPEndPoint peer)
        {
            socket.Dispose();
            return;
        }

        var refusal = edge.Streams.Count >= edge.Options.Limits.Connections ? "too many connections"
            : !edge.Streams.TryEnter(peer.Address, edge.Options.Limits.UnauthenticatedPerAddress) ? "too many unauthenticated connections from this address"
            : null;
        if (refusal is not null)
        {
            NodeLog.ConnectionRefused(edge.Logs.Node, address, peer.ToString(), refusal);
            socket.Dispose();
            return;
        }

        socket.NoDelay = true;
        var info = new StreamInfo(edge.Streams.NextNumber(), kind, peer.ToString());
        streams.Tell(new NewStream(info, socket, role));
    }

    private sealed record AcceptOutcome(Socket? Socket, string Failure);

    private sealed class Retry
    {
        public static Retry Instance { get; } = new();
    }
}
