using System.Net;
using System.Net.Sockets;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Readiness;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;

namespace EdgePool.Edge.Transport;

/// <summary>
/// The TCP ports of a node: all its addresses are taken or none, and who has taken them lets go of them all. Until somebody listens at an address TCP is refused there, which
/// sends partners to the next target of their SRV records: before <see cref="Accept"/>, and at the ports for partners also while the node cannot do its job.
/// </summary>
internal sealed class NodePorts(EdgeRuntime edge, ActorSystem system)
{
    private const string PeerSetting = "cluster.peer";

    private readonly List<(Socket Socket, ListenerRole Role)> bound = [];
    private readonly List<IActorRef> listeners = [];
    private Socket? nodes;
    private IActorRef? readiness;
    private volatile NodeReadiness judged = NodeReadiness.Always;

    /// <summary>The last verdict on whether the node can do its job.</summary>
    public NodeReadiness Readiness => judged;

    /// <summary>Where partners connect, once bound.</summary>
    public IReadOnlyList<IPEndPoint> ForPartners { get; private set; } = [];

    /// <summary>Where components and internal servers connect, once bound.</summary>
    public IReadOnlyList<IPEndPoint> Internal { get; private set; } = [];

    /// <summary>Where other nodes connect, once bound; null: the node is alone.</summary>
    public IPEndPoint? ForNodes { get; private set; }

    /// <summary>Takes every address.</summary>
    /// <param name="forNodes">For the links to other nodes; null: the node is alone.</param>
    /// <exception cref="ListenException">One cannot be bound; none is.</exception>
    public void Bind(IPEndPoint? forNodes)
    {
        var (partners, inside) = (new PartnerRules(edge.Routes, edge.Policy), new InternalRules(edge.Routes, edge.Policy));
        try
        {
            foreach (var listener in edge.Options.S2SListeners)
                bound.Add((Bound(listener.Address), new ListenerRole("s2s", StreamKind.PartnerInbound, partners, TlsFor(listener.DirectTls), Internal: null)));
            foreach (var listener in edge.Options.InternalListeners)
                bound.Add((Bound(listener.Address), new ListenerRole("internal", StreamKind.InternalUnknown, inside, TlsFor(DirectTls.Sniff), listener)));
            nodes = forNodes is null ? null : Bound(forNodes, PeerSetting);
        }
        catch (ListenException)
        {
            Release();
            throw;
        }

        ForPartners = At(StreamKind.PartnerInbound);
        Internal = At(StreamKind.InternalUnknown);
        ForNodes = (IPEndPoint?)nodes?.LocalEndPoint;
    }

    /// <summary>The port for other nodes, listening, and the caller's from now on; null: the node is alone.</summary>
    /// <exception cref="ListenException">Another process has bound the address too, and was first.</exception>
    public Socket? ListenForNodes()
    {
        if (nodes is not null)
            Listen(nodes, PeerSetting);
        var handed = nodes;
        nodes = null;
        return handed;
    }

    /// <summary>Takes connections: of back ends at once, of partners as long as the node can do its job.</summary>
    /// <param name="streams"><c>/edge/streams</c>.</param>
    /// <exception cref="ListenException">Another process has bound an address too, and was first.</exception>
    public void Accept(IActorRef streams)
    {
        var patience = edge.Options.Readiness;
        foreach (var (socket, _) in bound.Where(port => !Waits(port.Role)))
            Listen(socket);
        var waiting = new List<IActorRef>();
        foreach (var (socket, role) in bound)
        {
            var runtime = edge;
            var listener = system.ActorOf(Props.Create(() => new ListenerActor(runtime, socket, role, streams)));
            listeners.Add(listener);
            if (Waits(role))
                waiting.Add(listener);
            else
                listener.Tell(ListenerOrder.Open);
        }

        bound.Clear();
        if (patience is not null)
            Watch(patience, waiting, streams);

        bool Waits(ListenerRole role) => patience is not null && role.Kind is StreamKind.PartnerInbound;
    }

    /// <summary>Takes nothing more anywhere; what other nodes send is not its business. Again it does nothing.</summary>
    public void Release()
    {
        if (readiness is not null)
            system.Stop(readiness);
        foreach (var (socket, _) in bound)
            socket.Dispose();
        bound.Clear();
        nodes?.Dispose();
        foreach (var listener in listeners)
            system.Stop(listener);
    }

    private void Watch(ReadinessOptions patience, List<IActorRef> partners, IActorRef streams)
    {
        judged = new NodeReadiness(["it starts"], []) { TakesPartners = false };
        var runtime = edge;
        var watcher = system.ActorOf(Props.Create(() => new ReadinessActor(runtime, patience, partners, streams, verdict => judged = verdict)), "readiness");
        readiness = watcher;
        edge.Components.Changed += _ => watcher.Tell(ReadinessActor.Look.Instance);
    }

    private List<IPEndPoint> At(StreamKind kind) => [.. bound.Where(port => port.Role.Kind == kind).Select(port => (IPEndPoint)port.Socket.LocalEndPoint!)];

    private ServerTls TlsFor(DirectTls mode) => new(edge.Certificates, mode, edge.Options.Trust, edge.Trust.DemandFor, edge.Time);

    private static Socket Bound(IPEndPoint address, string setting = ListenException.Listeners)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(address);
            return socket;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new ListenException(address, exception) { Setting = setting };
        }
    }

    private static void Listen(Socket socket, string setting = ListenException.Listeners)
    {
        var address = (IPEndPoint)socket.LocalEndPoint!;
        try
        {
            socket.Listen(ListenerActor.Backlog);
        }
        catch (SocketException exception)
        {
            throw new ListenException(address, exception) { Setting = setting };
        }
    }
}
