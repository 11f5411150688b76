using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Peers;
using EdgePool.Cluster.Sharding;

namespace EdgePool.Cluster.Entities;

/// <summary>
/// Divides budgets in the running pool, and shares what is known of dead partners: reports what this node has to the owners of the shards, and answers, for the shards that it owns, what others report. One question
/// to each owner in each <see cref="Interval"/>, however many partners there are; one more soon when a stream got no place, when nodes or owners changed, and while an owner that answers has not said all.
/// </summary>
public sealed class PoolShares
{
    /// <summary>How often a node reports.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>The wait for an owner's answer.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    /// <summary>How often it is looked whether there is a reason to report sooner.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(100);

    private readonly ICoordinator store;
    private readonly IPeerNetwork peers;
    private readonly Member member;
    private readonly ShardKeeper keeper;
    private readonly TimeProvider time;
    private readonly ShareOwner owner;
    private readonly TroubleOwner troubles;
    private readonly Lock owning = new();
    private readonly Dictionary<string, Task> asked = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte> strangers = new(StringComparer.Ordinal);
    private Task reading = Task.CompletedTask;
    private int hurried;
    private PoolView? seen;
    private Roster roster = Roster.Empty;
    private ShardMap? owners;
    private long lease;

    /// <param name="store">Where membership is agreed on.</param>
    /// <param name="peers">The way to the other nodes; its questions of the kind <see cref="QuestionKind.Entity"/> are answered from now on.</param>
    /// <param name="member">This node's membership.</param>
    /// <param name="keeper">The shards that it owns.</param>
    /// <param name="time">The clock.</param>
    /// <param name="book">What this node may have, where somebody has it already; null: a new one.</param>
    /// <param name="troubles">What this node knows of dead partners, where somebody has it already; null: a new one.</param>
    public PoolShares(ICoordinator store, IPeerNetwork peers, Member member, ShardKeeper keeper, TimeProvider time, ShareBook? book = null, TroubleBook? troubles = null)
    {
        ArgumentNullException.ThrowIfNull(peers);
        ArgumentNullException.ThrowIfNull(member);
        (this.store, this.peers, this.member, this.keeper, this.time) = (store, peers, member, keeper, time);
        (owner, this.troubles) = (new ShareOwner(time), new TroubleOwner(time));
        Troubles = troubles ?? new TroubleBook(time);
        Book = book ?? new ShareBook(member.Record.Name, time);
        Book.Short = Hurry;
        peers.Answer(QuestionKind.Entity, AnswerAsync);
    }

    /// <summary>Told, once for each node and version, of nodes whose program speaks otherwise; null: nobody is.</summary>
    public Action<string>? Troubled { get; init; }

    /// <summary>What this node may have.</summary>
    public ShareBook Book { get; }

    /// <summary>What this node knows of dead partners.</summary>
    public TroubleBook Troubles { get; }

