using BenchmarkDotNet.Attributes;
using EdgePool.Actors;

namespace EdgePool.Benchmarks.Actors;

/// <summary>What a message costs: Tell from one producer to one actor, a message between two actors, and a question with its answer.</summary>
[MemoryDiagnoser]
public class ActorBenchmarks
{
    private const int Messages = 1_000_000;
    private const int Questions = 10_000;

    private static readonly object Ping = new();

    private ActorSystem _system = null!;
    private IActorRef _counter = null!;
    private IActorRef _echo = null!;

    [GlobalSetup]
    public void Setup()
    {
        _system = ActorSystem.Create("benchmark");
        _counter = _system.ActorOf(Props.Create(() => new Counter()));
        _echo = _system.ActorOf(Props.Create(() => new Echo()));
    }

    [GlobalCleanup]
    public Task Cleanup() => _system.Terminate();

    [Benchmark(OperationsPerInvoke = Messages)]
    public Task Tell()
    {
        var done = new Countdown(Messages);
        _counter.Tell(done);
        for (var i = 0; i < Messages; i++)
        {
            _counter.Tell(Ping, ActorRefs.NoSender);
        }

        return done.Reached;
    }

    [Benchmark(OperationsPerInvoke = Questions)]
    public Task PingPong()
    {
        var done = new Countdown(Questions);
        _system.ActorOf(Props.Create(() => new Player(_echo, done)));
        return done.Reached;
    }

    [Benchmark(OperationsPerInvoke = Questions)]
    public async Task Ask()
    {
        for (var i = 0; i < Questions; i++)
        {
            await _echo.Ask<object>(Ping);
        }
    }

    private sealed class Countdown(int count)
    {
        private int _left = count;
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        public bool Step()
        {
            if (--_left > 0)
            {
                return false;
            }

            _reached.SetResult();
            return true;
        }
    }

    private sealed class Counter : ReceiveActor
    {
        private Countdown? _countdown;

        public Counter()
        {
            Receive<Countdown>(countdown => _countdown = countdown);
            ReceiveAny(_ => _countdown!.Step());
        }
    }

    private sealed class Echo : ReceiveActor
    {
        public Echo() => ReceiveAny(message => Sender.Tell(message));
    }

    private sealed class Player : ReceiveActor
    {
        private readonly IActorRef _echo;

        public Player(IActorRef echo, Countdown countdown)
        {
            _echo = echo;
            ReceiveAny(message =>
            {
                if (countdown.Step())
                {
                    Context.Stop(Self);
                    return;
                }

                echo.Tell(message);
            });
        }

        protected override void PreStart() => _echo.Tell(Ping);
    }
}
