namespace EdgePool.Actors;

/// <summary>Counters of one system since its start. Any thread may read them.</summary>
public sealed class ActorSystemMetrics
{
    private long _deadLetters;
    private long _unhandled;
    private long _overflows;
    private long _restarts;
    private long _failures;
    private long _live;

    internal ActorSystemMetrics()
    {
    }

    /// <summary>Messages that reached nobody, the overflows of bounded mailboxes included.</summary>
    public long DeadLetters => Interlocked.Read(ref _deadLetters);

    /// <summary>Messages that no handler took.</summary>
    public long UnhandledMessages => Interlocked.Read(ref _unhandled);

    /// <summary>Messages refused by a full bounded mailbox.</summary>
    public long MailboxOverflows => Interlocked.Read(ref _overflows);

    /// <summary>Completed restarts.</summary>
    public long Restarts => Interlocked.Read(ref _restarts);

    /// <summary>Failures reported to a supervisor.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Actors that have been started and have not ended, the two guardians included.</summary>
    public long LiveActors => Interlocked.Read(ref _live);

    internal void CountDeadLetter() => Interlocked.Increment(ref _deadLetters);

    internal void CountUnhandled() => Interlocked.Increment(ref _unhandled);

    internal void CountOverflow() => Interlocked.Increment(ref _overflows);

    internal void CountRestart() => Interlocked.Increment(ref _restarts);

    internal void CountFailure() => Interlocked.Increment(ref _failures);

    internal void CountStarted() => Interlocked.Increment(ref _live);

    internal void CountEnded() => Interlocked.Decrement(ref _live);
}
