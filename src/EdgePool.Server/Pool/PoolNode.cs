using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Sharding;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Pool;

/// <summary>
/// This node's place in its pool while it runs: a member that tells how it is, keeper of its shards, and the log of who comes and goes. Without the store it goes
/// on serving.
/// </summary>
/// <remarks>It leaves in an order: it says that it drains, the others take its shards, and its lease ends. Each step has its time; what is left ends with the lease.</remarks>
internal sealed class PoolNode : IAsyncDisposable
{
    /// <summary>How often it looks at the pool, and the least between two words on the same trouble is thirty times that.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private const int QuietLooks = 30;
    private const int LoadLooks = 10;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly CancellationTokenSource stopping = new();
    private readonly TaskCompletionSource left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Func<int> streams = static () => 0;
    private Func<NodeRecord, NodeRecord> standing = static record => record;
    private volatile Func<bool> serves = static () => false;
    private Task running = Task.CompletedTask;
    private volatile string? trouble;
    private long troubleAt;
    private volatile bool leaving;
    private int disposed;

    /// <summary>A member that is not started yet.</summary>
    /// <param name="store">Where the pool agrees; it outlives this.</param>
    /// <param name="self">What the node tells of itself before it is ready.</param>
    /// <param name="options">How it stays a member.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Spreads waits.</param>
    /// <param name="log">Where it logs.</param>
    public PoolNode(ICoordinator store, NodeRecord self, MembershipOptions options, TimeProvider time, Random random, ILogger log)
    {
        (Store, this.time, this.log) = (store, time, log);
        Member = new Member(store, self with { Ready = false }, options, time, random, OnTrouble);
        Member.Began += OnBegan;
        Keeper = new ShardKeeper(store, Member, options, time);
    }

    /// <summary>Where the pool agrees.</summary>
    public ICoordinator Store { get; }

    /// <summary>The membership.</summary>
    public Member Member { get; }

    /// <summary>The shards.</summary>
    public ShardKeeper Keeper { get; }

    /// <summary>Why this node is no member, as last heard; null: it is one, or nothing went wrong.</summary>
    public string? Trouble => trouble;

    /// <summary>Whether a newer EdgePool has written the pool's documents, so that this node takes no edits.</summary>
    public Func<bool> Outdated { get; set; } = static () => false;

    /// <summary>Completes when an operator has had the node leave: see <see cref="EndProcess"/>.</summary>
    public Task Leaving => left.Task;

    /// <summary>Joins; to be called once. It is not ready yet.</summary>
    /// <param name="load">The node's established streams.</param>
    /// <param name="describe">Adds what else the node tells of itself, once a second; null: nothing.</param>
    public void Start(Func<int> load, Func<NodeRecord, NodeRecord>? describe = null)
    {
        (streams, standing) = (load, describe ?? standing);
        Member.Describe(record => standing(record with { Streams = load() }));
        running = Task.WhenAll(Member.RunAsync(stopping.Token), Keeper.RunAsync(stopping.Token), LookAsync(stopping.Token));
    }

    /// <summary>The node takes partners; from now on it tells whether it can do its job.</summary>
    /// <param name="ready">Whether it can.</param>
    public void Serve(Func<bool> ready)
    {
        serves = ready;
        Member.Describe(Standing);
    }

    /// <summary>Says that the node drains, and waits until others have what it owned, or there is nobody who could take it.</summary>
    /// <param name="atMost">Then what is left waits for the lease's end.</param>
    /// <returns>How many shards it still owned.</returns>
    public async Task<int> HandOverAsync(TimeSpan atMost)
    {
        leaving = true;
        Member.Describe(static record => record with { Draining = true, Ready = false });
        var since = time.GetTimestamp();
        while (Keeper.Count > 0 && Keeper.View.Nodes.Values.Any(Takes) && time.GetElapsedTime(since) < atMost)
        {
            await Task.Delay(Step, time, CancellationToken.None);
        }

        return Keeper.Count;
    }

    /// <summary>The node has given away what it owned, as an operator asked, and nothing more is to be done than to end.</summary>
    public void EndProcess() => left.TrySetResult();

