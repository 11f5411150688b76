namespace EdgePool.Actors;

/// <summary>A message that the kernel handles before the actor sees it.</summary>
public interface IAutoReceivedMessage;

/// <summary>A message whose loss is nobody's business: counted, but not published as a <see cref="DeadLetter"/>.</summary>
public interface IDeadLetterSuppression;

/// <summary>A message that does not restart the receive timeout.</summary>
public interface INotInfluenceReceiveTimeout;

/// <summary>A message with its sender, as a stash keeps it.</summary>
public readonly record struct Envelope(object Message, IActorRef? Sender);

/// <summary>Stops the actor when its turn comes, after the messages before it.</summary>
public sealed class PoisonPill : IAutoReceivedMessage, IDeadLetterSuppression
{
    /// <summary>The only instance.</summary>
    public static readonly PoisonPill Instance = new();

    private PoisonPill()
    {
    }
}

/// <summary>Makes the actor fail with <see cref="ActorKilledException"/>; its parent decides.</summary>
public sealed class Kill : IAutoReceivedMessage
{
    /// <summary>The only instance.</summary>
    public static readonly Kill Instance = new();

    private Kill()
    {
    }
}

/// <summary>What a watched actor's end looks like, exactly once for each watch.</summary>
public sealed class Terminated
{
    internal Terminated(IActorRef actorRef, bool existenceConfirmed)
    {
        ActorRef = actorRef;
        ExistenceConfirmed = existenceConfirmed;
    }

    /// <summary>The actor that has ended.</summary>
    public IActorRef ActorRef { get; }

    /// <summary>False when the actor had ended before it was watched.</summary>
    public bool ExistenceConfirmed { get; }

    /// <inheritdoc/>
    public override string ToString() => $"<Terminated>: {ActorRef}";
}

/// <summary>Nothing came for the time given to <see cref="IActorContext.SetReceiveTimeout"/>.</summary>
public sealed class ReceiveTimeout : IDeadLetterSuppression
{
    /// <summary>The only instance.</summary>
    public static readonly ReceiveTimeout Instance = new();

    private ReceiveTimeout()
    {
    }
}

/// <summary>Asks any actor for its reference; answered by the kernel with <see cref="ActorIdentity"/>.</summary>
public sealed record Identify(object MessageId) : IAutoReceivedMessage;

/// <summary>The answer to <see cref="Identify"/>; <paramref name="Subject"/> is null when the actor has ended.</summary>
public sealed record ActorIdentity(object MessageId, IActorRef? Subject);

/// <summary>The outcome of something asked for.</summary>
public abstract record Status
{
    private Status()
    {
    }

    /// <summary>It worked.</summary>
    public sealed record Success(object? Status) : Status;

    /// <summary>It failed; an Ask that gets this reply throws the cause.</summary>
    public sealed record Failure(Exception Cause) : Status;
}

/// <summary>The result of work that has no other result.</summary>
public sealed class Done
{
    /// <summary>The only instance.</summary>
    public static readonly Done Instance = new();

    private Done()
    {
    }
}

/// <summary>A message that reached nobody; published on <see cref="ActorSystem.EventStream"/>.</summary>
public sealed record DeadLetter(object Message, IActorRef Sender, IActorRef Recipient);

/// <summary>A message that no handler took; published on <see cref="ActorSystem.EventStream"/>.</summary>
public sealed record UnhandledMessage(object Message, IActorRef Sender, IActorRef Recipient);
