using EdgePool.Actors.Mailboxes;

namespace EdgePool.Actors.Cells;

/// <summary>A reference that the kernel can ask for its system and tell of a watch.</summary>
internal interface IInternalActorRef : IActorRef
{
    ActorSystem System { get; }

    void AddWatcher(LocalActorRef watcher);

    void RemoveWatcher(LocalActorRef watcher);
}

/// <summary>The reference of an actor of this process. It leads straight to the mailbox; a Tell touches nothing else.</summary>
internal sealed class LocalActorRef(ActorPath path, ActorCell cell) : IInternalActorRef
{
    private readonly Mailbox _mailbox = cell.Mailbox;

    public ActorPath Path { get; } = path;

    public ActorCell Cell { get; } = cell;

    public ActorSystem System => Cell.System;

    public void Tell(object message, IActorRef? sender)
    {
        if (message is null)
        {
            throw new InvalidMessageException("A message is never null.");
        }

        _mailbox.Post(message, sender);
    }

    public void AddWatcher(LocalActorRef watcher) => _mailbox.Post(new Watch(this, watcher));

    public void RemoveWatcher(LocalActorRef watcher) => _mailbox.Post(new Unwatch(watcher));

    public override string ToString() => Path.ToString();
}

/// <summary>Where messages go that reach nobody.</summary>
internal sealed class DeadLetterActorRef(ActorSystem system, ActorPath path) : IInternalActorRef
{
    public ActorPath Path { get; } = path;

    public ActorSystem System { get; } = system;

    public void Tell(object message, IActorRef? sender)
    {
        if (message is null)
        {
            throw new InvalidMessageException("A message is never null.");
        }

        System.ReportDeadLetter(message, sender, this);
    }

    public void AddWatcher(LocalActorRef watcher) => watcher.Cell.Mailbox.Post(new DeathWatchNotification(this, existenceConfirmed: false));

    public void RemoveWatcher(LocalActorRef watcher)
    {
    }

    public override string ToString() => Path.ToString();
}
