using EdgePool.Actors.Cells;
using EdgePool.Actors.Scheduling;

namespace EdgePool.Actors;

/// <summary>
/// A tree of actors with a clock, an event stream and an end. What one actor throws reaches its supervisors only; a failure that
/// escalates past a top-level actor stops the system.
/// </summary>
public sealed class ActorSystem : IActorRefFactory
{
    private readonly TaskCompletionSource _terminated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _randomLock = new();
    private readonly ActorPath _temp;
    private readonly ActorCell _root;
    private readonly ActorCell _guardian;
    private readonly TimeProviderScheduler _scheduler;
    private long _temporaryNames;

    private ActorSystem(string name, ActorSystemSettings settings)
    {
        Name = name;
        Settings = settings;
        TimeProvider = settings.TimeProvider;
        Throughput = settings.Throughput;
        Metrics = new ActorSystemMetrics();
        EventStream = new EventStream();
        _scheduler = new TimeProviderScheduler(settings.TimeProvider);
        Shutdown = new CoordinatedShutdown(this);
        var path = ActorPath.Root(name);
        _temp = path / "temp";
        DeadLetters = new DeadLetterActorRef(this, path / "deadLetters");
        _root = new ActorCell(this, Props.Create(() => new RootGuardian(), SupervisorStrategy.StoppingStrategy), parent: null, path);
        _guardian = _root.AddGuardian(Props.Create(() => new UserGuardian(), settings.GuardianStrategy), "user");
        _root.Mailbox.Post(new Create());
        _guardian.Mailbox.Post(new Create());
        _root.Self.Tell(_guardian.Self, ActorRefs.NoSender);
    }

    /// <summary>The system's name.</summary>
    public string Name { get; }

    /// <summary>What the system was made with.</summary>
    public ActorSystemSettings Settings { get; }

    /// <summary>Where dead letters, unhandled messages and log events are published.</summary>
    public EventStream EventStream { get; }

    /// <summary>The receiver of what reaches nobody.</summary>
    public IActorRef DeadLetters { get; }

    /// <summary>Sends messages later.</summary>
    public IScheduler Scheduler => _scheduler;

    /// <summary>Counters since the start.</summary>
    public ActorSystemMetrics Metrics { get; }

    /// <summary>Completes when the last actor has ended.</summary>
    public Task WhenTerminated => _terminated.Task;

    internal TimeProvider TimeProvider { get; }

    internal int Throughput { get; }

    internal CoordinatedShutdown Shutdown { get; }

    /// <summary>Starts a system. Throws <see cref="ConfigurationException"/> for settings that make no sense.</summary>
    public static ActorSystem Create(string name, ActorSystemSettings? settings = null)
    {
        if (!ActorPath.IsValidPathElement(name))
        {
            throw new ConfigurationException($"\"{name}\" is not a valid name of an actor system.");
        }

        settings ??= new ActorSystemSettings();
        if (settings.Throughput < 1 || settings.StashCapacity < 1 || settings.BoundedMailboxes.Any(static mailbox => mailbox.Value < 1))
        {
            throw new ConfigurationException("Throughput, StashCapacity and the capacities of mailboxes are at least 1.");
        }

        return new ActorSystem(name, settings);
    }

    /// <inheritdoc/>
    public IActorRef ActorOf(Props props, string? name = null) => _guardian.AddChild(props, name);

    /// <inheritdoc/>
    public void Stop(IActorRef actor)
    {
        if (actor is LocalActorRef { Cell: var cell })
        {
            cell.Mailbox.Post(new Terminate());
        }
    }

    /// <summary>Runs the <see cref="CoordinatedShutdown"/>, whose last phase stops all actors.</summary>
    public Task Terminate()
    {
        _ = Shutdown.Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance);
        return WhenTerminated;
    }

    internal void FinalTerminate() => _guardian.Mailbox.Post(new Terminate());

    internal void CompleteTermination()
    {
        _scheduler.Stop();
        _terminated.TrySetResult();
    }

    internal ActorPath NextTemporaryPath() => _temp / $"${Interlocked.Increment(ref _temporaryNames)}";

    internal double NextRandom()
    {
        lock (_randomLock)
        {
            return Settings.Random.NextDouble();
        }
    }

    internal int MailboxCapacity(string? mailbox)
    {
        if (mailbox is null)
        {
            return 0;
        }

        return Settings.BoundedMailboxes.TryGetValue(mailbox, out var capacity)
            ? capacity
            : throw new ConfigurationException($"The system \"{Name}\" has no mailbox \"{mailbox}\".");
    }

    internal void ReportDeadLetter(object message, IActorRef? sender, IActorRef recipient)
    {
        if (message is IDeadLetterSuppression or DeadLetter)
        {
            return;
        }

        Metrics.CountDeadLetter();
        if (message is Identify identify)
        {
            sender?.Tell(new ActorIdentity(identify.MessageId, null), ActorRefs.NoSender);
        }

        EventStream.Publish(new DeadLetter(message, sender ?? DeadLetters, recipient));
    }

    internal void ReportOverflow(object message, IActorRef? sender, IActorRef recipient)
    {
        Metrics.CountOverflow();
        ReportDeadLetter(message, sender, recipient);
    }

    internal void ReportUnhandled(object message, IActorRef? sender, IActorRef recipient)
    {
        Metrics.CountUnhandled();
        EventStream.Publish(new UnhandledMessage(message, sender ?? DeadLetters, recipient));
    }

    /// <summary>Ends with the user guardian.</summary>
    private sealed class RootGuardian : ReceiveActor
    {
        public RootGuardian()
        {
            Receive<IActorRef>(static guardian => Context.Watch(guardian));
            Receive<Terminated>(_ => Context.Stop(Self));
        }
    }

    private sealed class UserGuardian : ReceiveActor;
}
