using EdgePool.Actors.Cells;

namespace EdgePool.Actors;

/// <summary>Stopping an actor and awaiting its end.</summary>
public static class GracefulStopSupport
{
    /// <summary>As below, with <see cref="PoisonPill"/>.</summary>
    public static Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout) => target.GracefulStop(timeout, PoisonPill.Instance);

    /// <summary>
    /// Sends <paramref name="stopMessage"/> and completes with true when the actor has ended. Is cancelled after <paramref name="timeout"/>.
    /// </summary>
    public static async Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout, object stopMessage)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target is not IInternalActorRef actor)
        {
            return true;
        }

        var end = new End();
        using var timer = new CancellationTokenSource(timeout, actor.System.TimeProvider);
        actor.AddWatcher(end);
        target.Tell(stopMessage, ActorRefs.NoSender);
        try
        {
            await end.Seen.WaitAsync(timer.Token).ConfigureAwait(false);
            return true;
        }
        finally
        {
            actor.RemoveWatcher(end);
        }
    }

    private sealed class End : IWatcher
    {
        private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Seen => _seen.Task;

        public void OnDeath(IActorRef subject, bool existenceConfirmed) => _seen.TrySetResult();
    }
}
