using System.Diagnostics.CodeAnalysis;

namespace EdgePool.Tests.Actors.Contract;

public sealed class ScaleTests : ContractTests
{
    [Fact]
    public async Task Actors_AHundredThousand_LiveAnswerAndEnd()
    {
        const int Count = 100_000;
        var parent = Sys.ActorOf(Props.Create(() => new Crowd(TestActor, Count)));
        parent.Tell("create");
        await ExpectMsgAsync("all answered", TimeSpan.FromSeconds(60));
        await WatchAsync(parent);
        Sys.Stop(parent);
        await ExpectTerminatedAsync(parent, TimeSpan.FromSeconds(60));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Tree_WithRandomFailures_LosesNoMessageThatIsNotTheCause(int seed)
    {
        // Every work item is answered exactly once: by the child that did it, or by the child that failed over it, before it threw.
        const int Workers = 20;
        const int Items = 20_000;
        var root = Sys.ActorOf(Props.Create(() => new FlakyRoot(Workers, seed)));
        for (var i = 0; i < Items; i++)
        {
            root.Tell(new Item(i), TestActor);
        }

        var answered = new HashSet<int>();
        await foreach (var message in ReceiveNAsync(Items))
        {
            Assert.True(answered.Add(Assert.IsType<Item>(message).Number));
        }

        Assert.Equal(Items, answered.Count);
        Assert.Equal(Workers, await root.Ask<int>("children", TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Actors_StartedAndStoppedFromManyThreads_AllEnd()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 2_000; i++)
            {
                var actor = Sys.ActorOf(ScriptedActor.Of(Sys.DeadLetters));
                actor.Tell("message", ActorRefs.NoSender);
                if (i % 2 == 0)
                {
                    Sys.Stop(actor);
                }
                else
                {
                    Assert.True(await actor.GracefulStop(TimeSpan.FromSeconds(30)));
                }
            }
        })));
        await Sys.Terminate().WaitAsync(TimeSpan.FromSeconds(30));
    }

    private sealed record Item(int Number);

    private sealed class Crowd : ReceiveActor
    {
        private int _answers;

        public Crowd(IActorRef observer, int count)
        {
            Receive<string>(_ =>
            {
                for (var i = 0; i < count; i++)
                {
                    Context.ActorOf(Props.Create(() => new Member())).Tell(i);
                }
            });
            Receive<int>(_ =>
            {
                if (++_answers == count)
                {
                    observer.Tell("all answered");
                }
            });
        }
    }

    private sealed class Member : ReceiveActor
    {
        public Member() => Receive<int>(number => Sender.Tell(number));
    }

    private sealed class FlakyRoot : ReceiveActor
    {
        public FlakyRoot(int workers, int seed)
        {
            for (var i = 0; i < workers; i++)
            {
                var worker = i;
                Context.ActorOf(Props.Create(() => new FlakyMiddle(seed + worker)), $"middle-{i}");
            }

            Receive<Item>(item => Context.Child($"middle-{item.Number % workers}").Forward(item));
            Receive<string>(_ => Sender.Tell(Context.GetChildren().Count()));
        }

        protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Resume);
    }

    private sealed class FlakyMiddle : ReceiveActor
    {
        public FlakyMiddle(int seed)
        {
            var worker = Context.ActorOf(Props.Create(() => new FlakyWorker(seed)), "worker");
            Receive<Item>(worker.Forward);
        }

        protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(cause => cause switch
        {
            ArgumentException => Directive.Resume,
            InvalidOperationException => Directive.Restart,
            _ => Directive.Escalate,
        });
    }

    [SuppressMessage("Security", "CA5394", Justification = "A test's dice.")]
    private sealed class FlakyWorker : ReceiveActor
    {
        public FlakyWorker(int seed)
        {
            var random = new Random(seed);
            ReceiveAsync<Item>(async item =>
            {
                var dice = random.Next(40);
                if (dice % 4 == 0)
                {
                    await Task.Yield();
                }

                Sender.Tell(item);
                switch (dice)
                {
                    case < 3:
                        throw new ArgumentException("resume");
                    case < 6:
                        throw new InvalidOperationException("restart");
                    case < 8:
                        throw new NotSupportedException("escalate");
                }
            });
        }
    }
}
