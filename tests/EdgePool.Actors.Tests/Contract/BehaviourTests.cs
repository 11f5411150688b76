namespace EdgePool.Tests.Actors.Contract;

public sealed class BehaviourTests : ContractTests
{
    [Fact]
    public async Task Receive_TheFirstMatchingHandlerTakesIt()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Matching()));
        foreach (var (message, expected) in new (object, string)[]
        {
            (5, "small"), (50, "large"), ("text", "text"), ("refused", "object"), (1.5, "object"),
        })
        {
            actor.Tell(message, TestActor);
            await ExpectMsgAsync(expected);
        }
    }

    [Fact]
    public async Task Become_ReplacesAndStacks()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Moody()));
        foreach (var (command, mood) in new[] { ("angry", "angry"), ("push", "happy"), ("pop", "angry"), ("pop", "calm"), ("pop", "calm") })
        {
            actor.Tell(new Moody.Change(command));
            actor.Tell("mood", TestActor);
            await ExpectMsgAsync(mood);
        }
    }

    [Fact]
    public async Task Restart_ReturnsToTheFirstBehaviour()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Moody()));
        actor.Tell(new Moody.Change("angry"));
        actor.Tell(new Moody.Change("fail"));
        actor.Tell("mood", TestActor);
        await ExpectMsgAsync("calm");
    }

    [Fact]
    public async Task Unhandled_IsPublished()
    {
        Sys.EventStream.Subscribe<UnhandledMessage>(TestActor);
        var actor = Sys.ActorOf(Props.Create(() => new Moody()));
        actor.Tell(42, TestActor);
        var unhandled = await ExpectMsgAsync<UnhandledMessage>();
        Assert.Equal(42, unhandled.Message);
        Assert.Equal(TestActor, unhandled.Sender);
        Assert.Equal(actor, unhandled.Recipient);
    }

    [Fact]
    public async Task Receive_AfterReceiveAny_FailsTheActor()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Misdeclared()));
        await WatchAsync(actor);
        await ExpectTerminatedAsync(actor);
    }

    [Fact]
    public async Task Stash_UnstashAll_KeepsTheOrderAndComesBeforeTheRest()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Stashing()));
        foreach (var message in new[] { "1", "2", "3", "open", "4" })
        {
            actor.Tell(message, TestActor);
        }

        foreach (var expected in new[] { "1", "2", "3", "4" })
        {
            await ExpectMsgAsync(expected);
        }
    }

    [Fact]
    public async Task Stash_AtItsCapacity_HoldsAll()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Stashing()));
        for (var i = 0; i < StashCapacity; i++)
        {
            actor.Tell($"{i}", TestActor);
        }

        actor.Tell("open", TestActor);
        for (var i = 0; i < StashCapacity; i++)
        {
            await ExpectMsgAsync($"{i}");
        }
    }

    [Fact]
    [Trait(Beyond, "the stash is bounded")]
    public async Task Stash_BeyondItsCapacity_FailsTheActor()
    {
        Sys.EventStream.Subscribe<Error>(TestActor);
        var actor = Sys.ActorOf(Props.Create(() => new Stashing(), SupervisorStrategy.StoppingStrategy));
        for (var i = 0; i <= StashCapacity; i++)
        {
            actor.Tell($"{i}", ActorRefs.NoSender);
        }

        Assert.IsType<StashOverflowException>((await ExpectMsgAsync<Error>()).Cause);
    }

    [Fact]
    public async Task Stash_OfTheSameMessageTwice_FailsTheActor()
    {
        Sys.EventStream.Subscribe<Error>(TestActor);
        Sys.ActorOf(Props.Create(() => new Stashing())).Tell("twice");
        Assert.IsType<IllegalActorStateException>((await ExpectMsgAsync<Error>()).Cause);
    }

    [Fact]
    public async Task Stash_OnRestart_ReturnsToTheMailbox()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Stashing()));
        actor.Tell("1", TestActor);
        actor.Tell("fail", TestActor);
        actor.Tell("open", TestActor);
        await ExpectMsgAsync("1");
    }

    private sealed class Matching : ReceiveActor
    {
        public Matching()
        {
            Receive<int>(_ => Sender.Tell("small"), number => number < 10);
            Receive<int>(number => number >= 10, _ => Sender.Tell("large"));
            Receive<string>(text =>
            {
                if (text == "refused")
                {
                    return false;
                }

                Sender.Tell("text");
                return true;
            });
            ReceiveAny(_ => Sender.Tell("object"));
        }
    }

    private sealed class Moody : ReceiveActor
    {
        public Moody() => Mood("calm");

        private void Mood(string mood)
        {
            Receive<string>(_ => Sender.Tell(mood));
            Receive<Change>(change =>
            {
                switch (change.Command)
                {
                    case "push":
                        BecomeStacked(() => Mood("happy"));
                        break;
                    case "pop":
                        UnbecomeStacked();
                        break;
                    case "fail":
                        throw new InvalidOperationException();
                    default:
                        Become(() => Mood(change.Command));
                        break;
                }
            });
        }

        public sealed record Change(string Command);
    }

    private sealed class Misdeclared : ReceiveActor
    {
        public Misdeclared()
        {
            ReceiveAny(_ => { });
            Receive<string>(_ => { });
        }
    }

    private sealed class Stashing : ReceiveActor, IWithUnboundedStash
    {
        public Stashing()
        {
            Receive<string>(
                _ =>
                {
                    Become(() => Receive<string>(text => Sender.Tell(text)));
                    Stash.UnstashAll();
                },
                text => text == "open");
            Receive<string>(_ => throw new InvalidOperationException(), text => text == "fail");
            Receive<string>(text =>
            {
                Stash.Stash();
                if (text == "twice")
                {
                    Stash.Stash();
                }
            });
        }

        public IStash Stash { get; set; } = null!;
    }
}