    /// <summary>Ends the membership, in order where <see cref="HandOverAsync"/> came before.</summary>
    /// <param name="atMost">How long the store may take to hear of it.</param>
    public async Task LeaveAsync(TimeSpan atMost)
    {
        if (stopping.IsCancellationRequested)
        {
            return;
        }

        leaving = true;
        var (was, owned) = (Member.Term is not null, Keeper.Count);
        Stop();
        await running;
        using var limit = new CancellationTokenSource(atMost, time);
        try
        {
            await Member.LeaveAsync(limit.Token);
            if (was)
            {
                PoolLog.Left(log, Member.Record.Name, Member.Record.Pool, owned);
            }
        }
        catch (Exception fault) when (fault is StoreException or OperationCanceledException)
        {
            PoolLog.NotTold(log, Member.Record.Name, Member.Record.Pool, fault is StoreException ? fault.Message : "the store did not answer in time");
        }
    }

    /// <summary>Vanishes as a process does that is killed: nobody is told, and the lease ends in its time.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            leaving = true;
            Stop();
            await running;
            stopping.Dispose();
        }
    }

    private void Stop() => stopping.Cancel();

    private bool Takes(NodeRecord node) => !node.Draining && !string.Equals(node.Name, Member.Record.Name, StringComparison.Ordinal);

    private void OnBegan(Term term)
    {
        trouble = null;
        Interlocked.Exchange(ref troubleAt, 0);
        PoolLog.Member(log, Member.Record.Name, Member.Record.Pool);
        term.Over.Register(() =>
        {
            if (!leaving)
            {
                PoolLog.Lost(log, Member.Record.Name, Member.Record.Pool);
            }
        });
    }

    /// <summary>Trouble comes with every attempt: it is said once in a while.</summary>
    private void OnTrouble(MembershipTrouble told)
    {
        trouble = told.Text;
        var last = Interlocked.Read(ref troubleAt);
        if (last == 0 || time.GetElapsedTime(last) >= Look * QuietLooks)
        {
            Interlocked.Exchange(ref troubleAt, Math.Max(1, time.GetTimestamp()));
            PoolLog.Trouble(log, Member.Record.Name, Member.Record.Pool, told.Text);
        }
    }

    private NodeRecord Standing(NodeRecord record) => standing(record with { Ready = serves() && !record.Draining });

    /// <summary>Looks at the pool, and tells it this node's load; often enough for people, rarely enough for the store.</summary>
    private async Task LookAsync(CancellationToken cancellation)
    {
        var (view, owned, before, outdated) = (PoolView.Empty, 0, 0, false);
        for (var looks = 1; !cancellation.IsCancellationRequested; looks++)
        {
            await Task.Delay(Look, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            Member.Describe(Standing);
            if (looks % LoadLooks == 0)
            {
                Member.Describe(record => record with { Streams = streams() });
            }

            Tell(view, view = Keeper.View);
            if (Outdated() is var now && now != outdated && (outdated = now))
            {
                PoolLog.Outdated(log, Member.Record.Name, Member.Record.Version);
            }

            var count = Keeper.Count;
            if (count == before && count != owned && !leaving)
            {
                PoolLog.Owns(log, Member.Record.Name, owned = count, Placement.Shards);
            }

            before = count;
        }
    }

    private void Tell(PoolView before, PoolView after)
    {
        foreach (var (kind, node) in PoolChange.Between(before, after).Where(change => !string.Equals(change.Node.Name, Member.Record.Name, StringComparison.Ordinal)))
        {
            switch (kind)
            {
                case PoolChangeKind.Joined:
                    PoolLog.Joined(log, node.Name, node.Version, after.Nodes.Count);
                    break;
                case PoolChangeKind.Gone:
                    PoolLog.Gone(log, node.Name, after.Nodes.Count);
                    break;
                case PoolChangeKind.Draining:
                    PoolLog.Draining(log, node.Name);
                    break;
                default:
                    PoolLog.Restarted(log, node.Name);
                    break;
            }
        }
    }
}
