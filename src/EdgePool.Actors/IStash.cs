namespace EdgePool.Actors;

/// <summary>An actor with a stash. The kernel sets the property after the constructor has run and before PreStart.</summary>
public interface IWithStash
{
    /// <summary>The messages put aside.</summary>
    IStash Stash { get; set; }
}

/// <summary>
/// As <see cref="IWithStash"/>. The name is Akka.NET's; here every stash is bounded by <see cref="ActorSystemSettings.StashCapacity"/>.
/// </summary>
public interface IWithUnboundedStash : IWithStash;

/// <summary>Messages put aside until the actor is ready for them. A restart or stop returns them to the mailbox.</summary>
public interface IStash
{
    /// <summary>Messages put aside.</summary>
    int Count { get; }

    /// <summary>The most messages that can be put aside.</summary>
    int Capacity { get; }

    /// <summary>Whether nothing is put aside.</summary>
    bool IsEmpty { get; }

    /// <summary>Whether the next <see cref="Stash"/> overflows.</summary>
    bool IsFull { get; }

    /// <summary>
    /// Puts the current message aside. Throws <see cref="StashOverflowException"/> at the limit and
    /// <see cref="IllegalActorStateException"/> when the message has been put aside already.
    /// </summary>
    void Stash();

    /// <summary>Puts the oldest message at the head of the mailbox.</summary>
    void Unstash();

    /// <summary>Puts all messages at the head of the mailbox, in the order in which they came.</summary>
    void UnstashAll();

    /// <summary>As above, but only what <paramref name="predicate"/> accepts; the rest is thrown away.</summary>
    void UnstashAll(Func<Envelope, bool> predicate);

    /// <summary>Takes everything out and returns it, oldest first.</summary>
    IEnumerable<Envelope> ClearStash();
}
