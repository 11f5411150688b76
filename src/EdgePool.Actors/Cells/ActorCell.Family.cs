using System.Text;

namespace EdgePool.Actors.Cells;

/// <summary>Children, and the watching of others.</summary>
internal sealed partial class ActorCell
{
    private const string NameDigits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+~";

    private readonly Lock? _guardianLock;
    private Dictionary<string, ActorCell>? _children;
    private long _generatedNames;
    private int _stoppingChildren;
    private bool _stoppedByParent;

    private Dictionary<IActorRef, object?>? _watching;
    private HashSet<LocalActorRef>? _watchers;
    private HashSet<IActorRef>? _pendingNotices;

    /// <summary>A guardian: any thread may add children.</summary>
    public ActorCell(ActorSystem system, Props props, ActorCell? parent, ActorPath path)
        : this(system, props, parent, path, mailboxCapacity: 0)
        => _guardianLock = new Lock();

    private bool HasChildren => _children is { Count: > 0 };

    private bool HasStoppingChildren => _stoppingChildren > 0;

    public IActorRef ActorOf(Props props, string? name = null)
    {
        RequireTurn();
        return AddChild(props, name);
    }

    public void Stop(IActorRef actor)
    {
        RequireTurn();
        if (actor is LocalActorRef { Cell: var cell })
        {
            if (IsChild(cell))
            {
                StopChild(cell);
            }
            else
            {
                cell.Mailbox.Post(new Terminate());
            }
        }
    }

    public IActorRef Child(string name)
    {
        RequireTurn();
        return _children is not null && _children.TryGetValue(name, out var child) ? child.Self : ActorRefs.Nobody;
    }

    public IEnumerable<IActorRef> GetChildren()
    {
        RequireTurn();
        return Array.ConvertAll<ActorCell, IActorRef>(ChildCells(), static child => child.Self);
    }

    public IActorRef Watch(IActorRef subject) => AddWatch(subject, null);

    public IActorRef WatchWith(IActorRef subject, object message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return AddWatch(subject, message);
    }

    public IActorRef Unwatch(IActorRef subject)
    {
        RequireTurn();
        if (_watching?.Remove(subject) == true)
        {
            (subject as IInternalActorRef)?.RemoveWatcher(Self);
        }

        _pendingNotices?.Remove(subject);
        return subject;
    }

    /// <summary>Starts a child. From other threads only at a guardian.</summary>
    public LocalActorRef AddChild(Props props, string? name)
    {
        ArgumentNullException.ThrowIfNull(props);
        if (name is not null && !ActorPath.IsValidPathElement(name))
        {
            throw new InvalidActorNameException($"\"{name}\" is not a valid actor name.");
        }

        var capacity = System.MailboxCapacity(props.Mailbox);
        ActorCell child;
        using (EnterFamily())
        {
            if (_phase != Phase.Living)
            {
                throw new InvalidOperationException($"{Self} is ending and takes no more children.");
            }

            name ??= GenerateName(_generatedNames++);
            _children ??= new Dictionary<string, ActorCell>(StringComparer.Ordinal);
            if (_children.ContainsKey(name))
            {
                throw new InvalidActorNameException($"Actor name \"{name}\" is not unique among the children of {Self}.");
            }

            child = new ActorCell(System, props, this, Self.Path / name, capacity);
            _children.Add(name, child);
        }

        child.Mailbox.Post(new Create());
        return child.Self;
    }

    /// <summary>The root's one child, which every thread may give children to.</summary>
    public ActorCell AddGuardian(Props props, string name)
    {
        var guardian = new ActorCell(System, props, this, Self.Path / name);
        _children = new Dictionary<string, ActorCell>(StringComparer.Ordinal) { [name] = guardian };
        return guardian;
    }

    public void StopChild(ActorCell child)
    {
        if (!child._stoppedByParent)
        {
            child._stoppedByParent = true;
            _stoppingChildren++;
        }

        child.Mailbox.Post(new Terminate());
    }

    public ActorCell[] ChildCells()
    {
        using (EnterFamily())
        {
            return _children is null ? [] : [.. _children.Values];
        }
    }

    private static string GenerateName(long number)
    {
        var name = new StringBuilder("$", 8);
        do
        {
            name.Append(NameDigits[(int)(number & 63)]);
            number >>= 6;
        }
        while (number != 0);

        return name.ToString();
    }

    private FamilyScope EnterFamily()
    {
        _guardianLock?.Enter();
        return new FamilyScope(_guardianLock);
    }

    private bool IsChild(ActorCell cell) => ReferenceEquals(cell.ParentCell, this) && !cell.IsForgotten;

    private bool IsForgotten { get; set; }

    private void CloseChildren()
    {
        using (EnterFamily())
        {
            _phase = Phase.Ending;
        }
    }

    private void TellChildren(Action<ActorCell> tell)
    {
        if (_children is not null)
        {
            Array.ForEach(ChildCells(), tell);
        }
    }

    private void RemoveChild(ActorCell child)
    {
        using (EnterFamily())
        {
            _children!.Remove(child.Self.Path.Name);
        }

        child.IsForgotten = true;
        if (child._stoppedByParent)
        {
            _stoppingChildren--;
        }

        if (_phase == Phase.Ending && !HasChildren)
        {
            FinishEnding();
        }
        else if (_restartCause is not null && !HasStoppingChildren)
        {
            FinishRestart();
        }
    }

    private IActorRef AddWatch(IActorRef subject, object? message)
    {
        RequireTurn();
        ArgumentNullException.ThrowIfNull(subject);
        if (ReferenceEquals(subject, Self))
        {
            return subject;
        }

        _watching ??= [];
        if (_watching.TryGetValue(subject, out var known))
        {
            return Equals(known, message)
                ? subject
                : throw new InvalidOperationException($"{Self} watches {subject} already, with another message: Unwatch first.");
        }

        _watching.Add(subject, message);
        if (subject is IInternalActorRef actor)
        {
            actor.AddWatcher(Self);
        }
        else
        {
            Mailbox.Post(new DeathWatchNotification(subject, existenceConfirmed: false));
        }

        return subject;
    }

    private void HandleDeath(DeathWatchNotification notification)
    {
        if (_watching?.Remove(notification.Actor, out var message) == true && _phase == Phase.Living)
        {
            (_pendingNotices ??= []).Add(notification.Actor);
            message ??= new Terminated(notification.Actor, notification.ExistenceConfirmed);
            Mailbox.PostAlways(new DeathNotice(notification.Actor, message), notification.Actor);
        }

        if (notification.Actor is LocalActorRef { Cell: var cell } && IsChild(cell))
        {
            RemoveChild(cell);
        }
    }

    /// <summary>The parent first, so that the name is free when watchers hear of the end.</summary>
    private void TellOfDeath()
    {
        ParentCell?.Mailbox.Post(new DeathWatchNotification(Self, existenceConfirmed: true));
        if (_watchers is not null)
        {
            foreach (var watcher in _watchers)
            {
                if (!ReferenceEquals(watcher.Cell, ParentCell))
                {
                    watcher.Cell.Mailbox.Post(new DeathWatchNotification(Self, existenceConfirmed: true));
                }
            }
        }

        if (_watching is not null)
        {
            foreach (var subject in _watching.Keys)
            {
                (subject as IInternalActorRef)?.RemoveWatcher(Self);
            }
        }

        _watchers = null;
        _watching = null;
        _pendingNotices = null;
        _children = null;
    }

    private readonly ref struct FamilyScope(Lock? held)
    {
        public void Dispose() => held?.Exit();
    }
}
