namespace EdgePool.Actors.Cells;

/// <summary>The bounded stash of one incarnation.</summary>
internal sealed class StashBuffer(ActorCell cell) : IStash
{
    private readonly Queue<Envelope> _messages = new();
    private long _lastStashed = -1;

    public int Count => _messages.Count;

    public int Capacity { get; } = cell.System.Settings.StashCapacity;

    public bool IsEmpty => Count == 0;

    public bool IsFull => Count >= Capacity;

    public void Stash()
    {
        if (cell.CurrentMessage.Message is null || _lastStashed == cell.MessageNumber)
        {
            throw new IllegalActorStateException("There is no message here that could be stashed, or it has been stashed already.");
        }

        if (IsFull)
        {
            throw new StashOverflowException($"The stash of {cell.Self} is full with {Capacity} messages.");
        }

        _messages.Enqueue(cell.CurrentMessage);
        _lastStashed = cell.MessageNumber;
    }

    public void Unstash()
    {
        if (_messages.TryDequeue(out var oldest))
        {
            cell.Mailbox.Prepend([oldest]);
        }
    }

    public void UnstashAll() => UnstashAll(static _ => true);

    public void UnstashAll(Func<Envelope, bool> predicate)
    {
        if (_messages.Count > 0)
        {
            cell.Mailbox.Prepend([.. _messages.Where(predicate)]);
            _messages.Clear();
        }
    }

    public IEnumerable<Envelope> ClearStash()
    {
        Envelope[] messages = [.. _messages];
        _messages.Clear();
        return messages;
    }
}
