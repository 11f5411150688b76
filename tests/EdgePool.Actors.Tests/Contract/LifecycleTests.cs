namespace EdgePool.Tests.Actors.Contract;

public sealed class LifecycleTests : ContractTests
{
    [Fact]
    [Trait(Beyond, "a stop from outside goes through the guardian's mailbox")]
    public async Task Stop_LetsTheCurrentMessageFinish_AndTheRestGoesToDeadLetters()
    {
        Sys.EventStream.Subscribe<DeadLetter>(TestActor);
        var gate = new TaskCompletionSource();
        var probe = CreateTestProbe();
        var actor = Sys.ActorOf(Props.Create(() => new Gated(gate.Task, probe.Ref)));
        await probe.WatchAsync(actor);
        actor.Tell("first");
        actor.Tell("second", probe.Ref);
        await probe.ExpectMsgAsync("begun first");
        Sys.Stop(actor);
        gate.SetResult();

        await probe.ExpectMsgAsync("ended first");
        await probe.ExpectTerminatedAsync(actor);
        var letter = await ExpectMsgAsync<DeadLetter>();
        Assert.Equal("second", letter.Message);
        Assert.Equal(probe.Ref, letter.Sender);
        Assert.Equal(actor, letter.Recipient);
    }

    [Fact]
    public async Task PoisonPill_IsHandledAfterTheMessagesBeforeIt()
    {
        var actor = Sys.ActorOf(ScriptedActor.Of(TestActor), "a");
        await ExpectMsgAsync(new Hook("PreStart", "a"));
        actor.Tell("before", TestActor);
        actor.Tell(PoisonPill.Instance);
        await ExpectMsgAsync("before");
        await ExpectMsgAsync(new Hook("PostStop", "a"));
    }

