using System.Runtime.ExceptionServices;
using EdgePool.Actors.Mailboxes;
using EdgePool.Actors.Scheduling;

namespace EdgePool.Actors.Cells;

/// <summary>
/// One actor from its start to its end, over all incarnations: it runs the hooks and the messages, keeps the children and the
/// watches, and carries out what supervisors decide.
/// <para>
/// Everything here happens in turns of the mailbox, which never overlap; there are no locks but the one around the children of a
/// guardian, which any thread may add to. A failed, restarting or ending actor is one whose mailbox is suspended: system messages still come.
/// </para>
/// <para>
/// Life: Create → (messages, failures, restarts) → Terminate → children end → PostStop → parent and watchers are told → Ended.
/// A failure suspends the actor and its children and asks the parent; Resume takes one suspension back, Restart replaces the instance once
/// the children it stopped have ended, Escalate makes the parent fail in its turn.
/// </para>
/// <para>
/// A handler's task is part of the message that started it. Until it completes no turn runs at all, so code after an await sees Self,
/// Sender and Context as before it, and a Stop or a supervisor's decision waits as it would for a synchronous handler. The ambient cell of
/// such code comes with its execution context and is void as soon as the task has completed.
/// </para>
/// </summary>
internal sealed partial class ActorCell : IActorContext
{
    private static readonly AsyncLocal<AsyncTurn?> AmbientTurn = new();

    [ThreadStatic]
    private static ActorCell? t_running;

    [ThreadStatic]
    private static ActorCell? t_constructing;

    private ActorBase? _actor;
    private Envelope _current;
    private Task? _task;
    private AsyncTurn? _asyncTurn;
    private ActorTimers? _timers;
    private StashBuffer? _stash;
    private ReceiveTimeoutTimer? _receiveTimeout;
    private volatile Phase _phase;

    public ActorCell(ActorSystem system, Props props, ActorCell? parent, ActorPath path, int mailboxCapacity)
    {
        System = system;
        Props = props;
        ParentCell = parent;
        Mailbox = new Mailbox(this, mailboxCapacity);
        Self = new LocalActorRef(path, this);
        system.Metrics.CountStarted();
    }

    private enum Phase : byte
    {
        Living,
        Ending,
        Ended,
    }

    /// <summary>The cell whose code is running here, if it is in its turn.</summary>
    public static ActorCell? Current =>
        AmbientTurn.Value is { } turn ? (turn.IsOver ? null : turn.Cell) : t_running;

    /// <summary>The number of the current message, to tell it from an equal one.</summary>
    public long MessageNumber { get; private set; }

    public ActorSystem System { get; }

    public Props Props { get; }

    public ActorCell? ParentCell { get; }

    public Mailbox Mailbox { get; }

    public LocalActorRef Self { get; }

    public bool HasTask => _task is not null;

    public bool IsEnded => _phase == Phase.Ended;

    public IActorRef? CurrentSender => _current.Sender;

    public Envelope CurrentMessage => _current;

    IActorRef IActorContext.Self => Self;

    public IActorRef Sender => _current.Sender ?? System.DeadLetters;

    /// <summary>As <see cref="Sender"/>; throws outside a turn.</summary>
    public IActorRef TurnSender
    {
        get
        {
            RequireTurn();
            return Sender;
        }
    }

    public IActorRef Parent => ParentCell is null ? ActorRefs.Nobody : ParentCell.Self;

    public TimeSpan? ReceiveTimeout => _receiveTimeout?.Timeout;

    /// <summary>The cell for which an instance is being made on this thread; only one instance can claim it.</summary>
    public static ActorCell? ClaimConstruction()
    {
        var cell = t_constructing;
        t_constructing = null;
        return cell;
    }

    public static void EnterTurn(ActorCell cell) => t_running = cell;

    public static void LeaveTurn() => t_running = null;

    public void SetReceiveTimeout(TimeSpan? receiveTimeout)
    {
        RequireTurn();
        _receiveTimeout?.Stop();
        _receiveTimeout = receiveTimeout is { } timeout ? new ReceiveTimeoutTimer(this, timeout) : null;
    }

    /// <summary>Handles one user message. Nothing that it does can throw out of here.</summary>
    public void Invoke(in Envelope envelope)
    {
        if (_phase == Phase.Ended)
        {
            System.ReportDeadLetter(envelope.Message, envelope.Sender, Self);
            return;
        }

        _current = envelope;
        MessageNumber++;
        try
        {
            if (envelope.Message is IAutoReceivedMessage message)
            {
                AutoReceive(message);
            }
            else
            {
                Deliver(envelope.Message);
            }
        }
        catch (Exception cause)
        {
            EndAsyncTurn();
            Fail(cause, Self);
            return;
        }

        if (_task is null)
        {
            _current = default;
        }
    }

    /// <summary>Handles one system message. Nothing that it does can throw out of here.</summary>
    public void Invoke(SystemMessage message)
    {
        if (_phase == Phase.Ended)
        {
            if (message is Watch late)
            {
                late.Watcher.Cell.Mailbox.Post(new DeathWatchNotification(Self, existenceConfirmed: false));
            }

            return;
        }

        try
        {
            Handle(message);
        }
        catch (Exception cause)
        {
            Fail(cause, message is Failed failed ? failed.Child.Self : Self);
        }
    }

