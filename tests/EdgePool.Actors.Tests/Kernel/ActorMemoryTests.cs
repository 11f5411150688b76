namespace EdgePool.Tests.Actors.Kernel;

/// <summary>There is at least one actor for each connection, so its size counts. Measures the heap, so nothing else may run.</summary>
[Collection(Alone)]
public sealed class ActorMemoryTests : TestKit
{
    private const string Alone = nameof(ActorMemoryTests);

    [Fact]
    public async Task IdleActor_WithItsMailbox_TakesLessThanAKibibyte()
    {
        const int Count = 20_000;
        var actors = new IActorRef[Count];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < Count; i++)
        {
            actors[i] = Sys.ActorOf(Props.Create(() => new Echo()));
        }

        foreach (var actor in actors)
        {
            await actor.Ask<int>(1, TimeSpan.FromSeconds(30));
        }

        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Count;
        GC.KeepAlive(actors);
        Assert.InRange(each, 0, 1023);
    }

    [CollectionDefinition(Alone, DisableParallelization = true)]
    public sealed class Collection;

    private sealed class Echo : ReceiveActor
    {
        public Echo()
        {
            Receive<int>(number => Sender.Tell(number));
            Receive<string>(text => Sender.Tell(text));
            ReceiveAny(Unhandled);
        }
    }
}
