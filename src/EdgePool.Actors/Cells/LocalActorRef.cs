using EdgePool.Actors.Mailboxes;

namespace EdgePool.Actors.Cells;

/// <summary>A reference that the kernel can ask for its system and tell of a watch.</summary>
internal interface IInternalActorRef : IActorRef
{
    ActorSystem System { get; }

    void AddWatcher(IWatcher watcher);

    void RemoveWatcher(IWatcher watcher);
}

/// <summary>Someone who wants to hear of an actor's end.</summary>
internal interface IWatcher
{
    void OnDeath(IActorRef subject, bool existenceConfirmed);
}

/// <summary>The reference of an actor of this process. It leads straight to the mailbox; a Tell touches nothing else.</summary>
internal sealed class LocalActorRef(ActorPath path, ActorCell cell) : IInternalActorRef, IWatcher
{
    private readonly Mailbox _mailbox = cell.Mailbox;

    public ActorPath Path { get; } = path;

    public ActorCell Cell { get; } = cell;

    public ActorSystem System => Cell.System;

    public void Tell(object message, IActorRef? sender)
    {
        ArgumentNullException.ThrowIfNull(message);

        _mailbox.Post(message, sender);
    }

    public void AddWatcher(IWatcher watcher) => _mailbox.Post(new Watch(watcher));

    public void RemoveWatcher(IWatcher watcher) => _mailbox.Post(new Unwatch(watcher));

    public void OnDeath(IActorRef subject, bool existenceConfirmed) =>
        _mailbox.Post(new DeathWatchNotification(subject, existenceConfirmed));

    public override string ToString() => Path.ToString();
}

/// <summary>Where messages go that reach nobody.</summary>
internal sealed class DeadLetterActorRef(ActorSystem system, ActorPath path) : IInternalActorRef
{
    public ActorPath Path { get; } = path;

    public ActorSystem System { get; } = system;

    public void Tell(object message, IActorRef? sender)
    {
        ArgumentNullException.ThrowIfNull(message);

        System.ReportDeadLetter(message, sender, this);
    }

    public void AddWatcher(IWatcher watcher) => watcher.OnDeath(this, existenceConfirmed: false);

    public void RemoveWatcher(IWatcher watcher)
    {
    }

    public override string ToString() => Path.ToString();
}
