using EdgePool.Actors.Cells;

namespace EdgePool.Actors;

/// <summary>Asking an actor and awaiting its reply.</summary>
public static class Futures
{
    /// <summary>As <see cref="Ask{T}(ICanTell, object, TimeSpan?, CancellationToken)"/> for a reply of any type.</summary>
    public static Task<object> Ask(this ICanTell self, object message, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        self.Ask<object>(message, timeout, cancellationToken);

    /// <summary>
    /// Sends a message and completes with the first reply. Fails with <see cref="AskTimeoutException"/> when none comes in time (without a
    /// timeout: <see cref="ActorSystemSettings.AskTimeout"/>), with the cause of a <see cref="Status.Failure"/>, and with
    /// <see cref="ArgumentException"/> for a reply of another type.
    /// </summary>
    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var future = Open<T>(self, timeout, cancellationToken);
        self.Tell(message, future);
        return future.Result;
    }

    /// <summary>As above, with a message that contains the reference to reply to.</summary>
    public static Task<T> Ask<T>(
        this ICanTell self, Func<IActorRef, object> messageFactory, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messageFactory);
        var future = Open<T>(self, timeout, cancellationToken);
        self.Tell(messageFactory(future), future);
        return future.Result;
    }

    private static FutureActorRef<T> Open<T>(ICanTell self, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(self);
        return self is IInternalActorRef actor
            ? new FutureActorRef<T>(actor, timeout, cancellationToken)
            : throw new ArgumentException($"{self} belongs to no actor system and cannot be asked.", nameof(self));
    }
}
