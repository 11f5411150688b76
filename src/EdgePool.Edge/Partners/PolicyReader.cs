using EdgePool.Policy.Partners;

namespace EdgePool.Edge.Partners;

/// <summary>
/// One who judges stanzas by the policy in force, a batch at a time: between <see cref="Begin"/> and <see cref="End"/> all is judged by one snapshot, and
/// <see cref="LivePolicy.PublishAsync"/> waits for the end of a batch that began before. Nothing in a batch waits for anything.
/// </summary>
internal sealed class PolicyReader(LivePolicy policy) : IDisposable
{
    private bool entered;
    private long marks; // odd: in a batch
    private TaskCompletionSource? awaited;

    /// <summary>A batch begins; everything in it is judged by the snapshot returned.</summary>
    public PolicySnapshot Begin()
    {
        if (!entered)
            policy.Enter(this);
        entered = true;
        Interlocked.Increment(ref marks); // a full fence: the mark is seen before the snapshot is read
        return policy.Current;
    }

    /// <summary>The batch is over: all of it is queued, or was refused.</summary>
    public void End()
    {
        Interlocked.Increment(ref marks);
        if (Volatile.Read(ref awaited) is not null)
            Interlocked.Exchange(ref awaited, null)?.TrySetResult();
    }

    /// <summary>Completes when the batch of this moment, if there is one, is over. One caller at a time.</summary>
    public Task BatchOverAsync()
    {
        var seen = Interlocked.Read(ref marks);
        if (seen % 2 == 0)
            return Task.CompletedTask;
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref awaited, waiter); // a full fence: either the end of the batch sees the waiter, or we see the end
        if (Interlocked.Read(ref marks) != seen)
            waiter.TrySetResult();
        return waiter.Task;
    }

    /// <summary>No further batch begins. A batch that was broken off is over.</summary>
    public void Dispose()
    {
        if (!entered)
            return;
        if (Interlocked.Read(ref marks) % 2 != 0)
            End();
        policy.Leave(this);
    }
}
