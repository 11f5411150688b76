namespace EdgePool.Actors;

/// <summary>Sends the outcome of a task to an actor.</summary>
public static class PipeToSupport
{
    /// <summary>
    /// Sends the result, or a <see cref="Status.Failure"/>, to <paramref name="recipient"/>; <paramref name="success"/> and
    /// <paramref name="failure"/> make other messages of them. The returned task completes when the message is sent and never fails.
    /// </summary>
    public static async Task PipeTo<T>(
        this Task<T> taskToPipe,
        ICanTell recipient,
        IActorRef? sender = null,
        Func<T, object>? success = null,
        Func<Exception, object>? failure = null)
    {
        ArgumentNullException.ThrowIfNull(taskToPipe);
        ArgumentNullException.ThrowIfNull(recipient);
        try
        {
            var result = await taskToPipe.ConfigureAwait(false);
            recipient.Tell(success is null ? result! : success(result), sender);
        }
        catch (Exception cause)
        {
            recipient.Tell(failure is null ? new Status.Failure(cause) : failure(cause), sender);
        }
    }

    /// <summary>
    /// As above for a task without a result: nothing is sent on success unless <paramref name="success"/> makes a message.
    /// </summary>
    public static async Task PipeTo(
        this Task taskToPipe,
        ICanTell recipient,
        IActorRef? sender = null,
        Func<object>? success = null,
        Func<Exception, object>? failure = null)
    {
        ArgumentNullException.ThrowIfNull(taskToPipe);
        ArgumentNullException.ThrowIfNull(recipient);
        try
        {
            await taskToPipe.ConfigureAwait(false);
            if (success is not null)
            {
                recipient.Tell(success(), sender);
            }
        }
        catch (Exception cause)
        {
            recipient.Tell(failure is null ? new Status.Failure(cause) : failure(cause), sender);
        }
    }
}
