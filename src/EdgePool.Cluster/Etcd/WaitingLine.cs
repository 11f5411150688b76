namespace EdgePool.Cluster.Etcd;

/// <summary>Lets one in at a time, in no order that anybody relies on; who finds too many waiting does not wait.</summary>
internal sealed class WaitingLine(int longest)
{
    private readonly SemaphoreSlim turn = new(1);
    private int waiting;

    /// <summary>Waits for the turn, which lasts until the result is disposed; null: too many wait.</summary>
    public async Task<IDisposable?> TakeAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Interlocked.Increment(ref waiting) > longest)
        {
            Interlocked.Decrement(ref waiting);
            return null;
        }

        try
        {
            await turn.WaitAsync(cancellationToken);
            return new Turn(turn);
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    private sealed class Turn(SemaphoreSlim turn) : IDisposable
    {
        private SemaphoreSlim? held = turn;

        public void Dispose() => Interlocked.Exchange(ref held, null)?.Release();
    }
}
