using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Membership;

namespace EdgePool.Cluster.Sharding;

/// <summary>
/// Owns the shards that are this node's to own, and gives up those that are not: a shard without an owner is claimed by the node that the placement names, as soon as it is seen;
/// an owner that is no longer named hands over first and then frees the key.
/// </summary>
/// <remarks>
/// What it owns it owns in a <see cref="Term"/>: when that ends, all is over at once, on this node's own clock, before the store gives the shards to others.
/// </remarks>
public sealed class ShardKeeper
{
    private const int Batch = CoordinationLimits.MaxChanges;

    private readonly ICoordinator store;
    private readonly Member member;
    private readonly string pool;
    private readonly string name;
    private readonly TimeProvider time;
    private readonly TimeSpan retry;
    private readonly TimeSpan again;
    private readonly int shards;
    private readonly ConcurrentDictionary<int, Held> held = [];
    private readonly Dictionary<int, long> leaving = [];
    private string[] placedAmong = [];
    private string?[] placed;
    private readonly Channel<bool> changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly Watched<Seen> seen;
    private readonly Watched<ShardMap> map;

    /// <param name="store">Where ownership is agreed on.</param>
    /// <param name="member">This node's membership.</param>
    /// <param name="options">How often what failed is tried again.</param>
    /// <param name="time">The clock.</param>
    /// <param name="shards">How many there are: the same on every node.</param>
    public ShardKeeper(ICoordinator store, Member member, MembershipOptions options, TimeProvider time, int shards = Placement.Shards)
    {
        ArgumentNullException.ThrowIfNull(member);
        ArgumentNullException.ThrowIfNull(options);
        (this.store, this.member, this.time, this.shards) = (store, member, time, shards);
        (retry, again, placed) = (options.Retry, options.KeepAlive, new string?[shards]);
        (pool, name) = (member.Record.Pool, member.Record.Name);
        member.Began += _ => Changed();
        seen = new Watched<Seen>(store, NodeRecord.Prefix, Seen.Nobody, keys => Seen.Of(keys, pool), Changed, retry, time);
        map = new Watched<ShardMap>(store, ShardMap.PrefixOf(pool), ShardMap.Empty, keys => ShardMap.Of(keys, pool), Changed, retry, time);
    }

    /// <summary>The nodes of the pool, as last heard.</summary>
    public PoolView View => seen.Newest.Pool;

    /// <summary>The nodes of all pools of the cluster, as last heard.</summary>
    public PoolView Everyone => seen.Newest.Everyone;

    /// <summary>The owners of the shards, as last heard.</summary>
    public ShardMap Map => map.Newest;

    /// <summary>False while the store cannot be followed: view and map may be old.</summary>
    public bool Connected => seen.Connected && map.Connected;

    /// <summary>Called when a shard has become this node's, with its token; on the keeper's own path.</summary>
    public Action<int, long>? Gained { get; set; }

    /// <summary>
    /// Called before shards are given up in order, to bring what is known of them to where the next owner finds it; the shards are no longer <see cref="TokenOf"/> this
    /// node then. Not called when the term has ended.
    /// </summary>
    public Func<IReadOnlyList<int>, CancellationToken, Task>? HandOver { get; set; }

    /// <summary>The token under which this node may decide as a shard's owner at this moment; null: it does not own it, or its term is not fresh.</summary>
    public long? TokenOf(int shard) => held.TryGetValue(shard, out var holding) && holding.Term.Fresh ? holding.Token : null;

    /// <summary>How many shards this node owns at this moment.</summary>
    public int Count => held.Count(static h => h.Value.Term.Stands);

    /// <summary>Keeps until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var watching = Task.WhenAll(seen.RunAsync(cancellationToken), map.RunAsync(cancellationToken), LookAgainAsync(cancellationToken));
        try
        {
            while (true)
            {
                await changes.Reader.ReadAsync(cancellationToken);
                try
                {
                    await ReconcileAsync(cancellationToken);
                }
                catch (Exception fault) when (fault is StoreException || !cancellationToken.IsCancellationRequested)
                {
                    await Task.Delay(retry, time, cancellationToken);
                    Changed();
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await watching;
        }
    }

    private void Changed() => changes.Writer.TryWrite(true);

    /// <summary>What was refused or came to nothing is tried again, whether or not anything changes.</summary>
    private async Task LookAgainAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(again, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            Changed();
        }
    }

    private async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        var owners = Map; // one for all that follows: what one map has given back, an older one would still have
        foreach (var (shard, holding) in held)
        {
            if (!holding.Term.Stands || IsLost(owners, shard, holding.Token))
            {
                held.TryRemove(new KeyValuePair<int, Held>(shard, holding));
            }
        }