    /// <summary>Reports until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            Look();
            while (true)
            {
                Book.Measure();
                Report(cancellationToken);
                var before = time.GetTimestamp();
                do
                {
                    await Task.Delay(Breath, time, cancellationToken);
                }
                while (!Look() && Interlocked.Exchange(ref hurried, 0) == 0 && time.GetElapsedTime(before) < Interval);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Task.WhenAll([reading, .. asked.Values]);
        }
    }

    private void Hurry() => Volatile.Write(ref hurried, 1);

    /// <summary>Takes in who is in the pool, for both parts. True: that has changed, or who owns what; owners wait for the reports of all before they say anything.</summary>
    private bool Look()
    {
        var (view, map, term) = (keeper.View, keeper.Map, member.Term?.Lease ?? lease);
        var moved = !ReferenceEquals(map, owners) || term != lease;
        owners = map;
        if (ReferenceEquals(view, seen) && term == lease)
        {
            return moved;
        }

        (seen, lease) = (view, term);
        var before = roster;
        roster = Roster.Of(view);
        Book.See(roster, term);
        lock (owning)
        {
            owner.See(roster);
        }

        return moved || !roster.Has(before) || !before.Has(roster); // the load of nodes changes all the time
    }

    private void Report(CancellationToken cancellationToken)
    {
        lock (owning)
        {
            if (owner.Wanted > 0 && reading.IsCompleted)
            {
                reading = ReadRosterAsync(cancellationToken);
            }
        }

        foreach (var shards in keeper.Map.Owners.GroupBy(static o => o.Value.Node, static o => KeyValuePair.Create(o.Key, o.Value.Token), StringComparer.Ordinal))
        {
            if (!asked.TryGetValue(shards.Key, out var last) || last.IsCompleted)
            {
                asked[shards.Key] = AskAsync(shards.Key, shards.ToArray(), cancellationToken);
            }
        }
    }

    /// <summary>An owner must know of everybody who was there when it became the owner, and the watch may be behind.</summary>
    private async Task ReadRosterAsync(CancellationToken cancellationToken)
    {
        try
        {
            var read = Roster.Of(PoolView.Of(await store.ReadAsync(NodeRecord.PrefixOf(member.Record.Pool), cancellationToken)));
            lock (owning)
            {
                owner.See(read);
            }
        }
        catch (Exception exception) when (exception is StoreException or OperationCanceledException)
        {
            // the next round reads again
        }
    }

    private async Task AskAsync(string node, ReadOnlyMemory<KeyValuePair<int, long>> shards, CancellationToken cancellationToken)
    {
        var report = Book.Report(new Dictionary<int, long>(shards.ToArray()));
        report = report with { Troubles = Troubles.Report(report.Shards, report.Sequence) };
        var question = ShareCodec.Write(report);
        if (question.Length <= IPeerNetwork.Longest && report.Holdings.Count <= ShareCodec.Most && report.Troubles.Count <= ShareCodec.Most)
        {
            if (await AskAsync(node, question, cancellationToken) is not { } answer)
            {
                return;
            }

            if (ShareCodec.OtherVersionOf(answer.Span) is { } version)
            {
                Book.TakeNothing(report);
                SayOther(node, version);
                return;
            }

            if (!ShareCodec.IsTooLong(answer.Span))
            {
                if (ShareCodec.ReadAnswer(answer.Span) is { } read)
                {
                    Book.Take(report, read);
                    Troubles.Take(report, read.Advices);
                }

                if (Book.IsWaiting(report.Shards.Keys))
                {
                    Hurry(); // the owner speaks, and will soon know more
                }

                return;
            }
        }

        if (shards.Length > 1)
        {
            await AskAsync(node, shards[..(shards.Length / 2)], cancellationToken);
            await AskAsync(node, shards[(shards.Length / 2)..], cancellationToken);
        }
    }

    /// <summary>During an upgrade: the line ends when all nodes run one program.</summary>
    private void SayOther(string node, byte version)
    {
        lock (owning)
        {
            if (strangers.GetValueOrDefault(node) == version)
            {
                return;
            }

            strangers[node] = version;
        }

        Troubled?.Invoke($"node {node} speaks of limits and rates in version {version}, this program in version {ShareCodec.Version}: until both run the same program, each node keeps its fair share of what the other one owns");
    }

    /// <summary>Null: no answer.</summary>
    private async Task<ReadOnlyMemory<byte>?> AskAsync(string node, byte[] question, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Deadline, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await peers.AskAsync(node, QuestionKind.Entity, question, both.Token);
        }
        catch (Exception exception) when (exception is PeerException or OperationCanceledException or ObjectDisposedException)
        {
            return null; // as long as it does not answer, the shares stay as they are
        }
    }

    private ValueTask<ReadOnlyMemory<byte>> AnswerAsync(string node, ReadOnlyMemory<byte> question, CancellationToken cancellationToken)
    {
        ShareAnswer? answer = null;
        if (ShareCodec.OtherVersionOf(question.Span) is { } version)
        {
            SayOther(node, version);
            return new ValueTask<ReadOnlyMemory<byte>>(ShareCodec.OtherVersionAnswer);
        }

        if (ShareCodec.ReadReport(question.Span) is { } report && member.Term is not { Fresh: false }) // an owner that may not decide now does not forget either
        {
            lock (owning)
            {
                answer = owner.Hear(node, report, keeper.TokenOf);
                answer = answer is null ? null : answer with { Advices = troubles.Hear(node, report, keeper.TokenOf) };
                if (owner.Wanted > 0)
                {
                    Hurry();
                }
            }
        }

        var written = answer is not null && Math.Max(answer.Grants.Count, answer.Advices.Count) > ShareCodec.Most ? ShareCodec.TooLongAnswer : ShareCodec.Write(answer);
        return new ValueTask<ReadOnlyMemory<byte>>(written.Length > IPeerNetwork.Longest ? ShareCodec.TooLongAnswer : written);
    }
}
