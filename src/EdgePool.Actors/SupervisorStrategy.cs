using EdgePool.Actors.Cells;

namespace EdgePool.Actors;

/// <summary>What a supervisor does about a failed child.</summary>
public enum Directive
{
    /// <summary>Go on with the next message; the instance and its state stay.</summary>
    Resume,

    /// <summary>Make a new instance; the reference and the mailbox stay.</summary>
    Restart,

    /// <summary>Fail oneself with the same cause.</summary>
    Escalate,

    /// <summary>Stop the child.</summary>
    Stop,
}

/// <summary>A function from a failure to a directive.</summary>
public interface IDecider
{
    /// <summary>The directive for a failure.</summary>
    Directive Decide(Exception cause);
}

/// <summary>How a parent treats the failures of its children.</summary>
public abstract class SupervisorStrategy
{
    private readonly Func<Exception, Directive> _decider;

    private protected SupervisorStrategy(int maxNrOfRetries, TimeSpan withinTimeRange, Func<Exception, Directive> decider, bool loggingEnabled)
    {
        ArgumentNullException.ThrowIfNull(decider);
        MaxNumberOfRetries = maxNrOfRetries;
        WithinTimeRange = withinTimeRange;
        _decider = decider;
        LoggingEnabled = loggingEnabled;
    }

    /// <summary>Stop for an actor that could not start, was killed or broke a death pact; Restart for anything else.</summary>
    public static IDecider DefaultDecider { get; } = new LocalOnlyDecider(static cause => cause switch
    {
        ActorInitializationException or ActorKilledException or DeathPactException => Directive.Stop,
        _ => Directive.Restart,
    });

    /// <summary>One for one, with the default decider and no limit.</summary>
    public static SupervisorStrategy DefaultStrategy { get; } = new OneForOneStrategy(DefaultDecider.Decide);

    /// <summary>One for one, always Stop.</summary>
    public static SupervisorStrategy StoppingStrategy { get; } = new OneForOneStrategy(static _ => Directive.Stop);

    /// <summary>Restarts allowed within <see cref="WithinTimeRange"/>; -1 for no limit.</summary>
    public int MaxNumberOfRetries { get; }

    /// <summary>The window in which restarts are counted; zero or less for the whole life.</summary>
    public TimeSpan WithinTimeRange { get; }

    /// <summary>Whether failures are published as <see cref="LogEvent"/>.</summary>
    public bool LoggingEnabled { get; }

    /// <summary>The decision about one failure.</summary>
    public Directive Decide(Exception cause) => _decider(cause);

    internal bool HandleFailure(ActorCell parent, ActorCell child, Exception cause)
    {
        var directive = Decide(cause);
        if (LoggingEnabled)
        {
            Log(parent.System, child, cause, directive);
        }

        switch (directive)
        {
            case Directive.Resume:
                child.Mailbox.Post(new Resume(causedByFailure: true));
                return true;
            case Directive.Restart:
                Restart(parent, child, cause);
                return true;
            case Directive.Stop:
                Stop(parent, child);
                return true;
            default:
                return false;
        }
    }

    private protected abstract void Restart(ActorCell parent, ActorCell failed, Exception cause);

    private protected abstract void Stop(ActorCell parent, ActorCell failed);

    private protected bool RequestRestartPermission(ActorCell parent, ActorCell child) =>
        child.RestartStatistics.Permit(MaxNumberOfRetries, WithinTimeRange, parent.System.TimeProvider);

    private static void Log(ActorSystem system, ActorCell child, Exception cause, Directive directive)
    {
        var source = child.Self.Path.ToString();
        LogEvent entry = directive == Directive.Resume
            ? new Warning(cause, source, child.Props.Type, cause.Message)
            : new Error(cause, source, child.Props.Type, cause.Message);
        system.EventStream.Publish(entry);
    }
}

/// <summary>A decider made of a function.</summary>
public sealed class LocalOnlyDecider(Func<Exception, Directive> decider) : IDecider
{
    /// <inheritdoc/>
    public Directive Decide(Exception cause) => decider(cause);
}

/// <summary>The decision concerns only the child that failed.</summary>
public sealed class OneForOneStrategy : SupervisorStrategy
{
    /// <summary>Without a limit of restarts.</summary>
    public OneForOneStrategy(Func<Exception, Directive> localOnlyDecider)
        : this(-1, Timeout.InfiniteTimeSpan, localOnlyDecider)
    {
    }

    /// <summary>
    /// At most <paramref name="maxNrOfRetries"/> restarts (null or -1: any number) within <paramref name="withinTimeRange"/> (null: ever);
    /// a child that needs more is stopped.
    /// </summary>
    public OneForOneStrategy(int? maxNrOfRetries, TimeSpan? withinTimeRange, Func<Exception, Directive> localOnlyDecider, bool loggingEnabled = true)
        : base(maxNrOfRetries ?? -1, withinTimeRange ?? Timeout.InfiniteTimeSpan, localOnlyDecider, loggingEnabled)
    {
    }

    private protected override void Restart(ActorCell parent, ActorCell failed, Exception cause)
    {
        if (RequestRestartPermission(parent, failed))
        {
            failed.Mailbox.Post(new Restart(cause));
        }
        else
        {
            parent.StopChild(failed);
        }
    }

    private protected override void Stop(ActorCell parent, ActorCell failed) => parent.StopChild(failed);
}

/// <summary>The decision concerns all children; a limit met by one stops all.</summary>
public sealed class AllForOneStrategy : SupervisorStrategy
{
    /// <summary>Without a limit of restarts.</summary>
    public AllForOneStrategy(Func<Exception, Directive> localOnlyDecider)
        : this(-1, Timeout.InfiniteTimeSpan, localOnlyDecider)
    {
    }

    /// <summary>With a limit, as <see cref="OneForOneStrategy"/>.</summary>
    public AllForOneStrategy(int? maxNrOfRetries, TimeSpan? withinTimeRange, Func<Exception, Directive> localOnlyDecider, bool loggingEnabled = true)
        : base(maxNrOfRetries ?? -1, withinTimeRange ?? Timeout.InfiniteTimeSpan, localOnlyDecider, loggingEnabled)
    {
    }

    private protected override void Restart(ActorCell parent, ActorCell failed, Exception cause)
    {
        var children = parent.ChildCells();
        var permitted = true;
        foreach (var child in children)
        {
            permitted &= RequestRestartPermission(parent, child);
        }

        if (!permitted)
        {
            Stop(parent, failed);
            return;
        }

        foreach (var child in children)
        {
            if (!ReferenceEquals(child, failed))
            {
                child.Mailbox.Post(new Suspend());
            }

            child.Mailbox.Post(new Restart(cause));
        }
    }

    private protected override void Stop(ActorCell parent, ActorCell failed)
    {
        foreach (var child in parent.ChildCells())
        {
            parent.StopChild(child);
        }
    }
}
