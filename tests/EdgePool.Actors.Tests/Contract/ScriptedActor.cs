namespace EdgePool.Tests.Actors.Contract;

/// <summary>An actor that does what it is told and reports its hooks to an observer.</summary>
public class ScriptedActor : ReceiveActor
{
    private readonly IActorRef _observer;
    private int _count;

    public ScriptedActor(IActorRef observer, SupervisorStrategy? strategy = null)
    {
        _observer = observer;
        Strategy = strategy;
        Receive<Throw>(message => throw message.Cause);
        Receive<Increment>(_ => Sender.Tell(++_count));
        Receive<Spawn>(spawn => Sender.Tell(Context.ActorOf(spawn.Props, spawn.Name)));
        Receive<StopSelf>(_ => Context.Stop(Self));
        Receive<StopChild>(stop => Context.Stop(Context.Child(stop.Name)));
        Receive<FindChild>(find => Sender.Tell(new Found(Context.Child(find.Name))));
        Receive<WatchThis>(watch =>
        {
            Context.Watch(watch.Subject);
            Sender.Tell(Done.Instance);
        });
        Receive<UnwatchThis>(watch =>
        {
            Context.Unwatch(watch.Subject);
            Sender.Tell(Done.Instance);
        });
        Receive<Run>(run => run.Action(Context));
        Receive<string>(text => Sender.Tell(text));
    }

    private new SupervisorStrategy? Strategy { get; }

    public static Props Of(IActorRef observer, SupervisorStrategy? strategy = null) =>
        Props.Create(() => new ScriptedActor(observer, strategy));

    protected override SupervisorStrategy SupervisorStrategy() => Strategy ?? base.SupervisorStrategy();

    protected override void PreStart() => _observer.Tell(new Hook("PreStart", Self.Path.Name));

    protected override void PostStop() => _observer.Tell(new Hook("PostStop", Self.Path.Name));

    protected override void PreRestart(Exception reason, object? message)
    {
        _observer.Tell(new Hook("PreRestart", Self.Path.Name));
        base.PreRestart(reason, message);
    }

    protected override void PostRestart(Exception reason)
    {
        _observer.Tell(new Hook("PostRestart", Self.Path.Name));
        base.PostRestart(reason);
    }
}

public sealed record Hook(string Name, string Actor);

public sealed record Throw(Exception Cause);

public sealed record Increment;

public sealed record Spawn(Props Props, string? Name);

public sealed record StopSelf;

public sealed record StopChild(string Name);

public sealed record FindChild(string Name);

public sealed record Found(IActorRef Child);

public sealed record WatchThis(IActorRef Subject);

public sealed record UnwatchThis(IActorRef Subject);

public sealed record Run(Action<IActorContext> Action);
