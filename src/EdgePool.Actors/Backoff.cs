namespace EdgePool.Actors;

/// <summary>Ways to supervise one child with growing delays between its lives.</summary>
public static class Backoff
{
    /// <summary>Starts the child again when it fails and its strategy says Restart; a child that stops itself ends the supervisor.</summary>
    public static BackoffOptions OnFailure(
        Props childProps, string childName, TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor, int maxNrOfRetries = -1) =>
        new(childProps, childName, minBackoff, maxBackoff, randomFactor, maxNrOfRetries) { RestartsOnStop = false };

    /// <summary>Starts the child again whenever it has stopped.</summary>
    public static BackoffOptions OnStop(
        Props childProps, string childName, TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor, int maxNrOfRetries = -1) =>
        new(childProps, childName, minBackoff, maxBackoff, randomFactor, maxNrOfRetries) { RestartsOnStop = true };
}

/// <summary>The settings of a <see cref="BackoffSupervisor"/>; made by <see cref="Backoff"/>.</summary>
public sealed record BackoffOptions
{
    internal BackoffOptions(Props childProps, string childName, TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor, int maxNrOfRetries)
    {
        ArgumentNullException.ThrowIfNull(childProps);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(minBackoff, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBackoff, minBackoff);
        ArgumentOutOfRangeException.ThrowIfNegative(randomFactor);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(randomFactor, 1.0);
        ChildProps = childProps;
        ChildName = childName;
        MinBackoff = minBackoff;
        MaxBackoff = maxBackoff;
        RandomFactor = randomFactor;
        MaxNrOfRetries = maxNrOfRetries;
        AutoReset = minBackoff;
    }

    internal Props ChildProps { get; }

    internal string ChildName { get; }

    internal TimeSpan MinBackoff { get; }

    internal TimeSpan MaxBackoff { get; }

    internal double RandomFactor { get; }

    internal int MaxNrOfRetries { get; private init; }

    internal bool RestartsOnStop { get; init; }

    internal TimeSpan? AutoReset { get; private init; }

    internal SupervisorStrategy? Strategy { get; private init; }

    internal object? ReplyWhileStopped { get; private init; }

    /// <summary>Forgets the failures when the child has lived this long. The default is the minimal backoff.</summary>
    public BackoffOptions WithAutoReset(TimeSpan resetBackoff) => this with { AutoReset = resetBackoff };

    /// <summary>Forgets the failures only on <see cref="BackoffSupervisor.Reset"/>.</summary>
    public BackoffOptions WithManualReset() => this with { AutoReset = null };

    /// <summary>Decides about the child's failures.</summary>
    public BackoffOptions WithSupervisorStrategy(OneForOneStrategy supervisorStrategy) => this with { Strategy = supervisorStrategy };

    /// <summary>Stops the child whatever it threw.</summary>
    public BackoffOptions WithDefaultStoppingStrategy() => this with { Strategy = SupervisorStrategy.StoppingStrategy };

    /// <summary>Answers messages while no child lives, instead of sending them to dead letters.</summary>
    public BackoffOptions WithReplyWhileStopped(object replyWhileStopped) => this with { ReplyWhileStopped = replyWhileStopped };

    /// <summary>Stops the supervisor instead of starting the child once more than this; -1 for no limit.</summary>
    public BackoffOptions WithMaxNrOfRetries(int maxNrOfRetries) => this with { MaxNrOfRetries = maxNrOfRetries };
}

/// <summary>
/// Keeps one child alive with an exponential delay between its lives: the n-th (from 0) delay is min·2ⁿ, at most max, times a
/// random factor between 1 and 1 + randomFactor. Messages are forwarded to the child, the child's messages to the parent.
/// </summary>
public sealed class BackoffSupervisor : ReceiveActor, IWithTimers
{
    private readonly BackoffOptions _options;
    private readonly SupervisorStrategy _strategy;
    private IActorRef? _child;
    private bool _failed;
    private int _restartCount;

