namespace EdgePool.Tests.Actors.Contract;

public sealed class MessagingTests : ContractTests
{
    [Fact]
    public async Task Messages_OfOneSender_ArriveInOrder()
    {
        const int Count = 20_000;
        var receiver = Sys.ActorOf(Props.Create(() => new OrderChecker(TestActor, Count)));
        for (var i = 0; i < Count; i++)
        {
            receiver.Tell(i);
        }

        await ExpectMsgAsync("in order");
    }

    [Fact]
    public async Task Messages_OfSeveralSenders_ArriveInOrderForEachAndNoneIsLost()
    {
        const int Senders = 4;
        const int Count = 20_000;
        var receiver = Sys.ActorOf(Props.Create(() => new SenderOrderChecker(TestActor, Senders * Count)));
        await Task.WhenAll(Enumerable.Range(0, Senders).Select(sender => Task.Run(() =>
        {
            for (var i = 0; i < Count; i++)
            {
                receiver.Tell((sender, i));
            }
        })));

        await ExpectMsgAsync("in order");
    }

    [Fact]
    public async Task Tell_FromInsideAnActor_CarriesItAsSender()
    {
        var echo = Sys.ActorOf(Props.Create(() => new Echo()), "echo");
        var relay = Sys.ActorOf(Props.Create(() => new Relay(echo, TestActor)), "relay");
        relay.Tell("hello");
        await ExpectMsgAsync("hello");
        Assert.Equal(relay, LastSender);
    }

    [Fact]
    public async Task Forward_KeepsTheSender()
    {
        var echo = Sys.ActorOf(Props.Create(() => new Echo()));
        var forwarder = Sys.ActorOf(Props.Create(() => new Forwarder(echo)));
        forwarder.Tell("hello", TestActor);
        await ExpectMsgAsync("hello");
        Assert.Equal(echo, LastSender);
    }

    [Fact]
    public void Tell_Null_Throws() => Assert.Throws<ArgumentNullException>(() => TestActor.Tell(null!, ActorRefs.NoSender));

    [Fact]
    public async Task Sender_WithoutOne_IsDeadLetters()
    {
        var actor = Sys.ActorOf(Props.Create(() => new SenderReporter(TestActor)));
        actor.Tell("x", ActorRefs.NoSender);
        Assert.Equal(Sys.DeadLetters, await ExpectMsgAsync<IActorRef>());
    }

    [Fact]
    public async Task Ask_Answered_CompletesWithTheReply()
    {
        var echo = Sys.ActorOf(Props.Create(() => new Echo()));
        Assert.Equal("hello", await echo.Ask<string>("hello", TimeSpan.FromSeconds(10)));
        Assert.Equal("again", await echo.Ask("again", TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Ask_AnsweredWithAFailure_ThrowsItsCause()
    {
        var echo = Sys.ActorOf(Props.Create(() => new Echo()));
        var cause = new InvalidOperationException("no");
        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(
            () => echo.Ask<string>(new Status.Failure(cause), TimeSpan.FromSeconds(10)));
        Assert.Same(cause, thrown);
    }

    [Fact]
    public async Task Ask_AnsweredWithAnotherType_Throws()
    {
        var echo = Sys.ActorOf(Props.Create(() => new Echo()));
        await Assert.ThrowsAsync<ArgumentException>(() => echo.Ask<string>(42, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Ask_Cancelled_IsCancelled()
    {
        using var source = new CancellationTokenSource();
        var question = TestActor.Ask<string>("hello", TimeSpan.FromSeconds(30), source.Token);
        await ExpectMsgAsync("hello");
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => question);
    }

    [Fact]
    public async Task PipeTo_Success_SendsTheResult()
    {
        await Task.FromResult("done").PipeTo(TestActor);
        await ExpectMsgAsync("done");
        await Task.FromResult(1).PipeTo(TestActor, success: number => number + 1);
        await ExpectMsgAsync(2);
        await Task.CompletedTask.PipeTo(TestActor, success: () => "completed");
        await ExpectMsgAsync("completed");
    }

    [Fact]
    public async Task PipeTo_Failure_SendsStatusFailure()
    {
        await Task.FromException<string>(new InvalidOperationException("no")).PipeTo(TestActor);
        Assert.IsType<InvalidOperationException>((await ExpectMsgAsync<Status.Failure>()).Cause);
        await Task.FromException(new InvalidOperationException("no")).PipeTo(TestActor, failure: cause => cause.Message);
        await ExpectMsgAsync("no");
    }

    [Fact]
    public async Task Identify_IsAnsweredByTheKernel()
    {
        var echo = Sys.ActorOf(Props.Create(() => new Echo()));
        echo.Tell(new Identify(7), TestActor);
        var identity = await ExpectMsgAsync<ActorIdentity>();
        Assert.Equal(7, identity.MessageId);
        Assert.Equal(echo, identity.Subject);
    }

    [Fact]
    public async Task UntypedActor_ReceivesAndBecomes()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Switch()));
        actor.Tell("get", TestActor);
        await ExpectMsgAsync("off");
        actor.Tell("switch", TestActor);
        actor.Tell("get", TestActor);
        await ExpectMsgAsync("on");
        actor.Tell("back", TestActor);
        actor.Tell("get", TestActor);
        await ExpectMsgAsync("off");
    }

    private sealed class Echo : ReceiveActor
    {
        public Echo() => ReceiveAny(message => Sender.Tell(message));
    }

    private sealed class Relay : ReceiveActor
    {
        public Relay(IActorRef echo, IActorRef target)
        {
            Receive<string>(text => echo.Tell(text), _ => !Sender.Equals(echo));
            Receive<string>(text => target.Tell(text));
        }
    }

    private sealed class Forwarder : ReceiveActor
    {
        public Forwarder(IActorRef target) => ReceiveAny(target.Forward);
    }

    private sealed class SenderReporter : ReceiveActor
    {
        public SenderReporter(IActorRef target) => ReceiveAny(_ => target.Tell(Sender));
    }

    private sealed class OrderChecker : ReceiveActor
    {
        private int _next;

        public OrderChecker(IActorRef target, int count) => Receive<int>(number =>
        {
            Assert.Equal(_next++, number);
            if (_next == count)
            {
                target.Tell("in order");
            }
        });
    }

    private sealed class SenderOrderChecker : ReceiveActor
    {
        private readonly Dictionary<int, int> _next = [];
        private int _received;

        public SenderOrderChecker(IActorRef target, int count) => Receive<(int Sender, int Number)>(message =>
        {
            Assert.Equal(_next.GetValueOrDefault(message.Sender), message.Number);
            _next[message.Sender] = message.Number + 1;
            if (++_received == count)
            {
                target.Tell("in order");
            }
        });
    }

    private sealed class Switch : UntypedActor
    {
        protected override void OnReceive(object message) => React(message, "off");

        private void On(object message) => React(message, "on");

        private void React(object message, string state)
        {
            switch (message)
            {
                case "switch":
                    BecomeStacked(On);
                    break;
                case "back":
                    UnbecomeStacked();
                    break;
                case "get":
                    Sender.Tell(state);
                    break;
                default:
                    Unhandled(message);
                    break;
            }
        }
    }
}
