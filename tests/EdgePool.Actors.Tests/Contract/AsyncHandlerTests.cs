namespace EdgePool.Tests.Actors.Contract;

public sealed class AsyncHandlerTests : ContractTests
{
    [Fact]
    public async Task ReceiveAsync_HandlesNothingElseUntilItsTaskCompletes()
    {
        var gate = new TaskCompletionSource();
        var actor = Sys.ActorOf(Props.Create(() => new Awaiting(gate.Task)));
        actor.Tell("wait", TestActor);
        actor.Tell(1, TestActor);
        await ExpectMsgAsync("waiting");
        gate.SetResult();
        await ExpectMsgAsync("resumed");
        await ExpectMsgAsync(1);
    }

    [Fact]
    public async Task ReceiveAsync_AfterTheAwait_SelfSenderAndContextAreIntact()
    {
        var gate = new TaskCompletionSource();
        var actor = Sys.ActorOf(Props.Create(() => new Awaiting(gate.Task)), "awaiting");
        actor.Tell("inspect", TestActor);
        gate.SetResult();
        var (self, context, sender) = await ExpectMsgAsync<(IActorRef, IActorRef, IActorRef)>();
        Assert.Equal(actor, self);
        Assert.Equal(actor, context);
        Assert.Equal(TestActor, sender);
        Assert.Equal(actor, LastSender);
    }

    [Fact]
    public async Task ReceiveAsync_ResumedInsideAnotherActorsTurn_StaysItself()
    {
        // A completion source without asynchronous continuations runs the code after the await on the completing actor's thread.
        var gate = new TaskCompletionSource();
        var actor = Sys.ActorOf(Props.Create(() => new Awaiting(gate.Task)), "awaiting");
        var other = Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters), "other");
        actor.Tell("inspect", TestActor);
        other.Tell(new Run(context =>
        {
            gate.SetResult();
            TestActor.Tell(context.Self);
        }));
        object[] both = [await ExpectMsgAsync<object>(), await ExpectMsgAsync<object>()];
        Assert.Contains((actor, actor, TestActor), both.OfType<(IActorRef, IActorRef, IActorRef)>());
        Assert.Contains(other, both.OfType<IActorRef>());
    }

    [Fact]
    public async Task ReceiveAsync_ThatThrowsAfterTheAwait_IsSupervised()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Awaiting(Task.CompletedTask)));
        actor.Tell(new Increment(), TestActor);
        await ExpectMsgAsync(1);
        actor.Tell("throw", TestActor);
        actor.Tell(new Increment(), TestActor);
        await ExpectMsgAsync(1);
    }

    [Fact]
    public async Task ReceiveAsync_ThatIsCancelled_IsSupervised()
    {
        Sys.EventStream.Subscribe<Error>(TestActor);
        Sys.ActorOf(Props.Create(() => new Awaiting(Task.FromCanceled(new CancellationToken(true))))).Tell("wait", ActorRefs.NoSender);
        Assert.IsAssignableFrom<OperationCanceledException>((await ExpectMsgAsync<Error>()).Cause);
    }

    [Fact]
    public async Task ReceiveAsync_NeverOverlapsWithOtherTurns()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Overlapping(TestActor)));
        for (var i = 0; i < 2_000; i++)
        {
            actor.Tell(i);
        }

        actor.Tell("report");
        await ExpectMsgAsync(2_000);
    }

    [Fact]
    [Trait(Beyond, "the ambient context ends with the handler")]
    public async Task Context_InATaskThatOutlivesItsHandler_Throws()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Outliving(TestActor)));
        actor.Tell("go");
        await ExpectMsgAsync<NotSupportedException>();
    }

    private sealed class Awaiting : ReceiveActor
    {
        private int _count;

        public Awaiting(Task gate)
        {
            ReceiveAsync<string>(
                async _ =>
                {
                    await gate;
                    Sender.Tell((Self, Context.Self, Sender));
                },
                text => text == "inspect");
            ReceiveAsync<string>(
                async _ =>
                {
                    await Task.Yield();
                    throw new InvalidOperationException();
                },
                text => text == "throw");
            ReceiveAsync<string>(async _ =>
            {
                Sender.Tell("waiting");
                await gate;
                Sender.Tell("resumed");
            });
            Receive<Increment>(_ => Sender.Tell(++_count));
            ReceiveAny(message => Sender.Tell(message));
        }
    }

    private sealed class Overlapping : ReceiveActor
    {
        private int _running;
        private int _handled;

        public Overlapping(IActorRef observer)
        {
            ReceiveAsync<int>(async number =>
            {
                Assert.Equal(1, Interlocked.Increment(ref _running));
                await Task.Yield();
                if (number % 3 == 0)
                {
                    await Task.Run(() => { });
                }

                Assert.Equal(0, Interlocked.Decrement(ref _running));
                _handled++;
            });
            Receive<string>(_ => observer.Tell(_handled));
        }
    }

    private sealed class Outliving : ReceiveActor
    {
        public Outliving(IActorRef observer)
        {
            var over = new TaskCompletionSource();
            ReceiveAsync<string>(async text =>
            {
                await Task.Yield();
                _ = Outlive(over.Task, observer);
                Self.Tell(1);
            });
            Receive<int>(_ => over.SetResult());
        }

        private static async Task Outlive(Task over, IActorRef observer)
        {
            await over;
            try
            {
                observer.Tell(Context.Self);
            }
            catch (NotSupportedException cause)
            {
                observer.Tell(cause, ActorRefs.NoSender);
            }
        }
    }
}
