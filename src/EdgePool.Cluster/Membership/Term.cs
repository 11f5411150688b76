namespace EdgePool.Cluster.Membership;

/// <summary>
/// The time for which a node is surely a member: from the grant of a lease until it may be gone. It ends by itself, on the node's own clock, whether or not the
/// store can still be asked; what a node does as an owner it does in a term, and no longer.
/// </summary>
/// <remarks>
/// A node that is silent may be found dead long before its lease runs out (see <see cref="SilentNodes"/>). So an owner decides only while its term is
/// <see cref="Fresh"/>; a term that was not fresh for a while goes on when the store has confirmed it.
/// </remarks>
public sealed class Term : IDisposable
{
    private readonly TimeProvider time;
    private readonly TimeSpan safe;
    private readonly TimeSpan fresh;
    private readonly CancellationTokenSource over = new();
    private readonly ITimer end;
    private long since;

    internal Term(long lease, long asked, MembershipOptions options, TimeProvider time)
    {
        Lease = lease;
        (safe, fresh) = (options.TimeToLive * options.SafePart, options.Silent * options.SafePart);
        this.time = time;
        since = asked;
        end = time.CreateTimer(static term => ((Term)term!).EndIfDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        AwaitEnd();
    }

    /// <summary>The lease, which others see in what this node writes.</summary>
    public long Lease { get; }

    /// <summary>True while the lease surely stands. Asked anew before each act: a process may have been stopped for any time in between.</summary>
    public bool Stands => !over.IsCancellationRequested && time.GetElapsedTime(Interlocked.Read(ref since)) < safe;

    /// <summary>True while nobody can have found this node dead, for the store has just heard of it. Asked anew before each act, as <see cref="Stands"/>.</summary>
    public bool Fresh => !over.IsCancellationRequested && time.GetElapsedTime(Interlocked.Read(ref since)) < fresh;

    /// <summary>Cancelled when it has ended.</summary>
    public CancellationToken Over => over.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        over.Cancel();
        end.Dispose();
    }

    /// <summary>The store has kept the lease alive, when asked at that moment. False: the term had ended by then, and what has ended does not begin again.</summary>
    internal bool TryProlong(long asked)
    {
        if (!Stands)
        {
            return false;
        }

        Interlocked.Exchange(ref since, asked);
        AwaitEnd();
        return true;
    }

    private void EndIfDue()
    {
        if (Stands)
        {
            AwaitEnd();
        }
        else
        {
            over.Cancel();
        }
    }

    private void AwaitEnd()
    {
        var left = safe - time.GetElapsedTime(Interlocked.Read(ref since));
        end.Change(left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
    }
}
