namespace EdgePool.Tests.Actors.Contract;

public sealed class BackoffTests : VirtualTimeContractTests
{
    private static readonly TimeSpan Min = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Max = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Fact]
    public async Task OnStop_TheChildStops_ItIsStartedAgainAfterGrowingDelaysUpToTheMaximum()
    {
        var supervisor = Supervisor(Backoff.OnStop(Child, "child", Min, Max, 0).WithManualReset());
        await ExpectMsgAsync(new Hook("PreStart", "child"));
        foreach (var seconds in new[] { 1, 2, 4, 5, 5 })
        {
            supervisor.Tell(new StopSelf());
            await ExpectMsgAsync(new Hook("PostStop", "child"));
            await AwaitTimerAsync(TimeSpan.FromSeconds(seconds));
            Scheduler.Advance(TimeSpan.FromSeconds(seconds) - Tick);
            Assert.True((await CurrentChild(supervisor)).IsNobody());
            Scheduler.Advance(Tick);
            await ExpectMsgAsync(new Hook("PreStart", "child"));
        }

        supervisor.Tell(BackoffSupervisor.GetRestartCount.Instance, TestActor);
        Assert.Equal(5, (await ExpectMsgAsync<BackoffSupervisor.RestartCount>()).Count);
        supervisor.Tell(BackoffSupervisor.Reset.Instance, TestActor);
        supervisor.Tell(BackoffSupervisor.GetRestartCount.Instance, TestActor);
        Assert.Equal(0, (await ExpectMsgAsync<BackoffSupervisor.RestartCount>()).Count);
    }

    [Fact]
    public async Task OnFailure_TheChildThrows_ItIsStartedAgainAfterTheDelay()
    {
        var supervisor = Supervisor(Backoff.OnFailure(Child, "child", Min, Max, 0).WithManualReset());
        await ExpectMsgAsync(new Hook("PreStart", "child"));
        supervisor.Tell(new Throw(new InvalidOperationException()));
        await ExpectMsgAsync(new Hook("PostStop", "child"));
        await AwaitTimerAsync(Min);
        Scheduler.Advance(Min);
        await ExpectMsgAsync(new Hook("PreStart", "child"));
    }

    [Fact]
    public async Task OnFailure_TheChildStopsItself_TheSupervisorEnds()
    {
        var supervisor = Supervisor(Backoff.OnFailure(Child, "child", Min, Max, 0));
        await ExpectMsgAsync(new Hook("PreStart", "child"));
        await WatchAsync(supervisor);
        supervisor.Tell(new StopSelf());
        await ExpectMsgAsync(new Hook("PostStop", "child"));
        await ExpectTerminatedAsync(supervisor);
    }

    [Fact]
    public async Task MaxNrOfRetries_Exceeded_TheSupervisorEnds()
    {
        var supervisor = Supervisor(Backoff.OnStop(Child, "child", Min, Max, 0, maxNrOfRetries: 1).WithManualReset());
        await ExpectMsgAsync(new Hook("PreStart", "child"));
        await WatchAsync(supervisor);
        supervisor.Tell(new StopSelf());
        await ExpectMsgAsync(new Hook("PostStop", "child"));
        await AwaitTimerAsync(Min);
        Scheduler.Advance(Min);
        await ExpectMsgAsync(new Hook("PreStart", "child"));
        supervisor.Tell(new StopSelf());
        await ExpectMsgAsync(new Hook("PostStop", "child"));
        await ExpectTerminatedAsync(supervisor);
    }

    [Fact]
    public async Task AutoReset_TheChildLivesLongEnough_TheDelayStartsAnew()
    {
        var supervisor = Supervisor(Backoff.OnStop(Child, "child", Min, Max, 0).WithAutoReset(10 * Min));
        await ExpectMsgAsync(new Hook("PreStart", "child"));
        for (var i = 0; i < 2; i++)
        {
            supervisor.Tell(new StopSelf());
            await ExpectMsgAsync(new Hook("PostStop", "child"));
            await AwaitTimerAsync(Min);
            Scheduler.Advance(Min);
            await ExpectMsgAsync(new Hook("PreStart", "child"));
            await AwaitTimerAsync(10 * Min);
            Scheduler.Advance(10 * Min);
            await CurrentChild(supervisor);
        }
    }

    [Fact]
    public async Task Messages_GoThroughToTheChildAndBackToTheParent()
    {
        var supervisor = Supervisor(Backoff.OnStop(Child, "child", Min, Max, 0));
        await ExpectMsgAsync(new Hook("PreStart", "child"));
        supervisor.Tell("echo", TestActor);
        await ExpectMsgAsync("echo");
        Assert.Equal("child", LastSender.Path.Name);
    }

    [Fact]
    public async Task Messages_WhileNoChildLives_AreAnsweredOrDead()
    {
        var answering = Supervisor(Backoff.OnStop(Child, "child", Min, Max, 0).WithManualReset().WithReplyWhileStopped("not now"));
        await ExpectMsgAsync(new Hook("PreStart", "child"));
        answering.Tell(new StopSelf());
        await ExpectMsgAsync(new Hook("PostStop", "child"));
        await AwaitTimerAsync(Min);
        answering.Tell("hello", TestActor);
        await ExpectMsgAsync("not now");
    }

    private Props Child => ScriptedActor.Of(TestActor);

    private IActorRef Supervisor(BackoffOptions options) => Sys.ActorOf(BackoffSupervisor.Props(options));

    private async Task<IActorRef> CurrentChild(IActorRef supervisor)
    {
        supervisor.Tell(BackoffSupervisor.GetCurrentChild.Instance, TestActor);
        return (await ExpectMsgAsync<BackoffSupervisor.CurrentChild>()).Ref;
    }
}
