namespace EdgePool.Actors;

/// <summary>What actors are made by: a system or a parent.</summary>
public interface IActorRefFactory
{
    /// <summary>
    /// Starts an actor; it is created on its own first turn. Without a name a unique one beginning with <c>$</c> is made.
    /// Throws <see cref="InvalidActorNameException"/>, <see cref="ConfigurationException"/> for an unknown mailbox, and
    /// <see cref="InvalidOperationException"/> when the parent is ending.
    /// </summary>
    IActorRef ActorOf(Props props, string? name = null);

    /// <summary>Stops an actor after the message it works on; later messages go to dead letters.</summary>
    void Stop(IActorRef actor);
}

/// <summary>What an actor sees of its surroundings. Usable only inside the actor's own turn.</summary>
public interface IActorContext : IActorRefFactory
{
    /// <summary>The actor itself.</summary>
    IActorRef Self { get; }

    /// <summary>The sender of the current message; the system's dead letters when there is none.</summary>
    IActorRef Sender { get; }

    /// <summary>The supervisor.</summary>
    IActorRef Parent { get; }

    /// <summary>What the actor was made from.</summary>
    Props Props { get; }

    /// <summary>The system it lives in.</summary>
    ActorSystem System { get; }

    /// <summary>The receive timeout in force.</summary>
    TimeSpan? ReceiveTimeout { get; }

    /// <summary>The child of this name, or <see cref="ActorRefs.Nobody"/>.</summary>
    IActorRef Child(string name);

    /// <summary>The children that have not ended.</summary>
    IEnumerable<IActorRef> GetChildren();

    /// <summary>Asks for <see cref="Terminated"/> when <paramref name="subject"/> ends, also if it has ended already.</summary>
    IActorRef Watch(IActorRef subject);

    /// <summary>As <see cref="Watch"/>, with a message of one's own instead of <see cref="Terminated"/>.</summary>
    IActorRef WatchWith(IActorRef subject, object message);

    /// <summary>Ends the watch; a notice that is already queued is not delivered.</summary>
    IActorRef Unwatch(IActorRef subject);

    /// <summary>
    /// Delivers <see cref="Actors.ReceiveTimeout"/> whenever no message came for <paramref name="receiveTimeout"/>; null switches it off.
    /// </summary>
    void SetReceiveTimeout(TimeSpan? receiveTimeout);
}
