namespace EdgePool.Actors.Cells;

/// <summary>What cells say to each other. Never lost, never counted against a bounded mailbox, handled before user messages.</summary>
internal abstract class SystemMessage
{
    /// <summary>The link of the mailbox's list; a message is posted once.</summary>
    public SystemMessage? Next { get; set; }
}

internal sealed class Create : SystemMessage;

internal sealed class Terminate : SystemMessage;

internal sealed class Suspend : SystemMessage;

internal sealed class Resume(bool causedByFailure) : SystemMessage
{
    public bool CausedByFailure { get; } = causedByFailure;
}

internal sealed class Restart(Exception cause) : SystemMessage
{
    public Exception Cause { get; } = cause;
}

internal sealed class Failed(ActorCell child, Exception cause) : SystemMessage
{
    public ActorCell Child { get; } = child;

    public Exception Cause { get; } = cause;
}

internal sealed class Watch(IActorRef watchee, LocalActorRef watcher) : SystemMessage
{
    public IActorRef Watchee { get; } = watchee;

    public LocalActorRef Watcher { get; } = watcher;
}

internal sealed class Unwatch(LocalActorRef watcher) : SystemMessage
{
    public LocalActorRef Watcher { get; } = watcher;
}

internal sealed class DeathWatchNotification(IActorRef actor, bool existenceConfirmed) : SystemMessage
{
    public IActorRef Actor { get; } = actor;

    public bool ExistenceConfirmed { get; } = existenceConfirmed;
}

/// <summary>A watched actor's end on its way through the user queue, so that it comes after what the actor sent before.</summary>
internal sealed class DeathNotice(IActorRef actor, object message) : IAutoReceivedMessage, IDeadLetterSuppression
{
    public IActorRef Actor { get; } = actor;

    public object Message { get; } = message;
}
