namespace EdgePool.Actors;

/// <summary>An actor could not be created, or not be started.</summary>
public class ActorInitializationException(IActorRef? actor, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The actor, if it had got a reference already.</summary>
    public IActorRef? Actor { get; } = actor;
}

/// <summary>An actor failed while it was restarted; the default decision is Stop.</summary>
public sealed class PostRestartException(IActorRef actor, Exception cause, Exception originalCause)
    : ActorInitializationException(actor, $"{actor} failed while restarting: {cause?.Message}", cause)
{
    /// <summary>The failure that the restart was to cure.</summary>
    public Exception OriginalCause { get; } = originalCause;
}

/// <summary>The actor was told <see cref="Kill"/>.</summary>
public sealed class ActorKilledException(string message) : Exception(message);

/// <summary>A watched actor ended and the watcher has no handler for <see cref="Terminated"/>.</summary>
public sealed class DeathPactException(IActorRef deadActor) : Exception($"Monitored actor [{deadActor}] terminated")
{
    /// <summary>The actor that ended.</summary>
    public IActorRef DeadActor { get; } = deadActor;
}

/// <summary>The name is taken by a sibling, or is not a name.</summary>
public sealed class InvalidActorNameException(string message) : Exception(message);

/// <summary>The actor's state does not allow this, for example stashing one message twice.</summary>
public sealed class IllegalActorStateException(string message) : Exception(message);

/// <summary>The stash holds as many messages as <see cref="ActorSystemSettings.StashCapacity"/> allows.</summary>
public sealed class StashOverflowException(string message) : Exception(message);

/// <summary>A setting that does not exist, such as an unknown mailbox.</summary>
public sealed class ConfigurationException(string message) : Exception(message);

/// <summary>No reply came within the timeout of an Ask.</summary>
public sealed class AskTimeoutException(string message) : TimeoutException(message);
