namespace EdgePool.Tests.Actors.Contract;

public sealed class MailboxTests : ContractTests
{
    [Fact]
    public async Task BoundedMailbox_AtItsCapacity_TakesAll()
    {
        var (actor, gate) = await BlockedActor();
        for (var i = 0; i < 3; i++)
        {
            actor.Tell(i, TestActor);
        }

        gate.SetResult();
        for (var i = 0; i < 3; i++)
        {
            await ExpectMsgAsync(i);
        }
    }

    [Fact]
    public async Task BoundedMailbox_BeyondItsCapacity_OverflowsToDeadLetters()
    {
        var letters = CreateTestProbe();
        Sys.EventStream.Subscribe<DeadLetter>(letters.Ref);
        var (actor, gate) = await BlockedActor();
        for (var i = 0; i < 5; i++)
        {
            actor.Tell(i, TestActor);
        }

        Assert.Equal(3, (await letters.ExpectMsgAsync<DeadLetter>()).Message);
        Assert.Equal(4, (await letters.ExpectMsgAsync<DeadLetter>()).Message);
        gate.SetResult();
        for (var i = 0; i < 3; i++)
        {
            await ExpectMsgAsync(i);
        }

        actor.Tell("room again", TestActor);
        await ExpectMsgAsync("room again");
    }

    [Fact]
    [Trait(Beyond, "a full mailbox loses no Terminated")]
    public async Task BoundedMailbox_Full_StillGetsTerminatedAndStop()
    {
        var (actor, gate) = await BlockedActor();
        var subject = Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters));
        actor.Tell(new WatchThis(subject), TestActor);
        gate.SetResult();
        await ExpectMsgAsync<Done>();

        var second = new TaskCompletionSource();
        actor.Tell(second.Task, TestActor);
        await ExpectMsgAsync("blocked");
        for (var i = 0; i < 3; i++)
        {
            actor.Tell(i, TestActor);
        }

        var probe = CreateTestProbe();
        await probe.WatchAsync(subject);
        subject.Tell(PoisonPill.Instance);
        await probe.ExpectTerminatedAsync(subject);
        second.SetResult();
        for (var i = 0; i < 3; i++)
        {
            await ExpectMsgAsync(i);
        }

        await ExpectMsgAsync("terminated");
        await WatchAsync(actor);
        Sys.Stop(actor);
        await ExpectTerminatedAsync(actor);
    }

    [Fact]
    public void Mailbox_Unknown_IsRefused() =>
        Assert.Throws<ConfigurationException>(() => Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters).WithMailbox("unknown")));

    private async Task<(IActorRef Actor, TaskCompletionSource Gate)> BlockedActor()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Blocking()).WithMailbox(BoundedMailbox));
        var gate = new TaskCompletionSource();
        actor.Tell(gate.Task, TestActor);
        await ExpectMsgAsync("blocked");
        return (actor, gate);
    }

    private sealed class Blocking : ReceiveActor
    {
        public Blocking()
        {
            ReceiveAsync<Task>(async gate =>
            {
                Sender.Tell("blocked");
                await gate;
            });
            IActorRef? watcher = null;
            Receive<WatchThis>(watch =>
            {
                watcher = Sender;
                Context.Watch(watch.Subject);
                Sender.Tell(Done.Instance);
            });
            Receive<Terminated>(_ => watcher?.Tell("terminated"));
            ReceiveAny(message => Sender.Tell(message));
        }
    }
}