    private BackoffSupervisor(BackoffOptions options)
    {
        _options = options;
        _strategy = StrategyOf(options);
        Receive<StartChild>(_ => Start());
        Receive<ResetRestartCount>(reset => _restartCount = reset.Current == _restartCount ? 0 : _restartCount);
        Receive<Terminated>(terminated => OnChildStopped(), terminated => terminated.ActorRef.Equals(_child));
        Receive<GetCurrentChild>(_ => Sender.Tell(new CurrentChild(_child ?? ActorRefs.Nobody)));
        Receive<GetRestartCount>(_ => Sender.Tell(new RestartCount(_restartCount)));
        Receive<Reset>(_ => _restartCount = 0, _ => _options.AutoReset is null);
        ReceiveAny(OnOther);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>The recipe of a supervisor.</summary>
    public static Props Props(BackoffOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Actors.Props.Create(() => new BackoffSupervisor(options));
    }

    /// <inheritdoc/>
    protected override void PreStart() => Start();

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => _strategy;

    internal static TimeSpan Delay(int restartCount, TimeSpan min, TimeSpan max, double randomFactor, double random)
    {
        var exponential = Math.Min(max.Ticks, min.Ticks * Math.Pow(2, Math.Min(restartCount, 62)));
        return TimeSpan.FromTicks((long)Math.Min(TimeSpan.MaxValue.Ticks / 2, exponential * (1 + (random * randomFactor))));
    }

    private OneForOneStrategy StrategyOf(BackoffOptions options)
    {
        var inner = options.Strategy ?? Actors.SupervisorStrategy.DefaultStrategy;
        return new OneForOneStrategy(
            cause =>
            {
                var directive = inner.Decide(cause);
                _failed |= directive == Directive.Restart;
                return directive == Directive.Restart ? Directive.Stop : directive;
            });
    }

    private void Start()
    {
        if (_child is null)
        {
            _failed = false;
            _child = Context.Watch(Context.ActorOf(_options.ChildProps, _options.ChildName));
            if (_options.AutoReset is { } reset)
            {
                Timers.StartSingleTimer(typeof(ResetRestartCount), new ResetRestartCount(_restartCount), reset);
            }
        }
    }

    private void OnChildStopped()
    {
        _child = null;
        var mayRetry = _options.MaxNrOfRetries < 0 || _restartCount < _options.MaxNrOfRetries;
        if (!mayRetry || (!_failed && !_options.RestartsOnStop))
        {
            Context.Stop(Self);
            return;
        }

        var delay = Delay(_restartCount++, _options.MinBackoff, _options.MaxBackoff, _options.RandomFactor, Context.System.NextRandom());
        Timers.StartSingleTimer(typeof(StartChild), StartChild.Instance, delay);
    }

    private void OnOther(object message)
    {
        if (_child is not null && Sender.Equals(_child))
        {
            Context.Parent.Forward(message);
        }
        else if (_child is not null)
        {
            _child.Forward(message);
        }
        else if (_options.ReplyWhileStopped is { } reply)
        {
            Sender.Tell(reply);
        }
        else
        {
            Context.System.DeadLetters.Forward(message);
        }
    }

    /// <summary>Asks for <see cref="CurrentChild"/>.</summary>
    public sealed class GetCurrentChild
    {
        /// <summary>The only instance.</summary>
        public static readonly GetCurrentChild Instance = new();

        private GetCurrentChild()
        {
        }
    }

    /// <summary>The child, or Nobody while it waits to be started.</summary>
    public sealed record CurrentChild(IActorRef Ref);

    /// <summary>Forgets the failures, with <see cref="BackoffOptions.WithManualReset"/>.</summary>
    public sealed class Reset
    {
        /// <summary>The only instance.</summary>
        public static readonly Reset Instance = new();

        private Reset()
        {
        }
    }

    /// <summary>Asks for <see cref="RestartCount"/>.</summary>
    public sealed class GetRestartCount
    {
        /// <summary>The only instance.</summary>
        public static readonly GetRestartCount Instance = new();

        private GetRestartCount()
        {
        }
    }

    /// <summary>How often the child has been started again since the last reset.</summary>
    public sealed record RestartCount(int Count);

    private sealed class StartChild
    {
        public static readonly StartChild Instance = new();
    }

    private sealed record ResetRestartCount(int Current);
}