    [Fact]
    public async Task Tell_ToAnEndedActor_IsADeadLetter()
    {
        var actor = Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters));
        await WatchAsync(actor);
        actor.Tell(PoisonPill.Instance);
        await ExpectTerminatedAsync(actor);
        Sys.EventStream.Subscribe<DeadLetter>(TestActor);
        actor.Tell("late", TestActor);
        Assert.Equal("late", (await ExpectMsgAsync<DeadLetter>()).Message);
    }

    [Fact]
    public async Task Children_EndBeforeTheParentsPostStop()
    {
        var parent = Sys.ActorOf(ScriptedActor.Of(TestActor), "parent");
        await ExpectMsgAsync(new Hook("PreStart", "parent"));
        parent.Tell(new Run(context =>
        {
            var child = context.ActorOf(ScriptedActor.Of(TestActor), "child");
            child.Tell(new Run(inner => inner.ActorOf(ScriptedActor.Of(TestActor), "grandchild")));
        }));
        await ExpectMsgAsync(new Hook("PreStart", "child"));
        await ExpectMsgAsync(new Hook("PreStart", "grandchild"));

        Sys.Stop(parent);

        await ExpectMsgAsync(new Hook("PostStop", "grandchild"));
        await ExpectMsgAsync(new Hook("PostStop", "child"));
        await ExpectMsgAsync(new Hook("PostStop", "parent"));
    }

    [Fact]
    public async Task Name_IsUniqueAmongSiblingsAndFreeAfterTheEnd()
    {
        var first = Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters), "name");
        Assert.Throws<InvalidActorNameException>(() => Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters), "name"));
        var parent = Sys.ActorOf(Props.Create(() => new Renewing(TestActor)));
        parent.Tell("renew");
        Assert.Equal("renewed", await ExpectMsgAsync<string>());
        Assert.Equal("name", first.Path.Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("$a")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData("%4")]
    [InlineData("%4x")]
    public void Name_ThatIsNotValid_IsRefused(string name) =>
        Assert.Throws<InvalidActorNameException>(() => Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters), name));

    [Theory]
    [InlineData("a")]
    [InlineData("contoso.example-fabrikam.example")]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("%C3%A4")]
    [InlineData("a@b:5269")]
    public void Name_ThatIsValid_IsTaken(string name) =>
        Assert.Equal(name, Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters), name).Path.Name);

    [Fact]
    public void Name_Generated_IsUniqueAndBeginsWithADollar()
    {
        var names = Enumerable.Range(0, 200).Select(_ => Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters)).Path.Name).ToList();
        Assert.All(names, name => Assert.StartsWith("$", name, StringComparison.Ordinal));
        Assert.Equal(names.Count, names.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task Path_ShowsTheTree()
    {
        var parent = Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters), "parent");
        parent.Tell(new Spawn(ScriptedActor.Of(Sys.DeadLetters), "child"), TestActor);
        var child = await ExpectMsgAsync<IActorRef>();
        Assert.Equal("akka://test/user/parent/child", child.Path.ToString());
        Assert.Equal("/user/parent/child", child.Path.ToStringWithoutAddress());
        Assert.Equal(parent.Path, child.Path.Parent);
        Assert.Equal(parent.Path / "child", child.Path);
    }

    [Fact]
    public async Task Context_KnowsItsChildren()
    {
        var parent = Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters));
        parent.Tell(new Run(context =>
        {
            var a = context.ActorOf(ScriptedActor.Of(Sys.DeadLetters), "a");
            context.ActorOf(ScriptedActor.Of(Sys.DeadLetters), "b");
            TestActor.Tell(context.GetChildren().Count());
            TestActor.Tell(context.Child("a").Equals(a));
            TestActor.Tell(context.Child("c").IsNobody());
            TestActor.Tell(context.Parent.Path.Name);
        }));
        await ExpectMsgAsync(2);
        await ExpectMsgAsync(true);
        await ExpectMsgAsync(true);
        await ExpectMsgAsync("user");
    }

    [Fact]
    [Trait(Beyond, "its TestKit lends the test thread a context")]
    public async Task Context_OutsideATurn_Throws()
    {
        var leaking = Sys.ActorOf(Props.Create(() => new Leaking(TestActor)));
        leaking.Tell("go");
        await ExpectMsgAsync<NotSupportedException>();
    }

    [Fact]
    [Trait(Beyond, "its TestKit lends the test thread a context")]
    public void Actor_MadeWithNew_Throws() => Assert.Throws<ActorInitializationException>(() => new Gated(Task.CompletedTask, TestActor));

    [Fact]
    public async Task Termination_OfTheSystem_StopsTheWholeTree()
    {
        var probe = new List<string>();
        for (var i = 0; i < 10; i++)
        {
            var parent = Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters));
            parent.Tell(new Run(context =>
            {
                for (var j = 0; j < 10; j++)
                {
                    context.ActorOf(Props.Create(() => new StopCounter(probe)));
                }
            }));
            await parent.Ask("ready", TimeSpan.FromSeconds(10));
        }

        await Sys.Terminate().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(100, probe.Count);
        Assert.Throws<InvalidOperationException>(() => Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters)));
    }

    private sealed class Gated : ReceiveActor
    {
        public Gated(Task gate, IActorRef observer) => ReceiveAsync<string>(async text =>
        {
            observer.Tell("begun " + text);
            await gate;
            observer.Tell("ended " + text);
        });
    }

    private sealed class Leaking : ReceiveActor
    {
        public Leaking(IActorRef observer)
        {
            Receive<string>(text => _ = Task.Run(() =>
            {
                try
                {
                    observer.Tell(Context.Self);
                }
                catch (NotSupportedException cause)
                {
                    observer.Tell(cause, ActorRefs.NoSender);
                }
            }));
        }
    }

    private sealed class Renewing : ReceiveActor
    {
        public Renewing(IActorRef observer)
        {
            Receive<string>(_ =>
            {
                Context.Watch(Context.ActorOf(ScriptedActor.Of(Context.System.DeadLetters), "child"));
                Context.Stop(Context.Child("child"));
            });
            Receive<Terminated>(_ =>
            {
                Context.ActorOf(ScriptedActor.Of(Context.System.DeadLetters), "child");
                observer.Tell("renewed");
            });
        }
    }

    private sealed class StopCounter(List<string> stopped) : ReceiveActor
    {
        protected override void PostStop()
        {
            lock (stopped)
            {
                stopped.Add(Self.Path.Name);
            }
        }
    }
}
