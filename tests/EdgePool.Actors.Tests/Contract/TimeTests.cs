namespace EdgePool.Tests.Actors.Contract;

public sealed class TimeTests : VirtualTimeContractTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Fact]
    public async Task SingleTimer_FiresOnceAndAtItsTime()
    {
        var actor = await Timed(timers => timers.StartSingleTimer("key", "due", Second));
        Scheduler.Advance(Second - Tick);
        await ExpectNothing(actor);
        Scheduler.Advance(Tick);
        await ExpectMsgAsync("due");
        Scheduler.Advance(10 * Second);
        await ExpectNothing(actor);
        Assert.False(await IsActive(actor));
    }

    [Fact]
    public async Task PeriodicTimer_FiresUntilItIsCancelled()
    {
        var actor = await Timed(timers => timers.StartPeriodicTimer("key", "tick", Second));
        for (var i = 0; i < 3; i++)
        {
            Scheduler.Advance(Second);
            await ExpectMsgAsync("tick");
        }

        Assert.True(await IsActive(actor));
        await Do(actor, timers => timers.Cancel("key"));
        Scheduler.Advance(10 * Second);
        await ExpectNothing(actor);
    }

    [Fact]
    [Trait(Beyond, "its TestScheduler fires a period once in each Advance")]
    public async Task PeriodicTimer_AdvancedManyPeriods_FiresEach()
    {
        await Timed(timers => timers.StartPeriodicTimer("key", "tick", 3 * Second, Second));
        Scheduler.Advance(7 * Second);
        for (var i = 0; i < 5; i++)
        {
            await ExpectMsgAsync("tick");
        }
    }

    [Fact]
    public async Task Timer_StartedAgain_ReplacesTheOldOne()
    {
        var actor = await Timed(timers =>
        {
            timers.StartSingleTimer("key", "old", Second);
            timers.StartSingleTimer("key", "new", 2 * Second);
        });
        Scheduler.Advance(Second);
        await ExpectNothing(actor);
        Scheduler.Advance(Second);
        await ExpectMsgAsync("new");
    }

    [Fact]
    public async Task Timer_CancelledWhileItsTickIsQueued_IsNotDelivered()
    {
        var actor = await Timed(timers => timers.StartSingleTimer("key", "due", Second));
        await Do(actor, timers =>
        {
            Scheduler.Advance(Second);
            timers.Cancel("key");
        });
        await ExpectNothing(actor);
    }

    [Fact]
    public async Task Timers_DieWithTheIncarnation()
    {
        var actor = await Timed(timers => timers.StartSingleTimer("key", "due", Second));
        actor.Tell(new Throw(new InvalidOperationException()));
        await ExpectNothing(actor);
        Scheduler.Advance(Second);
        await ExpectNothing(actor);
        Assert.Equal(0, ActiveTimers);
    }

    [Fact]
    public async Task Timers_DieWithTheActor()
    {
        var actor = await Timed(timers => timers.StartPeriodicTimer("key", "tick", Second));
        await WatchAsync(actor);
        Sys.Stop(actor);
        await ExpectTerminatedAsync(actor);
        Assert.Equal(0, ActiveTimers);
    }

    [Fact]
    public async Task ReceiveTimeout_NothingCame_FiresAgainAndAgain()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Idle(TestActor, Second)));
        await ExpectMsgAsync("started");
        for (var i = 0; i < 3; i++)
        {
            Scheduler.Advance(Second - Tick);
            actor.Tell(new Unnoticed());
            await ExpectMsgAsync("unnoticed");
            Scheduler.Advance(Tick);
            await ExpectMsgAsync("timeout");
            await AwaitTimerAsync(Second);
        }
    }

    [Fact]
    public async Task ReceiveTimeout_AMessageCame_StartsAnew()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Idle(TestActor, Second)));
        await ExpectMsgAsync("started");
        for (var i = 0; i < 5; i++)
        {
            Scheduler.Advance(Second - Tick);
            actor.Tell("activity");
            actor.Tell(new Unnoticed());
            await ExpectMsgAsync("activity");
            await ExpectMsgAsync("unnoticed");
        }

        Scheduler.Advance(Second);
        await ExpectMsgAsync("timeout");
    }

    [Fact]
    public async Task ReceiveTimeout_SwitchedOff_IsSilent()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Idle(TestActor, Second)));
        await ExpectMsgAsync("started");
        actor.Tell("off");
        await ExpectMsgAsync("off");
        Scheduler.Advance(10 * Second);
        actor.Tell("marker");
        await ExpectMsgAsync("marker");
    }

    [Fact]
    public async Task Scheduler_TellOnceAndRepeatedly()
    {
        Sys.Scheduler.ScheduleTellOnce(Second, TestActor, "once", ActorRefs.NoSender);
        var repeated = Sys.Scheduler.ScheduleTellRepeatedlyCancelable(2 * Second, Second, TestActor, "again", ActorRefs.NoSender);
        Scheduler.Advance(Second);
        await ExpectMsgAsync("once");
        Scheduler.Advance(Second);
        await ExpectMsgAsync("again");
        Scheduler.Advance(Second);
        await ExpectMsgAsync("again");
        repeated.Cancel();
        Scheduler.Advance(10 * Second);
        TestActor.Tell("marker");
        await ExpectMsgAsync("marker");
    }

    [Fact]
    public async Task Scheduler_CancelledBeforeItsTime_SendsNothing()
    {
        var cancelable = Sys.Scheduler.ScheduleTellOnceCancelable(Second, TestActor, "never", ActorRefs.NoSender);
        cancelable.Cancel();
        Scheduler.Advance(Second);
        TestActor.Tell("marker");
        await ExpectMsgAsync("marker");
        Assert.Equal(0, ActiveTimers);
    }

    [Fact]
    public async Task Ask_Unanswered_TimesOutAtItsTimeAndNotBefore()
    {
        var question = TestActor.Ask<string>("question", Second);
        await ExpectMsgAsync("question");
        Scheduler.Advance(Second - Tick);
        Assert.False(question.IsCompleted);
        Scheduler.Advance(Tick);
        await Assert.ThrowsAsync<AskTimeoutException>(() => question);
        Assert.Equal(0, ActiveTimers);
    }

    [Fact]
    [Trait(Beyond, "the window follows the system's clock")]
    public async Task Restarts_OutsideTheWindow_AreNotCounted()
    {
        var parent = Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters, new OneForOneStrategy(1, Second, _ => Directive.Restart)));
        var child = await parent.Ask<IActorRef>(new Spawn(ScriptedActor.Of(TestActor), "child"), 10 * Second);
        await ExpectMsgAsync(new Hook("PreStart", "child"));
        await WatchAsync(child);
        for (var i = 0; i < 3; i++)
        {
            child.Tell(new Throw(new InvalidOperationException()), TestActor);
            foreach (var hook in new[] { "PreRestart", "PostStop", "PostRestart", "PreStart" })
            {
                await ExpectMsgAsync(new Hook(hook, "child"));
            }

            Scheduler.Advance(Second + Tick);
        }

        child.Tell(new Throw(new InvalidOperationException()), TestActor);
        child.Tell(new Throw(new InvalidOperationException()), TestActor);
        foreach (var hook in new[] { "PreRestart", "PostStop", "PostRestart", "PreStart", "PostStop" })
        {
            await ExpectMsgAsync(new Hook(hook, "child"));
        }

        await ExpectTerminatedAsync(child);
    }

    private async Task<IActorRef> Timed(Action<ITimerScheduler> start)
    {
        var actor = Sys.ActorOf(Props.Create(() => new TimedActor(TestActor)));
        await Do(actor, start);
        return actor;
    }

    private async Task Do(IActorRef actor, Action<ITimerScheduler> action)
    {
        actor.Tell(action, TestActor);
        await ExpectMsgAsync<Done>();
    }

    private async Task<bool> IsActive(IActorRef actor)
    {
        var active = false;
        await Do(actor, timers => active = timers.IsTimerActive("key"));
        return active;
    }

    private async Task ExpectNothing(IActorRef actor)
    {
        actor.Tell("marker");
        await ExpectMsgAsync("marker");
    }

    private sealed class TimedActor : ReceiveActor, IWithTimers
    {
        public TimedActor(IActorRef observer)
        {
            Receive<Action<ITimerScheduler>>(action =>
            {
                action(Timers);
                Sender.Tell(Done.Instance);
            });
            Receive<Throw>(message => throw message.Cause);
            ReceiveAny(message => observer.Tell(message));
        }

        public ITimerScheduler Timers { get; set; } = null!;
    }

    private sealed record Unnoticed : INotInfluenceReceiveTimeout;

    private sealed class Idle : ReceiveActor
    {
        private readonly IActorRef _observer;
        private readonly TimeSpan _timeout;

        public Idle(IActorRef observer, TimeSpan timeout)
        {
            _observer = observer;
            _timeout = timeout;
            Receive<ReceiveTimeout>(_ => observer.Tell("timeout"));
            Receive<Unnoticed>(_ => observer.Tell("unnoticed"));
            Receive<string>(text =>
            {
                if (text == "off")
                {
                    Context.SetReceiveTimeout(null);
                }

                observer.Tell(text);
            });
        }

        protected override void PreStart()
        {
            Context.SetReceiveTimeout(_timeout);
            _observer.Tell("started");
        }
    }
}