    /// <summary>Starts a handler's task inside the turn. Throws at once what the task has thrown at once.</summary>
    public void RunAsync<TState, TArgument>(Func<TState, TArgument, Task> start, TState state, TArgument argument)
    {
        RequireTurn();
        var turn = _asyncTurn ??= new AsyncTurn(this);
        var outer = AmbientTurn.Value;
        Task task;
        AmbientTurn.Value = turn;
        try
        {
            task = start(state, argument);
        }
        finally
        {
            AmbientTurn.Value = outer;
        }

        if (task.IsCompleted && _task is null)
        {
            EndAsyncTurn();
            ThrowIfUnsuccessful(task);
            return;
        }

        _task = _task is null ? task : Task.WhenAll(_task, task);
    }

    /// <summary>Puts the mailbox back on the thread pool when the handler's task completes.</summary>
    public void WhenTaskCompletes(IThreadPoolWorkItem mailbox) =>
        _task!.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(() => ThreadPool.UnsafeQueueUserWorkItem(mailbox, preferLocal: true));

    /// <summary>Finishes the message whose task has completed. False when it has not.</summary>
    public bool TryEndTask()
    {
        var task = _task!;
        if (!task.IsCompleted)
        {
            return false;
        }

        _task = null;
        EndAsyncTurn();
        try
        {
            ThrowIfUnsuccessful(task);
            _current = default;
        }
        catch (Exception cause)
        {
            Fail(cause, Self);
        }

        return true;
    }

    private static void ThrowIfUnsuccessful(Task task)
    {
        if (task.IsFaulted)
        {
            ExceptionDispatchInfo.Throw(task.Exception.InnerException!);
        }

        if (task.IsCanceled)
        {
            throw new TaskCanceledException(task);
        }
    }

    private void EndAsyncTurn()
    {
        if (_asyncTurn is { } turn)
        {
            turn.IsOver = true;
            _asyncTurn = null;
        }
    }

    private void AutoReceive(IAutoReceivedMessage message)
    {
        switch (message)
        {
            case PoisonPill:
                Mailbox.Post(new Terminate());
                break;
            case Kill:
                throw new ActorKilledException($"{Self} was told Kill.");
            case Identify identify:
                Sender.Tell(new ActorIdentity(identify.MessageId, Self), Self);
                break;
            case TimerTick tick when _timers?.Accept(tick) == true:
                DeliverContent(tick.Message);
                break;
            case ReceiveTimeoutTick idle when ReferenceEquals(idle.Timer, _receiveTimeout) && idle.Timer.IsDue:
                DeliverContent(Actors.ReceiveTimeout.Instance);
                break;
            case DeathNotice notice when _pendingNotices?.Remove(notice.Actor) == true:
                DeliverContent(notice.Message);
                break;
            case TimerTick or ReceiveTimeoutTick or DeathNotice:
                break;
            default:
                Deliver(message);
                break;
        }
    }

    /// <summary>Delivers what a message of the kernel stands for; a stash keeps that, not the wrapping.</summary>
    private void DeliverContent(object content)
    {
        _current = _current with { Message = content };
        Deliver(content);
    }

    private void Deliver(object message)
    {
        if (!_actor!.Dispatch(message))
        {
            _actor.CallUnhandled(message);
        }

        if (_receiveTimeout is { } timeout && message is not INotInfluenceReceiveTimeout)
        {
            timeout.Touch();
        }
    }

    private void Handle(SystemMessage message)
    {
        switch (message)
        {
            case Create:
                Start();
                break;
            case Terminate:
                BeginEnding();
                break;
            case Suspend:
                Mailbox.SuspendMessages();
                TellChildren(static child => child.Mailbox.Post(new Suspend()));
                break;
            case Resume resume:
                HandleResume(resume);
                break;
            case Restart restart:
                BeginRestart(restart.Cause);
                break;
            case Failed failed:
                HandleChildFailure(failed);
                break;
            case Watch watch:
                (_watchers ??= []).Add(watch.Watcher);
                break;
            case Unwatch unwatch:
                _watchers?.Remove(unwatch.Watcher);
                break;
            case DeathWatchNotification notification:
                HandleDeath(notification);
                break;
        }
    }

    private void RequireTurn()
    {
        if (!ReferenceEquals(Current, this))
        {
            throw new NotSupportedException($"The context of {Self} is valid only in its own turn.");
        }
    }

    private void Report(Exception cause, string message) =>
        System.EventStream.Publish(new Error(cause, Self.Path.ToString(), Props.Type, message));

    /// <summary>The ambient mark of one message's asynchronous handler.</summary>
    private sealed class AsyncTurn(ActorCell cell)
    {
        private volatile bool _isOver;

        public ActorCell Cell { get; } = cell;

        public bool IsOver
        {
            get => _isOver;
            set => _isOver = value;
        }
    }
}
