using System.Net;
using System.Net.Sockets;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;

namespace EdgePool.Edge.Transport;

/// <summary>Orders a listener to take connections, or to refuse them.</summary>
internal enum ListenerOrder
{
    /// <summary>Take them.</summary>
    Open,

    /// <summary>Refuse them, as a port does that nobody listens on.</summary>
    Shut,
}

/// <summary>
/// Accepts connections on one address and hands each to a stream actor under <c>/edge/streams</c>; beyond the limits it closes them without a word.
/// An accept that fails for want of resources is tried again a little later, and said in the log.
/// </summary>
internal sealed class ListenerActor : ReceiveActor, IWithTimers
{
    /// <summary>Connections that the system may hold ready.</summary>
    public const int Backlog = 1024;

    private static readonly TimeSpan RetryAccept = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RetryOpen = TimeSpan.FromSeconds(1);

    private readonly EdgeRuntime edge;
    private readonly ListenerRole role;
    private readonly IActorRef streams;
    private readonly EndPoint address;
    private Socket? bound;
    private bool open;

    /// <param name="edge">The node.</param>
    /// <param name="bound">Bound to the address; it listens with the first <see cref="ListenerOrder.Open"/>.</param>
    /// <param name="role">What connects there.</param>
    /// <param name="streams"><c>/edge/streams</c>.</param>
    public ListenerActor(EdgeRuntime edge, Socket bound, ListenerRole role, IActorRef streams)
    {
        (this.edge, this.bound, this.role, this.streams) = (edge, bound, role, streams);
        address = bound.LocalEndPoint!;
        Receive<AcceptOutcome>(OnAccept);
        Receive<Retry>(_ => Accept(), _ => open);
        Receive<ListenerOrder>(_ => Open(), order => order is ListenerOrder.Open && !open);
        Receive<ListenerOrder>(_ => Shut(), order => order is ListenerOrder.Shut);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PostStop() => Shut();

    private void Open()
    {
        try
        {
            if (bound is null)
            {
                bound = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                bound.Bind(address);
            }

            bound.Listen(Backlog);
        }
        catch (SocketException exception)
        {
            NodeLog.AcceptFailed(edge.Logs.Node, address, exception.Message, RetryOpen);
            bound?.Dispose();
            bound = null;
            Timers.StartSingleTimer("open", ListenerOrder.Open, RetryOpen);
            return;
        }

        open = true;
        NodeLog.Listening(edge.Logs.Node, edge.Options.NodeName, role.Name, address);
        Accept();
    }

    private void Shut()
    {
        open = false;
        Timers.CancelAll();
        bound?.Dispose();
        bound = null;
    }

    private void Accept() => _ = AcceptAsync(bound!).PipeTo(Self);

    private static async Task<AcceptOutcome> AcceptAsync(Socket listening)
    {
        try
        {
            return new AcceptOutcome(listening, await listening.AcceptAsync(), string.Empty);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return new AcceptOutcome(listening, Socket: null, exception.Message);
        }
    }

    private void OnAccept(AcceptOutcome outcome)
    {
        if (!ReferenceEquals(outcome.Listening, bound))
        {
            outcome.Socket?.Dispose(); // taken while the port was shut
        }
        else if (outcome.Socket is { } socket)
        {
            Admit(socket);
            Accept();
        }
        else
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
        UserTimeout.Set(socket, edge.Options.Timeouts.UserTimeout);
        var info = new StreamInfo(edge.Streams.NextNumber(), role.Kind, peer.ToString());
        streams.Tell(new NewStream(info, socket, role));
    }

    private sealed record AcceptOutcome(Socket Listening, Socket? Socket, string Failure);

    private sealed class Retry
    {
        public static Retry Instance { get; } = new();
    }
}
