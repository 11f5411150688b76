using EdgePool.Cluster.Membership;
using EdgePool.Edge.Telemetry;
using Backoff = EdgePool.Edge.Routing.Backoff;

namespace EdgePool.Edge.Peers;

/// <summary>
/// The link to one node: <c>/edge/peers/&lt;node&gt;</c>. Of two nodes the one whose name is lower (ordinal) calls, again and again, as long as the other's record stands;
/// of two calls the later one holds, for who calls again knows that the first one is lost.
/// </summary>
/// <remarks>
/// A link outlives the record of its node: one that has lost its lease goes on serving. It ends when the node is known by another key.
/// </remarks>
internal sealed class PeerActor : ReceiveActor, IWithTimers
{
    private const string RetryTimer = "retry";
    private const string LostTimer = "lost";
    private const string ListenTimer = "listen";

    private readonly PeerRuntime peers;
    private readonly string node;
    private readonly bool calls;
    private readonly PeerStanzas stanzas;
    private readonly CancellationTokenSource stopping = new();
    private NodeRecord? record;
    private PeerLink? link;
    private PeerQuestions? questions;
    private Task running = Task.CompletedTask;
    private string? linked;
    private string? failure;
    private bool calling;
    private int failures;
    private long ended;
    private bool listening;
    private int heardOf;

    public PeerActor(PeerRuntime peers, string node)
    {
        (this.peers, this.node, stanzas) = (peers, node, peers.Stanzas.Open(node));
        calls = string.CompareOrdinal(peers.Node, node) < 0;
        Receive<Known>(OnKnown);
        Receive<PeerOutcome>(OnAnswered);
        Receive<Called>(OnCalled);
        Receive<Ended>(OnEnded);
        Receive<Retry>(_ => Call());
        Receive<Death>(OnDeath);
        Receive<Listened>(OnListened);
        Receive<Wait>(static _ => { });
        Receive<Lost>(_ => stanzas.GiveUp());
        Receive<Status.Failure>(static failure => throw new InvalidOperationException("a link failed", failure.Cause));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override SupervisorStrategy SupervisorStrategy() => EdgeRuntime.StopOnFault();

    protected override void PostStop()
    {
        stopping.Cancel();
        Drop("this node ends the link");
        peers.Stanzas.Close(node, stanzas);
    }

    private void OnKnown(Known known)
    {
        record = known.Record;
        if (record is { Pool: var pool })
            stanzas.OfOtherPool = !string.Equals(pool, peers.Pool.Pool, StringComparison.Ordinal);
        Listen();
        if (link is { } standing)
        {
            if (record is null && standing.Silence > peers.Pool.Timeouts.Suspicious)
                standing.Cut("the node is gone from the pool, and silent");
            else if (record is { PeerKey: var key } && !string.Equals(key, standing.Key, StringComparison.Ordinal))
                standing.Cut("the node has another key by now");
            else if (standing.Silence > peers.Pool.Timeouts.Silent)
                standing.Cut("the node is silent");
            else
                standing.TrySend(FrameKind.Ping);
        }
        else if (record is null && !calling)
        {
            Context.Stop(Self);
        }
        else
        {
            Call();
        }
    }

    private void Call()
    {
        if (!calls || calling || link is not null || record is null || Timers.IsTimerActive(RetryTimer))
            return;
        calling = true;
        _ = peers.Handshake.DialAsync(record, stopping.Token).PipeTo(Self);
    }

    private void OnAnswered(PeerOutcome outcome)
    {
        calling = false;
        if (outcome.Session is { } session)
        {
            Up(session);
            return;
        }

        if (!string.Equals(failure, outcome.Failure, StringComparison.Ordinal))
            PeerLog.CallFailed(peers.Log, node, record?.Peer ?? string.Empty, LogText.Of(failure = outcome.Failure));
        if (outcome.Refused)
            Suspect();
        RetryLater();
    }

    private void OnCalled(Called called)
    {
        if (calls)
            called.Session.Dispose(); // its name is the higher one: it is not to call
        else
            Up(called.Session);
    }

    private void Up(PeerSession session)
    {
        Drop("a later call has taken its place");
        var made = link = new PeerLink(session, peers.Time);
        var asked = questions = new PeerQuestions(made, peers.Answers, peers.Pool.Timeouts.Question, peers.Time);
        (linked, failure, failures) = (session.Peer.Instance, null, 0);
        PeerLog.Up(peers.Log, node, LogText.Of(session.Peer.Instance));
        Timers.Cancel(LostTimer);
        var next = RunAsync(running, made, asked, stanzas);
        running = next;
        _ = next.PipeTo(Self);
        peers.Network.Up(node, asked);
    }

    /// <summary>Begins when the link before has ended, to the last byte that was read of it.</summary>
    private static async Task<Ended> RunAsync(Task before, PeerLink link, PeerQuestions questions, PeerStanzas stanzas)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        stanzas.Begin(link);
        try
        {
            return new Ended(link, await link.RunAsync((kind, body) => Take(kind, body, questions, stanzas), stanzas.TryCompose));
        }
        finally
        {
            stanzas.End();
        }
    }

