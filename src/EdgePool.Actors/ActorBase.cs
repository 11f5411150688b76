using EdgePool.Actors.Cells;

namespace EdgePool.Actors;

/// <summary>
/// The base of every actor: one message at a time, never two threads at once. A restart makes a new instance behind the same reference.
/// </summary>
public abstract class ActorBase
{
    private readonly ActorCell _cell;

    /// <summary>Only a system makes actors, from <see cref="Props"/>.</summary>
    protected ActorBase() =>
        _cell = ActorCell.ClaimConstruction()
            ?? throw new ActorInitializationException(null, $"{GetType()} cannot be made with new: use ActorOf and Props.");

    /// <summary>The running actor's context. Throws <see cref="NotSupportedException"/> outside a turn.</summary>
    protected static IActorContext Context =>
        ActorCell.Current ?? throw new NotSupportedException(
            "There is no active actor context here: it is valid only in the actor's own turn, not in tasks that the turn has left behind.");

    /// <summary>This actor's reference.</summary>
    protected IActorRef Self => _cell.Self;

    /// <summary>The sender of the current message; the system's dead letters when there is none.</summary>
    protected IActorRef Sender => _cell.TurnSender;

    internal SupervisorStrategy Strategy => _cell.Props.SupervisorStrategy ?? SupervisorStrategy();

    internal bool Dispatch(object message) => Receive(message);

    internal virtual void Constructed()
    {
    }

    internal void CallPreStart() => PreStart();

    internal void CallPostStop() => PostStop();

    internal void CallPreRestart(Exception reason, object? message) => PreRestart(reason, message);

    internal void CallPostRestart(Exception reason) => PostRestart(reason);

    internal void CallUnhandled(object message) => Unhandled(message);

    /// <summary>Handles a message; false when no handler takes it.</summary>
    protected abstract bool Receive(object message);

    /// <summary>Called before the first message of an incarnation.</summary>
    protected virtual void PreStart()
    {
    }

    /// <summary>Called when the actor has stopped, after its children.</summary>
    protected virtual void PostStop()
    {
    }

    /// <summary>Called on the failed instance before a restart. Stops the children and calls <see cref="PostStop"/>.</summary>
    protected virtual void PreRestart(Exception reason, object? message)
    {
        foreach (var child in Context.GetChildren())
        {
            Context.Unwatch(child);
            Context.Stop(child);
        }

        PostStop();
    }

    /// <summary>Called on the fresh instance after a restart. Calls <see cref="PreStart"/>.</summary>
    protected virtual void PostRestart(Exception reason) => PreStart();

    /// <summary>How this actor supervises its children.</summary>
    protected virtual SupervisorStrategy SupervisorStrategy() => Actors.SupervisorStrategy.DefaultStrategy;

    /// <summary>Called for a message that no handler took: publishes it, and throws <see cref="DeathPactException"/> for a Terminated.</summary>
    protected virtual void Unhandled(object message)
    {
        if (message is Terminated terminated)
        {
            throw new DeathPactException(terminated.ActorRef);
        }

        _cell.System.ReportUnhandled(message, _cell.CurrentSender, _cell.Self);
    }

    /// <summary>
    /// Runs <paramref name="action"/> as part of the current message: no other message, and no stop, comes before its task has completed.
    /// </summary>
    protected void RunTask(Func<Task> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        _cell.RunAsync(static (run, _) => run(), action, string.Empty);
    }

    internal void RunTask<T>(Func<T, Task> handler, T message) => _cell.RunAsync(static (run, argument) => run(argument), handler, message);
}

/// <summary>An actor with one method for all messages.</summary>
public abstract class UntypedActor : ActorBase
{
    private Stack<UntypedReceive>? _behaviours;

    /// <summary>Replaces the current behaviour.</summary>
    protected void Become(UntypedReceive receive)
    {
        if (_behaviours is { Count: > 0 })
        {
            _behaviours.Pop();
        }

        BecomeStacked(receive);
    }

    /// <summary>Puts a behaviour on top of the current one.</summary>
    protected void BecomeStacked(UntypedReceive receive) => (_behaviours ??= new Stack<UntypedReceive>()).Push(receive);

    /// <summary>Returns to the behaviour below.</summary>
    protected void UnbecomeStacked()
    {
        if (_behaviours is { Count: > 0 })
        {
            _behaviours.Pop();
        }
    }

    /// <inheritdoc/>
    protected sealed override bool Receive(object message)
    {
        if (_behaviours is { Count: > 0 })
        {
            _behaviours.Peek()(message);
        }
        else
        {
            OnReceive(message);
        }

        return true;
    }

    /// <summary>Handles a message; call <see cref="ActorBase.Unhandled"/> for what is not understood.</summary>
    protected abstract void OnReceive(object message);
}

/// <summary>A behaviour of an <see cref="UntypedActor"/>.</summary>
public delegate void UntypedReceive(object message);
