using System.Globalization;
using System.Reflection;

namespace EdgePool.Actors;

/// <summary>The immutable recipe of an actor. One Props may make many actors, and makes each incarnation anew.</summary>
public sealed record Props
{
    private readonly Func<ActorBase> _producer;

    private Props(Type type, Func<ActorBase> producer)
    {
        Type = type;
        _producer = producer;
    }

    /// <summary>The actor's class.</summary>
    public Type Type { get; }

    /// <summary>Overrides the strategy of the actor's class.</summary>
    public SupervisorStrategy? SupervisorStrategy { get; private init; }

    /// <summary>The name of a bounded mailbox, or null for the unbounded one.</summary>
    public string? Mailbox { get; private init; }

    /// <summary>An actor made by <paramref name="factory"/>, written <c>() =&gt; new T(...)</c>; it is called for every incarnation.</summary>
    public static Props Create<TActor>(Func<TActor> factory, SupervisorStrategy? supervisorStrategy = null)
        where TActor : ActorBase
    {
        ArgumentNullException.ThrowIfNull(factory);
        return new Props(typeof(TActor), factory) { SupervisorStrategy = supervisorStrategy };
    }

    /// <summary>An actor made by the constructor that takes <paramref name="args"/>.</summary>
    public static Props Create<TActor>(params object?[] args)
        where TActor : ActorBase
        => Create(typeof(TActor), args);

    /// <summary>An actor made by the constructor that takes <paramref name="args"/>.</summary>
    public static Props Create(Type type, params object?[] args)
    {
        ArgumentNullException.ThrowIfNull(type);
        return typeof(ActorBase).IsAssignableFrom(type)
            ? new Props(type, () => Construct(type, args))
            : throw new ArgumentException($"{type} is not an actor.", nameof(type));
    }

    /// <summary>The same recipe with another supervisor strategy.</summary>
    public Props WithSupervisorStrategy(SupervisorStrategy supervisorStrategy) => this with { SupervisorStrategy = supervisorStrategy };

    /// <summary>The same recipe with a mailbox of <see cref="ActorSystemSettings.BoundedMailboxes"/>.</summary>
    public Props WithMailbox(string mailbox) => this with { Mailbox = mailbox };

    internal ActorBase NewActor() => _producer();

    private static ActorBase Construct(Type type, object?[] args)
    {
        const BindingFlags PublicUnwrapped = BindingFlags.Public | BindingFlags.Instance | BindingFlags.CreateInstance | BindingFlags.DoNotWrapExceptions;
        return (ActorBase)Activator.CreateInstance(type, PublicUnwrapped, binder: null, args, CultureInfo.InvariantCulture)!;
    }
}
