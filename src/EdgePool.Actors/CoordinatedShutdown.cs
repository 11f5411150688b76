namespace EdgePool.Actors;

/// <summary>
/// The ordered end of a system: phase after phase, the tasks of one phase together. A phase that takes longer than its timeout, and a task that
/// fails, are published as a <see cref="Warning"/> and the next phase begins. The last phase stops all actors.
/// </summary>
public sealed class CoordinatedShutdown
{
    /// <summary>Before the listeners close.</summary>
    public const string PhaseBeforeServiceUnbind = "before-service-unbind";

    /// <summary>The listeners close.</summary>
    public const string PhaseServiceUnbind = "service-unbind";

    /// <summary>What has been accepted is finished.</summary>
    public const string PhaseServiceRequestsDone = "service-requests-done";

    /// <summary>Connections close.</summary>
    public const string PhaseServiceStop = "service-stop";

    /// <summary>Before the node leaves the cluster.</summary>
    public const string PhaseBeforeClusterShutdown = "before-cluster-shutdown";

    /// <summary>Shards are handed over.</summary>
    public const string PhaseClusterShardingShutdownRegion = "cluster-sharding-shutdown-region";

    /// <summary>The node leaves.</summary>
    public const string PhaseClusterLeave = "cluster-leave";

    /// <summary>The others have seen it leave.</summary>
    public const string PhaseClusterExiting = "cluster-exiting";

    /// <summary>The leaving is done.</summary>
    public const string PhaseClusterExitingDone = "cluster-exiting-done";

    /// <summary>The cluster client stops.</summary>
    public const string PhaseClusterShutdown = "cluster-shutdown";

    /// <summary>Before the actors stop.</summary>
    public const string PhaseBeforeActorSystemTerminate = "before-actor-system-terminate";

    /// <summary>All actors stop.</summary>
    public const string PhaseActorSystemTerminate = "actor-system-terminate";

    private static readonly string[] Order =
    [
        PhaseBeforeServiceUnbind, PhaseServiceUnbind, PhaseServiceRequestsDone, PhaseServiceStop, PhaseBeforeClusterShutdown,
        PhaseClusterShardingShutdownRegion, PhaseClusterLeave, PhaseClusterExiting, PhaseClusterExitingDone, PhaseClusterShutdown,
        PhaseBeforeActorSystemTerminate, PhaseActorSystemTerminate,
    ];

    private readonly ActorSystem _system;
    private readonly Lock _lock = new();
    private readonly List<(string Phase, string Name, Func<Task<Done>> Run)> _tasks = [];
    private Task<Done>? _run;

    internal CoordinatedShutdown(ActorSystem system)
    {
        _system = system;
        AddTask(PhaseActorSystemTerminate, "terminate-system", () =>
        {
            system.FinalTerminate();
            return AsDone(system.WhenTerminated);
        });
    }

    /// <summary>Why the shutdown runs; null before.</summary>
    public Reason? ShutdownReason { get; private set; }

    /// <summary>The shutdown of a system.</summary>
    public static CoordinatedShutdown Get(ActorSystem sys)
    {
        ArgumentNullException.ThrowIfNull(sys);
        return sys.Shutdown;
    }

    /// <summary>Adds a task to a phase. Throws <see cref="ConfigurationException"/> for an unknown phase. Too late once the phase has begun.</summary>
    public void AddTask(string phase, string taskName, Func<Task<Done>> task)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentException.ThrowIfNullOrEmpty(taskName);
        if (!Order.Contains(phase, StringComparer.Ordinal))
        {
            throw new ConfigurationException($"Unknown phase \"{phase}\".");
        }

        lock (_lock)
        {
            _tasks.Add((phase, taskName, task));
        }
    }

    /// <summary>The time limit of a phase.</summary>
    public TimeSpan Timeout(string phase) =>
        _system.Settings.ShutdownPhaseTimeouts.TryGetValue(phase, out var timeout) ? timeout : _system.Settings.ShutdownPhaseTimeout;

    /// <summary>
    /// Runs all phases, or those from <paramref name="fromPhase"/> on. Only the first call runs anything; every call returns the same task.
    /// It completes when the last phase has, and never fails.
    /// </summary>
    public Task<Done> Run(Reason reason, string? fromPhase = null)
    {
        ArgumentNullException.ThrowIfNull(reason);
        lock (_lock)
        {
            if (_run is null)
            {
                ShutdownReason = reason;
                var first = fromPhase is null ? 0 : Array.IndexOf(Order, fromPhase);
                ArgumentOutOfRangeException.ThrowIfNegative(first, nameof(fromPhase));
                _run = RunDetached(first);
            }

            return _run;
        }
    }

    private static async Task<Done> AsDone(Task task)
    {
        await task.ConfigureAwait(false);
        return Done.Instance;
    }

    /// <summary>Leaves the turn, if it is an actor that runs the shutdown.</summary>
    private Task<Done> RunDetached(int first)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return Task.Run(() => RunPhases(first));
        }

        using (ExecutionContext.SuppressFlow())
        {
            return Task.Run(() => RunPhases(first));
        }
    }

    private async Task<Done> RunPhases(int first)
    {
        for (var i = first; i < Order.Length; i++)
        {
            await RunPhase(Order[i]).ConfigureAwait(false);
        }

        return Done.Instance;
    }

    private async Task RunPhase(string phase)
    {
        List<(string Name, Func<Task<Done>> Run)> tasks;
        lock (_lock)
        {
            tasks = [.. _tasks.Where(task => string.Equals(task.Phase, phase, StringComparison.Ordinal)).Select(task => (task.Name, task.Run))];
        }

        if (tasks.Count == 0)
        {
            return;
        }

        using var timeout = new CancellationTokenSource(Timeout(phase), _system.TimeProvider);
        var all = Task.WhenAll(tasks.Select(task => RunTask(phase, task.Name, task.Run)));
        try
        {
            await all.WaitAsync(timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Warn(null, $"Phase {phase} took longer than {Timeout(phase)}; going on.");
        }
    }

    private async Task RunTask(string phase, string name, Func<Task<Done>> run)
    {
        await Task.Yield();
        try
        {
            await run().ConfigureAwait(false);
        }
        catch (Exception cause)
        {
            Warn(cause, $"Task {name} of phase {phase} failed: {cause.Message}");
        }
    }

    private void Warn(Exception? cause, string message) =>
        _system.EventStream.Publish(new Warning(cause, nameof(CoordinatedShutdown), typeof(CoordinatedShutdown), message));

    /// <summary>Why a shutdown runs.</summary>
    public class Reason
    {
        /// <summary>For reasons of one's own.</summary>
        protected Reason()
        {
        }
    }

    /// <summary>No reason known.</summary>
    public sealed class UnknownReason : Reason
    {
        /// <summary>The only instance.</summary>
        public static readonly Reason Instance = new UnknownReason();

        private UnknownReason()
        {
        }
    }

    /// <summary><see cref="ActorSystem.Terminate"/> was called.</summary>
    public sealed class ActorSystemTerminateReason : Reason
    {
        /// <summary>The only instance.</summary>
        public static readonly Reason Instance = new ActorSystemTerminateReason();

        private ActorSystemTerminateReason()
        {
        }
    }

    /// <summary>The process is to end.</summary>
    public sealed class ClrExitReason : Reason
    {
        /// <summary>The only instance.</summary>
        public static readonly Reason Instance = new ClrExitReason();

        private ClrExitReason()
        {
        }
    }
}
