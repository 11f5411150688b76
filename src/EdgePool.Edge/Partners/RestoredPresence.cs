namespace EdgePool.Edge.Partners;

/// <summary>
/// Those who were shown before this node started, until somebody says that they still are: first to be asked, then awaited. Plain state, under the table's lock.
/// </summary>
internal sealed class RestoredPresence(TimeProvider time)
{
    private readonly Queue<ShownPresence> unasked = new();
    private readonly Queue<ShownPresence> awaited = new();

    /// <summary>To be asked; again, where the question could not be put.</summary>
    public void Add(ShownPresence shown) => unasked.Enqueue(shown);

    /// <summary>The next to be asked.</summary>
    public List<ShownPresence> ToAsk(int atMost)
    {
        var next = new List<ShownPresence>();
        while (next.Count < atMost && unasked.TryDequeue(out var shown))
        {
            if (IsOpen(shown))
                next.Add(shown);
        }

        return next;
    }

    /// <summary>It was asked now.</summary>
    public void Await(ShownPresence shown)
    {
        shown.Questioned = time.GetTimestamp();
        awaited.Enqueue(shown);
    }

    /// <summary>Those who did not answer in time.</summary>
    public IEnumerable<ShownPresence> Silent(TimeSpan patience)
    {
        while (awaited.TryPeek(out var shown) && (!IsOpen(shown) || time.GetElapsedTime(shown.Questioned) >= patience))
        {
            awaited.Dequeue();
            if (IsOpen(shown))
                yield return shown;
        }
    }

    private static bool IsOpen(ShownPresence shown) => shown is { Unconfirmed: true, Leaving: false } && shown.Order.List is not null;
}
