namespace EdgePool.Cluster.Embedded;

/// <summary>Tells any number of waiting readers that the store's revision has risen. Any thread may use it.</summary>
internal sealed class RevisionSignal
{
    private readonly Lock gate = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long newest;
    private bool ended;

    /// <summary>The store's revision is at least this.</summary>
    public void Publish(long revision)
    {
        lock (gate)
        {
            if (revision > newest && !ended)
            {
                newest = revision;
                Wake();
            }
        }
    }

    /// <summary>There will be no more.</summary>
    public void End()
    {
        lock (gate)
        {
            ended = true;
            Wake();
        }
    }

    /// <summary>Waits until the revision is above one; false: there will be no more.</summary>
    public async ValueTask<bool> WaitBeyondAsync(long revision, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (ended || newest > revision)
                {
                    return !ended;
                }

                next = changed.Task;
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    private void Wake()
    {
        var old = changed;
        changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        old.SetResult();
    }
}
