namespace EdgePool.Actors;

/// <summary>Something a message can be sent to.</summary>
public interface ICanTell
{
    /// <summary>Sends <paramref name="message"/> at most once, without waiting. Throws <see cref="ArgumentNullException"/> for null.</summary>
    void Tell(object message, IActorRef? sender);
}

/// <summary>
/// The handle of one actor. It stays the same over restarts, is compared by identity, and may be used from any thread and after
/// the actor has stopped (messages then go to dead letters).
/// </summary>
public interface IActorRef : ICanTell
{
    /// <summary>Where the actor stands in the tree.</summary>
    ActorPath Path { get; }
}

/// <summary>Well-known references.</summary>
public static class ActorRefs
{
    /// <summary>No sender: the receiver sees the system's dead letters as Sender.</summary>
    public static readonly IActorRef? NoSender;

    /// <summary>The reference of an actor that does not exist; it swallows what it is told.</summary>
    public static Nobody Nobody => Nobody.Instance;
}

/// <summary>The reference of an actor that does not exist.</summary>
public sealed class Nobody : IActorRef
{
    /// <summary>The only instance.</summary>
    public static readonly Nobody Instance = new();

    private Nobody()
    {
    }

    /// <inheritdoc/>
    public ActorPath Path { get; } = ActorPath.Root("all-systems") / "Nobody";

    /// <inheritdoc/>
    public void Tell(object message, IActorRef? sender)
    {
        ArgumentNullException.ThrowIfNull(message);
    }

    /// <inheritdoc/>
    public override string ToString() => Path.ToString();
}

/// <summary>Sending with the running actor as the sender.</summary>
public static class ActorRefImplicitSenderExtensions
{
    /// <summary>Sends with the running actor as the sender; with no sender when no actor runs here.</summary>
    public static void Tell(this IActorRef receiver, object message)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        receiver.Tell(message, Cells.ActorCell.Current?.Self);
    }

    /// <summary>Passes a message on and keeps the original sender. Only inside a turn.</summary>
    public static void Forward(this IActorRef receiver, object message)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        receiver.Tell(message, Cells.ActorCell.Current?.CurrentSender);
    }
}

/// <summary>Questions about references.</summary>
public static class ActorRefExtensions
{
    /// <summary>True for null and for <see cref="Nobody"/>.</summary>
    public static bool IsNobody(this IActorRef? actorRef) => actorRef is null or Actors.Nobody;
}
