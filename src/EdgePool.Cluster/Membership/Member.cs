using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Membership;

/// <summary>Why a node is no member, or trouble it has in being one; for logs.</summary>
/// <param name="Text">One line.</param>
public sealed record MembershipTrouble(string Text);

/// <summary>
/// Keeps this node a member of its pool: a record under a lease. A node whose lease is lost goes on serving, owns nothing, and becomes a member again as soon as the
/// store lets it.
/// </summary>
/// <remarks>
/// Two processes under one name: the one that started last is the member (a node that was killed is back at once), and the other, which finds its lease
/// revoked and the name taken by another instance, stays out until the name is free.
/// </remarks>
public sealed class Member
{
    private const int Attempts = 3;

    private readonly ICoordinator store;
    private readonly MembershipOptions options;
    private readonly TimeProvider time;
    private readonly Random random;
    private readonly Action<MembershipTrouble>? troubled;
    private readonly string key;
    private volatile Term? term;
    private volatile NodeRecord record;
    private NodeRecord? told;
    private long entered;
    private bool started;

    /// <param name="store">Where membership is agreed on.</param>
    /// <param name="self">What this node tells of itself at first.</param>
    /// <param name="options">How it stays a member.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Spreads the waits after failures.</param>
    /// <param name="troubled">Told of what goes wrong; null: nobody.</param>
    public Member(ICoordinator store, NodeRecord self, MembershipOptions options, TimeProvider time, Random random, Action<MembershipTrouble>? troubled = null)
    {
        ArgumentNullException.ThrowIfNull(self);
        (this.store, record, this.options, this.time, this.random, this.troubled) = (store, self, options, time, random, troubled);
        key = NodeRecord.KeyOf(self.Pool, self.Name);
    }

    /// <summary>The term that stands; null: this node is surely no member, or does not know.</summary>
    public Term? Term => term is { Stands: true } standing ? standing : null;

    /// <summary>What this node tells of itself.</summary>
    public NodeRecord Record => record;

    /// <summary>Called when a term begins, on the member's own path.</summary>
    public Action<Term>? Began { get; set; }

    /// <summary>What this node tells of itself from now on; told with the next keep-alive.</summary>
    public void Describe(Func<NodeRecord, NodeRecord> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        record = change(record) with { Name = record.Name, Pool = record.Pool, Instance = record.Instance };
    }

    /// <summary>Is a member, as far as the store allows and whatever goes wrong, until it is cancelled; <see cref="LeaveAsync"/> follows.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    await ServeAsync(cancellationToken);
                }
                catch (Exception exception) when (exception is StoreException || !cancellationToken.IsCancellationRequested)
                {
                    troubled?.Invoke(new MembershipTrouble(exception.Message));
                }

                await RetryAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // the term, if one stands, is ended by LeaveAsync
        }
    }

    /// <summary>Leaves at once: its shards are free for others. To be called when <see cref="RunAsync"/> has ended.</summary>
    /// <param name="cancellationToken">Gives up; the lease then ends in its time.</param>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        if (term is not { } last)
        {
            return;
        }

        last.Dispose();
        term = null;
        await store.RevokeAsync(last.Lease, cancellationToken);
    }

    private async Task ServeAsync(CancellationToken cancellationToken)
    {
        var asked = time.GetTimestamp();
        var lease = await store.GrantAsync(options.TimeToLive, cancellationToken);
        if (!await EnterAsync(lease, cancellationToken))
        {
            await store.RevokeAsync(lease, cancellationToken);
            return;
        }

        var standing = new Term(lease, asked, options, time);
        term = standing;
        try
        {
            Began?.Invoke(standing);
            await KeepAsync(standing, cancellationToken);
        }
        finally
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                standing.Dispose();
            }
        }
    }

    /// <summary>Writes this node's record under a lease; false: the lease is gone again, or another instance holds the name.</summary>
    private async Task<bool> EnterAsync(long lease, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var telling = record;
            if (await store.CommitAsync([Condition.Absent(key)], [new KeyChange(key, telling.ToBytes(), lease)], cancellationToken) is { } revision)
            {
                (started, told, entered) = (true, telling, revision);
                return true;
            }

            if ((await store.ReadAsync(key, cancellationToken)).Keys.GetValueOrDefault(key) is not { } holder)
            {
                continue;
            }

            if (started && NodeRecord.Read(holder) is var other && !string.Equals(other?.Instance, telling.Instance, StringComparison.Ordinal))
            {
                troubled?.Invoke(new MembershipTrouble($"another process ({other?.Instance}) is in the pool under the name {telling.Name}: give one of them another name"));
                return false;
            }

            await store.RevokeAsync(holder.Lease, cancellationToken);
            await store.CommitAsync([Condition.CreatedAt(key, holder.Created)], [new KeyChange(key, null)], cancellationToken);
        }

        return false;
    }

    /// <summary>Keeps the lease alive until it is gone, or nobody can say that it stands.</summary>
    private async Task KeepAsync(Term standing, CancellationToken cancellationToken)
    {
        await Task.Delay(options.KeepAlive, time, cancellationToken);
        while (true)
        {
            var asked = time.GetTimestamp();
            try
            {
                if (!await store.KeepAliveAsync(standing.Lease, cancellationToken))
                {
                    troubled?.Invoke(new MembershipTrouble("the lease is gone: this node owns nothing until it is a member again"));
                    return;
                }

                if (await RenewAsync(standing, asked, cancellationToken) is { } ended)
                {
                    troubled?.Invoke(new MembershipTrouble($"{ended}: this node owns nothing until it is a member again"));
                    standing.Dispose();
                    await store.RevokeAsync(standing.Lease, cancellationToken);
                    return;
                }

                await Task.Delay(options.KeepAlive, time, cancellationToken);
            }
            catch (StoreException exception)
            {
                troubled?.Invoke(new MembershipTrouble(exception.Message));
                if (!standing.Stands)
                {
                    return;
                }

                await RetryAsync(cancellationToken);
            }
        }
    }

    /// <summary>
    /// The store has kept the lease alive, when asked at that moment. Where another node may be about to end it, for this one was silent, the record is written first: either
    /// that write or the other node's deletion is made, never both. Null, or why the term is over.
    /// </summary>
    private async Task<string?> RenewAsync(Term standing, long asked, CancellationToken cancellationToken)
    {
        if (!standing.Fresh && standing.Stands && !await TellAsync(standing, cancellationToken))
        {
            return "another node has found this one dead";
        }

        if (!standing.TryProlong(asked))
        {
            return "the answer came too late";
        }

        return record == told || await TellAsync(standing, cancellationToken) ? null : "the record of this node is gone";
    }

    /// <summary>Brings the record up to date; false: it is not there any more, or its lease is not.</summary>
    private async Task<bool> TellAsync(Term standing, CancellationToken cancellationToken)
    {
        var telling = record;
        if (await store.CommitAsync([Condition.CreatedAt(key, entered)], [new KeyChange(key, telling.ToBytes(), standing.Lease)], cancellationToken) is null)
        {
            return false;
        }

        told = telling;
        return true;
    }

    private Task RetryAsync(CancellationToken cancellationToken) => Task.Delay(options.Retry * (0.5 + (random.NextDouble() / 2)), time, cancellationToken);
}
