namespace EdgePool.Tests.Actors.Contract;

public sealed class SupervisionTests : ContractTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Child_ThatThrows_IsRestartedWithItsMailboxAndRefAndFreshState()
    {
        var child = await Family(new OneForOneStrategy(_ => Directive.Restart));
        child.Tell(new Increment(), TestActor);
        await ExpectMsgAsync(1);

        child.Tell(new Throw(new InvalidOperationException()), TestActor);
        child.Tell("kept", TestActor);
        child.Tell(new Increment(), TestActor);

        await ExpectHooks("child", "PreRestart", "PostStop", "PostRestart", "PreStart");
        await ExpectMsgAsync("kept");
        await ExpectMsgAsync(1);
    }

    [Fact]
    public async Task Child_ThatIsResumed_KeepsItsState()
    {
        var child = await Family(new OneForOneStrategy(_ => Directive.Resume));
        child.Tell(new Increment(), TestActor);
        child.Tell(new Throw(new InvalidOperationException()), TestActor);
        child.Tell(new Increment(), TestActor);

        await ExpectMsgAsync(1);
        await ExpectMsgAsync(2);
    }

    [Fact]
    public async Task Child_ThatIsStopped_EndsAndItsSiblingLives()
    {
        var parent = await Parent(new OneForOneStrategy(_ => Directive.Stop));
        var child = await Child(parent, "child");
        var sibling = await Child(parent, "sibling");
        await WatchAsync(child);

        child.Tell(new Throw(new InvalidOperationException()), TestActor);

        await ExpectHooks("child", "PostStop");
        await ExpectTerminatedAsync(child);
        sibling.Tell("alive", TestActor);
        await ExpectMsgAsync("alive");
    }

    [Fact]
    public async Task Failure_Escalated_RestartsTheParentAndStopsItsChildren()
    {
        var grandparent = await Parent(new OneForOneStrategy(_ => Directive.Restart), "grandparent");
        grandparent.Tell(new Spawn(ScriptedActor.Of(TestActor, new OneForOneStrategy(_ => Directive.Escalate)), "parent"), TestActor);
        var parent = await ExpectStarted("parent");
        var child = await Child(parent, "child");
        await WatchAsync(child);

        child.Tell(new Throw(new InvalidOperationException()), TestActor);

        await ExpectMsgAsync(new Hook("PreRestart", "parent"));
        await ExpectMsgAsync(new Hook("PostStop", "parent"));
        await ExpectMsgAsync(new Hook("PostStop", "child"));
        var rest = new List<object>();
        await foreach (var message in ReceiveNAsync(3))
        {
            rest.Add(message);
        }

        Assert.Contains(rest, message => message is Terminated terminated && terminated.ActorRef.Equals(child));
        Assert.Equal(
            [new Hook("PostRestart", "parent"), new Hook("PreStart", "parent")],
            rest.OfType<Hook>());
        parent.Tell("alive", TestActor);
        await ExpectMsgAsync("alive");
    }

    [Fact]
    public async Task Failure_EscalatedByATopLevelActor_IsDecidedByTheGuardian()
    {
        var parent = await Parent(new OneForOneStrategy(_ => Directive.Escalate), "top");
        var child = await Child(parent, "child");
        var probe = CreateTestProbe();
        await probe.WatchAsync(parent);

        child.Tell(new Throw(new ActorKilledException("stops by default")), TestActor);

        await probe.ExpectTerminatedAsync(parent);
    }

    [Fact]
    public async Task Restarts_BeyondTheLimit_StopTheChild()
    {
        var child = await Family(new OneForOneStrategy(2, Minute, _ => Directive.Restart));
        await WatchAsync(child);
        for (var i = 0; i < 2; i++)
        {
            child.Tell(new Throw(new InvalidOperationException()), TestActor);
            await ExpectHooks("child", "PreRestart", "PostStop", "PostRestart", "PreStart");
        }

        child.Tell(new Throw(new InvalidOperationException()), TestActor);
        await ExpectHooks("child", "PostStop");
        await ExpectTerminatedAsync(child);
    }

    [Fact]
    public async Task Restarts_WithALimitOfZero_StopTheChildAtOnce()
    {
        var child = await Family(new OneForOneStrategy(0, Minute, _ => Directive.Restart));
        await WatchAsync(child);
        child.Tell(new Throw(new InvalidOperationException()), TestActor);
        await ExpectHooks("child", "PostStop");
        await ExpectTerminatedAsync(child);
    }

    [Fact]
    public async Task AllForOne_OneFails_AllAreRestarted()
    {
        var parent = await Parent(new AllForOneStrategy(_ => Directive.Restart));
        var first = await Child(parent, "first");
        var second = await Child(parent, "second");
        second.Tell(new Increment(), TestActor);
        await ExpectMsgAsync(1);

        first.Tell(new Throw(new InvalidOperationException()), TestActor);
        var hooks = new List<Hook>();
        await foreach (var message in ReceiveNAsync(8))
        {
            hooks.Add(Assert.IsType<Hook>(message));
        }

        Assert.Equal(4, hooks.Count(hook => hook.Actor == "first"));
        Assert.Equal(4, hooks.Count(hook => hook.Actor == "second"));
        second.Tell(new Increment(), TestActor);
        await ExpectMsgAsync(1);
    }

    [Fact]
    public async Task AllForOne_OneIsStopped_AllAreStopped()
    {
        var parent = await Parent(new AllForOneStrategy(_ => Directive.Stop));
        var first = await Child(parent, "first");
        var second = await Child(parent, "second");
        var probe = CreateTestProbe();
        await probe.WatchAsync(second);
        first.Tell(new Throw(new InvalidOperationException()), TestActor);
        await probe.ExpectTerminatedAsync(second);
    }

    [Fact]
    public async Task Child_WhoseConstructorThrows_IsStoppedByDefault()
    {
        var parent = await Parent(null);
        parent.Tell(new Spawn(Props.Create<FailingConstructor>(), "child"), TestActor);
        var child = await ExpectMsgAsync<IActorRef>();
        await WatchAsync(child);
        await ExpectTerminatedAsync(child);
    }

    [Fact]
    public async Task Child_WhosePreStartThrows_IsStoppedByDefaultWithAnInitializationException()
    {
        var parent = await Parent(new OneForOneStrategy(cause =>
        {
            TestActor.Tell(cause, ActorRefs.NoSender);
            return SupervisorStrategy.DefaultDecider.Decide(cause);
        }));
        parent.Tell(new Spawn(Props.Create<FailingPreStart>(), "child"), ActorRefs.NoSender);
        var cause = await ExpectMsgAsync<ActorInitializationException>();
        Assert.IsType<InvalidOperationException>(cause.InnerException);
    }

    [Fact]
    public async Task Kill_Received_StopsByDefault()
    {
        var child = await Family(null);
        await WatchAsync(child);
        child.Tell(Kill.Instance);
        await ExpectHooks("child", "PostStop");
        await ExpectTerminatedAsync(child);
    }

    [Fact]
    public async Task Restart_OfAParent_StopsItsChildrenFirst()
    {
        var grandparent = await Parent(new OneForOneStrategy(_ => Directive.Restart), "grandparent");
        grandparent.Tell(new Spawn(ScriptedActor.Of(TestActor), "parent"), TestActor);
        var parent = await ExpectStarted("parent");
        await Child(parent, "child");

        parent.Tell(new Throw(new InvalidOperationException()), TestActor);

        await ExpectHooks("parent", "PreRestart", "PostStop");
        await ExpectHooks("child", "PostStop");
        await ExpectHooks("parent", "PostRestart", "PreStart");
        parent.Tell(new FindChild("child"), TestActor);
        Assert.True((await ExpectMsgAsync<Found>()).Child.IsNobody());
    }

    [Fact]
    public async Task Decider_ThatThrows_FailsTheParent()
    {
        var grandparent = await Parent(new OneForOneStrategy(_ => Directive.Stop), "grandparent");
        var failing = new OneForOneStrategy(_ => throw new InvalidOperationException("decider"));
        grandparent.Tell(new Spawn(ScriptedActor.Of(TestActor, failing), "parent"), TestActor);
        var parent = await ExpectStarted("parent");
        var child = await Child(parent, "child");
        var probe = CreateTestProbe();
        await probe.WatchAsync(parent);
        child.Tell(new Throw(new InvalidOperationException()), TestActor);
        await probe.ExpectTerminatedAsync(parent);
    }

    private async Task<IActorRef> Parent(SupervisorStrategy? strategy, string name = "parent")
    {
        var parent = Sys.ActorOf(ScriptedActor.Of(TestActor, strategy), name);
        await ExpectMsgAsync(new Hook("PreStart", name));
        return parent;
    }

    private async Task<IActorRef> Child(IActorRef parent, string name)
    {
        parent.Tell(new Spawn(ScriptedActor.Of(TestActor), name), TestActor);
        return await ExpectStarted(name);
    }

    private async Task<IActorRef> Family(SupervisorStrategy? strategy) => await Child(await Parent(strategy), "child");

    private async Task<IActorRef> ExpectStarted(string name)
    {
        object[] both = [(await ReceiveOneAsync())!, (await ReceiveOneAsync())!];
        Assert.Contains(new Hook("PreStart", name), both);
        return both.OfType<IActorRef>().Single();
    }

    private async Task ExpectHooks(string actor, params string[] hooks)
    {
        foreach (var hook in hooks)
        {
            await ExpectMsgAsync(new Hook(hook, actor));
        }
    }

    private sealed class FailingConstructor : ReceiveActor
    {
        public FailingConstructor() => throw new InvalidOperationException("constructor");
    }

    private sealed class FailingPreStart : ReceiveActor
    {
        protected override void PreStart() => throw new InvalidOperationException("PreStart");
    }
}
