namespace EdgePool.Tests.Actors.Contract;

public sealed class DeathWatchTests : ContractTests
{
    [Fact]
    public async Task Watch_TheSubjectEnds_TerminatedComesOnce()
    {
        var actor = Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters));
        await WatchAsync(actor);
        await WatchAsync(actor);
        actor.Tell(new StopSelf());
        Assert.True((await ExpectTerminatedAsync(actor)).ExistenceConfirmed);
        await ExpectNothingBefore("marker");
    }

    [Fact]
    public async Task Watch_OfAnEndedActor_TerminatedComesOnce()
    {
        var actor = Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters));
        await WatchAsync(actor);
        actor.Tell(new StopSelf());
        await ExpectTerminatedAsync(actor);

        await WatchAsync(actor);
        Assert.False((await ExpectTerminatedAsync(actor)).ExistenceConfirmed);
        await ExpectNothingBefore("marker");
    }

    [Fact]
    public async Task Watch_OfAChild_TerminatedComesOnceAndAfterItsMessages()
    {
        var parent = Sys.ActorOf(Props.Create(() => new WatchingParent(TestActor)));
        parent.Tell("start");
        for (var i = 0; i < 100; i++)
        {
            await ExpectMsgAsync(i);
        }

        await ExpectMsgAsync("terminated");
        parent.Tell("marker");
        await ExpectMsgAsync("marker");
    }

    [Fact]
    public async Task WatchWith_TheSubjectEnds_ItsMessageComes()
    {
        var watcher = Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters));
        var subject = Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters));
        watcher.Tell(new Run(context => context.WatchWith(subject, new Run(_ => TestActor.Tell("gone")))));
        watcher.Tell(new Run(_ => subject.Tell(new StopSelf())));
        await ExpectMsgAsync("gone");
    }

    [Fact]
    public async Task Unwatch_BeforeTheEnd_NothingComes()
    {
        var watcher = Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters));
        var subject = Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters));
        await watcher.Ask<Done>(new WatchThis(subject), TimeSpan.FromSeconds(10));
        await watcher.Ask<Done>(new UnwatchThis(subject), TimeSpan.FromSeconds(10));
        await WatchAsync(subject);
        subject.Tell(new StopSelf());
        await ExpectTerminatedAsync(subject);
        Assert.Equal("alive", await watcher.Ask<string>("alive", TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Terminated_WithoutAHandler_IsADeathPact()
    {
        var watcher = Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters));
        var subject = Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters));
        await watcher.Ask<Done>(new WatchThis(subject), TimeSpan.FromSeconds(10));
        await WatchAsync(watcher);
        subject.Tell(new StopSelf());
        await ExpectTerminatedAsync(watcher);
    }

    [Fact]
    [Trait(Beyond, "Nobody counts as ended")]
    public async Task Watch_OfNobody_TerminatedComes()
    {
        await WatchAsync(ActorRefs.Nobody);
        await ExpectTerminatedAsync(ActorRefs.Nobody);
    }

    [Fact]
    public async Task Watch_RacingTheEnd_TerminatedComesOnceEach()
    {
        for (var i = 0; i < 200; i++)
        {
            var actor = Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters));
            var stopping = Task.Run(() => Sys.Stop(actor));
            await WatchAsync(actor);
            await stopping;
            await ExpectTerminatedAsync(actor);
        }

        await ExpectNothingBefore("marker");
    }

    private async Task ExpectNothingBefore(string marker)
    {
        TestActor.Tell(marker);
        await ExpectMsgAsync(marker);
    }

    private sealed class WatchingParent : ReceiveActor
    {
        public WatchingParent(IActorRef observer)
        {
            Receive<string>(
                _ => Context.Watch(Context.ActorOf(Props.Create(() => new Chatty()))),
                text => text == "start");
            Receive<string>(text => observer.Tell(text));
            Receive<int>(number => observer.Tell(number));
            Receive<Terminated>(_ => observer.Tell("terminated"));
        }
    }

    private sealed class Chatty : ReceiveActor
    {
        protected override void PreStart()
        {
            for (var i = 0; i < 100; i++)
            {
                Context.Parent.Tell(i);
            }

            Context.Stop(Self);
        }
    }
}
