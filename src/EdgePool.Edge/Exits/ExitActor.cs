using EdgePool.Cluster.Peers;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Peers;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;

namespace EdgePool.Edge.Exits;

/// <summary>
/// Carries one route over a node of another pool: it has that node bring up a stream to the partner, says so to the route as a dial does, and at the route's word lets the stanzas cross the link. It
/// ends when the other node cannot carry the pair any more, or is lost, or the route has no more use for it; and not before the fate of all that crossed is sealed.
/// </summary>
internal sealed class ExitActor : ReceiveActor, IWithTimers
{
    private const string AskTimer = "ask";

    /// <summary>How long the other node may take to bring a stream up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Between two questions, while it is tried.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(250);

    /// <summary>Between two, while it is up.</summary>
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(5);

    private readonly EdgeRuntime edge;
    private readonly FederationExits exits;
    private readonly Route route;
    private readonly string pool;
    private readonly string node;
    private readonly CancellationTokenSource stopping = new();
    private readonly long since;
    private PeerStanzas? stanzas;
    private OutboundChannel? channel;
    private ExitUse? use;
    private uint sentBefore;
    private long idleSince;
    private bool up;
    private bool leaving;

    public ExitActor(EdgeRuntime edge, FederationExits exits, Route route, string pool, string node)
    {
        (this.edge, this.exits, this.route, this.pool, this.node) = (edge, exits, route, pool, node);
        since = edge.Time.GetTimestamp();
        Receive<Ask>(_ => OnAsk());
        Receive<Answered>(OnAnswered);
        Receive<Carry>(OnCarry);
        Receive<Over>(_ => Context.Stop(Self));
        Receive<EndStream>(_ => Leave());
        Receive<PolicyChange>(static _ => { });
        Receive<StopReading>(static _ => { });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => OnAsk();

    protected override void PostStop()
    {
        stopping.Cancel();
        stopping.Dispose();
        if (channel is not null)
            stanzas!.Drop(channel);
        if (use is not null)
            exits.Leave(use);
    }

    private void OnAsk() => _ = AskAsync().PipeTo(Self);

    private async Task<Answered> AskAsync()
    {
        try
        {
            return new Answered(true, await exits.AskAsync(node, route.Pair, stopping.Token));
        }
        catch (Exception fault) when (fault is PeerException or OperationCanceledException)
        {
            return new Answered(false, LogText.Of(fault.Message));
        }
    }

    private void OnAnswered(Answered answered)
    {
        if (leaving)
            return;
        if (answered is { Known: true, WhyNot: null })
        {
            OnUp();
            return;
        }

        if (!answered.Known && (up || (exits.IsLinked(node) && edge.Time.GetElapsedTime(since) < Patience)))
        {
            Timers.StartSingleTimer(AskTimer, Ask.Instance, up ? Later : Soon);
            return;
        }

        if (!up)
            Context.Parent.Tell(new DialFailed(BounceReason.RemoteServerTimeout, MayHelpToTryAgain: true, $"node {node}: {answered.WhyNot}"));
        Leave();
    }

    private void OnUp()
    {
        if (!up)
        {
            up = true;
            idleSince = edge.Time.GetTimestamp();
            Context.Parent.Tell(DialUp.Instance);
        }

        if (channel is { Sent: var sent } && (sent != sentBefore || route.Queue.Bytes > 0))
            (sentBefore, idleSince) = (sent, edge.Time.GetTimestamp());
        if (edge.Time.GetElapsedTime(idleSince) > edge.Options.Timeouts.Idle)
            Leave();
        else
            Timers.StartSingleTimer(AskTimer, Ask.Instance, Later);
    }

    private void OnCarry(Carry carry)
    {
        var self = Self;
        stanzas = exits.Links.With(node);
        channel = leaving ? null : stanzas?.TryCarry(route, () => self.Tell(Over.Instance));
        if (channel is null)
        {
            Context.Stop(Self);
            return;
        }

        exits.Enter(use = new ExitUse(route.Pair, pool, node, edge.Time.GetUtcNow(), carry.Because));
        if (carry.Because is { } why)
            StreamLog.LeavesByPool(edge.Logs.Streams, route.ToString(), pool, node, why);
        else
            StreamLog.LeavesAgain(edge.Logs.Streams, route.ToString(), pool);
    }

    /// <summary>Nothing more crosses.</summary>
    private void Leave()
    {
        leaving = true;
        Timers.CancelAll();
        if (channel is null)
            Context.Stop(Self);
        else
            stanzas!.Drop(channel);
    }

    /// <summary>The route is free: what waits on it may cross.</summary>
    /// <param name="Because">Why by this pool; null: it is the first choice.</param>
    public sealed record Carry(string? Because);

    private sealed record Answered(bool Known, string? WhyNot);

    private sealed class Ask
    {
        public static Ask Instance { get; } = new();
    }

    private sealed class Over
    {
        public static Over Instance { get; } = new();
    }
}
