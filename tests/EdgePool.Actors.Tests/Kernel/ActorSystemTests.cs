namespace EdgePool.Tests.Actors.Kernel;

/// <summary>What is ours and not Akka.NET's: settings and counters.</summary>
public sealed class ActorSystemTests : TestKit
{
    public ActorSystemTests()
        : base(new ActorSystemSettings
        {
            GuardianStrategy = new OneForOneStrategy(cause => cause is InvalidOperationException ? Directive.Escalate : Directive.Restart),
            BoundedMailboxes = new Dictionary<string, int>(StringComparer.Ordinal) { ["one"] = 1 },
        })
    {
    }

    [Fact]
    public async Task Metrics_DeadLettersAndUnhandledMessages_AreCounted()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Simple()));
        actor.Tell(1.5);
        await AwaitConditionAsync(() => Sys.Metrics.UnhandledMessages == 1);
        await WatchAsync(actor);
        Sys.Stop(actor);
        await ExpectTerminatedAsync(actor);
        for (var i = 0; i < 10; i++)
        {
            actor.Tell(i);
        }

        actor.Tell(PoisonPill.Instance);
        await AwaitConditionAsync(() => Sys.Metrics.DeadLetters == 10);
    }

    [Fact]
    public async Task Metrics_DeadLettersOfRacingProducers_AreAllCounted()
    {
        const int Producers = 4;
        const int Count = 10_000;
        var handled = 0;
        var actor = Sys.ActorOf(Props.Create(() => new Counting(() => handled++)));
        var telling = Enumerable.Range(0, Producers).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < Count; i++)
            {
                actor.Tell(i, ActorRefs.NoSender);
            }
        })).ToList();
        Sys.Stop(actor);
        await Task.WhenAll(telling);
        await AwaitConditionAsync(() => handled + Sys.Metrics.DeadLetters == Producers * Count);
    }

    [Fact]
    public async Task Metrics_Overflow_IsCountedAsDeadLetter()
    {
        var gate = new TaskCompletionSource();
        var actor = Sys.ActorOf(Props.Create(() => new Simple()).WithMailbox("one"));
        actor.Tell(gate.Task, TestActor);
        await ExpectMsgAsync("blocked");
        actor.Tell(1);
        actor.Tell(2);
        Assert.Equal(1, Sys.Metrics.MailboxOverflows);
        Assert.Equal(1, Sys.Metrics.DeadLetters);
        gate.SetResult();
    }

    [Fact]
    public async Task Metrics_RestartsFailuresAndLiveActors_AreCounted()
    {
        var live = Sys.Metrics.LiveActors;
        var actor = Sys.ActorOf(Props.Create(() => new Simple()));
        Assert.Equal(live + 1, Sys.Metrics.LiveActors);
        actor.Tell(new ArgumentException("restart"));
        await AwaitConditionAsync(() => Sys.Metrics.Restarts == 1);
        Assert.Equal(1, Sys.Metrics.Failures);
        await actor.GracefulStop(TimeSpan.FromSeconds(10));
        Assert.Equal(live, Sys.Metrics.LiveActors);
    }

    [Fact]
    public async Task Guardian_ThatEscalates_EndsTheSystem()
    {
        Sys.ActorOf(Props.Create(() => new Simple())).Tell(new InvalidOperationException("fatal"));
        await Sys.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task EventStream_TellsSubscribersOfABaseType_AndForgetsTheEnded()
    {
        var probe = CreateTestProbe();
        Assert.True(Sys.EventStream.Subscribe<LogEvent>(probe.Ref));
        Assert.False(Sys.EventStream.Subscribe<LogEvent>(probe.Ref));
        Assert.True(Sys.EventStream.Subscribe<string>(TestActor));
        Sys.EventStream.Publish(new Warning(null, "source", typeof(string), "message"));
        Assert.Equal("message", (await probe.ExpectMsgAsync<Warning>()).Message);
        Sys.EventStream.Publish("text");
        await ExpectMsgAsync("text");

        await probe.Ref.GracefulStop(TimeSpan.FromSeconds(10));
        Sys.EventStream.Publish(new Warning(null, "source", typeof(string), "message"));
        Assert.False(Sys.EventStream.Unsubscribe(probe.Ref));
        Assert.True(Sys.EventStream.Unsubscribe(TestActor, typeof(string)));
        Assert.Equal(0, Sys.Metrics.DeadLetters);
    }

    [Fact]
    public async Task DeadLetterSubscriber_ThatHasEnded_MakesNoMoreDeadLetters()
    {
        var probe = CreateTestProbe();
        Sys.EventStream.Subscribe<DeadLetter>(probe.Ref);
        Sys.Stop(probe.Ref);
        Sys.DeadLetters.Tell("one", ActorRefs.NoSender);
        await AwaitConditionAsync(() => Sys.Metrics.DeadLetters == 1);
        Sys.DeadLetters.Tell("two", ActorRefs.NoSender);
        Assert.Equal(2, Sys.Metrics.DeadLetters);
    }

    [Fact]
    public async Task RunTask_InAHook_FailsTheActor()
    {
        Sys.EventStream.Subscribe<Error>(TestActor);
        Sys.ActorOf(Props.Create(() => new AwaitingInPreStart()));
        Assert.IsType<ActorInitializationException>((await ExpectMsgAsync<Error>()).Cause);
    }

    [Theory]
    [InlineData("throughput")]
    [InlineData("stash")]
    [InlineData("mailbox")]
    [InlineData("name")]
    public void Create_WithSettingsThatMakeNoSense_Throws(string what)
    {
        var settings = what switch
        {
            "throughput" => new ActorSystemSettings { Throughput = 0 },
            "stash" => new ActorSystemSettings { StashCapacity = 0 },
            "mailbox" => new ActorSystemSettings { BoundedMailboxes = new Dictionary<string, int>(StringComparer.Ordinal) { ["m"] = 0 } },
            _ => new ActorSystemSettings(),
        };
        Assert.Throws<ConfigurationException>(() => ActorSystem.Create(what == "name" ? "not a name" : "system", settings));
    }

    private sealed class Simple : ReceiveActor
    {
        public Simple()
        {
            ReceiveAsync<Task>(gate =>
            {
                Sender.Tell("blocked");
                return gate;
            });
            Receive<int>(number => Sender.Tell(number));
            Receive<Exception>(Throw);
        }

        private static void Throw(Exception cause) => throw cause;
    }

    private sealed class Counting : ReceiveActor
    {
        public Counting(Action count) => Receive<int>(_ => count());
    }

    private sealed class AwaitingInPreStart : ReceiveActor
    {
        protected override void PreStart() => RunTask(() => Task.CompletedTask);
    }
}
