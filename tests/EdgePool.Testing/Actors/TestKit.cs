namespace EdgePool.Testing.Actors;

/// <summary>The base of tests with an actor system of their own, which ends with the test.</summary>
public abstract class TestKit : TestKitBase, IAsyncDisposable
{
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(30);

    /// <summary>A system with the given settings.</summary>
    protected TestKit(ActorSystemSettings? settings = null)
        : base(ActorSystem.Create("test", settings), "testActor")
    {
    }

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        await Sys.Terminate().WaitAsync(ShutdownTimeout);
        GC.SuppressFinalize(this);
    }
}

/// <summary>An actor that collects, besides the test actor.</summary>
public sealed class TestProbe : TestKitBase
{
    internal TestProbe(ActorSystem system, string? name)
        : base(system, name)
    {
    }

    /// <summary>The probe's reference.</summary>
    public IActorRef Ref => TestActor;

    /// <summary>Sends with the probe as the sender.</summary>
    public void Send(IActorRef actor, object message) => actor.Tell(message, TestActor);

    /// <summary>Replies to the message that was received last.</summary>
    public void Reply(object message) => LastSender.Tell(message, TestActor);
}