        if (member.Term is not { } term || !View.Nodes.ContainsKey(name))
        {
            return;
        }

        Adopt(term, owners);
        var named = Named(View);
        List<int> wanted = [], unwanted = [];
        for (var shard = 0; shard < shards; shard++)
        {
            var mine = string.Equals(named[shard], name, StringComparison.Ordinal);
            if (mine && !owners.Owners.ContainsKey(shard) && !held.ContainsKey(shard) && !leaving.ContainsKey(shard))
            {
                wanted.Add(shard);
            }
            else if (!mine && held.ContainsKey(shard))
            {
                unwanted.Add(shard);
            }
        }

        foreach (var batch in unwanted.Chunk(Batch))
        {
            await GiveUpAsync(batch, cancellationToken);
        }

        foreach (var batch in wanted.Chunk(Batch))
        {
            await ClaimAsync(batch, term, cancellationToken);
        }

        await FreeAsync(cancellationToken);
    }

    /// <summary>The store no longer has this node as the owner: somebody revoked its lease.</summary>
    private static bool IsLost(ShardMap owners, int shard, long token) => owners.Revision >= token && (!owners.Owners.TryGetValue(shard, out var owner) || owner.Token != token);

    /// <summary>The placement, computed anew where nodes came, went or began to drain; their load changes all the time.</summary>
    private string?[] Named(PoolView nodes)
    {
        string[] taking = [.. nodes.Nodes.Values.Where(static n => !n.Draining).Select(static n => n.Name)];
        if (!taking.AsSpan().SequenceEqual(placedAmong))
        {
            (placedAmong, placed) = (taking, Placement.OwnersOf(nodes, shards));
        }

        return placed;
    }

    /// <summary>
    /// Takes for held what the store says is this term's and what was not given up: a claim whose answer was lost. What was given up is forgotten when its key is seen to be
    /// gone.
    /// </summary>
    private void Adopt(Term term, ShardMap owners)
    {
        foreach (var (shard, token) in leaving)
        {
            if (IsLost(owners, shard, token))
            {
                leaving.Remove(shard);
            }
        }

        foreach (var (shard, owner) in owners.Owners)
        {
            if (owner.Lease == term.Lease && !held.ContainsKey(shard) && !leaving.ContainsKey(shard))
            {
                Hold(shard, owner.Token, term);
            }
        }
    }

    private async Task ClaimAsync(int[] shards, Term term, CancellationToken cancellationToken)
    {
        var value = Encoding.UTF8.GetBytes(name);
        var token = await store.CommitAsync(
            Array.ConvertAll(shards, shard => Condition.Absent(ShardMap.KeyOf(pool, shard))),
            Array.ConvertAll(shards, shard => new KeyChange(ShardMap.KeyOf(pool, shard), value, term.Lease)),
            cancellationToken);
        if (token is null)
        {
            return; // somebody was first, or the term is over: the watch will tell
        }

        foreach (var shard in shards)
        {
            Hold(shard, token.Value, term);
        }
    }

    private void Hold(int shard, long token, Term term)
    {
        held[shard] = new Held(token, term);
        Gained?.Invoke(shard, token);
    }

    private async Task GiveUpAsync(int[] shards, CancellationToken cancellationToken)
    {
        foreach (var shard in shards)
        {
            if (held.TryRemove(shard, out var holding))
            {
                leaving[shard] = holding.Token;
            }
        }

        if (HandOver is { } handOver)
        {
            await handOver(shards, cancellationToken);
        }
    }

    /// <summary>Deletes the keys of the shards that were given up: those of a batch together, or one by one where one of them is gone already.</summary>
    private async Task FreeAsync(CancellationToken cancellationToken)
    {
        foreach (var batch in leaving.Chunk(Batch))
        {
            if (await FreeAsync(batch, cancellationToken))
            {
                continue;
            }

            foreach (var one in batch)
            {
                await FreeAsync([one], cancellationToken);
            }
        }
    }

    private async Task<bool> FreeAsync(KeyValuePair<int, long>[] shards, CancellationToken cancellationToken)
        => await store.CommitAsync(
            Array.ConvertAll(shards, s => Condition.CreatedAt(ShardMap.KeyOf(pool, s.Key), s.Value)),
            Array.ConvertAll(shards, s => new KeyChange(ShardMap.KeyOf(pool, s.Key), null)),
            cancellationToken) is not null;

    private readonly record struct Held(long Token, Term Term);

    private sealed record Seen(PoolView Everyone, PoolView Pool)
    {
        public static Seen Nobody { get; } = new(PoolView.Empty, PoolView.Empty);

        public static Seen Of(KeySet keys, string pool)
        {
            var everyone = PoolView.Of(keys);
            return new Seen(everyone, everyone.In(pool));
        }
    }
}
