namespace EdgePool.Tests.Actors.Contract;

public sealed class CoordinatedShutdownTests : VirtualTimeContractTests
{
    private static readonly string[] Phases =
    [
        CoordinatedShutdown.PhaseBeforeServiceUnbind, CoordinatedShutdown.PhaseServiceUnbind, CoordinatedShutdown.PhaseServiceRequestsDone,
        CoordinatedShutdown.PhaseServiceStop, CoordinatedShutdown.PhaseBeforeClusterShutdown,
        CoordinatedShutdown.PhaseClusterShardingShutdownRegion, CoordinatedShutdown.PhaseClusterLeave,
        CoordinatedShutdown.PhaseClusterExiting, CoordinatedShutdown.PhaseClusterExitingDone, CoordinatedShutdown.PhaseClusterShutdown,
        CoordinatedShutdown.PhaseBeforeActorSystemTerminate, CoordinatedShutdown.PhaseActorSystemTerminate,
    ];

    private readonly List<string> _ran = [];

    [Fact]
    public async Task Run_PhasesComeInTheirOrder()
    {
        var shutdown = CoordinatedShutdown.Get(Sys);
        foreach (var phase in Phases.Reverse())
        {
            shutdown.AddTask(phase, "note", () => Note(phase));
        }

        await Finished(shutdown.Run(CoordinatedShutdown.ClrExitReason.Instance));

        Assert.Equal(Phases, _ran);
        Assert.True(Sys.WhenTerminated.IsCompleted);
        Assert.Same(CoordinatedShutdown.ClrExitReason.Instance, shutdown.ShutdownReason);
    }

    [Fact]
    public async Task Run_Twice_RunsOnce()
    {
        var shutdown = CoordinatedShutdown.Get(Sys);
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "note", () => Note("once"));
        await Finished(shutdown.Run(CoordinatedShutdown.ClrExitReason.Instance));
        await Finished(shutdown.Run(CoordinatedShutdown.UnknownReason.Instance));
        Assert.Equal(["once"], _ran);
    }

    [Fact]
    public async Task Run_FromAPhase_LeavesOutTheEarlierOnes()
    {
        var shutdown = CoordinatedShutdown.Get(Sys);
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "early", () => Note("early"));
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "late", () => Note("late"));
        await Finished(shutdown.Run(CoordinatedShutdown.ClrExitReason.Instance, CoordinatedShutdown.PhaseServiceStop));
        Assert.Equal(["late"], _ran);
    }

    [Fact]
    public async Task Terminate_RunsTheShutdown()
    {
        CoordinatedShutdown.Get(Sys).AddTask(CoordinatedShutdown.PhaseServiceStop, "note", () => Note("ran"));
        await Finished(Sys.Terminate());
        Assert.Equal(["ran"], _ran);
    }

    [Fact]
    public async Task Task_ThatThrows_DoesNotHoldUpTheRest()
    {
        var shutdown = CoordinatedShutdown.Get(Sys);
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "throws", () => throw new InvalidOperationException("no"));
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "fails", () => Task.FromException<Done>(new InvalidOperationException("no")));
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "same", () => Note("same phase"));
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "next", () => Note("next phase"));
        await Finished(shutdown.Run(CoordinatedShutdown.ClrExitReason.Instance));
        Assert.Equal(["same phase", "next phase"], _ran);
    }

    [Fact]
    public async Task Phase_ThatTakesTooLong_IsLeftAtItsTimeoutAndNotBefore()
    {
        Sys.EventStream.Subscribe<Warning>(TestActor);
        var shutdown = CoordinatedShutdown.Get(Sys);
        var timeout = shutdown.Timeout(CoordinatedShutdown.PhaseServiceStop);
        var never = new TaskCompletionSource<Done>();
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "hangs", () => never.Task);
        shutdown.AddTask(CoordinatedShutdown.PhaseBeforeClusterShutdown, "next", () => Note("next"));
        var run = shutdown.Run(CoordinatedShutdown.ClrExitReason.Instance);
        await AwaitTimerAsync(timeout);

        Scheduler.Advance(timeout - TimeSpan.FromTicks(1));
        Assert.False(run.IsCompleted);
        Assert.Empty(_ran);
        Scheduler.Advance(TimeSpan.FromTicks(1));

        await Finished(run);
        Assert.Equal(["next"], _ran);
    }

    [Fact]
    public async Task Run_FromInsideAnActor_DoesNotWaitForItself()
    {
        var actor = Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters));
        actor.Tell(new Run(context => _ = CoordinatedShutdown.Get(context.System).Run(CoordinatedShutdown.ClrExitReason.Instance)));
        await Finished(Sys.WhenTerminated);
    }

    [Fact]
    public void AddTask_ToAnUnknownPhase_Throws() =>
        Assert.Throws<ConfigurationException>(() => CoordinatedShutdown.Get(Sys).AddTask("no-such-phase", "task", () => Task.FromResult(Done.Instance)));

    [Fact]
    public async Task GracefulStop_CompletesWhenTheActorHasEnded()
    {
        var actor = Sys.ActorOf(ScriptedActor.Of(TestActor), "a");
        await ExpectMsgAsync(new Hook("PreStart", "a"));
        Assert.True(await actor.GracefulStop(TimeSpan.FromSeconds(5)));
        await ExpectMsgAsync(new Hook("PostStop", "a"));
        Assert.True(await actor.GracefulStop(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    [Trait(Beyond, "the timeout follows the system's clock")]
    public async Task GracefulStop_TheActorGoesOn_IsCancelledAtItsTimeout()
    {
        var stop = TestActor.GracefulStop(TimeSpan.FromSeconds(5), "please");
        await ExpectMsgAsync("please");
        Scheduler.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        Assert.False(stop.IsCompleted);
        Scheduler.Advance(TimeSpan.FromTicks(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stop);
    }

    private static Task Finished(Task task) => task.WaitAsync(TimeSpan.FromSeconds(10));

    private Task<Done> Note(string what)
    {
        lock (_ran)
        {
            _ran.Add(what);
        }

        return Task.FromResult(Done.Instance);
    }
}
