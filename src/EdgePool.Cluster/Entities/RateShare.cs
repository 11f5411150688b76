namespace EdgePool.Cluster.Entities;

/// <summary>A node's share of a rate.</summary>
public sealed class RateShare : IDisposable
{
    private readonly ShareBook book;
    private long now = 1;
    private long used;
    private int heldBack;
    private bool ended;

    internal RateShare(ShareBook book, BudgetKey key) => (this.book, Key) = (book, key);

    /// <summary>Of what.</summary>
    public BudgetKey Key { get; }

    /// <summary>Per second, at least 1; it changes.</summary>
    public long Now
    {
        get => Volatile.Read(ref now);
        internal set => Volatile.Write(ref now, value);
    }

    /// <summary>So much was used.</summary>
    public void Use(long amount) => Interlocked.Add(ref used, amount);

    /// <summary>More would have been used.</summary>
    public void HoldBack()
    {
        if (Volatile.Read(ref heldBack) == 0)
        {
            Volatile.Write(ref heldBack, 1);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!ended)
        {
            book.End(this);
        }
    }

    internal bool TakeHeldBack() => Interlocked.Exchange(ref heldBack, 0) != 0;

    internal long TakeUsed() => Interlocked.Exchange(ref used, 0);

    /// <summary>Another one measures in its place.</summary>
    internal void End() => ended = true;
}