    private static bool Take(FrameKind kind, ReadOnlyMemory<byte> body, PeerQuestions questions, PeerStanzas stanzas) => kind switch
    {
        FrameKind.Ping => body.IsEmpty,
        FrameKind.Question or FrameKind.Answer or FrameKind.Refusal => questions.Take(kind, body),
        _ => stanzas.Take(kind, body.Span),
    };

    private void OnEnded(Ended over)
    {
        if (!ReferenceEquals(over.Link, link))
            return;
        PeerLog.Down(peers.Log, node, LogText.Of(over.Why));
        Drop(over.Why);
        ended = peers.Time.GetTimestamp();
        Timers.StartSingleTimer(LostTimer, Lost.Instance, peers.Pool.Timeouts.Lost);
        Suspect();
        if (calls)
            RetryLater();
    }

    private void Drop(string why)
    {
        if (link is null)
            return;
        link.Cut(why);
        peers.Network.Down(node, questions!);
        (link, questions) = (null, null);
    }

    /// <summary>Only a process to which there was a link can be found dead: an address that refuses from the beginning may be a wrong one.</summary>
    private void Suspect()
    {
        if (record is { } standing && string.Equals(standing.Instance, linked, StringComparison.Ordinal))
            _ = LookAsync(standing).PipeTo(Self);
    }

    private async Task<Death> LookAsync(NodeRecord suspected)
    {
        try
        {
            return new Death(await peers.Dead.LookAsync(suspected, stopping.Token) ? "its address refuses" : null);
        }
        catch (OperationCanceledException)
        {
            return new Death(Because: null);
        }
    }

    /// <summary>A node that was linked and says nothing, whether or not the link stands: the store is asked, and less and less often while it says that the node lives.</summary>
    private void Listen()
    {
        var standing = link;
        var silence = standing?.Silence ?? peers.Time.GetElapsedTime(ended);
        if (silence <= peers.Pool.Timeouts.Suspicious)
        {
            heardOf = 0;
            return;
        }

        if (listening || Timers.IsTimerActive(ListenTimer) || record is not { } silent || !string.Equals(silent.Instance, linked, StringComparison.Ordinal))
            return;
        listening = true;
        _ = ListenAsync(silent, peers.Random.NextDouble(), () => standing is null || standing.Silence > peers.Pool.Timeouts.Suspicious).PipeTo(Self);
    }

    private async Task<Listened> ListenAsync(NodeRecord silent, double spread, Func<bool> still)
    {
        try
        {
            return new Listened(await peers.Dead.ListenAsync(silent, spread, still, stopping.Token));
        }
        catch (OperationCanceledException)
        {
            return new Listened(Dead: false);
        }
    }

    private void OnListened(Listened listened)
    {
        listening = false;
        if (listened.Dead)
            OnDeath(new Death("it is silent to this node and to the store"));
        else
            Timers.StartSingleTimer(ListenTimer, Wait.Instance, Backoff.After(heardOf++, peers.Pool.Timeouts.Ping, peers.Pool.Timeouts.BackoffMax, peers.Random.NextDouble()));
    }

    private void OnDeath(Death death)
    {
        if (death.Because is not { } why)
            return;
        PeerLog.Dead(peers.Log, node, why);
        link?.Cut("the node is dead");
        stanzas.GiveUp();
    }

    private void RetryLater()
    {
        var timeouts = peers.Pool.Timeouts;
        Timers.StartSingleTimer(RetryTimer, Retry.Instance, Backoff.After(failures++, timeouts.BackoffMin, timeouts.BackoffMax, peers.Random.NextDouble()));
    }

    /// <summary>The node's record as seen now; null: it has none.</summary>
    public sealed record Known(NodeRecord? Record);

    /// <summary>The node has called.</summary>
    public sealed record Called(PeerSession Session);

    private sealed record Ended(PeerLink Link, string Why);

    private sealed record Death(string? Because);

    private sealed record Listened(bool Dead);

    private sealed class Lost
    {
        public static Lost Instance { get; } = new();
    }

    private sealed class Wait
    {
        public static Wait Instance { get; } = new();
    }

    private sealed class Retry
    {
        public static Retry Instance { get; } = new();
    }
}
