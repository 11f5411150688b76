namespace EdgePool.Cluster.Embedded;

/// <summary>A piece of work for a <see cref="StoreThread"/>, inside a transaction that the thread begins and ends.</summary>
internal abstract class StoreJob
{
    private const int Waiting = 0;
    private const int Begun = 1;
    private const int Withdrawn = 2;
    private int state;

    /// <summary>Roughly how many bytes of memory it holds while it waits.</summary>
    public required long Bytes { get; init; }

    /// <summary>False: its caller has withdrawn it.</summary>
    public bool TryBegin() => Interlocked.CompareExchange(ref state, Begun, Waiting) != Withdrawn;

    /// <summary>Does the work and keeps the result. It is done again, from the start, if others of its transaction fail.</summary>
    public abstract void Run(Database database);

    /// <summary>The transaction is committed: tells the result.</summary>
    public abstract void Complete();

    /// <summary>Nothing of it is committed: tells the fault.</summary>
    public abstract void Fail(Exception fault);

    /// <summary>True: it was withdrawn before it began.</summary>
    protected bool TryWithdraw() => Interlocked.CompareExchange(ref state, Withdrawn, Waiting) == Waiting;
}

/// <summary>Work with a result.</summary>
/// <param name="work">The work.</param>
/// <param name="committed">Called on the store's thread after the commit, before the caller hears of it; must not throw.</param>
internal sealed class StoreJob<T>(Func<Database, T> work, Action<T>? committed = null) : StoreJob
{
    private readonly TaskCompletionSource<T> end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? result;

    public override void Run(Database database) => result = work(database);

    public override void Complete()
    {
        committed?.Invoke(result!);
        end.SetResult(result!);
    }

    public override void Fail(Exception fault) => end.SetException(fault);

    /// <summary>The result. Cancelled only when the work had not begun, and then it never does.</summary>
    public async Task<T> ResultAsync(CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.UnsafeRegister(
            static (job, token) =>
            {
                var self = (StoreJob<T>)job!;
                if (self.TryWithdraw())
                {
                    self.end.SetCanceled(token);
                }
            },
            this);
        return await end.Task;
    }
}
